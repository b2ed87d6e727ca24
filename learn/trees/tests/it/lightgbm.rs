//! Import of LightGBM's text models.

use proptest::prelude::*;
use trees::lightgbm::{import, import_scaled};
use trees::unify;

/// As version 4.7 writes it, shortened: thresholds between integers, below zero, at zero and above all; each
/// way of missing values; a tree that is one leaf.
const MODEL: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=regression
feature_names=recency visits
feature_infos=[1:12] [-5:9]
tree_sizes=300 300 60

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=10 5
threshold=3.5000000000000004 -1.9999999999999998
decision_type=10 8
left_child=1 -1
right_child=-3 -2
leaf_value=0.1250000004 -2.5e-06 1.5
is_linear=0
shrinkage=1


Tree=1
num_leaves=3
num_cat=0
split_feature=1 0
threshold=1.0000000180025095e-35 1e+300
decision_type=2 8
left_child=1 -2
right_child=-1 -3
leaf_value=10 20 30
is_linear=0
shrinkage=0.1

Tree=2
num_leaves=1
num_cat=0
leaf_value=-1

end of trees

feature_importances:
recency=2
";

#[test]
fn splits_missing_values_and_leaves_are_taken_over() {
    let forest = import(MODEL, 1_000_000).unwrap();
    assert_eq!(forest.features()[0].cuts, [4]);
    assert_eq!(forest.features()[1].cuts, [-1, 1]);
    let (small, none, large) = (125_000, -3, 1_500_000);
    let (first, second, third, last) = (10_000_000, 20_000_000, 30_000_000, -1_000_000);
    let cases = [
        // Above 3.5: right. Above 0: right.
        ([Some(4), Some(1)], large + first),
        // At most 3.5, at most −2 and so at most 0; known recency: left.
        ([Some(3), Some(-2)], small + second),
        ([Some(3), Some(-1)], none + second),
        // Missing recency: left in the first tree, right where the threshold is above all.
        ([None, Some(0)], none + third),
        ([Some(i64::MAX), Some(0)], large + second),
        // Missing visits: right as said in the first tree; taken for 0 in the second.
        ([Some(1), None], none + second),
    ];
    for (values, score) in cases {
        assert_eq!(forest.score(&values), score + last, "{values:?}");
    }
}

/// Version 4.7 writes a split of missing values from all others so.
#[test]
fn an_infinite_threshold_is_above_all_values() {
    let infinite = MODEL.replacen("1e+300", "inf", 1);
    assert_eq!(import(&infinite, 1_000), import(MODEL, 1_000));
}

#[test]
fn what_cannot_be_taken_over_is_refused_with_its_line() {
    let cases = [
        (
            "num_class=1",
            "num_class=3",
            "line 3 of the LightGBM model: only models with one output can be taken over",
        ),
        (
            "objective=regression",
            "objective=regression sqrt",
            "line 7 of the LightGBM model: train without reg_sqrt: its scores are roots",
        ),
        (
            "label_index=0",
            "average_output",
            "line 5 of the LightGBM model: a forest that averages its trees (boosting=rf) is not a sum",
        ),
        (
            "num_cat=0",
            "num_cat=1",
            "line 14 of the LightGBM model: categorical splits cannot be taken over: train without them",
        ),
        (
            "is_linear=0",
            "is_linear=1",
            "line 22 of the LightGBM model: linear trees cannot be taken over: train without them",
        ),
        (
            "decision_type=10 8",
            "decision_type=9 8",
            "line 18 of the LightGBM model: categorical splits cannot be taken over: train without them",
        ),
        (
            "decision_type=10 8",
            "decision_type=10 6",
            "line 18 of the LightGBM model: zero counts as missing: train with zero_as_missing=false",
        ),
        (
            "threshold=3.5000000000000004 ",
            "threshold=",
            "line 17 of the LightGBM model: `threshold` has 1 numbers, it should have 2",
        ),
        (
            "threshold=3.5000000000000004",
            "threshold=nan",
            "line 17 of the LightGBM model: \"nan\" is no number for `threshold`",
        ),
        ("split_feature=0 1", "split_feature=0 2", "line 15 of the LightGBM model: feature 2 has no name"),
        (
            "left_child=1 -1",
            "left_child=0 -1",
            "node 0 of tree 0 of the forest: it leads to a place that has a parent already",
        ),
        (
            "leaf_value=10 20",
            "leaf_value=10 2e9",
            "line 34 of the LightGBM model: a leaf times the scale is beyond 32 bits: take a smaller scale",
        ),
        ("Tree=1", "Tree=2", "line 26 of the LightGBM model: trees are not numbered 0, 1, 2, …"),
        (
            "end of trees",
            "",
            "line 46 of the LightGBM model: the model ends here, without `end of trees`: copy the file again",
        ),
        ("tree\nversion", "tree\r\nversion", ""),
        (
            "tree\nversion",
            "trees\nversion",
            "line 1 of the LightGBM model: it should be `tree`; save the model as text, by save_model",
        ),
    ];
    for (from, to, message) in cases {
        let changed = MODEL.replacen(from, to, 1);
        assert_ne!(changed, MODEL);
        let found = import(&changed, 1_000_000).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(found, message, "{to}");
    }
    assert_eq!(import(MODEL, 0).unwrap_err().to_string(), "the scale is 0: it must be 1 to 1000000000");
}

