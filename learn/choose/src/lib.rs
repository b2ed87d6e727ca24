//! The honest choice among competing models.

mod verdict;

pub use verdict::{
    About, ArmAuc, ArmSummary, Choice, Competitor, CurvePoint, Decile, FeatureSummary, Figures, Gate, Interval, Part,
    Randomness, Ranking, SHAPE, Split, Verdict,
};
