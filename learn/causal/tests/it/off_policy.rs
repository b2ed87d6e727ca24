//! Values of policies from logs of other policies: worked examples, refusals, and a real log.

use causal::Interval;
use causal::offpolicy::{Log, Model, OffPolicyError, Target, Value, evaluate, predict};
use proptest::prelude::*;
use trees::{Bins, Booster, Options};

use crate::real::unpacked;

/// A log of two actions: each row is its action, its propensity and its outcome, and a member of its own;
/// all of it so many times.
fn log(rows: &[(u8, f64, i32)], times: usize) -> Log {
    let all: Vec<_> = rows.iter().copied().cycle().take(rows.len() * times).collect();
    Log {
        action: all.iter().map(|row| row.0).collect(),
        actions: vec!["a".to_owned(), "b".to_owned()],
        outcome: all.iter().map(|row| row.2).collect(),
        scale: 1,
        propensity: all.iter().map(|row| row.1).collect(),
        cluster: (0..).take(all.len()).collect(),
    }
}

/// Action a is drawn with probability 0.8, b with 0.2.
const ROWS: [(u8, f64, i32); 10] = [
    (0, 0.8, 1),
    (0, 0.8, 0),
    (0, 0.8, 0),
    (0, 0.8, 0),
    (0, 0.8, 1),
    (0, 0.8, 0),
    (0, 0.8, 0),
    (0, 0.8, 0),
    (1, 0.2, 1),
    (1, 0.2, 0),
];

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-9, "{found} instead of {wanted}");
}

fn refusal(log: &Log, target: &Target) -> String {
    evaluate(log, target, None).unwrap_err().to_string()
}

#[test]
fn values_are_those_worked_by_hand() {
    let log = log(&ROWS, 400);
    // Always b: weights 0 (8 of 10 rows) and 5 (2 of 10).
    let value = evaluate(&log, &Target::Always(1), None).unwrap();
    assert_eq!((value.rows, value.members, value.matched), (4000, 4000, 800));
    near(value.effective_sample, 800.0);
    near(value.largest_weight, 5.0);
    near(value.mean_weight.estimate, 1.0);
    near(value.logged.estimate, 0.3);
    // One of ten rows has 5 · 1.
    near(value.ips.estimate, 0.5);
    // Squares: 400 · (4.5² + 9 · 0.5²) = 9000.
    near(value.ips.error, (4000.0 / 3999.0 * 9000.0_f64).sqrt() / 4000.0);
    near(value.snips.estimate, 0.5);
    // 5 (1 − 0.5) and 5 (0 − 0.5), 400 times each.
    near(value.snips.error, (4000.0 / 3999.0 * 400.0 * 2.0 * 6.25_f64).sqrt() / 4000.0);
    near(value.snips.high - value.snips.low, 2.0 * 1.959_963_984_540_054 * value.snips.error);
    assert_eq!((value.cut_rows, value.doubly_robust), (0, None));

    // Uniform: weights 0.625 and 2.5.
    let value = evaluate(&log, &Target::Uniform, None).unwrap();
    near(value.ips.estimate, (2.0 * 0.625 + 2.5) / 10.0);
    near(value.effective_sample, 400.0 * 100.0 / (8.0 * 0.390_625 + 2.0 * 6.25));
}

#[test]
fn the_same_policy_in_other_words_has_the_same_value() {
    let log = log(&ROWS, 400);
    let always = evaluate(&log, &Target::Always(1), None).unwrap();
    let chosen = Target::Chosen(vec![1; log.rows()]);
    assert_eq!(evaluate(&log, &chosen, None).unwrap(), always);
    let probability = log.action.iter().map(|action| f64::from(*action)).collect();
    assert_eq!(evaluate(&log, &Target::Probability(probability), None).unwrap(), always);
}

#[test]
fn a_model_that_knows_the_outcome_leaves_no_error() {
    let log = log(&ROWS, 400);
    // The model is right about every logged row, and says 0.5 of b: w (r − q) = 0.
    let logged = log.outcome.iter().map(|value| f64::from(*value)).collect();
    let model = Model { logged, target: vec![0.5; log.rows()] };
    let robust = evaluate(&log, &Target::Always(1), Some(&model)).unwrap().doubly_robust.unwrap();
    assert_eq!(robust, Interval { estimate: 0.5, low: 0.5, high: 0.5, error: 0.0 });
    // A wrong model is put right: m = q = 0.9 everywhere, 0.9 + 5 · (0.2 · (0.5 − 0.9)) = 0.5.
    let model = Model { logged: vec![0.9; log.rows()], target: vec![0.9; log.rows()] };
    near(evaluate(&log, &Target::Always(1), Some(&model)).unwrap().doubly_robust.unwrap().estimate, 0.5);
}

#[test]
fn rows_of_a_member_are_one_observation() {
    let apart = log(&ROWS, 400);
    let mut together = apart.clone();
    // Each row twice, both of one member: nothing is known more.
    together.action.extend_from_within(..);
    together.outcome.extend_from_within(..);
    together.propensity.extend_from_within(..);
    together.cluster.extend_from_within(..);
    let [apart, together] = [apart, together].map(|log| evaluate(&log, &Target::Always(1), None).unwrap());
    near(together.ips.error, apart.ips.error);
    near(together.snips.error, apart.snips.error);
    assert_eq!((together.rows, together.members), (8000, 4000));
}

