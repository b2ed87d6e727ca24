//! What members bought while an assignment held, from the feed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use chrono_tz::Tz;
use experiment::input::number::Decimal;
use experiment::input::table::Table;
use features::member_code;
use serde::Deserialize;

use crate::config::{Config, Metric};
use crate::days::day_at;
use crate::feed::{Feed, Segment};

/// Hundredths of a minor unit in a minor unit: margins are percents of amounts in minor units.
const HUNDRED: i64 = 100;

/// Sums of a member, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) receipts: i64,
    /// Money paid, less what was given back.
    pub(crate) revenue: i64,
    pub(crate) points_paid: i64,
    /// Discount of the learner's offer.
    pub(crate) discount: i64,
    /// Margin on goods before discount less all discount, in hundredths of a minor unit.
    pub(crate) margin: i64,
    pub(crate) fired: bool,
    pub(crate) would_have_fired: bool,
}

impl Sums {
    /// What counts, as a decimal.
    pub(crate) fn outcome(&self, metric: Metric) -> String {
        match metric {
            Metric::Visits => i64::from(self.receipts > 0).to_string(),
            Metric::Revenue => decimal(self.revenue, 2),
            Metric::Margin => decimal(self.margin, 4),
        }
    }

    /// The same in millionths.
    pub(crate) fn outcome_millionths(&self, metric: Metric) -> i64 {
        match metric {
            Metric::Visits => i64::from(self.receipts > 0) * 1_000_000,
            Metric::Revenue => self.revenue.saturating_mul(10_000),
            Metric::Margin => self.margin.saturating_mul(100),
        }
    }
}

/// A whole number of `10^-digits` as a decimal.
pub(crate) fn decimal(value: i64, digits: u32) -> String {
    let one = 10_u64.pow(digits);
    let width = usize::try_from(digits).unwrap_or_default();
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:0width$}", size / one, size % one)
}

/// A stretch of days, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Sums by stretch and number of the member; members who bought nothing have none.
pub(crate) type Bought = Vec<BTreeMap<i64, Sums>>;

#[derive(Deserialize)]
struct Event {
    cursor: String,
    at: String,
    event: String,
    member_id: Option<String>,
    offer: Option<String>,
    payable: Option<String>,
    points_paid: Option<String>,
    discount: Option<String>,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    goods_id: String,
    amount: Option<String>,
}

/// Margins by goods, in percent.
pub(crate) struct Margins(BTreeMap<String, i64>);

impl Margins {
    /// # Errors
    ///
    /// No such file, other columns, a percentage that is no whole number from -1,000 to 1,000.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let table = Table::read(path, &["goods".to_owned(), "percent".to_owned()])?;
        let mut margins = BTreeMap::new();
        if let [goods, percents] = table.columns.as_slice() {
            for (row, (goods, percent)) in goods.values().zip(percents.values()).enumerate() {
                let found = percent.parse().ok().filter(|percent| (-1_000..=1_000_i64).contains(percent));
                let Some(found) = found else {
                    bail!(
                        "{}, column \"percent\": \"{percent}\" is no whole number of percents",
                        table.at(row)
                    );
                };
                if margins.insert(goods.to_owned(), found).is_some() {
                    bail!("{}, column \"goods\": \"{goods}\" is there twice", table.at(row));
                }
            }
        }
        Ok(Self(margins))
    }

    fn of(&self, goods: &str) -> anyhow::Result<i64> {
        self.0.get(goods).copied().with_context(|| format!("the file of margins has no goods \"{goods}\""))
    }
}

/// Adds up the feed. Stretches do not overlap.
pub(crate) fn bought(
    config: &Config,
    feed: &Feed,
    segments: &[Segment],
    stretches: &[Days],
    margins: Option<&Margins>,
) -> anyhow::Result<Bought> {
    let zone = config.zone()?;
    let offer = config.offer.external_id.as_str();
    let mut all: Bought = vec![BTreeMap::new(); stretches.len()];
    for segment in segments {
        for row in feed.rows(segment)?.lines() {
            let event: Event = serde_json::from_str(row)?;
            let Some((stretch, member)) = placed(&event, stretches, zone)? else { continue };
            let Some(sums) = all.get_mut(stretch).map(|members| members.entry(member).or_default()) else {
                continue;
            };
            add(sums, &event, offer, margins).with_context(|| {
                format!("the event of the feed at cursor {} cannot be read", event.cursor)
            })?;
        }
    }
    Ok(all)
}

/// The stretch that an event is in, and the number of its member.
fn placed(event: &Event, stretches: &[Days], zone: Tz) -> anyhow::Result<Option<(usize, i64)>> {
    let Some(member) = &event.member_id else { return Ok(None) };
    let day = day_at(&event.at, zone)?;
    let stretch = stretches.iter().position(|days| (days.first..=days.last).contains(&day));
    Ok(stretch.map(|stretch| (stretch, member_code(member))))
}

fn add(sums: &mut Sums, event: &Event, offer: &str, margins: Option<&Margins>) -> anyhow::Result<()> {
    let of_offer = event.offer.as_deref() == Some(offer);
    match event.event.as_str() {
        "receipt" | "returned" if event.offer.is_none() => {
            sums.receipts += i64::from(event.event == "receipt");
            plus(&mut sums.revenue, money("payable", event.payable.as_deref())?)?;
            plus(&mut sums.points_paid, money("points_paid", event.points_paid.as_deref())?)?;
            let Some(margins) = margins else { return Ok(()) };
            for line in &event.lines {
                let amount = money("amount", line.amount.as_deref())?;
                let percent = margins.of(&line.goods_id)?;
                plus(&mut sums.margin, amount.checked_mul(percent).context("an amount is too large")?)?;
            }
            let discount = money("discount", event.discount.as_deref())?;
            plus(&mut sums.margin, discount.checked_mul(-HUNDRED).context("a discount is too large")?)
        }
        "fired" | "returned" if of_offer => {
            sums.fired |= event.event == "fired";
            plus(&mut sums.discount, money("discount", event.discount.as_deref())?)
        }
        "would_have_fired" if of_offer => {
            sums.would_have_fired = true;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn plus(sum: &mut i64, more: i64) -> anyhow::Result<()> {
    *sum = sum.checked_add(more).context("a sum is too large")?;
    Ok(())
}

fn money(name: &str, text: Option<&str>) -> anyhow::Result<i64> {
    let text = text.with_context(|| format!("{name} is missing"))?;
    let found =
        Decimal::parse(text).filter(|number| number.digits() <= 2).and_then(|number| number.scaled(2));
    found.with_context(|| format!("{name}: \"{text}\" is no amount with two decimals"))
}
