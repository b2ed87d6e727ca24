//! Plans under a budget alone.

use allocate::{AllocateError, Choice, Limits, Member, Settings, Source, Table, allocate};
use proptest::prelude::*;

use crate::oracle::{Members, best, given, linear, members, share, table};

fn budget(budget: i64) -> Limits {
    Limits { budget, caps: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn many_members_come_within_three_thousandths_of_the_linear_bound(
        members in members(400..600, 8, -50..400),
        limit in 3_000_i64..40_000,
    ) {
        let limits = budget(limit);
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        let linear = linear(&members, &limits);
        prop_assert!(share(plan.summary().gain, linear) >= 0.997, "{:?} {linear}", plan.summary());
        let bound = f64::from(i32::try_from(plan.summary().bound).unwrap());
        prop_assert!((bound - linear.ceil()).abs() <= 1.0, "{bound} {linear}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn few_members_get_the_best_plan_there_is(members in members(0..7, 4, -50..400), limit in 0_i64..900) {
        let limits = budget(limit);
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        prop_assert_eq!(plan.summary().gain, best(&members, &limits));
    }

    #[test]
    fn members_who_are_all_alike_take_turns(count in 1_usize..400, cost in 1_i64..9, limit in 0_i64..2_000) {
        let choice = Choice { cost, gain: 7, level: 1, ..Choice::default() };
        let members: Members = (0..count).map(|key| (u64::try_from(key).unwrap(), vec![choice])).collect();
        let limits = budget(limit);
        let plan = allocate(&table(&members), &limits, &Settings::default()).unwrap();
        given(&plan, &members, &limits);
        let fit = u64::try_from(limit / cost).unwrap().min(plan.summary().members);
        prop_assert_eq!(plan.summary().assigned, fit);
        // Another salt, other winners.
        let other = allocate(&table(&members), &limits, &Settings { salt: 1, ..Settings::default() }).unwrap();
        prop_assert_eq!(other.summary().assigned, fit);
    }
}

/// A source in one part per member.
struct Split<'a>(&'a [(u64, Vec<Choice>)]);

impl Source for Split<'_> {
    fn parts(&self) -> usize {
        self.0.len()
    }

    fn visit(
        &self,
        part: usize,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), AllocateError>,
    ) -> Result<(), AllocateError> {
        let (key, choices) = &self.0[part];
        each(Member { key: *key, choices })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_parts_and_threads_do_not_matter(mut members in members(1..300, 6, -50..50), limit in 0_i64..2_000) {
        let limits = budget(limit);
        let settings = Settings { threads: 1, ..Settings::default() };
        let first = allocate(&table(&members), &limits, &settings).unwrap();
        let expected = given(&first, &members, &limits);
        members.reverse();
        members.iter_mut().for_each(|(_, choices)| choices.reverse());
        let backward = table(&members);
        members.sort_by_key(|(key, _)| *key);
        members.iter_mut().for_each(|(_, choices)| choices.reverse());
        for threads in [1, 2, 4] {
            let settings = Settings { threads, ..settings };
            for plan in [allocate(&backward, &limits, &settings), allocate(&Split(&members), &limits, &settings)] {
                let plan = plan.unwrap();
                prop_assert_eq!(plan.summary(), first.summary());
                prop_assert_eq!(&given(&plan, &members, &limits), &expected);
            }
        }
    }
}

#[test]
fn a_budget_of_nothing_gives_what_is_free_or_pays_for_itself() {
    let choice = |cost, gain| vec![Choice { cost, gain, level: 1, ..Choice::default() }];
    let limits = budget(0);
    let plan = |members: &Members| {
        let plan = allocate(&table(members), &limits, &Settings::default()).unwrap();
        given(&plan, members, &limits).into_iter().map(|(_, choice)| choice.is_some()).collect::<Vec<_>>()
    };
    // What costs, alone; what is free; what is free and does harm.
    assert_eq!(plan(&vec![(1, choice(5, 9)), (2, choice(0, 9)), (3, choice(0, -9))]), [false, true, false]);
    // One brings in what another costs; one that brings in too little; one that does more harm than good.
    assert_eq!(plan(&vec![(1, choice(5, 9)), (2, choice(-5, 1))]), [true, true]);
    assert_eq!(plan(&vec![(1, choice(5, 9)), (2, choice(-4, 1))]), [false, true]);
    assert_eq!(plan(&vec![(1, choice(5, 9)), (2, choice(-5, -10))]), [false, false]);
    assert_eq!(plan(&vec![(1, choice(5, 9)), (2, choice(-5, -8))]), [true, true]);
}

#[test]
fn the_price_is_that_of_the_first_step_that_does_not_fit() {
    let choice = |cost, gain| vec![Choice { cost, gain, level: 1, ..Choice::default() }];
    let members = Table::new([(1, choice(10, 90)), (2, choice(10, 35)), (3, choice(10, 10))]).unwrap();
    let lambda = |limit| {
        allocate(&members, &budget(limit), &Settings::default()).unwrap().summary().prices_millionths.clone()
    };
    assert_eq!(lambda(5), [9_000_000]);
    assert_eq!(lambda(15), [3_500_000]);
    assert_eq!(lambda(30), [0]);
}

#[test]
fn nobody_at_all_gets_nothing() {
    let none: Members = Vec::new();
    let plan = allocate(&table(&none), &budget(100), &Settings::default()).unwrap();
    assert_eq!((plan.summary().members, plan.summary().gain, plan.summary().bound), (0, 0, 0));
}
