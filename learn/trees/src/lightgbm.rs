//! Import of models that LightGBM saved as text (`Booster.save_model`), to run them as a [`Forest`].
//!
//! Train on the very integers that the features have, missing ones as NaN, with `max_bin` of at most 255.
//! What is taken over exactly: every split `value <= threshold` as the integer cut above the threshold, and
//! where missing values go. (LightGBM sees integers beyond 2^53 rounded, the forest does not.) Leaves are
//! scaled and rounded to the nearest integer, half away from zero: a score differs from LightGBM's raw score,
//! times the scale, by at most half a unit for each tree.
//!
//! Refused, with the line: several classes, categorical splits, linear trees, averaged forests, objectives whose
//! scores are not outcomes but become them by a function (`binary`, `poisson`, the option `sqrt`) or only order
//! rows, zero as missing (`zero_as_missing`), and more cuts or trees than a forest holds.

mod decimal;
mod text;

use std::collections::BTreeSet;

use forest::{Child, Feature, Forest, ForestError, MAX_CUTS, Node, Tree};
use thiserror::Error;

use decimal::Decimal;
use text::Section;

/// Objectives whose scores are in the unit of the target.
const PLAIN: [&str; 7] = ["regression", "regression_l1", "huber", "fair", "quantile", "mape", "custom"];

/// Most decimals of a feature that its integers keep.
const MOST_DIGITS: u32 = 18;

/// Largest scale of leaves.
pub const MAX_SCALE: u32 = 1_000_000_000;

/// Why a model is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LightGbmError {
    /// A line, counted from 1, of the text.
    #[error("line {line} of the LightGBM model: {problem}")]
    Line { line: usize, problem: String },
    #[error("the scale is {found}: it must be 1 to {MAX_SCALE}")]
    Scale { found: u32 },
    #[error(transparent)]
    Forest(#[from] ForestError),
}

/// A split as LightGBM has it.
struct Split {
    feature: u16,
    /// Values below go left; none if all do.
    cut: Option<i64>,
    missing_left: bool,
    left: Child,
    right: Child,
}

/// Takes over a model that was trained on integers. A score of the forest is LightGBM's raw score times `scale`.
///
/// # Errors
/// The first line that is not understood or cannot be taken over.
pub fn import(model: &str, scale: u32) -> Result<Forest, LightGbmError> {
    import_scaled(model, scale, &|_| 0)
}

/// The same for features that were numbers with decimals: the forest asks for the number of feature `name` times
/// ten to the power of `digits(name)`, lowered to an integer.
///
/// # Errors
/// The first line that is not understood or cannot be taken over.
pub fn import_scaled(model: &str, scale: u32, digits: &dyn Fn(&str) -> u32) -> Result<Forest, LightGbmError> {
    if !(1..=MAX_SCALE).contains(&scale) {
        return Err(LightGbmError::Scale { found: scale });
    }
    let (header, sections) = text::sections(model)?;
    let names = names(&header)?;
    let digits: Vec<u32> = names.iter().map(|name| digits(name).min(MOST_DIGITS)).collect();
    let mut cuts = vec![BTreeSet::new(); names.len()];
    let mut trees = Vec::new();
    for section in &sections {
        let splits = splits(section, &digits)?;
        for split in &splits {
            if let (Some(cuts), Some(cut)) = (cuts.get_mut(usize::from(split.feature)), split.cut) {
                cuts.insert(cut);
                if cuts.len() > MAX_CUTS {
                    let problem = format!(
                        "feature {} has more than {MAX_CUTS} thresholds: train with max_bin=255 or less",
                        split.feature
                    );
                    return Err(section.refused("threshold", problem));
                }
            }
        }
        trees.push((splits, leaves(section, scale)?));
    }
    let features: Vec<Feature> = names
        .into_iter()
        .zip(cuts)
        .map(|(name, cuts)| Feature { name, cuts: cuts.into_iter().collect() })
        .collect();
    let trees = trees.into_iter().map(|(splits, leaves)| tree(&splits, leaves, &features)).collect();
    Ok(Forest::new(features, 0, trees)?)
}

/// Names of the features; refuses models of another kind.
fn names(header: &Section) -> Result<Vec<String>, LightGbmError> {
    if header.value("average_output").is_some() {
        return Err(header.refused(
            "average_output",
            "a forest that averages its trees (boosting=rf) is not a sum".into(),
        ));
    }
    for one in ["num_class", "num_tree_per_iteration"] {
        if header.needed(one)? != "1" {
            return Err(header.refused(one, "only models with one output can be taken over".into()));
        }
    }
    if let Some(objective) = header.value("objective") {
        let mut words = objective.split(' ');
        let first = words.next().unwrap_or_default();
        if !PLAIN.contains(&first) {
            let problem = format!(
                "scores of the objective `{first}` are not in the unit of the outcome: train with objective=regression, \
                 also for an outcome of 0 and 1"
            );
            return Err(header.refused("objective", problem));
        }
        if words.any(|word| word == "sqrt") {
            return Err(header.refused("objective", "train without reg_sqrt: its scores are roots".into()));
        }
    }
    Ok(header.needed("feature_names")?.split(' ').map(str::to_owned).collect())
}

