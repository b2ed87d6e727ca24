//! A student: forests that were taught what a champion predicts, for a till that walks forests and nothing else.
//!
//! It learns on the parts of the rows that the models learned and were chosen on, and is examined on the part that
//! was kept back for the report.

use causal::{CausalError, EffectForest, Fitted, distil, policy};
use choose::Parts;
use till::MAX_FEATURES;
use trees::{Bins, Booster, Feature, Forest, Options, TrainError, Trainer};

use crate::champion::Champion;
use crate::refused::{Refused, refuse};

/// Trees of all levels together: what a till is measured with.
const TREES: u32 = 300;

/// A student that gives fewer rows the same arm as the champion is no stand-in for it.
const LEAST_SAME: f64 = 0.9;

/// Nor is one that brings less of what the champion is predicted to bring beyond the best constant: most rows
/// may be those about which there is nothing to decide.
const LEAST_KEPT: f64 = 0.9;

/// What a student learns from.
pub(super) struct Lessons {
    /// Rows with the features of the champion.
    pub(super) bins: Bins,
    /// Hash of the member of each row.
    pub(super) members: Vec<u64>,
    pub(super) seed: u64,
    /// They change no byte.
    pub(super) threads: u32,
}

/// Forests that stand in for a champion.
pub(super) struct Student {
    /// One for each arm but the control.
    pub(super) forests: Vec<EffectForest>,
    pub(super) fidelity: Fidelity,
}

/// How true a student is to its champion, on rows that it did not learn from.
#[derive(Clone, Copy)]
pub(super) struct Fidelity {
    rows: usize,
    /// Share of rows with the same arm.
    same: f64,
    /// What the student's arms bring beyond the best constant, by the champion's predictions, as a share of what
    /// the champion's own bring.
    kept: f64,
}

impl Fidelity {
    /// In a sentence.
    pub(super) fn sentence(&self) -> String {
        format!(
            "of {} rows that it did not learn from it gives {:.1} % the same arm, and keeps {:.1} % of what the champion \
             is predicted to bring beyond the best constant",
            self.rows,
            self.same * 100.0,
            self.kept * 100.0
        )
    }
}

impl Student {
    /// Trains a student, and examines it.
    ///
    /// # Errors
    ///
    /// It is not true enough to its champion; too few rows to tell.
    pub(super) fn train(
        (champion, fitted): (&Champion, &dyn Fitted),
        lessons: &Lessons,
        file: &str,
    ) -> Result<Self, Refused> {
        let refused = |error: CausalError| Refused(format!("{file}: no student can be trained: {error}"));
        let parts = Parts::of(&lessons.members, lessons.seed);
        let rows = [parts.fit, parts.choose].concat();
        let booster = Booster(options(champion.arms.len(), lessons.threads));
        let mut seen = lessons.bins.clone();
        let mut forests = distil(fitted, &lessons.bins, &rows, &booster).map_err(refused)?;
        if let Some(fewer) = most_asked(&seen, &forests) {
            seen = fewer;
            let trainer = Blinkered { booster: &booster, bins: &seen };
            forests = distil(fitted, &lessons.bins, &rows, &trainer).map_err(refused)?;
        }
        let exam = Exam { champion, fitted, bins: &lessons.bins, rows: &parts.report };
        let Some(fidelity) = exam.fidelity(&forests, &seen).map_err(refused)? else {
            refuse!(
                "{file}: the run kept no rows back, so how true a student is cannot be told; use more rows"
            );
        };
        if fidelity.same < LEAST_SAME || fidelity.kept < LEAST_KEPT {
            refuse!(
                "{file}: a student does not stand in well enough for the champion \"{}\": {}; at least {:.0} % and {:.0} % are \
                 asked. Train on more rows or fewer features, or upload the champion's choice as personal terms",
                champion.title,
                fidelity.sentence(),
                LEAST_SAME * 100.0,
                LEAST_KEPT * 100.0
            );
        }
        Ok(Self { forests, fidelity })
    }
}

