//! Many draws come to what is expected of them.
//!
//! The bounds of probabilities are exact: those of Clopper and Pearson (1934) leave a chance of 10⁻⁶ on each
//! side. Seeds are fixed, so that a test that passes always does.

use simulate::{Chain, Kind, Settings};

/// Repetitions: other members with the same expectation do not exist, but other seeds of the draws of weeks
/// far apart do, since seasons come back after 52 weeks.
const YEARS: u32 = 3_000;

fn chain(seed: u64) -> Chain {
    Chain::new(Settings { seed, ..Settings::default() }).unwrap()
}

/// Probability of at most `found` of `trials`, by the exact sum of the binomial distribution.
fn at_most(found: u32, trials: u32, chance: f64) -> f64 {
    let odds = (chance / (1.0 - chance)).ln();
    let mut term = f64::from(trials) * (1.0 - chance).ln();
    let mut sum = term.exp();
    for number in 1..=found {
        term += odds + (f64::from(trials - number + 1) / f64::from(number)).ln();
        sum += term.exp();
    }
    sum
}

/// Whether so many are inside the exact bounds of their probability.
fn inside(found: u32, trials: u32, millionths: u32) -> bool {
    let chance = f64::from(millionths) / 1e6;
    at_most(found, trials, chance) > 1e-6 && (found == 0 || 1.0 - at_most(found - 1, trials, chance) > 1e-6)
}

/// The first members of each kind.
fn some_of_each_kind(chain: &Chain) -> Vec<u32> {
    let of = |kind| (0..10_000).filter(move |member| chain.member(*member).kind == kind).take(3);
    [Kind::Unmoved, Kind::Persuadable, Kind::LargeOnly, Kind::PutOff].into_iter().flat_map(of).collect()
}

#[test]
fn members_buy_as_often_as_expected() {
    let chain = chain(3);
    for member in some_of_each_kind(&chain) {
        for arm in 0..4 {
            let week = 9;
            let years = (0..YEARS).map(|year| week + 52 * year);
            let found = years.filter(|week| chain.outcome(member, *week, arm).bought).count();
            let buys = chain.truth(member, week, arm).buys;
            let found = u32::try_from(found).unwrap();
            assert!(
                inside(found, YEARS, buys),
                "member {member}, arm {arm}: {found} of {YEARS}, expected {buys}"
            );
        }
    }
}

#[test]
fn members_spend_and_bring_as_much_as_expected() {
    let chain = chain(4);
    for member in some_of_each_kind(&chain) {
        for arm in 0..4 {
            let week = 20;
            let outcomes: Vec<_> =
                (0..YEARS).map(|year| chain.outcome(member, week + 52 * year, arm)).collect();
            let truth = chain.truth(member, week, arm);
            for (what, expected, drawn) in [
                ("amount", truth.amount, outcomes.iter().map(|outcome| outcome.amount).collect::<Vec<_>>()),
                ("discount", truth.discount, outcomes.iter().map(|outcome| outcome.discount).collect()),
                ("net", truth.net, outcomes.iter().map(|outcome| outcome.net).collect()),
            ] {
                let size = f64::from(YEARS);
                let values: Vec<f64> =
                    drawn.iter().map(|value| f64::from(i32::try_from(*value).unwrap())).collect();
                let mean = values.iter().sum::<f64>() / size;
                let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (size - 1.0);
                let expected = f64::from(i32::try_from(expected / 1_000_000).unwrap());
                // 5 standard errors, and the minor unit that was cut off.
                let allowed = 5.0 * (variance / size).sqrt() + 1.0;
                assert!(
                    (mean - expected).abs() < allowed,
                    "member {member}, arm {arm}, {what}: {mean}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn arms_are_drawn_with_their_shares() {
    let chain = chain(5);
    for chances in [[250_000; 4], [970_000, 10_000, 10_000, 10_000], [1, 499_999, 0, 500_000]] {
        let mut found = [0_u32; 4];
        for member in 0..20_000 {
            found[usize::from(chain.assign_by(member, 2, chances))] += 1;
        }
        for (found, chance) in found.into_iter().zip(chances) {
            assert!(inside(found, 20_000, chance), "{found} of 20,000, expected {chance} millionths");
        }
    }
}

/// Kinds are worth telling apart, and no level is best for all.
#[test]
fn who_knows_the_members_does_better_than_any_level_for_all() {
    let chain = Chain::new(Settings { members: 5_000, weeks: 2, ..Settings::default() }).unwrap();
    let constants: Vec<i64> = (0..4).map(|arm| chain.value(1..3, |_, _| arm)).collect();
    let oracle = chain.value(1..3, |member, week| chain.oracle(member, week));
    let best = *constants.iter().max().unwrap();
    let none = constants[0];
    assert!(best > none && (oracle - none) * 4 > (best - none) * 5, "{constants:?}, {oracle}");
    let mut given = [0; 4];
    for member in 0..5_000 {
        given[usize::from(chain.oracle(member, 1))] += 1;
    }
    assert!(given.iter().filter(|given| **given > 250).count() >= 3, "{given:?}");
}

#[test]
fn the_offer_moves_each_kind_in_its_way() {
    let chain = chain(6);
    for member in some_of_each_kind(&chain) {
        let buys: Vec<u32> = (0..4).map(|arm| chain.truth(member, 1, arm).buys).collect();
        let (none, five, ten, fifteen) = (buys[0], buys[1], buys[2], buys[3]);
        match chain.member(member).kind {
            Kind::Unmoved => assert_eq!([five, ten, fifteen], [none; 3]),
            Kind::Persuadable => assert!(none < five && five < ten && ten < fifteen, "{buys:?}"),
            Kind::LargeOnly => assert!(none == five && five == ten && ten < fifteen, "{buys:?}"),
            Kind::PutOff => assert!(five < none && five == ten && ten == fifteen, "{buys:?}"),
        }
    }
}
