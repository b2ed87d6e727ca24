//! The stretches of time in which an offer ran: a report counts what was sold in them, and nothing else.
//!
//! A purchase counts if the plan that priced it had the offer, whatever the clock of its till says, and if it was made
//! within the offer's period.

use std::collections::BTreeSet;

use domain::offer::ControlGroup;
use domain::time::{Bound, Period};
use jiff::tz::Offset;
use serde_json::Value;
use store::{MemberResult, OfferRecord, OfferRun, ResultKind, Revision, Store};
use wire::json;
use wire::offer::population::reach;
use wire::problem::Problems;

use super::basis::{Basis, moment};

/// Seconds by which the clock of a store differs from UTC at most, rounded up: the clocks of all zones show a local time
/// within a day before or after.
const ANY_OFFSET: i64 = 24 * 3600;

/// A stretch with the terms of the version that ran.
pub(super) struct Stretch {
    pub run: OfferRun,
    pub control_group: Option<ControlGroup>,
    /// `filters.period` as it was written; null if there is none.
    pub written_period: Value,
    period: Period,
}

/// Tells whether a purchase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Yes,
    No,
    /// True if its store's clock was within the period.
    Within(Period),
}

impl Stretch {
    /// The stretches of an offer, in order.
    pub(super) fn all(runs: &[OfferRun], versions: &[OfferRecord]) -> Result<Vec<Self>, Problems> {
        let mut stretches = Vec::new();
        for run in runs {
            let Some(offer) = versions.iter().find(|offer| offer.version == run.version) else { continue };
            let body = json::parse(&offer.body)?;
            let reach = reach(&body, &offer.external_id)?;
            stretches.push(Self {
                run: *run,
                control_group: reach.control_group,
                written_period: body.pointer("/filters/period").cloned().unwrap_or_default(),
                period: reach.period,
            });
        }
        Ok(stretches)
    }

    /// True if only the clocks of stores tell when its period begins or ends.
    pub(super) fn needs_clocks(&self) -> bool {
        let is_local = |bound: Option<Bound>| matches!(bound, Some(Bound::Local(_)));
        is_local(self.period.start) || is_local(self.period.end)
    }

    /// True if the plan of a revision had this version. If the revision is not known any more, the time says it.
    fn has(&self, revision: Option<Revision>, at: i64) -> bool {
        let OfferRun { start, end, .. } = self.run;
        match revision {
            Some(revision) => start.0 <= revision && end.is_none_or(|end| revision < end.0),
            None => start.1 <= at && end.is_none_or(|end| at < end.1),
        }
    }
}

/// The ids of the purchases among these results that count.
pub(super) async fn counted<'a>(
    stretches: &[Stretch],
    (store, basis): (&Store, &Basis),
    results: &'a [MemberResult],
) -> anyhow::Result<BTreeSet<&'a str>> {
    let mut counted = BTreeSet::new();
    let mut unclear = Vec::new();
    for result in results.iter().filter(|result| result.kind == ResultKind::Purchase) {
        let Some(id) = result.purchase_id.as_deref() else { continue };
        match counts(stretches, result.revision, result.results.at) {
            Counts::Yes => {
                counted.insert(id);
            }
            Counts::No => {}
            Counts::Within(period) => unclear.push((id, result.results.at, period)),
        }
    }
    let ids: Vec<String> = unclear.iter().map(|(id, ..)| (*id).to_owned()).collect();
    let times = basis.times(store, &ids).await?;
    for (id, at, period) in unclear {
        // A receipt that was removed already counts by UTC.
        let made = times.get(id).map_or_else(|| moment(at), |made| Ok(*made))?;
        if period.contains(&made) {
            counted.insert(id);
        }
    }
    Ok(counted)
}

/// Tells whether a purchase of this time counts that was priced by the plan of this revision.
fn counts(stretches: &[Stretch], revision: Option<Revision>, at: i64) -> Counts {
    let ran = stretches.iter().find(|stretch| stretch.has(revision, at));
    ran.map_or(Counts::No, |stretch| within(stretch.period, at))
}

fn within(period: Period, at: i64) -> Counts {
    let begun = period.start.map_or(Some(true), |start| is_reached(start, at));
    let ended = period.end.map_or(Some(false), |end| is_reached(end, at));
    match (begun, ended) {
        (Some(false), _) | (_, Some(true)) => Counts::No,
        (Some(true), Some(false)) => Counts::Yes,
        (None, _) | (_, None) => Counts::Within(period),
    }
}

/// True if a bound was reached; `None` if only the store's clock can tell.
fn is_reached(bound: Bound, at: i64) -> Option<bool> {
    let local = match bound {
        Bound::Instant(instant) => return Some(at >= instant),
        Bound::Local(local) => Offset::UTC.to_timestamp(local).ok()?.as_second(),
    };
    let around = local.saturating_sub(ANY_OFFSET)..local.saturating_add(ANY_OFFSET);
    (!around.contains(&at)).then_some(at >= local)
}

#[cfg(test)]
mod tests {
    use store::OfferState;

    use super::*;

    /// Midnight of 2026-11-01 in UTC.
    const NOVEMBER: i64 = 1_793_491_200;
    const HOUR: i64 = 3600;

    fn stretches(body: &str) -> Vec<Stretch> {
        let offer = |version| OfferRecord {
            external_id: "o".to_owned(),
            version,
            state: OfferState::Stopped,
            body: body.to_owned(),
        };
        let run = |version, start, end| OfferRun { version, start, end };
        let runs = [run(1, (5, 100), Some((7, 200))), run(2, (9, 300), None)];
        Stretch::all(&runs, &[offer(1), offer(2)]).expect("stretches")
    }

    #[test]
    fn only_plans_with_the_offer_count() {
        let stretches = stretches(r#"{"title": "o"}"#);
        for (revision, expected) in [(4, false), (5, true), (6, true), (7, false), (8, false), (9, true)] {
            let expected = if expected { Counts::Yes } else { Counts::No };
            assert_eq!(counts(&stretches, Some(revision), 0), expected, "revision {revision}");
        }
        for (at, expected) in [(99, Counts::No), (100, Counts::Yes), (200, Counts::No), (300, Counts::Yes)] {
            assert_eq!(counts(&stretches, None, at), expected, "at {at}");
        }
    }

    #[test]
    fn only_the_period_counts() {
        let local = stretches(r#"{"filters": {"period": {"start": "2026-11-01", "end": "2026-11-01"}}}"#);
        let (day, within) = (24 * HOUR, |found| matches!(found, Counts::Within(_)));
        let at = |seconds: i64| counts(&local, Some(5), NOVEMBER + seconds);
        assert_eq!(at(-day - 1), Counts::No, "it has begun nowhere");
        assert!(within(at(-day)) && within(at(0)) && within(at(day)) && within(at(2 * day - 1)));
        assert_eq!(at(2 * day), Counts::No, "it has ended everywhere");
        let long = stretches(r#"{"filters": {"period": {"start": "2026-11-01"}}}"#);
        assert_eq!(counts(&long, Some(5), NOVEMBER + day), Counts::Yes, "it has begun everywhere");
        let exact = stretches(r#"{"filters": {"period": {"end": "2026-11-01T01:00:00+01:00"}}}"#);
        assert_eq!(counts(&exact, Some(5), NOVEMBER - 1), Counts::Yes);
        assert_eq!(counts(&exact, Some(5), NOVEMBER), Counts::No);
        assert_eq!(exact[0].written_period["end"], "2026-11-01T01:00:00+01:00");
    }
}
