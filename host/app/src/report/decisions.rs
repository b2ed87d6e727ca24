//! Members by the decisions that chose what they got: those whom the offer paid, and those whom it would have paid.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::population::Side;

/// The most kinds of decisions that are told apart.
const KINDS_MAX: usize = 100;
/// Ends the part of a decision that names its kind, as a run or a model.
const KIND_ENDS: char = '/';

/// The fields of an event of the results feed that count here.
#[derive(Deserialize)]
struct FeedEvent<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    offer: Option<String>,
    decision: Option<String>,
}

/// The kinds of decisions of one member, each with whether the offer paid it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Decided(BTreeSet<(String, bool)>);

/// Numbers of members by kind of decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Decisions {
    kinds: BTreeMap<String, Counts>,
    /// Members of kinds beyond the most that are told apart.
    others: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    fired: i64,
    would_have_fired: i64,
}

impl Decided {
    /// Adds the events of a purchase. Nothing if they cannot be read.
    pub(super) fn add(&mut self, events: &str, offer: &str) -> Option<()> {
        // Most purchases have none.
        if !events.contains("\"decision\"") {
            return Some(());
        }
        let events: Vec<FeedEvent<'_>> = serde_json::from_str(events).ok()?;
        for FeedEvent { event, offer: of, decision } in events {
            let paid = event == "fired";
            let counts = of.as_deref() == Some(offer) && (paid || event == "would_have_fired");
            if let Some(decision) = decision.filter(|_| counts) {
                let kind = decision.split(KIND_ENDS).next().unwrap_or_default();
                self.0.insert((kind.to_owned(), paid));
            }
        }
        Some(())
    }
}

impl Decisions {
    /// Counts a member of one side.
    pub(super) fn add(&mut self, decided: &Decided, side: Side) {
        for (kind, paid) in &decided.0 {
            let is_known = self.kinds.len() < KINDS_MAX || self.kinds.contains_key(kind);
            let counts =
                if is_known { self.kinds.entry(kind.clone()).or_default() } else { &mut self.others };
            match (side, paid) {
                (Side::Treated, true) => counts.fired = counts.fired.saturating_add(1),
                (Side::Control, false) => counts.would_have_fired = counts.would_have_fired.saturating_add(1),
                _ => {}
            }
        }
    }

    /// The counts as a document; empty without decisions.
    pub(super) fn document(&self) -> Vec<Value> {
        let row = |kind: Option<&String>, counts: &Counts| {
            json!({
                "decision": kind,
                "fired_members": counts.fired,
                "would_have_fired_members": counts.would_have_fired,
            })
        };
        let others = (self.others != Counts::default()).then(|| row(None, &self.others));
        self.kinds.iter().map(|(kind, counts)| row(Some(kind), counts)).chain(others).collect()
    }

    /// The counts in words; none without decisions.
    pub(super) fn words(&self) -> Option<String> {
        let words =
            |name: &str, counts: &Counts| format!("{name} {} and {}", counts.fired, counts.would_have_fired);
        let mut all: Vec<String> = self.kinds.iter().map(|(kind, counts)| words(kind, counts)).collect();
        if self.others != Counts::default() {
            all.push(words("others", &self.others));
        }
        (!all.is_empty())
            .then(|| format!("members it paid and would have paid, by decision: {}", all.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(decision: &str, event: &str) -> Decided {
        let mut decided = Decided::default();
        let events = json!([{"event": "receipt"}, {"event": event, "offer": "o", "decision": decision},
                            {"event": "fired", "offer": "other", "decision": "x"}]);
        decided.add(&events.to_string(), "o").expect("events");
        decided
    }

    #[test]
    fn members_are_counted_by_the_part_before_the_first_slash() {
        let mut decisions = Decisions::default();
        for (decision, event, side) in [
            ("run-7/a/1", "fired", Side::Treated),
            ("run-7/b", "fired", Side::Treated),
            ("run-7/b", "would_have_fired", Side::Control),
            ("run-8", "fired", Side::Treated),
            ("run-9", "offered", Side::Treated),
            ("run-8", "fired", Side::Both),
        ] {
            decisions.add(&decided(decision, event), side);
        }
        let row = |kind, fired, would| json!({"decision": kind, "fired_members": fired, "would_have_fired_members": would});
        assert_eq!(decisions.document(), [row("run-7", 2, 1), row("run-8", 1, 0)]);
    }

    #[test]
    fn kinds_beyond_the_most_are_counted_together() {
        let mut decisions = Decisions::default();
        for number in 0..KINDS_MAX + 5 {
            decisions.add(&decided(&format!("{number:03}"), "fired"), Side::Treated);
        }
        let rows = decisions.document();
        assert_eq!(rows.len(), KINDS_MAX + 1);
        assert_eq!(rows.last().map(|row| row["fired_members"].clone()), Some(json!(5)));
    }
}
