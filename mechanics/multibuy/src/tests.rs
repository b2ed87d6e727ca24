use mechanic_sdk::testing::{item, line, offer, proposals, receipt, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, Pick, Receipt, Verdict};

use crate::{GET, Multibuy, REWARD_UNITS, SET_UNITS};

const FREE: Benefit = Benefit::Percent(10_000);

/// A line for each number: a product of its own, that many units at 1.00.
fn units(units: &[i64]) -> Receipt {
    receipt((1..).zip(units).map(|(position, units)| line(position, units * 1000, 100, units * 100)))
}

fn set(set_units: i64, reward_units: i64, lines: &[u32]) -> Item {
    let extras = vec![SET_UNITS.with(set_units * 1000), REWARD_UNITS.with(reward_units * 1000)];
    Item { extras, ..item(FREE, lines.iter().copied()) }
}

fn buy(units: i64, lines: &[u32]) -> Item {
    Item { min_units: Some(units * 1000), ..item(FREE, lines.iter().copied()) }
}

fn get(units: i64, lines: &[u32]) -> Item {
    let extras = vec![REWARD_UNITS.with(units * 1000), GET.with(1)];
    Item { extras, ..item(FREE, lines.iter().copied()) }
}

/// The item and the most units of every proposal.
fn rewards(receipt: &Receipt, items: Vec<Item>) -> Result<Vec<(u32, i64)>, Declined> {
    match Multibuy::evaluate_offer(receipt, &offer(items), &[]) {
        Verdict::Proposals(all) => {
            Ok(all.iter().map(|p| (p.item.unwrap(), p.max_units.unwrap() / 1000)).collect())
        }
        Verdict::Declined(declined) => Err(declined),
        other => panic!("{other:?}"),
    }
}

#[test]
fn n_for_m_rewards_whole_sets() {
    let below = Err(Declined::BelowThreshold);
    for (bought, items, expected) in [
        (vec![3], vec![set(3, 1, &[0])], Ok(vec![(0, 1)])),
        (vec![2], vec![set(3, 1, &[0])], below.clone()),
        (vec![7], vec![set(3, 1, &[0])], Ok(vec![(0, 2)])),
        (vec![2, 1, 4], vec![set(3, 1, &[0, 1, 2])], Ok(vec![(0, 2)])),
        (vec![4, 9], vec![set(4, 2, &[0]), set(3, 1, &[1])], Ok(vec![(0, 2), (1, 3)])),
        (vec![9], vec![Item { max_units: Some(2000), ..set(3, 1, &[0]) }], Ok(vec![(0, 2)])),
        (vec![9], vec![Item { min_sum: Some(901), ..set(3, 1, &[0]) }], below),
        (vec![9], vec![set(3, 1, &[])], Err(Declined::NoMatchingLine)),
    ] {
        assert_eq!(rewards(&units(&bought), items.clone()), expected, "{bought:?} {items:?}");
    }
}

#[test]
fn a_set_of_weighed_goods_is_by_weight() {
    assert_eq!(rewards(&reference_receipt(), vec![set(1, 1, &[1])]), Err(Declined::BelowThreshold));
    let by_weight = Item { extras: vec![SET_UNITS.with(200), REWARD_UNITS.with(100)], ..item(FREE, [1]) };
    let verdict = Multibuy::evaluate_offer(&reference_receipt(), &offer([by_weight]), &[]);
    assert_eq!(proposals(&verdict)[0].max_units, Some(200));
}

#[test]
fn buy_and_get_of_other_goods() {
    let below = Err(Declined::BelowThreshold);
    for (bought, items, expected) in [
        (vec![2, 1], vec![buy(2, &[0]), get(1, &[1])], Ok(vec![(1, 1)])),
        (vec![5, 1], vec![buy(2, &[0]), get(1, &[1])], Ok(vec![(1, 2)])),
        (vec![1, 1], vec![buy(2, &[0]), get(1, &[1])], below.clone()),
        (vec![4, 1, 1], vec![buy(2, &[0]), buy(1, &[1]), get(1, &[2])], Ok(vec![(2, 1)])),
        (vec![4, 0, 1], vec![buy(2, &[0]), buy(1, &[]), get(1, &[2])], below),
        (vec![4, 1, 1], vec![buy(2, &[0]), get(1, &[1]), get(2, &[2])], Ok(vec![(1, 2), (2, 4)])),
        (vec![2, 1], vec![buy(2, &[0]), get(1, &[])], Err(Declined::NoMatchingLine)),
    ] {
        assert_eq!(rewards(&units(&bought), items.clone()), expected, "{bought:?} {items:?}");
    }
}

