//! Promises: an offer in a message is priced by the till's own calculation when the message is made. What the till would
//! not pay is not promised; what is promised is kept, so that whoever stops the offer sees what that breaks.

pub mod decision;
pub mod imports;

use std::sync::Arc;
use std::time::Duration;

use communications::templates::Needs;
use serde_json::{Value, json};
use store::PromiseRow;

use super::cause::OfMessage;
use super::profile::time;
use crate::error::Error;
use crate::live::Live;
use crate::purchases::probe::{Buyer, Probed, probe};
use crate::state::App;

/// What the till would do about an offer that a message names.
#[derive(Debug, Clone)]
pub struct Promised {
    /// External id of the offer.
    pub offer: String,
    /// What it would do.
    pub probed: Probed,
}

/// Probes offers for a member. A preview takes no coupon codes: `preview` says what it needs, so that an offer that waits
/// for one of those codes is shown as it will be.
pub async fn check(
    app: &App,
    live: &Arc<Live>,
    buyer: &Buyer<'_>,
    offers: &[&String],
    preview: Option<&Needs>,
) -> Result<Vec<Promised>, Error> {
    let mut promised = Vec::new();
    for offer in offers {
        let mut probed = probe(app, live, buyer, offer).await?;
        if probed.void == Some("no_coupon")
            && let Some(needs) = preview
            && brings_code(app, needs, offer).await?
        {
            probed.void = None;
        }
        promised.push(Promised { offer: (*offer).clone(), probed });
    }
    Ok(promised)
}

/// True if the message will bring a code for the offer.
async fn brings_code(app: &App, needs: &Needs, offer: &str) -> Result<bool, Error> {
    for pool in &needs.coupons {
        if app.store.coupon_pool(pool).await?.is_some_and(|pool| pool.offer == offer) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a message promises: the offers that it names and that are not void.
pub(super) fn rows(
    promised: &[Promised],
    needs: &Needs,
    message: &OfMessage,
    now_ms: i64,
) -> Vec<PromiseRow> {
    let kept = promised
        .iter()
        .filter(|promised| promised.probed.void.is_none() && needs.offers.contains(&promised.offer));
    kept.map(|Promised { offer, probed }| PromiseRow {
        message_id: message.id.clone(),
        offer: offer.clone(),
        number: message.number,
        offer_version: i64::from(probed.version),
        discount: probed.discount,
        points: probed.points,
        granted_at: now_ms,
        ends_at: probed.ends_at,
    })
    .collect()
}

/// How long a change of an offer waits for the number of its open promises.
const COUNT_WAIT: Duration = Duration::from_secs(5);
/// Members of one step.
const STEP: i64 = 5_000;

/// Numbers of all members to whom an offer is promised.
pub(super) async fn members(app: &App, offer: &str) -> Result<Vec<u32>, Error> {
    let now = app.communications.now_ms().await?;
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(-1, |last: &u32| i64::from(*last));
        let found = app.communications.promised_members(offer, now, after, STEP).await?;
        if found.is_empty() {
            return Ok(all);
        }
        all.extend(found);
    }
}

/// How many promises of an offer are open; none if there are none, or nobody can tell now: a change of an offer does not
/// wait for the database of communications.
pub async fn count(app: &App, offer: &str) -> Option<i64> {
    let count = async {
        let now = app.communications.now_ms().await?;
        app.communications.open_promises(offer, now).await
    };
    let Ok(open) = tokio::time::timeout(COUNT_WAIT, count).await else {
        tracing::warn!(
            offer,
            "open promises are not counted: the database of communications does not answer"
        );
        return None;
    };
    let open = open.inspect_err(|error| tracing::warn!(%error, offer, "open promises are not counted"));
    open.ok().map(|open| open.count).filter(|count| *count > 0)
}

/// The open promises of an offer, as a document.
pub async fn open(app: &App, offer: &str) -> Result<Value, Error> {
    let versions = app.store.offer_versions(offer).await?;
    if versions.is_empty() {
        return Err(Error::NotFound(format!("offer `{offer}`")));
    }
    let now = app.communications.now_ms().await?;
    let open = app.communications.open_promises(offer, now).await?;
    Ok(json!({
        "offer": offer,
        "open": open.count,
        "members": open.members,
        "without_end": open.without_end,
        "until": open.last_end.and_then(time),
    }))
}
