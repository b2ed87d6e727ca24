//! How good guesses are, against goods that members bought later.

use crate::candidates::Candidates;
use crate::chain::Chain;
use crate::decay::TWO_MONTHS;
use crate::error::NextPurchaseError;
use crate::history::History;
use crate::profile::Profile;
use crate::ranker::Sample;
use crate::settings::Settings;
use crate::slots::{at, count};

/// Standard errors on each side of a mean that hold 95 %.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// A mean over members with its 95 % interval (normal, members being independent).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// What came of the guesses for a window that nothing was learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Members with enough earlier receipts who bought at least one good in the window.
    pub members: u32,
    /// Of the goods guessed (always so many as are allowed), the share that was bought.
    pub precision: Estimate,
    /// Of the goods bought, the share that was guessed.
    pub recall: Estimate,
    /// The same of the baseline: own goods by receipts with a half-life of 60 days.
    pub baseline_precision: Estimate,
    pub baseline_recall: Estimate,
    /// What the ranker has more than the baseline, by member.
    pub gained_precision: Estimate,
    pub gained_recall: Estimate,
}

/// Judges a ranker on the window from `day` on, as it would have ranked on the morning of that day: it learns from
/// windows that end before it, and nothing of the window is known to it.
///
/// # Errors
///
/// A setting out of range, too few receipts, nobody to judge by.
pub fn evaluate(history: &History, day: i64, settings: &Settings) -> Result<Evaluation, NextPurchaseError> {
    let sample = Sample::new(history, day, settings)?;
    let chain = Chain::new(history, day, settings);
    let forests = sample.train(settings)?;
    let mut judged: [Vec<f64>; 4] = Default::default();
    for number in history.numbers() {
        let bought = history.bought(number, day..day + i64::from(settings.horizon));
        let candidates = Candidates::new(history, &chain, number, settings);
        if bought.is_empty() || candidates.profile.receipts < settings.least_receipts {
            continue;
        }
        let ranker = hits(forests.order(&candidates).into_iter().map(|(_, good)| good), &bought, settings);
        let baseline = hits(baseline(&candidates.profile).into_iter(), &bought, settings);
        let (guesses, all) = (f64::from(settings.guesses), f64::from(count(bought.len())));
        let values = [ranker / guesses, ranker / all, baseline / guesses, baseline / all];
        judged.iter_mut().zip(values).for_each(|(values, value)| values.push(value));
    }
    let [precision, recall, baseline_precision, baseline_recall] = judged;
    if precision.is_empty() {
        return Err(NextPurchaseError::NoRows { least: settings.least_receipts });
    }
    let gained = |ranker: &[f64], baseline: &[f64]| {
        let differences: Vec<f64> = ranker.iter().zip(baseline).map(|(one, other)| one - other).collect();
        estimate(&differences)
    };
    Ok(Evaluation {
        members: count(precision.len()),
        gained_precision: gained(&precision, &baseline_precision),
        gained_recall: gained(&recall, &baseline_recall),
        precision: estimate(&precision),
        recall: estimate(&recall),
        baseline_precision: estimate(&baseline_precision),
        baseline_recall: estimate(&baseline_recall),
    })
}

/// How many of the first goods were bought.
fn hits(goods: impl Iterator<Item = u32>, bought: &[u32], settings: &Settings) -> f64 {
    let most = usize::try_from(settings.guesses).unwrap_or_default();
    f64::from(count(goods.take(most).filter(|good| bought.binary_search(good).is_ok()).count()))
}

/// Own goods by receipts with a half-life of 60 days, of equals the first by name.
fn baseline(profile: &Profile) -> Vec<u32> {
    let decayed = |own: &crate::profile::Own| at(&own.decayed, count(TWO_MONTHS));
    let mut goods: Vec<(u64, u32)> = profile.goods.iter().map(|own| (decayed(own), own.good)).collect();
    goods.sort_unstable_by_key(|(decayed, good)| (std::cmp::Reverse(*decayed), *good));
    goods.into_iter().map(|(_, good)| good).collect()
}

/// Mean and interval; with one value, the interval is that value.
fn estimate(values: &[f64]) -> Estimate {
    let number = f64::from(count(values.len()).max(1));
    let mean = values.iter().sum::<f64>() / number;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let error = (squares / (number - 1.0).max(1.0) / number).sqrt();
    Estimate { mean, low: mean - NORMAL_95 * error, high: mean + NORMAL_95 * error }
}
