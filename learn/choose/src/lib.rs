//! The honest choice among competing models.

mod verdict;

pub use verdict::{
    About, ArmSummary, Choice, Competitor, CurvePoint, Decile, FeatureSummary, Figures, Gate, Interval, Part,
    Randomness, Ranking, SHAPE, Split, Verdict,
};
