//! The honest choice among competing models.
//!
//! Members are divided by a hash: models are trained on three fifths ([`Parts::fit`]), the champion is chosen
//! on a fifth, and the last fifth is opened once, after the choice, for the figures that are reported. The
//! best of twelve on the rows it was chosen on is the winner's curse. Competitors include nobody and
//! every arm for all, and a model is promoted only if it is proved to be worth more than the best of those.

mod competition;
mod error;
mod field;
mod gate;
mod importance;
mod judge;
mod model;
pub mod peek;
mod ranking;
pub mod segments;
mod sentence;
mod split;
mod verdict;

pub use competition::{Done, Previous, Task, compete};
pub use error::ChooseError;
pub use field::{Entrant, field};
pub use model::{Model, Spending, chosen};
pub use sentence::figure;
pub use split::Parts;
pub use verdict::{
    About, ArmAuc, ArmSummary, Choice, Competitor, CurvePoint, Decile, FeatureSummary, Figures, Gate,
    Interval, PREVIOUS, Part, Randomness, Ranking, RanksBest, SHAPE, Segment, Segments, Split, Verdict,
};
