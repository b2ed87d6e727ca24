//! The clock of a till, beside that of the database: evidence, not truth.

use domain::pricing::Warning;
use domain::receipt::Receipt;
use domain::time::Moment;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use wire::plan::BuiltPlan;
use wire::problem::Problem;

use crate::config::Purchases;
use crate::error::Error;

/// Code of refusals and warnings.
const CODE: &str = "till_clock";

/// Refuses an online receipt whose time is further from the time of the database, `now`, than the settings allow.
pub(super) fn check(settings: &Purchases, at: &Moment, now: i64) -> Result<(), Error> {
    let off = at.instant.saturating_sub(now);
    if off <= settings.till_ahead_seconds && off.saturating_neg() <= settings.till_behind_seconds {
        return Ok(());
    }
    let detail = format!(
        "is {}, while the host's clock shows {}; at most {} s ahead and {} s behind are taken at the till. Set \
         the till's clock, or send the receipt of a sale that is over to /v1/receipts/offline",
        text(at.instant),
        text(now),
        settings.till_ahead_seconds,
        settings.till_behind_seconds
    );
    let problem = Problem { pointer: "/at".to_owned(), code: CODE.into(), detail };
    let what = "the receipt's time is too far from the host's clock";
    Err(Error::Refused { code: CODE, what, problems: problem.into() })
}

/// The warning about a late receipt from the future: its limits count by the date of the host.
pub(super) fn warning(settings: &Purchases, at: &Moment, now: i64) -> Option<Warning> {
    is_ahead(settings, at, now).then(|| Warning {
        code: CODE,
        detail: format!(
            "the receipt is from {}, and the host's clock shows {}: limits count by the host's date",
            text(at.instant),
            text(now)
        ),
    })
}

/// The date by which limits by period count: that of the host, in the store's zone. A late receipt counts by its own
/// date, unless that is in the future.
pub(super) fn date_of_limits(
    settings: &Purchases,
    plan: &BuiltPlan,
    (receipt, offline): (&Receipt, bool),
    now: i64,
) -> Date {
    let at = &receipt.at;
    if offline && !is_ahead(settings, at, now) {
        return at.local.date();
    }
    let zone = plan.points_of_sale.zone(&receipt.pos).cloned();
    let in_zone = zone.and_then(|zone| Some(Timestamp::from_second(now).ok()?.to_zoned(zone).date()));
    // A till that is not in the catalogue: by the offset of its own clock.
    let by_offset = || {
        let later = SignedDuration::from_secs(now.saturating_sub(at.instant));
        at.local.checked_add(later).ok().map(|local| local.date())
    };
    in_zone.or_else(by_offset).unwrap_or_else(|| at.local.date())
}

fn is_ahead(settings: &Purchases, at: &Moment, now: i64) -> bool {
    at.instant.saturating_sub(now) > settings.till_ahead_seconds
}

fn text(instant: i64) -> String {
    Timestamp::from_second(instant).map_or_else(|_| instant.to_string(), |time| time.to_string())
}
