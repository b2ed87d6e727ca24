//! Learns from windows of the past which candidates were bought, and orders those of a day.

use std::cmp::Reverse;

use causal::folds::{fold, split_mix};
use trees::{Bins, Booster, Feature, Forest, Trainer as _};

use crate::candidates::Candidates;
use crate::chain::Chain;
use crate::error::NextPurchaseError;
use crate::features::{FEATURES, Row};
use crate::history::History;
use crate::settings::Settings;
use crate::slots::count;

/// Most cuts of a feature.
const MOST_CUTS: usize = 254;
/// What a good counts that was bought, so that predictions are probabilities in millionths.
const BOUGHT: i32 = 1_000_000;
/// Salts of the hashes that members are drawn by: to learn from at all, and for each forest.
const DRAW: u64 = 0x6e65_7874;
const FOREST: u64 = 0x666f_7265;
/// Each forest learns from two of so many parts of the members; one forest alone learns from all of them.
const PARTS: u32 = 3;

/// A good that a member may buy next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess<'a> {
    pub good: &'a str,
    /// Probability that it is bought within the horizon, in millionths.
    pub chance: u32,
}

/// The goods of a member, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<'a> {
    pub member: &'a str,
    pub goods: Vec<Guess<'a>>,
}

/// A trained ranker and what is known on the day that it ranks for.
#[derive(Debug)]
pub struct Ranker<'a> {
    history: &'a History,
    settings: Settings,
    chain: Chain,
    forests: Forests,
}

/// Forests whose predictions are averaged.
#[derive(Debug)]
pub(crate) struct Forests(Vec<Forest>);

/// Rows to learn from.
pub(crate) struct Sample {
    bins: Bins,
    target: Vec<i32>,
    /// Hash of the member of each row.
    member: Vec<u64>,
}

impl<'a> Ranker<'a> {
    /// Learns from the windows before a day, and gathers what is known on its morning. Receipts of the day and
    /// later ones are not looked at.
    ///
    /// # Errors
    ///
    /// A setting out of range, too few receipts before the day.
    pub fn new(history: &'a History, day: i64, settings: &Settings) -> Result<Self, NextPurchaseError> {
        let forests = Sample::new(history, day, settings)?.train(settings)?;
        let chain = Chain::new(history, day, settings);
        Ok(Self { history, settings: settings.clone(), chain, forests })
    }

    /// The goods of each member who had a receipt before the day, by member.
    pub fn members(&self) -> impl Iterator<Item = Ranked<'a>> {
        let history = self.history;
        history.numbers().zip(history.members()).filter_map(move |(number, member)| {
            let candidates = Candidates::new(history, &self.chain, number, &self.settings);
            (candidates.profile.receipts > 0).then(|| {
                let best = self.forests.order(&candidates).into_iter();
                let best = best.take(usize::try_from(self.settings.guesses).unwrap_or_default());
                let goods = best.filter_map(|(score, good)| {
                    let good = history.goods().get(usize::try_from(good).ok()?)?;
                    Some(Guess { good, chance: u32::try_from(score.clamp(0, BOUGHT.into())).ok()? })
                });
                Ranked { member, goods: goods.collect() }
            })
        })
    }

    /// The forests, to be stored or looked at.
    #[must_use]
    pub fn forests(&self) -> &[Forest] {
        &self.forests.0
    }
}

impl Forests {
    /// Predictions and goods, the best first, of equals the first by name.
    pub(crate) fn order(&self, candidates: &Candidates) -> Vec<(i64, u32)> {
        let Self(forests) = self;
        // Sums order finer than means.
        let sum = |row: &Row| forests.iter().map(|forest| forest.score(row)).fold(0, i64::saturating_add);
        let mut scored: Vec<(i64, u32)> =
            candidates.rows.iter().map(|(good, row)| (sum(row), *good)).collect();
        scored.sort_unstable_by_key(|(sum, good)| (Reverse(*sum), *good));
        let many = i64::try_from(forests.len().max(1)).unwrap_or(i64::MAX);
        scored.into_iter().map(|(sum, good)| (sum.div_euclid(many), good)).collect()
    }
}

