//! The booster.

use proptest::collection::vec;
use proptest::prelude::*;
use trees::{Bins, Booster, Feature, Options, Trainer, predict};

use crate::made_up::{all, below, bins, draw, table};

fn booster(options: Options) -> Booster {
    Booster(options)
}

fn quick(threads: u32) -> Booster {
    booster(Options { trees: 20, depth: 4, threads, ..Options::default() })
}

#[test]
fn threads_and_runs_do_not_change_a_byte() {
    // More rows times features than where threads begin.
    let (columns, target) = table(20_000, 1);
    let bins = bins(&columns, 200);
    let weight: Vec<u32> = (0..20_000).map(|row| u32::try_from(below(5, row, 900)).unwrap()).collect();
    for weight in [None, Some(weight.as_slice())] {
        let bytes = |threads| quick(threads).fit(&bins, &all(&bins), &target, weight).unwrap().to_bytes();
        let one = bytes(1);
        for threads in [1, 2, 4] {
            assert!(bytes(threads) == one, "{threads} threads");
        }
    }
}

#[test]
fn what_can_be_learned_is_learned() {
    let (columns, target) = table(20_000, 2);
    let bins = bins(&columns, 100);
    let train: Vec<u32> = (0..15_000).collect();
    let held: Vec<u32> = (15_000..20_000).collect();
    let trained =
        booster(Options { threads: 2, ..Options::default() }).train(&bins, &train, &target, None).unwrap();
    let error = |scores: &[i64]| -> i128 {
        let square = |(row, score): (&u32, &i64)| {
            let difference = i128::from(target[usize::try_from(*row).unwrap()]) - i128::from(*score);
            difference * difference
        };
        held.iter().zip(scores).map(square).sum::<i128>() / 5_000
    };
    let mean = error(&vec![trained.forest.base(); held.len()]);
    let left = error(&predict(&trained.forest, &bins, &held));
    // The noise has a variance of 200,000² / 12; the steps about ten times that.
    let noise = 200_000_i128.pow(2) / 12;
    assert!(mean > 8 * noise, "{mean}");
    // Bins that hold both sides of a step cost more than one percent of what there is to learn.
    assert!(left - noise < (mean - noise) / 50, "{left} against {noise} and {mean}");
    // Gains name the features that matter.
    let mut ranked: Vec<usize> = (0..6).collect();
    ranked.sort_by_key(|feature| std::cmp::Reverse(trained.gains[*feature]));
    assert_eq!(ranked[0], 0);
    assert!(ranked[1..3].contains(&1) && ranked[1..3].contains(&2), "{:?}", trained.gains);
}

/// By hand: mean 250, one split at 10, residuals −150 and 150, ridge of one row: 2 × 150 / 3 = 100.
#[test]
fn one_split_is_as_computed_by_hand() {
    let feature = Feature { name: "x".into(), cuts: vec![10, 20] };
    let bins = Bins::new(vec![feature], vec![vec![1, 1, 2, 3]]).unwrap();
    let options = Options {
        trees: 1,
        depth: 1,
        least_rows: 1,
        rate_millionths: 1_000_000,
        ridge: 1,
        ..Options::default()
    };
    let trained = booster(options.clone()).train(&bins, &[0, 1, 2, 3], &[100, 100, 400, 400], None).unwrap();
    assert_eq!(trained.forest.base(), 250);
    assert_eq!(predict(&trained.forest, &bins, &[3, 0, 1, 2]), [350, 150, 150, 350]);
    // Each side: (2 × 150)² / 3.
    assert_eq!(trained.gains, [60_000]);
    // No row was missing: later ones go where as many rows go, to the left.
    assert_eq!(trained.forest.score(&[None]), 150);
    let more = Options { least_gain: 60_000, ..options.clone() };
    assert!(booster(more).fit(&bins, &[0, 1, 2, 3], &[100, 100, 400, 400], None).unwrap().trees().is_empty());
    // A third at half the rate, rounded away from zero: 300 × 0.5 / 3 = 50; (−1 × 2) × 0.25 / 1 = −0.5 → −1.
    let half = Options { rate_millionths: 250_000, ridge: 0, ..options };
    let forest = booster(half).fit(&bins, &[0, 3], &[-2, 0, 0, 2], None).unwrap();
    assert_eq!(predict(&forest, &bins, &[0, 3]), [-1, 1]);
}