/// Deep trees and many of them: what a champion predicts has no noise to learn by mistake.
fn options(arms: usize, threads: u32) -> Options {
    let levels = u32::try_from(arms.saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    Options {
        trees: (TREES / levels).max(1),
        depth: 6,
        least_rows: 20,
        ridge: 1,
        threads,
        ..Options::default()
    }
}

/// The bins of the features that the most nodes ask for, if they are more than a till can be asked for.
fn most_asked(bins: &Bins, forests: &[EffectForest]) -> Option<Bins> {
    let mut asked: Vec<(usize, usize)> = (0..bins.features().len()).map(|feature| (0, feature)).collect();
    let nodes = forests.iter().flat_map(|effect| effect.forest.trees()).flat_map(|tree| &tree.nodes);
    for node in nodes {
        if let Some((count, _)) = asked.get_mut(usize::from(node.feature)) {
            *count += 1;
        }
    }
    asked.retain(|(count, _)| *count > 0);
    if asked.len() <= MAX_FEATURES {
        return None;
    }
    asked.sort_by_key(|(count, feature)| (std::cmp::Reverse(*count), *feature));
    asked.truncate(MAX_FEATURES);
    asked.sort_by_key(|(_, feature)| *feature);
    let column = |(_, feature): &(usize, usize)| {
        Some((bins.features().get(*feature)?.clone(), bins.column(*feature)?.to_vec()))
    };
    let (features, columns): (Vec<Feature>, Vec<Vec<u8>>) = asked.iter().filter_map(column).unzip();
    Bins::new(features, columns).ok()
}

/// Trains on fewer features than the champion has.
struct Blinkered<'a> {
    booster: &'a Booster,
    bins: &'a Bins,
}

impl Trainer for Blinkered<'_> {
    fn fit(
        &self,
        _: &Bins,
        rows: &[u32],
        target: &[i32],
        weight: Option<&[u32]>,
    ) -> Result<Forest, TrainError> {
        self.booster.fit(self.bins, rows, target, weight)
    }
}

/// Rows on which a student is compared with its champion.
struct Exam<'a> {
    champion: &'a Champion,
    fitted: &'a dyn Fitted,
    bins: &'a Bins,
    rows: &'a [u32],
}

impl Exam<'_> {
    /// Nothing if there are no rows.
    fn fidelity(&self, forests: &[EffectForest], seen: &Bins) -> Result<Option<Fidelity>, CausalError> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let costs: Vec<f64> = self.champion.costs.iter().map(|cost| cost * self.champion.price).collect();
        let predicted = self.fitted.effects(self.bins, self.rows)?;
        let taught: Vec<Vec<f64>> = forests.iter().map(|forest| forest.predict(seen, self.rows)).collect();
        let (right, given) = (policy::assign(&predicted, &costs)?, policy::assign(&taught, &costs)?);
        let same = right.iter().zip(&given).filter(|(right, given)| right == given).count();
        let worth = |arms: &mut dyn Iterator<Item = u8>| -> f64 {
            arms.enumerate().map(|(row, arm)| net(&predicted, &costs, row, arm)).sum()
        };
        let constants =
            (0_u8..).zip(&costs).map(|(arm, _)| worth(&mut std::iter::repeat_n(arm, right.len())));
        let constant = constants.fold(f64::NEG_INFINITY, f64::max);
        let (own, students) = (worth(&mut right.iter().copied()), worth(&mut given.iter().copied()));
        let more = own - constant;
        // Where the champion gives everybody the same there is nothing to lose but by giving something else.
        let kept = if more > 0.0 { (students - constant) / more } else { share(same, right.len()) };
        Ok(Some(Fidelity { rows: right.len(), same: share(same, right.len()), kept }))
    }
}

/// Effect of an arm on a row less its cost.
fn net(effects: &[Vec<f64>], costs: &[f64], row: usize, arm: u8) -> f64 {
    let cost = costs.get(usize::from(arm)).copied().unwrap_or_default();
    let column = usize::from(arm).checked_sub(1).and_then(|arm| effects.get(arm));
    column.and_then(|column| column.get(row)).copied().unwrap_or_default() - cost
}

/// `count` of `all`; rows are counted in 32 bits.
fn share(count: usize, all: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(count) / float(all)
}
