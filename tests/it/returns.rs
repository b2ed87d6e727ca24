//! Partial returns and the points ledger add up, on random lines, sequences and lots.
//!
//! `OFFER_HOST_PROPERTY_RECEIPTS` sets how many sequences are tried; 100,000 by default.

use std::collections::BTreeMap;

use domain::ledger::{Lot, LotPart, give_back, spend, take_back};
use domain::quantities::{Money, Points, Quantity};
use domain::returns::{RefundOrder, ReturnedLine, ReturnedSoFar, SoldLine, points_to_give_back, return_line};
use domain::rounding::Rounding;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::test_runner::TestCaseResult;
use proptest::{option, prop_assert, prop_assert_eq, prop_oneof};

use crate::properties::{check, receipts};

/// A line, and the quantities that are returned one after the other; at last, the rest.
#[derive(Debug, Clone)]
struct Sequence {
    line: SoldLine,
    quantities: Vec<i64>,
    order: RefundOrder,
    rounding: Rounding,
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let pieces = (1_i64..=12).prop_map(|pieces| (pieces * 1000, 1000));
    let weights = (1_i64..=5_000).prop_map(|weight| (weight, 1));
    let quantities = prop_oneof![pieces, weights].prop_flat_map(|(sold, step)| {
        (Just(sold), vec(1..=sold / step, 0..12).prop_map(move |parts| steps_within(sold, step, parts)))
    });
    let amount = || prop_oneof![Just(0_i64), 1_i64..=20, 1_i64..=1_000_000];
    (quantities, amount(), amount(), amount(), orders(), roundings()).prop_map(
        |((sold, quantities), payable, points_paid, points_earned, order, rounding)| Sequence {
            line: SoldLine {
                position: 1,
                quantity: Quantity(sold),
                payable: Money(payable),
                points_paid: Money(points_paid),
                points_earned: Points(points_earned),
            },
            quantities,
            order,
            rounding,
        },
    )
}

/// Parts that add up to what was sold.
fn steps_within(sold: i64, step: i64, parts: Vec<i64>) -> Vec<i64> {
    let mut left = sold;
    let mut steps = Vec::new();
    for part in parts.into_iter().map(|part| part * step) {
        if part < left {
            left -= part;
            steps.push(part);
        }
    }
    steps.push(left);
    steps
}

fn orders() -> impl Strategy<Value = RefundOrder> {
    prop_oneof![Just(RefundOrder::ProRata), Just(RefundOrder::MoneyFirst), Just(RefundOrder::PointsFirst)]
}

fn roundings() -> impl Strategy<Value = Rounding> {
    prop_oneof![
        Just(Rounding::HalfUp),
        Just(Rounding::HalfDown),
        Just(Rounding::HalfEven),
        Just(Rounding::Down)
    ]
}

fn add(before: &mut ReturnedSoFar, part: &ReturnedLine) {
    before.quantity += part.quantity;
    before.payable += part.payable;
    before.points_paid += part.points_paid;
    before.points_earned += part.points_earned;
}

fn come_back(sequence: &Sequence, before: &ReturnedSoFar, quantity: Quantity) -> ReturnedLine {
    let Sequence { line, order, rounding, .. } = sequence;
    return_line(line, before, quantity, *order, *rounding, *rounding).expect("no more than was sold")
}

fn check_part(part: &ReturnedLine) -> TestCaseResult {
    let none_negative = part.payable.0 >= 0 && part.points_paid.0 >= 0 && part.points_earned.0 >= 0;
    prop_assert!(none_negative, "a negative part: {part:?}");
    Ok(())
}

/// Fails unless the whole purchase was returned, and a further return is refused.
fn check_whole(sequence: &Sequence, before: &ReturnedSoFar) -> TestCaseResult {
    let line = &sequence.line;
    prop_assert_eq!(before.payable, line.payable);
    prop_assert_eq!(before.points_paid, line.points_paid);
    prop_assert_eq!(before.points_earned, line.points_earned);
    let more = return_line(line, before, Quantity(1), sequence.order, sequence.rounding, sequence.rounding);
    prop_assert!(more.is_err(), "more than was sold: {more:?}");
    Ok(())
}

#[test]
fn any_sequence_of_partial_returns_adds_up() {
    check(receipts(), &sequences(), |sequence| {
        let mut before = ReturnedSoFar::default();
        let whole = i128::from(sequence.line.quantity.0);
        for &quantity in &sequence.quantities {
            let part = come_back(&sequence, &before, Quantity(quantity));
            check_part(&part)?;
            add(&mut before, &part);
            let net = i128::from(sequence.line.payable.0 + sequence.line.points_paid.0);
            let exact = sequence.rounding.divide(net * i128::from(before.quantity.0), whole);
            prop_assert_eq!(before.payable.0 + before.points_paid.0, exact, "net so far");
            let first = match sequence.order {
                RefundOrder::ProRata => true,
                RefundOrder::MoneyFirst => {
                    before.points_paid.is_zero() || before.payable == sequence.line.payable
                }
                RefundOrder::PointsFirst => {
                    before.payable.is_zero() || before.points_paid == sequence.line.points_paid
                }
            };
            prop_assert!(first, "what comes first is not all back: {before:?}");
        }
        check_whole(&sequence, &before)
    });
}