#[test]
fn objectives_whose_scores_are_no_outcomes_are_refused() {
    for objective in ["binary sigmoid:1", "poisson", "lambdarank", "cross_entropy", "regression sqrt"] {
        let changed = MODEL.replacen("objective=regression", &format!("objective={objective}"), 1);
        let said = import(&changed, 1).unwrap_err().to_string();
        assert!(said.starts_with("line 7 of the LightGBM model: ") && said.contains("train with"), "{said}");
    }
}

/// A model of numbers with two decimals, asked with the numbers times 100.
#[test]
fn numbers_with_decimals_are_taken_over() {
    let model = MODEL.replacen("3.5000000000000004", "180.65500000000003", 1);
    let forest = import_scaled(&model, 1_000, &|name| if name == "recency" { 2 } else { 0 }).unwrap();
    assert_eq!(forest.features()[0].cuts, [18_066]);
    let of = |recency| forest.score(&[Some(recency), Some(1)]) - forest.score(&[Some(0), Some(1)]);
    assert_eq!((of(18_065) == 0, of(18_066) == 0), (true, false));
    assert_eq!(forest.features()[1].cuts, [-1, 1]);
}

/// Forests with other features, and with other cuts of the same feature, score as before.
#[test]
fn forests_of_two_models_are_put_on_the_same_features() {
    let other = MODEL.replacen("feature_names=recency visits", "feature_names=visits age", 1).replacen(
        "3.5000000000000004",
        "7.5",
        1,
    );
    let (one, two) = (import(MODEL, 1_000).unwrap(), import(&other, 1_000).unwrap());
    let both = unify(&[one.clone(), two.clone()]).unwrap();
    let names: Vec<&str> = both[0].features().iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["recency", "visits", "age"]);
    assert_eq!(both[0].features(), both[1].features());
    assert_eq!(both[0].features()[1].cuts, [-1, 1, 8]);
    let values =
        [None, Some(i64::MIN), Some(-2), Some(0), Some(1), Some(4), Some(7), Some(8), Some(i64::MAX)];
    for recency in values {
        for visits in values {
            for age in values {
                let row = [recency, visits, age];
                assert_eq!(both[0].score(&row), one.score(&[recency, visits]), "{row:?}");
                assert_eq!(both[1].score(&row), two.score(&[visits, age]), "{row:?}");
            }
        }
    }
}

proptest! {
    /// Thresholds are compared as numbers are, whatever their form.
    #[test]
    fn a_threshold_parts_integers_as_it_parts_floats(thousandths in -5_000_000_i64..5_000_000, value in -5_000_i64..5_000) {
        let sign = if thousandths < 0 { "-" } else { "" };
        let size = thousandths.abs();
        let forms = [format!("{sign}{}.{:03}", size / 1_000, size % 1_000), format!("{thousandths}e-3"), format!("{thousandths}e-03")];
        for form in forms {
            let model = MODEL.replacen("3.5000000000000004", &form, 1);
            let forest = import(&model, 1).unwrap();
            let right = forest.score(&[Some(value), Some(5)]) - forest.score(&[Some(i64::MIN), Some(5)]);
            prop_assert_eq!(right > 0, value * 1_000 > thousandths, "{}", form);
        }
    }

    /// A model that was cut or changed anywhere is an error or a forest, never a panic.
    #[test]
    fn changed_models_never_panic(at in 0..MODEL.len(), byte in prop_oneof![Just(b'-'), Just(b'9'), Just(b' '), Just(b'\n'), Just(b'=')]) {
        let mut changed = MODEL.as_bytes().to_vec();
        changed[at] = byte;
        let _ = import(&String::from_utf8(changed).unwrap(), 1_000);
        let _ = import(MODEL.get(..at).unwrap(), 1_000);
    }
}