#[test]
fn a_log_without_exploration_is_refused_with_what_to_do() {
    // b was drawn 8 times of 40,000, with a probability of 0.0002: weights of 5,000.
    let mut rows = vec![(0, 0.9998, 1); 4999];
    rows.push((1, 0.0002, 1));
    let told = refusal(&log(&rows, 8), &Target::Always(1));
    for part in [
        "no value is given",
        "its 40000 decisions weigh as much as 8 of the policy's own (at least 500 are needed)",
        "the largest weight is 5000",
        "decision 5000, where action \"b\" was drawn with probability 0.0002",
        "Set a floor for exploration",
        "a probability of at least 0.013",
    ] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    // A log that is too short for any floor.
    let told = refusal(&log(&ROWS, 40), &Target::Always(1));
    assert!(told.contains("Log more decisions") && told.contains("over 50000 decisions"), "{told}");
    // A log that has no action of the policy.
    let told = refusal(&log(&ROWS[..8], 400), &Target::Always(1));
    assert!(told.contains("Not one logged action is one that this policy takes"), "{told}");
}

#[test]
fn few_large_weights_are_cut_and_many_are_refused() {
    // Uniform between two: 0.5 / 0.5 = 1, and one row of 0.5 / 0.004 = 125.
    let mut rows = vec![(0, 0.5, 1); 5000];
    rows.extend(vec![(1, 0.5, 0); 5000]);
    rows.push((1, 0.004, 1));
    let value = evaluate(&log(&rows, 1), &Target::Uniform, None).unwrap();
    assert_eq!(value.cut_rows, 1);
    near(value.largest_weight, 125.0);
    near(value.cut_share, 25.0 / 10_125.0);
    near(value.ips.estimate, 5100.0 / 10_001.0);
    // 0.5 / 0.001 = 500: of 10,500, 400 would be cut.
    *rows.last_mut().unwrap() = (1, 0.001, 1);
    let told = refusal(&log(&rows, 1), &Target::Uniform);
    assert!(told.contains("3.8 % of all weight is above it, where at most 2 % may be"), "{told}");
}

#[test]
fn propensities_that_are_not_true_are_refused() {
    // Both actions were drawn equally often, and the log says 0.8 of both.
    let told = refusal(&log(&[(0, 0.8, 1), (1, 0.8, 0)], 2000), &Target::Uniform);
    assert!(told.contains("weights average 0.625") && told.contains("instead of 1"), "{told}");
}

