//! Intervals hold the truth as often as they say, whatever the order of rows and the number of threads.

use causal::curves::rank;
use causal::folds::{fold, split_mix};
use causal::power::rows_per_arm;
use causal::{Bootstrap, Interval};

use crate::made_up::unit;

/// Members with one to three rows each, which share an effect and a luck of their own: intervals that
/// took rows for independent would be too narrow.
struct Sample {
    members: Vec<u64>,
    effect: Vec<f64>,
    gain: Vec<f64>,
}

fn sample(seed: u64) -> Sample {
    let mut sample = Sample { members: Vec::new(), effect: Vec::new(), gain: Vec::new() };
    for member in 0..400_u64 {
        let key = split_mix(seed) ^ member;
        let effect = unit(key, 1);
        let luck = unit(key, 2) - 0.5;
        for row in 0..1 + key % 3 {
            sample.members.push(split_mix(key));
            sample.effect.push(effect);
            sample.gain.push(effect + 3.0 * luck + unit(key, 10 + row) - 0.5);
        }
    }
    sample
}

fn holds(interval: &Interval, truth: f64) -> bool {
    interval.low <= truth && truth <= interval.high
}

/// The true mean is 0.5, the true Qini value a twelfth, the true AUTOC a quarter.
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let bootstrap = Bootstrap { replicates: 100, threads: 2, ..Bootstrap::default() };
    let mut held = [0; 3];
    for seed in 0..200 {
        let sample = sample(seed);
        let ranking = rank(&sample.effect, &sample.gain, &sample.members, &bootstrap).unwrap();
        held[0] += usize::from(holds(&ranking.total, 0.5));
        held[1] += usize::from(holds(&ranking.qini, 1.0 / 12.0));
        held[2] += usize::from(holds(&ranking.autoc, 0.25));
    }
    assert!(
        held.iter().all(|held| (182..=198).contains(held)),
        "of 200 intervals, these held the truth: {held:?}"
    );
}

#[test]
fn figures_do_not_depend_on_threads_or_the_order_of_rows() {
    let sample = sample(7);
    let plain = rank(&sample.effect, &sample.gain, &sample.members, &Bootstrap::default()).unwrap();
    for threads in [2, 3, 4] {
        let bootstrap = Bootstrap { threads, ..Bootstrap::default() };
        assert_eq!(plain, rank(&sample.effect, &sample.gain, &sample.members, &bootstrap).unwrap());
    }
    let turn = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
    let members: Vec<u64> = sample.members.iter().rev().copied().collect();
    assert_eq!(
        plain,
        rank(&turn(&sample.effect), &turn(&sample.gain), &members, &Bootstrap::default()).unwrap()
    );
}

#[test]
fn another_seed_moves_intervals_and_not_estimates() {
    let sample = sample(7);
    let with = |seed| Bootstrap { seed, ..Bootstrap::default() }.mean(&sample.members, &sample.gain).unwrap();
    assert_eq!(with(1), with(1));
    assert_eq!(with(1).estimate, with(2).estimate);
    assert_ne!(with(1).error, with(2).error);
}

#[test]
fn members_count_once_a_replicate_on_average() {
    let members: Vec<u64> = (0..20_000).map(split_mix).collect();
    let weights = Bootstrap::default().weights(&members, 3);
    let mean = weights.iter().sum::<f64>() / 20_000.0;
    let variance = weights.iter().map(|weight| (weight - 1.0) * (weight - 1.0)).sum::<f64>() / 20_000.0;
    assert!((mean - 1.0).abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
}

#[test]
fn folds_are_even_and_differ_by_salt() {
    let mut sizes = [0; 5];
    let mut equal = 0;
    for member in 0..10_000_u64 {
        sizes[fold(split_mix(member), 1, 5) as usize] += 1;
        equal += usize::from(fold(split_mix(member), 1, 5) == fold(split_mix(member), 2, 5));
    }
    assert!(sizes.iter().all(|size| (1_850..=2_150).contains(size)), "{sizes:?}");
    assert!((1_850..=2_150).contains(&equal), "{equal}");
}

#[test]
fn the_size_of_an_experiment() {
    assert_eq!(rows_per_arm(0.7, 0.005).unwrap(), 134_400);
    assert_eq!(rows_per_arm(0.5, 0.5).unwrap(), 16);
    assert_eq!(rows_per_arm(0.1, 0.01).unwrap(), 14_400);
    for (p, delta) in
        [(0.0, 0.1), (1.0, 0.1), (0.5, 0.0), (0.5, -0.1), (0.5, 1.0), (f64::NAN, 0.1), (0.5, 1e-9)]
    {
        assert!(rows_per_arm(p, delta).is_err(), "{p} {delta}");
    }
}
