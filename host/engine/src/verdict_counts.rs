//! Numbers of verdicts of a call, by kind.

use domain::mechanics::{Evaluated, Verdict};

/// The verdicts of a call, counted by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts {
    /// Offers with a proposal.
    pub proposing: usize,
    /// Offers that were declined, also by an empty list of proposals.
    pub declined: usize,
    /// Offers of which the mechanic reported a failure.
    pub failed: usize,
}

impl VerdictCounts {
    /// The counts of an answer.
    pub fn of(evaluated: &Evaluated) -> Self {
        let mut counts = Self::default();
        for verdict in &evaluated.verdicts {
            let count = match verdict {
                Verdict::Proposals(proposals) if !proposals.is_empty() => &mut counts.proposing,
                Verdict::Failed { .. } => &mut counts.failed,
                _ => &mut counts.declined,
            };
            *count = count.saturating_add(1);
        }
        counts
    }
}