#[test]
fn missing_values_learn_their_side() {
    let feature = Feature { name: "x".into(), cuts: vec![10] };
    let options = Options {
        trees: 1,
        depth: 1,
        least_rows: 1,
        rate_millionths: 1_000_000,
        ridge: 0,
        ..Options::default()
    };
    let fit = |column: Vec<u8>, target: &[i32]| {
        let rows: Vec<u32> = (0..u32::try_from(column.len()).unwrap()).collect();
        booster(options.clone())
            .fit(&Bins::new(vec![feature.clone()], vec![column]).unwrap(), &rows, target, None)
            .unwrap()
    };
    let left = fit(vec![0, 1, 2], &[0, 0, 900]);
    assert_eq!([None, Some(0), Some(10)].map(|value| left.score(&[value])), [0, 0, 900]);
    let right = fit(vec![0, 1, 2], &[900, 0, 900]);
    assert_eq!([None, Some(0), Some(10)].map(|value| right.score(&[value])), [900, 0, 900]);
    let alone = fit(vec![0, 1, 2], &[900, 0, 0]);
    assert_eq!([None, Some(0), Some(i64::MAX)].map(|value| alone.score(&[value])), [900, 0, 0]);
}

#[test]
fn a_constant_target_needs_no_trees() {
    let (columns, _) = table(500, 3);
    let bins = bins(&columns, 50);
    let forest = quick(1).fit(&bins, &all(&bins), &[-77; 500], None).unwrap();
    assert_eq!((forest.base(), forest.trees().len()), (-77, 0));
}

/// A row of weight 3 is three rows, but for the least number of rows of a leaf and the ridge.
#[test]
fn a_weight_is_a_repetition() {
    let (columns, target) = table(2_000, 4);
    let times = |row: u64| 1 + draw(9, row) % 3;
    let repeat =
        |row: u64| std::iter::repeat_n(usize::try_from(row).unwrap(), usize::try_from(times(row)).unwrap());
    let from: Vec<usize> = (0..2_000).flat_map(repeat).collect();
    let repeated: Vec<Vec<_>> =
        columns.iter().map(|column| from.iter().map(|row| column[*row]).collect()).collect();
    let features = bins(&columns, 50).features().to_vec();
    let (once, often) = (bins(&columns, 50), Bins::from_values(features, &repeated).unwrap());
    let weight: Vec<u32> = (0..2_000).map(|row| u32::try_from(times(row)).unwrap()).collect();
    let targets: Vec<i32> = from.iter().map(|row| target[*row]).collect();
    let booster = booster(Options { trees: 10, least_rows: 1, ridge: 0, ..Options::default() });
    let weighted = booster.fit(&once, &all(&once), &target, Some(&weight)).unwrap();
    assert_eq!(weighted, booster.fit(&often, &all(&often), &targets, None).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Scores of raw values, of bins and of columns agree, and the bytes come back.
    #[test]
    fn raw_values_and_bins_score_the_same(seed in any::<u32>(), rows in 60_u64..400, most in 0_usize..300) {
        let (columns, target) = table(rows, seed.into());
        let bins = bins(&columns, most);
        let booster = booster(Options { trees: 8, depth: 5, least_rows: 3, ..Options::default() });
        let forest = booster.fit(&bins, &all(&bins), &target, None).unwrap();
        let scores = predict(&forest, &bins, &all(&bins));
        let mut row_bins = Vec::new();
        for (row, score) in scores.into_iter().enumerate() {
            let values: Vec<_> = columns.iter().map(|column| column[row]).collect();
            bins.row(row, &mut row_bins);
            prop_assert_eq!(score, forest.score(&values));
            prop_assert_eq!(score, forest.score_bins(&row_bins));
        }
        prop_assert_eq!(forest::Forest::from_bytes(&forest.to_bytes()), Ok(forest));
    }

    /// Neither the order of the rows, nor rows that are not used, nor the place of rows change a forest.
    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u32>(), shuffle in vec(any::<u64>(), 300)) {
        let (columns, target) = table(300, seed.into());
        let once = bins(&columns, 40);
        let used: Vec<u32> = (0..200).collect();
        let booster = booster(Options { trees: 6, least_rows: 5, ..Options::default() });
        let forest = booster.fit(&once, &used, &target, None).unwrap();

        let mut listed = used.clone();
        listed.sort_by_key(|row| shuffle[usize::try_from(*row).unwrap()]);
        prop_assert_eq!(&forest, &booster.fit(&once, &listed, &target, None).unwrap());

        let mut other = target.clone();
        other[200..].fill(123_456);
        prop_assert_eq!(&forest, &booster.fit(&once, &used, &other, None).unwrap());

        let mut order: Vec<usize> = (0..300).collect();
        order.sort_by_key(|row| shuffle[*row]);
        let moved: Vec<Vec<_>> = columns.iter().map(|column| order.iter().map(|row| column[*row]).collect()).collect();
        let moved = Bins::from_values(once.features().to_vec(), &moved).unwrap();
        let moved_target: Vec<i32> = order.iter().map(|row| target[*row]).collect();
        let of_used = |(place, row): (u32, &usize)| (*row < 200).then_some(place);
        let moved_rows: Vec<u32> = (0..).zip(&order).filter_map(of_used).collect();
        prop_assert_eq!(&forest, &booster.fit(&moved, &moved_rows, &moved_target, None).unwrap());
    }
}
