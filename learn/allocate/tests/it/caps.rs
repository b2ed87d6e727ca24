//! Plans under caps beside the budget.

use allocate::{Cap, Choice, Limits, Measure, Of, Settings, allocate};
use proptest::prelude::*;

use crate::oracle::{Members, best, given, linear, members, share, table};

fn cap(of: Of, measure: Measure, limit: i64) -> Cap {
    Cap { name: format!("{of:?} {measure:?}"), of, measure, limit }
}

/// Caps of each kind.
fn caps(members: i64, spend: i64, contacts: i64) -> Vec<Cap> {
    vec![
        cap(Of::Category(1), Measure::Members, members),
        cap(Of::Brand(2), Measure::Spend, spend),
        cap(Of::All, Measure::Contacts, contacts),
    ]
}

/// One more member, so that each cap is of something.
fn with_one(mut members: Members) -> Members {
    let choice = Choice { cost: 1, gain: 1, level: 1, category: 1, brand: 2, contacts: 1 };
    members.push((0, vec![choice]));
    members
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn some_hundred_members_come_within_a_hundredth_of_the_linear_bound(
        members in members(400..600, 6, -50..400),
        budget in 3_000_i64..40_000,
        (some, spend, contacts) in (20_i64..200, 1_000_i64..10_000, 50_i64..400),
    ) {
        let members = with_one(members);
        let limits = Limits { budget, caps: caps(some, spend, contacts) };
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        let linear = linear(&members, &limits);
        prop_assert!(share(plan.summary().gain, linear) >= 0.99, "{:?} {linear}", plan.summary());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn few_members_never_pass_a_limit_nor_the_best_plan(
        members in members(0..6, 3, -50..400),
        budget in 0_i64..900,
        (some, spend, contacts) in (0_i64..4, 0_i64..500, 0_i64..6),
    ) {
        let members = with_one(members);
        let limits = Limits { budget, caps: caps(some, spend, contacts) };
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        let best = best(&members, &limits);
        prop_assert!(plan.summary().gain <= best && best <= plan.summary().bound);
    }
}

#[test]
fn members_who_are_all_alike_fill_a_cap_to_the_last() {
    let choice = Choice { cost: 10, gain: 100, level: 1, category: 1, brand: 0, contacts: 0 };
    let members: Members = (0..1_000).map(|key| (key, vec![choice])).collect();
    for (budget, limit, expected) in
        [(100_000, 50, 50), (600, 50, 50), (300, 50, 30), (0, 50, 0), (600, 0, 0)]
    {
        let limits = Limits { budget, caps: vec![cap(Of::Category(1), Measure::Members, limit)] };
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        assert_eq!(plan.summary().assigned, expected, "{budget} {limit}");
    }
}

#[test]
fn a_full_category_makes_room_in_another() {
    let both = |cost| {
        let choice = Choice { cost, gain: 100, level: 1, category: 1, brand: 0, contacts: 0 };
        vec![choice, Choice { gain: 90, level: 2, category: 2, ..choice }]
    };
    let members: Members = (0..100).map(|key| (key, both(1))).collect();
    let limits = Limits { budget: 1_000, caps: vec![cap(Of::Category(1), Measure::Members, 40)] };
    let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
    given(&plan, &members, &limits);
    assert_eq!(plan.summary().gain, 40 * 100 + 60 * 90);
}

#[test]
fn threads_do_not_matter_with_caps() {
    let both = |key: u64| {
        let cost = i64::try_from(key % 7).unwrap();
        let gain = i64::try_from(key % 11).unwrap();
        let choice = Choice { cost, gain, level: 1, category: 1, brand: 0, contacts: 1 };
        vec![choice, Choice { cost: cost * 2, gain: gain + 3, level: 2, category: 2, ..choice }]
    };
    // So many that prices begin with a sample.
    let members: Members = (0..50_000).map(|key| (key, both(key))).collect();
    let caps = vec![cap(Of::Category(1), Measure::Members, 9_000), cap(Of::All, Measure::Contacts, 20_000)];
    let limits = Limits { budget: 100_000, caps };
    let plan =
        |threads| allocate(&table(&members), &limits, &Settings { threads, ..Settings::default() }).unwrap();
    let first = plan(1);
    given(&first, &members, &limits);
    assert!(first.summary().gain * 1_000 >= first.summary().bound * 997, "{:?}", first.summary());
    assert_eq!(plan(3).summary(), first.summary());
}
