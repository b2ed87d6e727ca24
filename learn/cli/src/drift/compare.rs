//! Compares the data of two runs as the champion of the earlier one sees them.

use ::drift::{MOVED, Stability, Uplift, scores, stability, uplift};
use causal::{Bootstrap, Experiment, Nuisances, Propensity, Scores};
use choose::chosen;
use trees::{Bins, Booster};

use super::run::Run;
use crate::refused::{Refused, refuse};

/// Competitors whose scores say who buys, and not what an offer changes.
const NO_EFFECTS: [&str; 2] = ["response", "rule"];

/// How far the world has moved.
pub(super) struct Found {
    pub(super) before: String,
    pub(super) after: String,
    /// Rows of each side.
    pub(super) rows: (usize, usize),
    /// Name of the champion that was asked.
    pub(super) champion: String,
    pub(super) features: Vec<Stability>,
    /// Name of each arm but the control, and the index of the champion's scores for it.
    pub(super) scores: Vec<(String, f64)>,
    /// None if the champion predicts no effects.
    pub(super) uplift: Option<Uplift>,
}

impl Found {
    /// Whether anything has moved.
    pub(super) fn drifted(&self) -> bool {
        self.features.iter().any(|feature| feature.moved)
            || self.scores.iter().any(|(_, psi)| *psi > MOVED)
            || self.uplift.as_ref().is_some_and(Uplift::drifted)
    }
}

/// Compares two runs.
///
/// # Errors
///
/// Runs of the same data, of other arms or with too few rows.
pub(super) fn compare(before: &Run, after: &Run, threads: u32) -> anyhow::Result<Found> {
    let champion = &before.champion;
    if before.rows.sha256 == after.rows.sha256 {
        refuse!("both runs are of the same data, {}: nothing can have moved", before.data());
    }
    if champion.arms != after.rows.arms {
        refuse!(
            "{} has the arms {}, and {} has {}: runs of different offers cannot be compared",
            before.folder.display(),
            champion.arms.join(", "),
            after.folder.display(),
            after.rows.arms.join(", ")
        );
    }
    let told = |error: ::drift::DriftError| Refused(error.to_string());
    let cuts = champion.features();
    let (then, now) = (before.seen_by(champion, &cuts)?, after.seen_by(champion, &cuts)?);
    let features = stability(&then, &now).map_err(told)?;
    let mut found = Found {
        before: before.folder.display().to_string(),
        after: after.folder.display().to_string(),
        rows: (then.rows(), now.rows()),
        champion: champion.name.clone(),
        features,
        scores: Vec::new(),
        uplift: None,
    };
    let fitted = champion.restored(&before.folder.display().to_string())?;
    if fitted.fixed_arm().is_some() || NO_EFFECTS.contains(&champion.name.as_str()) {
        return Ok(found);
    }
    let (old, new) = (fitted.effects(&then, &all(&then))?, fitted.effects(&now, &all(&now))?);
    for ((arm, old), new) in champion.arms.iter().skip(1).zip(&old).zip(&new) {
        found.scores.push((arm.clone(), scores(old, new).map_err(told)?));
    }
    let given = chosen(fitted.as_ref(), champion.price, &now, &all(&now), &champion.costs)?;
    found.uplift = Some(realised(after, now, &given, &new, threads)?);
    Ok(found)
}

fn all(bins: &Bins) -> Vec<u32> {
    (0..).take(bins.rows()).collect()
}

/// What the champion would have given to the rows of a run, and what that would have brought. Both are 0 where it would
/// have given nothing.
fn realised(
    after: &Run,
    bins: Bins,
    given: &[u8],
    effects: &[Vec<f64>],
    threads: u32,
) -> anyhow::Result<Uplift> {
    let rows = all(&bins);
    let experiment = experiment(after, bins);
    experiment.check()?;
    let trainer = Booster(after.config.outcome_trees(threads));
    let nuisances = Nuisances::fit(&experiment, &rows, &trainer, after.config.seed)?;
    let scores = Scores::new(&experiment, &rows, &nuisances)?;
    let score = |arm: u8, row: usize| {
        scores.arm(usize::from(arm)).and_then(|column| column.get(row)).copied().unwrap_or_default()
    };
    let of_row = |(row, arm): (usize, &u8)| {
        let effect = usize::from(*arm).checked_sub(1).and_then(|place| effects.get(place)?.get(row));
        (effect.copied().unwrap_or_default(), score(*arm, row) - score(0, row))
    };
    let (predicted, gain): (Vec<f64>, Vec<f64>) = given.iter().enumerate().map(of_row).unzip();
    let bootstrap = Bootstrap { seed: after.config.seed, threads, ..Bootstrap::default() };
    Ok(uplift(&predicted, &gain, &after.rows.members, &bootstrap)?)
}

/// The experiment of a run, with other features.
fn experiment(run: &Run, bins: Bins) -> Experiment {
    let rows = &run.rows;
    Experiment {
        bins,
        arm: rows.arm.clone(),
        arms: rows.arms.clone(),
        outcome: rows.outcome.clone(),
        scale: rows.scale,
        propensity: propensity(run),
        cluster: rows.members.clone(),
    }
}

fn propensity(run: &Run) -> Propensity {
    let rows = &run.rows;
    if !rows.chances.is_empty() {
        return Propensity::PerRow(rows.chances.clone());
    }
    let all = f64::from(u32::try_from(rows.arm.len()).unwrap_or(u32::MAX));
    let chance = |(number, name): (u8, &String)| {
        let count = rows.arm.iter().filter(|arm| **arm == number).count();
        let share = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / all;
        let stated = run.config.propensity.get(name).copied().unwrap_or(share);
        // The nearest whole number of millionths.
        format!("{:.0}", stated * 1e6).parse::<u32>().unwrap_or_default()
    };
    Propensity::PerArm((0..).zip(&rows.arms).map(chance).collect())
}