#[test]
fn columns_that_cannot_be_are_refused() {
    let right = log(&ROWS, 400);
    let with = |change: &dyn Fn(&mut Log)| {
        let mut log = right.clone();
        change(&mut log);
        evaluate(&log, &Target::Uniform, None).unwrap_err()
    };
    for propensity in [0.0, -0.1, 1.1, f64::NAN] {
        let error = with(&|log| log.propensity[7] = propensity);
        assert!(matches!(error, OffPolicyError::Propensity { row: 7, .. }), "{error}");
    }
    assert!(matches!(with(&|log| log.action[3] = 2), OffPolicyError::UnknownAction { row: 3, actions: 2 }));
    assert!(matches!(with(&|log| log.actions.clear()), OffPolicyError::Actions { found: 0, .. }));
    assert!(matches!(with(&|log| log.scale = 0), OffPolicyError::Scale { scale: 0 }));
    assert!(matches!(with(&|log| log.cluster.fill(7)), OffPolicyError::TooFewMembers { found: 1, .. }));
    assert!(matches!(with(&|log| log.outcome.truncate(9)), OffPolicyError::Data(_)));
    for target in
        [Target::Probability(vec![1.5; 4000]), Target::Probability(vec![]), Target::Chosen(vec![2; 4000])]
    {
        assert!(evaluate(&right, &target, None).is_err(), "{target:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A policy's own log, weighed for itself, is its mean outcome, whatever the outcomes.
    #[test]
    fn a_policy_is_worth_what_its_own_log_says(outcomes in prop::collection::vec(-1000_i32..1000, 600..900)) {
        let rows: Vec<_> = outcomes.iter().zip([0, 1].into_iter().cycle()).map(|(value, action)| (action, 0.5, *value)).collect();
        let value = evaluate(&log(&rows, 1), &Target::Uniform, None).unwrap();
        prop_assert_eq!(value.ips, value.logged);
        prop_assert!((value.snips.estimate - value.logged.estimate).abs() < 1e-9);
        prop_assert!((value.effective_sample - outcomes.len() as f64).abs() < 1e-6);
    }

    /// The order of rows does not matter beyond rounding, and rescaling outcomes rescales values.
    #[test]
    fn order_and_unit_do_not_matter(outcomes in prop::collection::vec(-1000_i32..1000, 1500..1700)) {
        let rows: Vec<_> = outcomes
            .iter()
            .zip([(0, 0.8), (1, 0.2), (0, 0.8), (0, 0.8), (0, 0.8)].into_iter().cycle())
            .map(|(value, (action, propensity))| (action, propensity, *value))
            .collect();
        let forth = log(&rows, 1);
        let back = log(&rows.iter().rev().copied().collect::<Vec<_>>(), 1);
        let mut scaled = forth.clone();
        scaled.scale = 10;
        let [forth, back, scaled] = [forth, back, scaled].map(|log| evaluate(&log, &Target::Uniform, None).unwrap());
        for (one, other) in [(forth.ips, back.ips), (forth.snips, back.snips)] {
            prop_assert!((one.estimate - other.estimate).abs() < 1e-6 && (one.error - other.error).abs() < 1e-6);
        }
        prop_assert!((forth.snips.estimate - scaled.snips.estimate * 10.0).abs() < 1e-6);
    }
}

/// A log whose outcome depends on a feature and on the action: a brings 8 where the feature is 1 and else 0,
/// b always brings 3.
fn depends() -> (Log, Bins) {
    let mut log = log(&ROWS, 500);
    let feature: Vec<_> = (0..log.rows()).map(|row| i64::try_from(row / 10 % 2).ok()).collect();
    log.outcome = log
        .action
        .iter()
        .zip(&feature)
        .map(|(action, feature)| if *action == 1 { 3 } else { i32::from(*feature == Some(1)) * 8 })
        .collect();
    let bins =
        Bins::from_values(vec![trees::Feature { name: "x".to_owned(), cuts: vec![1] }], &[feature]).unwrap();
    (log, bins)
}

#[test]
fn a_trained_model_makes_the_value_sharper() {
    let (log, bins) = depends();
    let trainer = Booster(Options { least_rows: 20, ..Options::default() });
    let best = Target::Chosen(
        (0..log.rows()).map(|row| if bins.column(0).unwrap()[row] == 2 { 0 } else { 1 }).collect(),
    );
    let model = predict(&log, &best, &bins, &trainer, 7).unwrap().unwrap();
    assert_eq!(predict(&log, &best, &bins, &trainer, 7).unwrap().unwrap(), model);
    let value = evaluate(&log, &best, Some(&model)).unwrap();
    let robust = value.doubly_robust.unwrap();
    // Half of the rows bring 8 and half bring 3.
    assert!((robust.estimate - 5.5).abs() < 0.1, "{robust:?}");
    assert!(robust.error < value.ips.error, "{robust:?} {:?}", value.ips);
    let unknown = Target::Probability(vec![0.5; log.rows()]);
    assert_eq!(predict(&log, &unknown, &bins, &trainer, 7).unwrap(), None);
}

/// Decisions of the Open Bandit data set.
fn bandit(policy: &str) -> Log {
    let mut reader = csv::Reader::from_reader(unpacked(&format!("open-bandit-men-{policy}.csv.gz")));
    let headings = reader.headers().unwrap().clone();
    let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let (action, click, propensity) = (place("item_id"), place("click"), place("propensity_score"));
    let rows: Vec<(u8, i32, f64)> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| {
            (row[action].parse().unwrap(), row[click].parse().unwrap(), row[propensity].parse().unwrap())
        })
        .collect();
    Log {
        action: rows.iter().map(|row| row.0).collect(),
        actions: (0..34).map(|item| item.to_string()).collect(),
        outcome: rows.iter().map(|row| row.1).collect(),
        scale: 1,
        propensity: rows.iter().map(|row| row.2).collect(),
        cluster: (0..).take(rows.len()).collect(),
    }
}

#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn a_bandits_log_tells_what_the_uniform_policy_is_worth() {
    let (random, bandit) = (bandit("random"), bandit("bts"));
    let truth = evaluate(&random, &Target::Uniform, None).unwrap();
    near(truth.ips.estimate, 0.0046);
    near(truth.effective_sample, 10_000.0);
    let bins = Bins::new(Vec::new(), Vec::new()).unwrap();
    let trainer = Booster(Options::default());
    let mut scaled = bandit.clone();
    scaled.outcome.iter_mut().for_each(|value| *value *= 1_000_000);
    scaled.scale = 1_000_000;
    let model = predict(&scaled, &Target::Uniform, &bins, &trainer, 1).unwrap().unwrap();
    let value: Value = evaluate(&bandit, &Target::Uniform, Some(&model)).unwrap();
    eprintln!("truth {truth:?}\nfrom the bandit's log {value:?}");
    assert!((655.0..656.0).contains(&value.effective_sample), "{}", value.effective_sample);
    for found in [value.ips, value.snips, value.doubly_robust.unwrap()] {
        let errors = (found.error.powi(2) + truth.ips.error.powi(2)).sqrt();
        assert!((found.estimate - truth.ips.estimate).abs() < 2.0 * errors, "{found:?} {:?}", truth.ips);
    }
    // The same log, had the bandit hardly explored.
    let mut stingy = bandit;
    stingy.propensity.iter_mut().for_each(|value| *value = value.powi(3));
    assert!(refusal(&stingy, &Target::Uniform).contains("Set a floor for exploration"));
}
