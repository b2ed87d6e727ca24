//! The scales of a database: how many digits its money and points have, and the currency. Amounts are stored as whole
//! numbers of the smallest step, so that another scale would make each of them another amount.

use anyhow::{Context as _, ensure};
use serde_json::Value;
use store::{Revision, Scales, Store};
use wire::json;

use crate::config::Config;

/// Refuses settings with other scales than those of the database. The first start writes them. The caller holds the lock
/// of changes.
pub(super) async fn check(config: &Config, store: &Store) -> anyhow::Result<()> {
    let own = Scales {
        currency: config.currency.code.clone(),
        money: config.currency.exponent,
        points: config.points.exponent,
    };
    let kept = match store.scales().await? {
        Some(kept) => kept,
        None => {
            let kept = of_last_start(store).await?.unwrap_or_else(|| own.clone());
            store.write_scales(&kept).await?;
            // Another process may have been first, which has the same file open.
            store.scales().await?.unwrap_or(kept)
        }
    };
    let differing = differing(&own, &kept);
    ensure!(
        differing.is_empty(),
        "the settings do not fit this database, whose amounts would all be read wrongly: {}. Set what the database \
         says, or name an empty database in database.url",
        differing.join(", ")
    );
    Ok(())
}

/// The scales by the settings of the last start, of a database from before scales were stored.
async fn of_last_start(store: &Store) -> anyhow::Result<Option<Scales>> {
    let Some(settings) = store.settings_at(Revision::MAX).await? else { return Ok(None) };
    let settings = json::parse(&settings)?;
    let number = |pointer: &str| settings.pointer(pointer).and_then(Value::as_i64);
    let scales = || {
        Some(Scales {
            currency: settings.pointer("/currency/code")?.as_str()?.to_owned(),
            money: number("/currency/exponent")?,
            points: number("/points/exponent")?,
        })
    };
    scales().map(Some).context("the settings of the last start, which the database keeps, cannot be read")
}

/// The settings that differ, each with both values.
fn differing(own: &Scales, kept: &Scales) -> Vec<String> {
    let settings = [
        ("currency.code", own.currency.clone(), kept.currency.clone()),
        ("currency.exponent", own.money.to_string(), kept.money.to_string()),
        ("points.exponent", own.points.to_string(), kept.points.to_string()),
    ];
    let differs = settings.into_iter().filter(|(_, own, kept)| own != kept);
    differs
        .map(|(key, own, kept)| format!("{key} is {own} in the settings, and {kept} in the database"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_is_told_with_both_values() {
        let scales = |currency: &str, money, points| Scales { currency: currency.to_owned(), money, points };
        let kept = scales("RUB", 2, 2);
        assert_eq!(differing(&kept, &kept), Vec::<String>::new());
        assert_eq!(
            differing(&scales("JPY", 2, 0), &kept),
            [
                "currency.code is JPY in the settings, and RUB in the database",
                "points.exponent is 0 in the settings, and 2 in the database"
            ]
        );
    }
}
