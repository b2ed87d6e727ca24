//! Warnings about an offer that goes live.

use domain::offer::Filters;
use domain::time::Moment;
use store::Attribute;
use wire::problem::{Problem, capped};
use wire::time;

use crate::changes::ProposedPlans;

/// Seconds by which the clock of the westernmost time zone is behind UTC.
const WESTERNMOST: i64 = 12 * 60 * 60;

/// The warnings that an edit of the offer gave, one if its period was over at `now`, in seconds since 1970, and one
/// for each attribute that its mechanic asks for and that is not `defined`: nobody has it.
pub(super) fn of_start(
    proposed: &ProposedPlans,
    external_id: &str,
    now: i64,
    defined: &[Attribute],
) -> Vec<Problem> {
    let mut warnings = capped(proposed.built.oddities(external_id).iter().cloned());
    let filters = proposed.built.filters(external_id);
    if filters.is_some_and(|filters| is_over(filters, now)) {
        warnings.push(Problem {
            pointer: "/filters/period/end".to_owned(),
            code: "period_over".into(),
            detail: "the period of the offer is over: it pays nothing any more".to_owned(),
        });
    }
    let needed = proposed.built.needed_attributes(external_id);
    let undefined = needed.filter(|name| !defined.iter().any(|attribute| attribute.name == *name));
    warnings.extend(capped(undefined.map(|name| {
        let detail = format!(
            "the mechanic asks for the members' attribute `{name}`, which is not defined, so that nobody has it: define it \
             with PUT /v1/attributes/{name}, and import its values"
        );
        Problem { pointer: "/mechanic".to_owned(), code: "undefined_attribute".into(), detail }
    })));
    warnings
}

/// True if the period is over in every time zone.
fn is_over(filters: &Filters, now: i64) -> bool {
    let Ok(instant) = jiff::Timestamp::from_second(now.saturating_sub(WESTERNMOST)) else { return false };
    let clock = time::local_time(jiff::tz::Offset::UTC.to_datetime(instant));
    clock.is_some_and(|clock| filters.period.is_over(&Moment::new(now, clock)))
}
