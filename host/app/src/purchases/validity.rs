//! The period in which the points of a purchase can be spent.

use domain::ledger::{PointsLife, StartOf};
use domain::receipt::Receipt;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use store::Validity;
use wire::plan::BuiltPlan;

/// The validity of the points that a receipt earns: counted from the time of the receipt, on the store's clock.
pub(super) fn validity(life: PointsLife, plan: &BuiltPlan, receipt: &Receipt) -> Validity {
    let zone = plan.points_of_sale.zone(&receipt.pos).cloned().unwrap_or(TimeZone::UTC);
    let (active_from, expires_at) =
        life.of(receipt.at.instant, |instant, unit| start_of(&zone, instant, unit));
    Validity { active_from, expires_at }
}

/// The first start of a day or month at or after an instant. Beyond the calendar the instant itself.
fn start_of(zone: &TimeZone, instant: i64, unit: StartOf) -> i64 {
    let next = || -> Result<i64, jiff::Error> {
        let at = Timestamp::from_second(instant)?.to_zoned(zone.clone());
        let start = match unit {
            StartOf::Nothing => at.clone(),
            StartOf::Day => at.start_of_day()?,
            StartOf::Month => at.first_of_month()?.start_of_day()?,
        };
        let span = if unit == StartOf::Month { 1.month() } else { 1.day() };
        let start = if start < at { start.checked_add(span)? } else { start };
        Ok(second(&start))
    };
    next().unwrap_or(instant)
}

fn second(zoned: &Zoned) -> i64 {
    zoned.timestamp().as_second()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;

    #[test]
    fn days_and_months_start_on_the_stores_clock() {
        let zone = TimeZone::get("Europe/Moscow").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        for (unit, from, expected) in [
            (StartOf::Day, "2026-11-22T10:15:00+03:00", "2026-11-23T00:00:00+03:00"),
            (StartOf::Day, "2026-11-22T00:00:00+03:00", "2026-11-22T00:00:00+03:00"),
            (StartOf::Day, "2026-11-21T22:00:00Z", "2026-11-23T00:00:00+03:00"),
            (StartOf::Month, "2026-11-22T10:15:00+03:00", "2026-12-01T00:00:00+03:00"),
            (StartOf::Month, "2026-12-01T00:00:00+03:00", "2026-12-01T00:00:00+03:00"),
            (StartOf::Month, "2026-12-31T23:00:00Z", "2027-02-01T00:00:00+03:00"),
        ] {
            assert_eq!(start_of(&zone, at(from), unit), at(expected), "{from}");
        }
    }
}
