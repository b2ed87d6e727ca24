//! How well models rank members by effect, cross-validated over all rows.
//!
//! It takes no part in the choice. One fifth of the rows would leave these figures too wide to be of use,
//! so each row is ranked by a model that was trained on the other four fifths of the members.

use causal::folds::fold;
use causal::{Scores, curves};

use crate::competition::Runner;
use crate::error::ChooseError;
use crate::field::Entrant;
use crate::judge::rounded;
use crate::split::number;
use crate::verdict::{Competitor, CurvePoint, Decile, Ranking, RanksBest};

const FOLDS: u32 = 5;

/// Keeps this draw apart from those of the split and of cross-fitting.
const SALT: u64 = 0x5241_4e4b_494e_4753;

/// For each competitor, one ranking for each arm but the control; none unless it is a model.
pub(crate) fn rankings(
    runner: &Runner<'_>,
    entrants: &[Entrant],
    scores: &Scores,
    all: &[u32],
) -> Result<Vec<Vec<Ranking>>, ChooseError> {
    let arms = scores.arms().saturating_sub(1);
    let models: Vec<Entrant> = entrants.iter().filter(|entrant| entrant.is_model()).cloned().collect();
    let mut predicted = vec![vec![vec![0.0; all.len()]; arms]; models.len()];
    for part in 0..FOLDS {
        let held = |row: &u32| {
            let place = usize::try_from(*row).unwrap_or(usize::MAX);
            let member = runner.experiment().cluster.get(place).copied().unwrap_or(0);
            fold(member, runner.seed ^ SALT, FOLDS) == part
        };
        let (judged, trained): (Vec<u32>, Vec<u32>) = all.iter().partition(|row| held(row));
        let fold_models =
            runner.train(&models, &trained, &format!("cross-validating {} of {FOLDS}", part + 1))?;
        for (model, of_model) in fold_models.iter().zip(&mut predicted) {
            let effects = model.fitted.effects(&runner.experiment().bins, &judged)?;
            for (effects, of_arm) in effects.iter().zip(of_model) {
                for (row, effect) in judged.iter().zip(effects) {
                    if let Some(place) = usize::try_from(*row).ok().and_then(|row| of_arm.get_mut(row)) {
                        *place = *effect;
                    }
                }
            }
        }
    }
    let mut predicted = predicted.into_iter();
    entrants
        .iter()
        .map(|entrant| match entrant.is_model().then(|| predicted.next()).flatten() {
            Some(of_model) => of_model
                .iter()
                .enumerate()
                .map(|(arm, effects)| ranking(runner, scores, arm + 1, effects))
                .collect(),
            None => Ok(Vec::new()),
        })
        .collect()
}

/// For each arm but the control the model with the largest Qini value; of equals the first.
pub(crate) fn best(arms: &[String], competitors: &[Competitor]) -> Vec<RanksBest> {
    let of_arm = |arm: &String| {
        let mut best: Option<(&str, f64)> = None;
        for competitor in competitors {
            let ranking = competitor.ranking.iter().find(|ranking| ranking.arm == *arm);
            let qini = ranking.map(|ranking| ranking.qini.estimate);
            if let Some(qini) = qini.filter(|qini| best.is_none_or(|(_, most)| *qini > most)) {
                best = Some((&competitor.name, qini));
            }
        }
        best.map(|(name, _)| RanksBest { arm: arm.clone(), name: name.to_owned() })
    };
    arms.iter().skip(1).filter_map(of_arm).collect()
}

fn ranking(
    runner: &Runner<'_>,
    scores: &Scores,
    arm: usize,
    effects: &[f64],
) -> Result<Ranking, ChooseError> {
    let gains = scores.effect(arm)?;
    let ranked = curves::rank(effects, &gains, scores.clusters(), &runner.bootstrap)?;
    let deciles = curves::deciles(effects, &gains, scores.clusters(), &runner.bootstrap)?;
    Ok(Ranking {
        arm: runner.experiment().arms.get(arm).cloned().unwrap_or_default(),
        share_in_best_30: ranked.share.map(Into::into),
        qini: ranked.qini.into(),
        autoc: ranked.autoc.into(),
        curve: ranked
            .curve
            .into_iter()
            .map(|(treated, extra)| CurvePoint { treated: rounded(treated), extra: rounded(extra) })
            .collect(),
        deciles: deciles
            .into_iter()
            .map(|decile| Decile {
                rows: number(decile.rows),
                predicted: rounded(decile.predicted),
                realised: decile.realised.into(),
            })
            .collect(),
    })
}
