//! Faults of a version in words: their kinds, and the texts that are seen most often.

use std::collections::BTreeMap;

use domain::mechanics::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most texts that are kept for one kind of fault of a version in a trial.
const TEXTS_MAX: usize = 4;
/// The most characters that are kept of a text.
const TEXT_CHARACTERS_MAX: usize = 200;

/// The kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A call did not end well.
    Call(Outcome),
    /// A call ended well, with the answer that it has failed: on all its offers, or with a message for its author.
    GaveUp,
}

impl FaultKind {
    /// The name in JSON and in metrics: that of the outcome, or `failed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call(outcome) => outcome.name(),
            Self::GaveUp => "failed",
        }
    }

    /// True if the version was not asked, because it had failed again and again.
    pub fn is_left_alone(self) -> bool {
        self == Self::Call(Outcome::Disabled)
    }
}

/// A fault on one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// For people.
    pub text: String,
}

/// Faults of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FaultSummary {
    /// The kind: `trap`, `out_of_fuel`, `out_of_memory`, `deadline`, `bad_output`; `failed` where it answered that it
    /// has failed on all its offers, or with a message for its author; `disabled` where it was not asked after repeated faults.
    pub outcome: String,
    /// The text that was seen most often, up to 200 characters.
    pub text: Option<String>,
    /// Receipts.
    pub receipts: u64,
}

/// The most frequent texts of faults, by kind. Stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultTexts(BTreeMap<String, Vec<CountedText>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CountedText {
    text: String,
    /// The number of receipts at most.
    count: u64,
}

impl FaultTexts {
    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records the text of one fault.
    pub fn record(&mut self, kind: &str, text: &str) {
        self.add_text(kind, text.chars().take(TEXT_CHARACTERS_MAX).collect(), 1);
    }

    /// Adds those of another node.
    pub fn add(&mut self, other: &Self) {
        for (kind, texts) in &other.0 {
            for CountedText { text, count } in texts {
                self.add_text(kind, text.clone(), *count);
            }
        }
    }

    /// The space-saving algorithm (Metwally, Agrawal, El Abbadi, 2005): a text that finds no room replaces the rarest
    /// one and goes on from its count, so that a frequent text is found whenever it first comes.
    fn add_text(&mut self, kind: &str, text: String, count: u64) {
        let texts = self.0.entry(kind.to_owned()).or_default();
        if let Some(known) = texts.iter_mut().find(|known| known.text == text) {
            known.count = known.count.saturating_add(count);
        } else if texts.len() < TEXTS_MAX {
            texts.push(CountedText { text, count });
        } else if let Some(rarest) = texts.iter_mut().min_by_key(|known| known.count) {
            let count = rarest.count.saturating_add(count);
            *rarest = CountedText { text, count };
        }
    }

    /// The most frequent text of a kind; of several, the one that came first.
    pub fn most_frequent(&self, kind: &str) -> Option<&str> {
        // `max_by_key` would return the last of several.
        let texts = self.0.get(kind)?.iter().rev();
        texts.max_by_key(|known| known.count).map(|known| known.text.as_str())
    }
}

/// Summaries by kind, the most frequent first; receipts on which the version was not asked come last, since other faults
/// are their cause.
pub fn summaries(receipts_by_kind: &BTreeMap<String, u64>, texts: &FaultTexts) -> Vec<FaultSummary> {
    let mut summaries: Vec<FaultSummary> = receipts_by_kind
        .iter()
        .map(|(kind, receipts)| FaultSummary {
            outcome: kind.clone(),
            text: texts.most_frequent(kind).map(str::to_owned),
            receipts: *receipts,
        })
        .collect();
    let is_left_alone = |summary: &FaultSummary| summary.outcome == Outcome::Disabled.name();
    summaries.sort_by_key(|summary| (is_left_alone(summary), std::cmp::Reverse(summary.receipts)));
    summaries
}

/// The faults of a version in one sentence part, as in `trap on 5, not asked on 15`.
pub fn list(summaries: &[FaultSummary]) -> String {
    let part = |FaultSummary { outcome, receipts, .. }: &FaultSummary| {
        if outcome == Outcome::Disabled.name() {
            format!("not asked on {receipts} after repeated faults")
        } else {
            format!("{outcome} on {receipts}")
        }
    };
    summaries.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_text_is_found_among_many_rare_ones() {
        let mut texts = FaultTexts::default();
        for n in 0..1_000 {
            texts.record("bad_output", &format!("line {n} is not on the receipt"));
            if n % 2 == 0 {
                texts.record("bad_output", "too many proposals");
            }
        }
        texts.record("trap", "unreachable");
        assert_eq!(texts.most_frequent("bad_output"), Some("too many proposals"));
        assert_eq!(texts.most_frequent("trap"), Some("unreachable"), "each kind has its own");
        assert_eq!(texts.most_frequent("deadline"), None);
        assert!(texts.0.values().all(|kept| kept.len() <= TEXTS_MAX), "{texts:?}");
    }

    #[test]
    fn texts_are_cut_and_nodes_are_added() {
        let (mut one, mut other) = (FaultTexts::default(), FaultTexts::default());
        one.record("trap", "first");
        one.record("trap", "second");
        assert_eq!(one.most_frequent("trap"), Some("first"));
        other.record("trap", "second");
        other.record("failed", &"ü".repeat(1_000));
        one.add(&other);
        assert_eq!(one.most_frequent("trap"), Some("second"));
        assert_eq!(one.most_frequent("failed").map(|text| text.chars().count()), Some(TEXT_CHARACTERS_MAX));
    }

    #[test]
    fn what_was_not_asked_is_not_the_cause() {
        let receipts = BTreeMap::from([("disabled".to_owned(), 15), ("trap".to_owned(), 5)]);
        let mut texts = FaultTexts::default();
        texts.record("trap", "unreachable");
        let summaries = summaries(&receipts, &texts);
        assert_eq!(list(&summaries), "trap on 5, not asked on 15 after repeated faults");
        assert_eq!(summaries.first().and_then(|first| first.text.as_deref()), Some("unreachable"));
    }
}