/// `digits` has the decimals of each feature.
fn splits(section: &Section, digits: &[u32]) -> Result<Vec<Split>, LightGbmError> {
    for unlike in ["num_cat", "is_linear"] {
        if section.value(unlike).is_some_and(|value| value != "0") {
            let problem = if unlike == "num_cat" { "categorical splits" } else { "linear trees" };
            return Err(
                section.refused(unlike, format!("{problem} cannot be taken over: train without them"))
            );
        }
    }
    let leaves: usize = section.number("num_leaves")?;
    let count = leaves
        .checked_sub(1)
        .ok_or_else(|| section.refused("num_leaves", "a tree has at least one leaf".into()))?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let features_of: Vec<u16> = section.list("split_feature", count)?;
    let thresholds: Vec<Decimal> = section.list("threshold", count)?;
    let decisions: Vec<u8> = section.list("decision_type", count)?;
    let lefts: Vec<i32> = section.list("left_child", count)?;
    let rights: Vec<i32> = section.list("right_child", count)?;
    let mut splits = Vec::new();
    for ((((feature, threshold), decision), left), right) in
        features_of.into_iter().zip(thresholds).zip(decisions).zip(lefts).zip(rights)
    {
        let Some(digits) = digits.get(usize::from(feature)) else {
            return Err(section.refused("split_feature", format!("feature {feature} has no name")));
        };
        let threshold = threshold.shifted(*digits);
        let missing_left = missing_left(decision, &threshold)
            .map_err(|problem| section.refused("decision_type", problem.into()))?;
        let child =
            |key, number| child(number).ok_or_else(|| section.refused(key, format!("{number} is no child")));
        let (left, right) = (child("left_child", left)?, child("right_child", right)?);
        splits.push(Split { feature, cut: cut(&threshold), missing_left, left, right });
    }
    Ok(splits)
}

/// Bits of a decision: 1 categorical; 2 missing goes left; 4 and 8 what is missing: nothing, zero, NaN. Where
/// nothing is, LightGBM takes NaN for 0.
fn missing_left(decision: u8, threshold: &Decimal) -> Result<bool, &'static str> {
    if decision & 1 != 0 {
        return Err("categorical splits cannot be taken over: train without them");
    }
    match decision >> 2 {
        0 => Ok(threshold.floor() >= 0),
        1 => Err("zero counts as missing: train with zero_as_missing=false"),
        2 => Ok(decision & 2 != 0),
        _ => Err("this kind of missing values is not known"),
    }
}

/// An integer is at most the threshold if it is below the next integer above it.
fn cut(threshold: &Decimal) -> Option<i64> {
    let above = threshold.floor().saturating_add(1);
    if above > i128::from(i64::MAX) { None } else { Some(i64::try_from(above).unwrap_or(i64::MIN)) }
}

/// LightGBM counts leaves as −1, −2, ….
fn child(number: i32) -> Option<Child> {
    let child = if number < 0 {
        u16::try_from(!number).map(Child::Leaf)
    } else {
        u16::try_from(number).map(Child::Node)
    };
    child.ok()
}

fn leaves(section: &Section, scale: u32) -> Result<Vec<i32>, LightGbmError> {
    let values: Vec<Decimal> = section.list("leaf_value", section.number("num_leaves")?)?;
    let scaled = |value: &Decimal| value.times(scale).and_then(|value| i32::try_from(value).ok());
    let leaves = values.iter().map(scaled).collect::<Option<Vec<i32>>>();
    leaves.ok_or_else(|| {
        section.refused("leaf_value", "a leaf times the scale is beyond 32 bits: take a smaller scale".into())
    })
}

fn tree(splits: &[Split], leaves: Vec<i32>, features: &[Feature]) -> Tree {
    let node = |split: &Split| {
        let cuts = features.get(usize::from(split.feature)).map_or(&[][..], |feature| &feature.cuts);
        let position = split.cut.map_or(cuts.len(), |cut| cuts.partition_point(|one| *one < cut));
        Node {
            feature: split.feature,
            cut: u8::try_from(position).unwrap_or(u8::MAX),
            missing_left: split.missing_left,
            left: split.left,
            right: split.right,
        }
    };
    Tree { nodes: splits.iter().map(node).collect(), leaves }
}