#[test]
fn shared_units_are_used_once() {
    let below = Err(Declined::BelowThreshold);
    for (bought, items, expected) in [
        // Buy 2 get 1 of the same goods needs three of them.
        (vec![2], vec![buy(2, &[0]), get(1, &[0])], below.clone()),
        (vec![3], vec![buy(2, &[0]), get(1, &[0])], Ok(vec![(1, 1)])),
        (vec![5], vec![buy(2, &[0]), get(1, &[0])], Ok(vec![(1, 1)])),
        (vec![6], vec![buy(2, &[0]), get(1, &[0])], Ok(vec![(1, 2)])),
        // Units that can only be got leave the shared ones to be bought, and the other way round.
        (vec![2, 1], vec![buy(2, &[0]), get(1, &[0, 1])], Ok(vec![(1, 1)])),
        (vec![2, 1], vec![buy(2, &[0, 1]), get(1, &[0])], Ok(vec![(1, 1)])),
        (vec![2, 0], vec![buy(2, &[0]), get(1, &[0, 1])], below),
        // A get item elsewhere takes nothing from the shared units.
        (vec![3, 4], vec![buy(2, &[0]), get(1, &[0]), get(3, &[1])], Ok(vec![(1, 1), (2, 3)])),
    ] {
        assert_eq!(rewards(&units(&bought), items.clone()), expected, "{bought:?} {items:?}");
    }
}

#[test]
fn the_cheapest_units_are_rewarded_unless_others_are_asked_for() {
    for (pick, expected) in [
        (None, Pick::Cheapest),
        (Some(Pick::Listed), Pick::Listed),
        (Some(Pick::Cheapest), Pick::Cheapest),
        (Some(Pick::Dearest), Pick::Dearest),
    ] {
        let offer = offer([Item { pick, ..set(3, 1, &[0]) }]);
        let verdict = Multibuy::evaluate_offer(&units(&[3]), &offer, &[]);
        assert_eq!(proposals(&verdict)[0].pick, Some(expected));
    }
}

#[test]
fn terms_without_a_set_fail_in_good_order() {
    for (items, expected) in
        [(vec![buy(2, &[0])], "missing_set_units"), (vec![get(1, &[0])], "missing_buy_item")]
    {
        match Multibuy::evaluate_offer(&units(&[3]), &offer(items), &[]) {
            Verdict::Failed(failure) => assert_eq!(failure.code, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn parameters_are_checked_when_configured() {
    let plain = || item(FREE, []);
    for (items, expected) in [
        (vec![set(3, 1, &[]), set(2, 2, &[])], vec![]),
        (vec![buy(2, &[]), get(1, &[])], vec![]),
        (vec![set(0, 1, &[])], vec![("/items/0/set_units", "not_positive")]),
        (vec![set(3, 0, &[])], vec![("/items/0/reward_units", "not_positive")]),
        (vec![set(2, 3, &[])], vec![("/items/0/reward_units", "more_than_set")]),
        (vec![set(2, 1, &[]), plain()], vec![("/items/1", "missing_set_units")]),
        (vec![get(1, &[])], vec![("/items", "missing_buy_item")]),
        (vec![plain(), set(2, 1, &[]), get(1, &[])], vec![("/items/1/set_units", "set_units_not_allowed")]),
        (
            vec![plain(), Item { min_units: Some(1000), ..get(1, &[]) }],
            vec![("/items/1/min_units", "min_units_not_allowed")],
        ),
    ] {
        let problems = Multibuy::validate("", &offer(items.clone()));
        let found: Vec<_> = problems.iter().map(|problem| (&*problem.pointer, &*problem.code)).collect();
        assert_eq!(found, expected, "{items:?}");
    }
}
