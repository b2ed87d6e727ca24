//! What cannot be trained on.

use trees::{Bins, Booster, Feature, Options, Trainer};

fn bins() -> Bins {
    Bins::new(vec![Feature { name: "x".into(), cuts: vec![10] }], vec![vec![0, 1, 2]]).unwrap()
}

fn refused(options: Options, rows: &[u32], target: &[i32], weight: Option<&[u32]>) -> String {
    Booster(options).fit(&bins(), rows, target, weight).unwrap_err().to_string()
}

/// Rows, targets and weights, and what is wrong with them.
type Case = (&'static [u32], &'static [i32], Option<&'static [u32]>, &'static str);

#[test]
fn rows_targets_and_weights_are_checked() {
    let cases: [Case; 7] = [
        (&[], &[1, 2, 3], None, "there is no row to train on"),
        (&[0, 3], &[1, 2, 3], None, "row 3 was asked for, but there are 3 rows, counted from 0"),
        (&[0, 1, 0], &[1, 2, 3], None, "row 0 is named twice: name each row once, and give it a weight"),
        (&[0], &[1, 2], None, "the target has 2 entries for 3 rows: give one for each row of the bins"),
        (
            &[0],
            &[1, 2, 3],
            Some(&[1]),
            "the weight has 1 entries for 3 rows: give one for each row of the bins",
        ),
        (&[0, 1], &[1, 2, 3], Some(&[0, 0, 9]), "all weights are 0"),
        (
            &[0, 1],
            &[1, i32::MIN, 3],
            None,
            "the target of row 1 is -2147483648: scale targets so that none is above 1000000000 in size",
        ),
    ];
    for (rows, target, weight, message) in cases {
        assert_eq!(refused(Options::default(), rows, target, weight), message);
    }
}

#[test]
fn options_are_checked() {
    let cases = [
        (Options { trees: 10_001, ..Options::default() }, "option trees: 10001, but it must be 0 to 10,000"),
        (Options { depth: 0, ..Options::default() }, "option depth: 0, but it must be 1 to 10"),
        (Options { least_rows: 0, ..Options::default() }, "option least_rows: 0, but it must be at least 1"),
        (
            Options { rate_millionths: 0, ..Options::default() },
            "option rate_millionths: 0, but it must be 1 to 1,000,000",
        ),
        (Options { threads: 257, ..Options::default() }, "option threads: 257, but it must be 1 to 256"),
    ];
    for (options, message) in cases {
        assert_eq!(refused(options, &[0], &[1, 2, 3], None), message);
    }
}

/// The largest targets with the largest weights do not fit, and are refused rather than wrapped.
#[test]
fn sums_that_do_not_fit_are_refused() {
    let rows: Vec<u32> = (0..200).collect();
    let column = (0..200).map(|row| 1 + row % 2).collect();
    let bins = Bins::new(vec![Feature { name: "x".into(), cuts: vec![10] }], vec![column]).unwrap();
    let target: Vec<i32> =
        (0..200).map(|row| if row % 2 == 0 { 1_000_000_000 } else { -1_000_000_000 }).collect();
    let fit = |weight: u32| Booster(Options::default()).fit(&bins, &rows, &target, Some(&vec![weight; 200]));
    assert!(fit(40_000_000).is_ok());
    assert!(fit(50_000_000).unwrap_err().to_string().starts_with("sums of weight and target no longer fit"));
    assert!(fit(u32::MAX).unwrap_err().to_string().starts_with("sums of weight and target no longer fit"));
    assert!(
        Booster(Options { least_rows: 1, ..Options::default() }).fit(&bins, &rows, &target, None).is_ok()
    );
}
