//! Made-up experiments with known effects.

use causal::folds::{split_mix, uniform};
use causal::{Experiment, Propensity};
use trees::{Bins, Feature};

/// Outcomes are in thousandths.
pub(crate) const SCALE: i64 = 1_000;

/// A uniform number in 0..1.
pub(crate) fn unit(seed: u64, salt: u64) -> f64 {
    (uniform(seed, salt) >> 11) as f64 / (1_u64 << 53) as f64
}

/// An experiment and the truth behind it.
pub(crate) struct MadeUp {
    pub(crate) experiment: Experiment,
    /// True effect of each arm over the control, `[arm − 1][row]`.
    pub(crate) effects: Vec<Vec<f64>>,
    /// True mean outcome of each arm over these rows.
    pub(crate) means: Vec<f64>,
}

/// Four features of ten values, arms with the given propensities. The first arm works for those with
/// feature 0 at 5 or more (+0.6, others −0.2), each further one for those with that feature below 5 (+0.3).
/// The outcome without treatment grows with feature 1, and is 0.4 lower for those for whom the first arm
/// works: if it is drawn for every second one, response and effect have nothing in common.
pub(crate) fn made_up(rows: usize, propensities: &[u32], seed: u64) -> MadeUp {
    let value =
        |row: usize, feature: usize| (unit(row as u64, split_mix(seed) ^ feature as u64) * 10.0) as i64;
    let features: Vec<Feature> =
        (0..4).map(|feature| Feature { name: format!("f{feature}"), cuts: (1..10).collect() }).collect();
    let columns = (0..4)
        .map(|feature| (0..rows).map(|row| features[feature].bin(Some(value(row, feature)))).collect())
        .collect();
    let arms = propensities.len();
    let mut effects = vec![Vec::with_capacity(rows); arms - 1];
    let (mut arm, mut outcome, mut cluster) = (Vec::new(), Vec::new(), Vec::new());
    let mut means = vec![0.0; arms];
    for row in 0..rows {
        let own = draw(unit(row as u64, seed ^ 0xa1), propensities);
        let high = value(row, 0) >= 5;
        let base = 0.2 + 0.1 * value(row, 1) as f64 - if high { 0.4 } else { 0.0 };
        let noise = unit(row as u64, seed ^ 0xb2) - 0.5;
        means[0] += base / rows as f64;
        for (number, column) in effects.iter_mut().enumerate() {
            let effect = match (number, high) {
                (0, true) => 0.6,
                (0, false) => -0.2,
                (_, true) => 0.0,
                (_, false) => 0.3,
            };
            column.push(effect);
            means[number + 1] += (base + effect) / rows as f64;
        }
        let effect = if own == 0 { 0.0 } else { effects[usize::from(own) - 1][row] };
        arm.push(own);
        outcome.push(((base + effect + noise) * SCALE as f64).round() as i32);
        cluster.push(split_mix(seed ^ split_mix(row as u64)));
    }
    let experiment = Experiment {
        bins: Bins::new(features, columns).unwrap(),
        arm,
        arms: (0..arms).map(|arm| format!("arm {arm}")).collect(),
        outcome,
        scale: SCALE,
        propensity: Propensity::PerArm(propensities.to_vec()),
        cluster,
    };
    experiment.check().unwrap();
    MadeUp { experiment, effects, means }
}

fn draw(unit: f64, propensities: &[u32]) -> u8 {
    let mut left = unit * 1e6;
    for (arm, propensity) in propensities.iter().enumerate() {
        left -= f64::from(*propensity);
        if left < 0.0 {
            return arm as u8;
        }
    }
    (propensities.len() - 1) as u8
}

/// All rows of an experiment whose fold of two is `half`.
pub(crate) fn half(experiment: &Experiment, salt: u64, half: u32) -> Vec<u32> {
    (0..experiment.rows() as u32)
        .filter(|row| causal::folds::fold(experiment.cluster[*row as usize], salt, 2) == half)
        .collect()
}

/// Quick trees that are good enough for made-up data.
pub(crate) fn quick() -> trees::Booster {
    trees::Booster(trees::Options {
        trees: 30,
        depth: 3,
        least_rows: 10,
        rate_millionths: 200_000,
        ..trees::Options::default()
    })
}
