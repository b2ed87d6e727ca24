//! Effects as predicted and as they came true.

use causal::Bootstrap;
use causal::curves::{Decile, deciles};

use crate::error::DriftError;

/// Standard errors that a tenth may be off: ten tenths and all rows together then stay inside in about 99 of
/// 100 samples without drift (Bonferroni: each of eleven with 0.1 %).
const ALLOWED: f64 = 3.3;

/// Where what came true departs from what was predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The mean over all rows.
    All,
    /// A tenth of the rows by predicted effect, the best first, from 1.
    Decile(usize),
}

/// Predicted against realised effects.
#[derive(Clone, Debug, PartialEq)]
pub struct Uplift {
    /// All rows.
    pub all: Decile,
    /// Tenths by predicted effect, the best first.
    pub deciles: Vec<Decile>,
    /// Empty without drift.
    pub departures: Vec<Departure>,
}

impl Uplift {
    /// Whether effects have drifted.
    pub fn drifted(&self) -> bool {
        !self.departures.is_empty()
    }
}

/// Compares the effects that a model predicted for some rows with what came true of them: `gain` are unbiased
/// scores of the same effects, such as [`causal::Scores::effect`]. A drift is a tenth of the rows, or the mean
/// of all, that is further off than chance explains. Intervals of the answer are those of `bootstrap`.
///
/// The model must not have been trained on these rows.
///
/// # Errors
///
/// Columns of different lengths, too few members, a value that is not finite.
pub fn uplift(
    predicted: &[f64],
    gain: &[f64],
    clusters: &[u64],
    bootstrap: &Bootstrap,
) -> Result<Uplift, DriftError> {
    let deciles = deciles(predicted, gain, clusters, bootstrap)?;
    let all = Decile {
        rows: predicted.len(),
        predicted: bootstrap.mean(clusters, predicted)?.estimate,
        realised: bootstrap.mean(clusters, gain)?,
    };
    let places = (1..).map(Departure::Decile).zip(&deciles).chain([(Departure::All, &all)]);
    let departures = places.filter(|(_, decile)| departs(decile)).map(|(place, _)| place).collect();
    Ok(Uplift { all, deciles, departures })
}

fn departs(decile: &Decile) -> bool {
    (decile.realised.estimate - decile.predicted).abs() > ALLOWED * decile.realised.error
}
