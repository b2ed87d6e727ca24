//! A randomised experiment as files: what is read, how it is judged, and what is written.
//!
//! [`judge`] does the whole of `offer-host-learn experiment` but for the writing, so that a night of the learner
//! can use it, and `verify` can do it again and compare. The other modules are what the commands of the learner
//! share: tables and columns ([`input`]), the stored champion ([`champion`]), digests ([`manifest`]), files that are
//! written all or none ([`output`]), and input that is refused ([`refused`]).

pub mod champion;
mod former;
mod imported;
pub mod input;
mod inputs;
mod judge;
pub mod manifest;
pub mod output;
mod prepare;
pub mod refused;
mod scores;
mod segmentation;
mod stored;

pub use imported::import;
pub use inputs::Inputs;
pub use judge::{Judged, Told, judge};
pub use stored::score;
