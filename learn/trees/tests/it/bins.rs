//! Cuts and bins.

use proptest::collection::vec;
use proptest::prelude::*;
use trees::{Bins, BinsError, Feature, cuts};

#[test]
fn few_values_get_a_bin_each() {
    let values = [Some(7), None, Some(-3), Some(7), Some(8), Some(i64::MAX), Some(i64::MIN)];
    assert_eq!(cuts(&values, 100), [-4_611_686_018_427_387_905, 2, 8, 4_611_686_018_427_387_908]);
    assert_eq!(cuts(&[None, Some(4)], 100), [0_i64; 0]);
    assert_eq!(cuts(&[], 100), [0_i64; 0]);
}

#[test]
fn many_values_are_parted_into_equal_bins() {
    let values: Vec<_> = (0..1_000).map(Some).collect();
    assert_eq!(cuts(&values, 3), [250, 500, 750]);
    // Half of the rows are 0: the others still get three bins.
    let values: Vec<_> = (0..1_000).map(|row| Some(if row < 500 { 0 } else { row })).collect();
    let cuts = cuts(&values, 3);
    assert_eq!(cuts.len(), 3);
    assert_eq!(cuts[0], 250);
}

#[test]
fn a_column_more_shares_the_others() {
    let feature = |name: &str| Feature { name: name.into(), cuts: vec![1] };
    let bins = Bins::new(vec![feature("a")], vec![vec![0, 1, 2]]).unwrap();
    let more = bins.with_column(feature("treated"), vec![1, 2, 1]).unwrap();
    let mut row = Vec::new();
    more.row(1, &mut row);
    assert_eq!((row.as_slice(), more.rows(), bins.features().len()), ([1, 2].as_slice(), 3, 1));
    assert!(matches!(bins.with_column(feature("a"), vec![1, 1, 1]), Err(BinsError::Feature(_))));
    assert!(matches!(bins.with_column(feature("b"), vec![1]), Err(BinsError::Rows { .. })));
    assert!(matches!(
        bins.with_column(feature("b"), vec![1, 1, 3]),
        Err(BinsError::Bin { row: 2, bin: 3, .. })
    ));
}

proptest! {
    #[test]
    fn cuts_part_values_in_any_order(mut values in vec(proptest::option::of(prop_oneof![-30_i64..30, any::<i64>()]), 0..200), most in 0_usize..300) {
        let found = cuts(&values, most);
        prop_assert!(found.len() <= most.min(254));
        prop_assert!(found.is_sorted_by(|one, next| one < next));
        // No bin between two cuts is empty.
        let feature = Feature { name: "x".into(), cuts: found.clone() };
        let mut used: Vec<u8> = values.iter().flatten().map(|value| feature.bin(Some(*value))).collect();
        used.sort_unstable();
        used.dedup();
        prop_assert!(used.is_empty() || used.len() == found.len() + 1);
        values.reverse();
        prop_assert_eq!(cuts(&values, most), found);
    }
}
