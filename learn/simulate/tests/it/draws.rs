//! Members' weeks are the same however they are asked for.

use std::thread;

use proptest::prelude::*;
use simulate::{Chain, Settings, Shift};

fn chain(seed: u64) -> Chain {
    Chain::new(Settings { members: 400, weeks: 6, seed, ..Settings::default() }).unwrap()
}

fn week_of(chain: &Chain, member: u32, week: u32) -> String {
    let arm = chain.assign(member, week);
    let basket = chain.basket(member, week, arm);
    let features = chain.features(member, week, |week| chain.assign(member, week));
    format!(
        "{arm} {basket:?} {:?} {features:?} {:?}",
        chain.outcome(member, week, arm),
        chain.truth(member, week, arm)
    )
}

#[test]
fn no_draw_depends_on_order_or_thread() {
    let rows: Vec<(u32, u32)> = (0..400).flat_map(|member| (1..=6).map(move |week| (member, week))).collect();
    let one = chain(7);
    let forward: Vec<String> = rows.iter().map(|(member, week)| week_of(&one, *member, *week)).collect();
    let other = chain(7);
    let mut backward: Vec<String> =
        rows.iter().rev().map(|(member, week)| week_of(&other, *member, *week)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    let threads: Vec<Vec<String>> = thread::scope(|scope| {
        let workers: Vec<_> = rows
            .chunks(601)
            .map(|rows| {
                scope.spawn(|| rows.iter().map(|(member, week)| week_of(&chain(7), *member, *week)).collect())
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(forward, threads.concat());
}

#[test]
fn another_seed_is_another_chain() {
    let (one, other) = (chain(1), chain(2));
    let same = (0..400).filter(|member| one.member(*member) == other.member(*member)).count();
    assert_eq!(same, 0);
}

#[test]
fn a_larger_chain_has_the_same_first_members() {
    let larger = Chain::new(Settings { members: 5_000, weeks: 50, seed: 7, ..Settings::default() }).unwrap();
    for member in 0..400 {
        assert_eq!(week_of(&chain(7), member, 3), week_of(&larger, member, 3));
    }
}

#[test]
fn a_shift_changes_nothing_before_its_week() {
    let shift = Some(Shift { week: 4 });
    let shifted =
        Chain::new(Settings { members: 400, weeks: 6, seed: 7, shift, ..Settings::default() }).unwrap();
    let chain = chain(7);
    let differ = |week| {
        (0..400).filter(|member| chain.truth(*member, week, 2) != shifted.truth(*member, week, 2)).count()
    };
    assert_eq!(
        (1..=6).map(|week| differ(week) > 300).collect::<Vec<_>>(),
        [false, false, false, true, true, true]
    );
    assert_eq!(differ(3), 0);
    for member in 0..400 {
        assert_eq!(week_of(&chain, member, 3), week_of(&shifted, member, 3));
        assert_eq!(chain.truth(member, 5, 0), shifted.truth(member, 5, 0), "without an offer nothing shifts");
    }
}

proptest! {
    #[test]
    fn an_outcome_is_that_of_its_basket(seed: u64, member: u32, week in 1..104_u32, arm in 0..4_u8) {
        let chain = chain(seed);
        let outcome = chain.outcome(member, week, arm);
        let percent = i64::from(chain.arms()[usize::from(arm)].percent);
        let Some(basket) = chain.basket(member, week, arm) else {
            prop_assert_eq!(outcome, simulate::Outcome::default());
            return Ok(());
        };
        let favourite = chain.member(member).favourite_category();
        let (mut amount, mut discount, mut net) = (0, 0, 0);
        for line in &basket.lines {
            prop_assert_eq!(line.amount, i64::from(line.product.price * line.quantity));
            prop_assert!(line.category.products.contains(line.product));
            let off = if line.category == favourite { line.amount * percent } else { 0 };
            prop_assert_eq!(off % 100, 0, "a discount is a whole number of minor units");
            prop_assert_eq!(line.discount, off / 100);
            amount += line.amount;
            discount += line.discount;
            net += line.amount * i64::from(line.category.margin) / 100 - line.discount;
        }
        prop_assert!(basket.lines.iter().any(|line| line.category == favourite));
        prop_assert!(basket.minute < 7 * 1_440);
        prop_assert!(outcome.bought);
        prop_assert_eq!((outcome.amount, outcome.discount, outcome.net), (amount, discount, net));
    }

    #[test]
    fn an_arm_is_one_that_can_be_drawn(seed: u64, member: u32, week in 1..104_u32, only in 0..4_usize) {
        let mut chances = [0; 4];
        chances[only] = 1_000_000;
        prop_assert_eq!(usize::from(chain(seed).assign_by(member, week, chances)), only);
    }
}
