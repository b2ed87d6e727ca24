use mechanic_sdk::testing::{above, from, item, offer, paying_items, receipt_item, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, Verdict};

use crate::Threshold;

const BENEFIT: Benefit = Benefit::Amount(50_000);

fn tier(threshold: Option<mechanic_sdk::Threshold>) -> Item {
    Item { threshold, ..receipt_item(BENEFIT) }
}

#[test]
fn the_highest_tier_reached_pays_alone() {
    // The reference receipt comes to 1821.44.
    for (items, expected) in [
        (vec![tier(from(180_000)), tier(from(360_000))], vec![Some(0)]),
        (vec![tier(from(180_000)), tier(from(100_000))], vec![Some(0)]),
        (vec![tier(from(100_000)), tier(from(182_144))], vec![Some(1)]),
        (vec![tier(from(100_000)), tier(above(182_144))], vec![Some(0)]),
        (vec![tier(above(182_143)), tier(None)], vec![Some(0)]),
        (vec![tier(None)], vec![Some(0)]),
        (vec![tier(from(100_000)), tier(from(100_000))], vec![Some(0)]),
        (vec![tier(from(100_000)), tier(above(100_000))], vec![Some(1)]),
        (vec![Item { min_units: Some(9000), ..tier(from(100_000)) }, tier(from(50_000))], vec![Some(1)]),
    ] {
        let verdict = Threshold::evaluate_offer(&reference_receipt(), &offer(items.clone()), &[]);
        assert_eq!(paying_items(&verdict), expected, "{items:?}");
    }
}

#[test]
fn every_target_has_tiers_of_its_own() {
    let dairy = |sum| Item { target: 2, threshold: from(sum), ..item(BENEFIT, [1, 3]) };
    let offer =
        offer([dairy(10_000), tier(from(100_000)), dairy(70_000), tier(from(360_000)), dairy(80_000)]);
    let verdict = Threshold::evaluate_offer(&reference_receipt(), &offer, &[]);
    assert_eq!(paying_items(&verdict), [Some(2), Some(1)]);
}

#[test]
fn declining_says_why() {
    for (items, expected) in [
        (vec![tier(from(360_000)), item(BENEFIT, [])], Declined::BelowThreshold),
        (vec![item(BENEFIT, [])], Declined::NoMatchingLine),
    ] {
        let verdict = Threshold::evaluate_offer(&reference_receipt(), &offer(items), &[]);
        assert_eq!(verdict, Verdict::Declined(expected));
    }
}

#[test]
fn tiers_are_checked_when_configured() {
    let other_condition = || Item { min_units: Some(3000), ..tier(from(1000)) };
    for (items, expected) in [
        (vec![tier(from(1000)), tier(above(1000)), other_condition()], vec![]),
        (vec![tier(from(1000)), tier(None)], vec![("/items/1", "missing_tier")]),
        (vec![Item { min_sum: Some(1000), ..tier(None) }], vec![]),
        (
            vec![tier(from(1000)), tier(from(2000)), tier(from(1000))],
            vec![("/items/2/from", "duplicate_tier")],
        ),
    ] {
        let problems = Threshold::validate("", &offer(items.clone()));
        let found: Vec<_> = problems.iter().map(|problem| (&*problem.pointer, &*problem.code)).collect();
        assert_eq!(found, expected, "{items:?}");
    }
}
