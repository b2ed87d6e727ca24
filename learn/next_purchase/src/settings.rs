//! How candidates are found, and how they are learned to be ordered.

use trees::Options;

use crate::error::NextPurchaseError;

/// What may be set; the defaults are what was measured on real receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days in which a good has to be bought, 7 to 91.
    pub horizon: u32,
    /// Most goods that are guessed for a member, 1 to 100.
    pub guesses: u32,
    /// Receipts that a member must have had before a window to be learned from, or to count in an evaluation.
    pub least_receipts: u32,
    /// Windows before the day that are learned from, the latest first, 1 to 12.
    pub windows: u32,
    /// Most candidates of a member that they bought before, 1 to 500.
    pub own: u32,
    /// Most candidates that many members buy, 0 to 500.
    pub popular: u32,
    /// Most candidates that are bought by members who buy the same, 0 to 500.
    pub similar: u32,
    /// Most rows to learn from, about 600 bytes each; of more members, some are drawn by a hash of their id.
    pub most_rows: u32,
    /// Forests whose predictions are averaged, 1 to 32: each learns from members of its own draw, so that what one of
    /// them sees by chance weighs little.
    pub forests: u32,
    /// How the trees of each forest are grown.
    pub trees: Options,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            horizon: 28,
            guesses: 10,
            least_receipts: 5,
            windows: 3,
            own: 80,
            popular: 15,
            similar: 10,
            most_rows: 1_500_000,
            forests: 6,
            trees: Options {
                trees: 60,
                depth: 4,
                least_rows: 300,
                rate_millionths: 60_000,
                ..Options::default()
            },
        }
    }
}

impl Settings {
    /// # Errors
    ///
    /// A setting is outside of its range.
    pub(crate) fn check(&self) -> Result<(), NextPurchaseError> {
        let ranges = [
            ("horizon", self.horizon, 7, 91),
            ("guesses", self.guesses, 1, 100),
            ("least receipts", self.least_receipts, 1, 1_000_000),
            ("windows", self.windows, 1, 12),
            ("own candidates", self.own, 1, 500),
            ("popular candidates", self.popular, 0, 500),
            ("similar candidates", self.similar, 0, 500),
            ("forests", self.forests, 1, 32),
            ("rows", self.most_rows, 10_000, 16_000_000),
        ];
        for (what, found, from, to) in ranges {
            if !(from..=to).contains(&found) {
                let (found, from, to) = (found.into(), from.into(), to.into());
                return Err(NextPurchaseError::Setting { what, found, from, to });
            }
        }
        Ok(())
    }

    /// Most candidates of one member.
    pub(crate) fn candidates(&self) -> u32 {
        self.own + self.popular + self.similar
    }
}