#[test]
fn returns_that_were_cancelled_in_between_change_no_sum() {
    let cancelled = (sequences(), vec(any::<bool>(), 12));
    check(receipts() / 2, &cancelled, |(sequence, cancelled)| {
        let mut all = ReturnedSoFar::default();
        let mut kept = ReturnedSoFar::default();
        for (&quantity, cancelled) in sequence.quantities.iter().zip(cancelled) {
            let part = come_back(&sequence, &all, Quantity(quantity));
            add(&mut all, &part);
            if !cancelled {
                add(&mut kept, &part);
            }
        }
        let left = sequence.line.quantity - kept.quantity;
        let half = Quantity(left.0 / 2);
        for quantity in [half, left - half].into_iter().filter(|quantity| quantity.is_positive()) {
            let part = come_back(&sequence, &kept, quantity);
            check_part(&part)?;
            add(&mut kept, &part);
        }
        check_whole(&sequence, &kept)
    });
}

fn lots(first_id: i64) -> impl Strategy<Value = Vec<Lot>> {
    vec((-20_i64..=200, option::of(1_i64..=6)), 0..8).prop_map(move |lots| {
        let lot = |(id, (remaining, expires_at))| Lot { id, remaining: Points(remaining), expires_at };
        (first_id..).zip(lots).map(lot).collect()
    })
}

fn total(parts: &[LotPart]) -> i64 {
    parts.iter().map(|(_, points)| points.0).sum()
}

fn held(lots: &[Lot]) -> i64 {
    lots.iter().map(|lot| lot.remaining.0.max(0)).sum()
}

/// No lot gives more than it holds, and none is named twice.
fn check_within(lots: &[Lot], parts: &[LotPart]) -> TestCaseResult {
    let mut taken = BTreeMap::new();
    for &(id, points) in parts {
        let lot = lots.iter().find(|lot| lot.id == id).expect("a lot that there is");
        prop_assert!(points.is_positive() && points <= lot.remaining, "{points:?} of {lot:?}");
        prop_assert!(taken.insert(id, points).is_none(), "lot {id} twice");
    }
    Ok(())
}

#[test]
fn spending_takes_what_is_asked_from_the_soonest_to_expire() {
    check(receipts() / 2, &(lots(1), 0_i64..=600), |(lots, amount)| {
        let Some(parts) = spend(&lots, Points(amount)) else {
            prop_assert!(held(&lots) < amount, "refused although there is enough");
            return Ok(());
        };
        prop_assert_eq!(total(&parts), amount);
        check_within(&lots, &parts)?;
        let key = |id: i64| {
            let lot = lots.iter().find(|lot| lot.id == id).expect("a lot that there is");
            (lot.expires_at.unwrap_or(i64::MAX), id)
        };
        let taken = |id: i64| parts.iter().find(|part| part.0 == id).map_or(0, |part| part.1.0);
        let last = parts.iter().map(|part| key(part.0)).max();
        for lot in lots.iter().filter(|lot| Some(key(lot.id)) < last) {
            prop_assert_eq!(taken(lot.id), lot.remaining.0.max(0), "an earlier lot keeps points: {:?}", lot);
        }
        Ok(())
    });
}

#[test]
fn earned_points_are_taken_back_as_far_as_there_are_any() {
    check(receipts() / 2, &(lots(1), lots(100), 0_i64..=900), |(own, others, amount)| {
        let (parts, missing) = take_back(&own, &others, Points(amount));
        let all: Vec<Lot> = own.iter().chain(&others).copied().collect();
        check_within(&all, &parts)?;
        prop_assert_eq!(total(&parts) + missing.0, amount);
        prop_assert_eq!(total(&parts), amount.min(held(&all)));
        let from_own: i64 = parts.iter().filter(|part| part.0 < 100).map(|part| part.1.0).sum();
        prop_assert_eq!(from_own, amount.min(held(&own)), "its own points first");
        Ok(())
    });
}

#[test]
fn what_was_spent_comes_back_to_the_same_lots() {
    let cases = (lots(1), vec(1_i64..=300, 1..8), roundings(), 1_i64..=500);
    check(receipts() / 2, &cases, |(lots, steps, rounding, paid)| {
        let spent = spend(&lots, Points(held(&lots))).expect("all there is");
        let mut back: BTreeMap<i64, Points> = BTreeMap::new();
        let (mut money, mut points) = (0, 0);
        for step in steps.into_iter().chain([paid]) {
            let step = step.min(paid - money);
            let now =
                points_to_give_back(Points(held(&lots)), Money(paid), Money(money), Money(step), rounding);
            let given = give_back(&spent, Points(points), now);
            prop_assert_eq!(total(&given), now.0);
            for (lot, points) in given {
                *back.entry(lot).or_default() += points;
            }
            money += step;
            points += now.0;
        }
        prop_assert_eq!(back, spent.into_iter().collect::<BTreeMap<_, _>>());
        Ok(())
    });
}