/// A hash of a member's id.
fn member_hash(member: &str) -> u64 {
    member.bytes().fold(0, |hash, byte| split_mix(hash ^ u64::from(byte)))
}

impl Sample {
    /// Candidates of the windows before a day, and whether they were bought within the window.
    pub(crate) fn new(history: &History, day: i64, settings: &Settings) -> Result<Self, NextPurchaseError> {
        settings.check()?;
        let horizon = i64::from(settings.horizon);
        let found = day - history.days().start;
        if found < 2 * horizon {
            let horizon = settings.horizon;
            return Err(NextPurchaseError::TooShort { found, needed: 2 * i64::from(horizon), horizon });
        }
        let drawn = drawn(history, settings);
        let mut columns: Vec<Vec<Option<i64>>> = vec![Vec::new(); FEATURES.len()];
        let (mut target, mut member) = (Vec::new(), Vec::new());
        let starts = (1..=i64::from(settings.windows)).map(|window| day - window * horizon);
        for start in starts.filter(|start| start - history.days().start >= horizon) {
            let chain = Chain::new(history, start, settings);
            for (number, hash) in &drawn {
                let bought = history.bought(*number, start..start + horizon);
                let candidates = Candidates::new(history, &chain, *number, settings);
                if candidates.profile.receipts < settings.least_receipts || bought.is_empty() {
                    continue;
                }
                for (good, row) in &candidates.rows {
                    columns.iter_mut().zip(row).for_each(|(column, value)| column.push(*value));
                    target.push(if bought.binary_search(good).is_ok() { BOUGHT } else { 0 });
                    member.push(*hash);
                }
            }
        }
        if target.is_empty() {
            return Err(NextPurchaseError::NoRows { least: settings.least_receipts });
        }
        Ok(Self { bins: bins(columns)?, target, member })
    }

    /// Trains each of the forests on members of its own draw.
    pub(crate) fn train(&self, settings: &Settings) -> Result<Forests, NextPurchaseError> {
        let one = |number: u32| {
            let learns =
                |hash: u64| settings.forests == 1 || fold(hash, FOREST ^ u64::from(number), PARTS) > 0;
            let rows: Vec<u32> =
                (0..).zip(&self.member).filter(|(_, hash)| learns(**hash)).map(|(row, _)| row).collect();
            Ok(Booster(settings.trees.clone()).fit(&self.bins, &rows, &self.target, None)?)
        };
        (0..settings.forests).map(one).collect::<Result<_, _>>().map(Forests)
    }
}

/// So many members, with their hashes, that no more rows come of them than are allowed.
fn drawn(history: &History, settings: &Settings) -> Vec<(u32, u64)> {
    let most = settings.most_rows / settings.windows / settings.candidates();
    let hashed = history.members().iter().map(|member| member_hash(member));
    let mut members: Vec<(u64, u32, u64)> =
        hashed.zip(history.numbers()).map(|(hash, number)| (split_mix(hash ^ DRAW), number, hash)).collect();
    members.sort_unstable();
    members.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let mut drawn: Vec<(u32, u64)> = members.into_iter().map(|(_, number, hash)| (number, hash)).collect();
    drawn.sort_unstable();
    drawn
}

/// Columns as bins; each column is given back once it has been cut.
fn bins(columns: Vec<Vec<Option<i64>>>) -> Result<Bins, NextPurchaseError> {
    let mut features = Vec::new();
    let mut binned = Vec::new();
    for (name, values) in FEATURES.iter().zip(columns) {
        let feature = Feature { name: (*name).to_owned(), cuts: trees::cuts(&values, MOST_CUTS) };
        binned.push(values.iter().map(|value| feature.bin(*value)).collect());
        features.push(feature);
    }
    debug_assert_eq!(count(features.len()), count(FEATURES.len()));
    Ok(Bins::new(features, binned)?)
}
