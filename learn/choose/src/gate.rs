//! Which competitor runs: a model only if it is proved to be worth more than the best constant.

use causal::bootstrap::Z_95;

use crate::competition::Task;
use crate::error::ChooseError;
use crate::field::Entrant;
use crate::judge::{Judge, Judged};
use crate::sentence::reasons;
use crate::verdict::{Choice, Gate, Interval, PREVIOUS};

/// All competitors and what they would do with the rows of the part `choose`.
pub(crate) struct Standing<'a> {
    pub(crate) entrants: &'a [Entrant],
    pub(crate) policies: &'a [Vec<u8>],
    pub(crate) previous: Option<&'a [u8]>,
}

/// The choice, and what it was made on.
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    /// In the order of the entrants.
    pub(crate) judged: Vec<Judged>,
    /// The champion of an earlier run.
    pub(crate) previous: Option<Judged>,
    /// Arm of the best constant.
    pub(crate) constant: u8,
}

/// Chooses among competitors.
///
/// The candidate is the model with the largest value of those that pass the gate, or, if none passes, of
/// all. If none passes, the champion of an earlier run stays where it still beats the constants, and
/// otherwise the best constant runs.
///
/// # Errors
///
/// Too few members for an interval.
pub(crate) fn choose(
    judge: &Judge<'_>,
    standing: &Standing<'_>,
    task: &Task<'_>,
) -> Result<Chosen, ChooseError> {
    let (best_constant, constant) = best_constant(judge, standing, task)?;
    let judged =
        standing.policies.iter().map(|arms| judge.judge(arms, constant)).collect::<Result<Vec<_>, _>>()?;
    let models: Vec<&[u8]> = standing
        .entrants
        .iter()
        .zip(standing.policies)
        .filter(|(entrant, _)| entrant.is_model())
        .map(|(_, arms)| arms.as_slice())
        .collect();
    let z = judge.simultaneous(&models, constant);
    let mut best: Option<(&Entrant, Gate, f64)> = None;
    for ((entrant, arms), judged) in standing.entrants.iter().zip(standing.policies).zip(&judged) {
        if !entrant.is_model() {
            continue;
        }
        let gate = gate(judge, standing, task, (arms, judged), z)?;
        let value = judged.figures.value.estimate;
        let better = best.as_ref().is_none_or(|(_, other, most)| {
            (gate.passed, value).partial_cmp(&(other.passed, *most)) == Some(std::cmp::Ordering::Greater)
        });
        if better {
            best = Some((entrant, gate, value));
        }
    }
    let Some((candidate, gate, _)) = best else {
        return Err(ChooseError::NoModel);
    };
    let previous = match standing.previous {
        Some(arms) => Some(judge.judge(arms, constant)?),
        None => None,
    };
    // It was there before these rows were, so it is not the best of many on them.
    let stays = !gate.passed && previous.as_ref().is_some_and(|previous| proved(previous.widened(Z_95)));
    let champion = match (gate.passed, stays) {
        (true, _) => candidate.name.as_str(),
        (false, true) => PREVIOUS,
        (false, false) => best_constant.name.as_str(),
    };
    let choice = Choice {
        champion: champion.to_owned(),
        promoted: gate.passed || stays,
        candidate: candidate.name.clone(),
        best_constant: best_constant.name.clone(),
        // Rows are ranked after the choice.
        ranks_best: Vec::new(),
        gate,
    };
    Ok(Chosen { choice, judged, previous, constant })
}

/// Whether the lower ends of both comparisons with constants are above 0.
fn proved((at_equal_spend, against_best_constant): (Interval, Interval)) -> bool {
    at_equal_spend.low > 0.0 && against_best_constant.low > 0.0
}

fn gate(
    judge: &Judge<'_>,
    standing: &Standing<'_>,
    task: &Task<'_>,
    (arms, judged): (&[u8], &Judged),
    z: f64,
) -> Result<Gate, ChooseError> {
    let (at_equal_spend, against_best_constant) = judged.widened(z);
    let against_previous = match standing.previous {
        Some(previous) => Some(judge.difference(arms, previous)?.into()),
        None => None,
    };
    let mut gate = Gate {
        at_equal_spend,
        against_best_constant,
        against_previous,
        delta: task.delta,
        passed: proved((at_equal_spend, against_best_constant))
            && against_previous.is_none_or(|difference| difference.estimate >= -task.delta),
        reasons: Vec::new(),
    };
    gate.reasons = reasons(&gate);
    Ok(gate)
}

/// The constant within the budget that is worth most; of equals the first, which is nobody.
fn best_constant<'a>(
    judge: &Judge<'_>,
    standing: &Standing<'a>,
    task: &Task<'_>,
) -> Result<(&'a Entrant, u8), ChooseError> {
    let mut best: Option<(&Entrant, u8, f64)> = None;
    for (entrant, arms) in standing.entrants.iter().zip(standing.policies) {
        let arm = arms.first().copied().unwrap_or(0);
        let cost = task.costs.get(usize::from(arm)).copied().unwrap_or(0.0);
        if entrant.is_model() || task.about.budget.is_some_and(|budget| cost > budget) {
            continue;
        }
        let value = judge.judge(arms, arm)?.figures.value.estimate;
        if best.is_none_or(|(_, _, most)| value > most) {
            best = Some((entrant, arm, value));
        }
    }
    best.map(|(entrant, arm, _)| (entrant, arm)).ok_or(ChooseError::NoModel)
}
