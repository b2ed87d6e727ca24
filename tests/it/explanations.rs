//! Explanations of offers agree with prices, on random stores, offers, conditions and receipts.

use domain::offer::OfferId;
use domain::pricing::{CheckedCondition, Explanation, PricedReceipt, explain, price};
use domain::quantities::{Money, Points};
use domain::usage::{Usage, Used};
use proptest::collection::vec;
use proptest::test_runner::TestCaseResult;
use proptest::{prop_assert, prop_assert_eq};
use tests::pricing::Store;
use tests::scenario::{RECEIPTS_PER_SCENARIO, Scenario, filtered_scenarios};

use crate::properties::{check, receipts};

/// Discounts and points of an offer in an answer.
fn given(priced: &PricedReceipt, offer: OfferId) -> (Money, Points) {
    let rewards = priced.lines.iter().flat_map(|line| &line.offers).filter(|reward| reward.offer == offer);
    rewards.fold((Money::ZERO, Points::ZERO), |(discount, points), reward| {
        (discount + reward.discount, points + reward.points)
    })
}

#[test]
fn an_explanation_says_of_every_offer_what_pricing_did() {
    let scenarios_to_try = receipts() / u32::try_from(RECEIPTS_PER_SCENARIO).expect("small") / 20;
    let uses = vec((0_i64..3, 0_i64..2_500, 0_i64..2_000), 7);
    check(scenarios_to_try.max(1), &(filtered_scenarios(), uses), |(Scenario { plan, receipts }, uses)| {
        let store = Store::native(&plan);
        let mut usage = Usage::default();
        for (number, (uses, money, points)) in uses.into_iter().enumerate() {
            let used = Used { uses, money: Money(money), points: Points(points) };
            usage.insert(OfferId(number), 0, used);
        }
        for (number, receipt) in receipts.iter().enumerate() {
            let read = store.read(receipt, usage.clone(), number % 5 == 0);
            let priced = price(read.calculation());
            for (id, _) in store.plan().numbered_offers() {
                let explanation = explain(read.calculation(), id).expect("an offer of the plan");
                agrees(&priced, id, &explanation, number % 5 == 0)?;
            }
        }
        Ok(())
    });
}

fn agrees(priced: &PricedReceipt, id: OfferId, explanation: &Explanation, offline: bool) -> TestCaseResult {
    let given = given(priced, id);
    let pays = given.0.is_positive() || given.1.is_positive();
    prop_assert_eq!((explanation.discount, explanation.points), given);
    prop_assert_eq!(explanation.applied, pays, "{:#?}", explanation);
    let failing = explanation.conditions.iter().find(|condition| condition.holds == Some(false));
    let listed = priced.not_applied.iter().find(|entry| entry.offer == id);
    match listed {
        Some(entry) => {
            prop_assert_eq!(explanation.reason, Some(entry.reason.name()));
            prop_assert_eq!(&explanation.detail, &entry.detail);
        }
        // A late receipt does not list the offers that only give discounts.
        None if !pays => prop_assert!(offline && explanation.reason == Some("sold_offline")),
        None => prop_assert_eq!(explanation.reason, None),
    }
    if pays {
        prop_assert!(failing.is_none(), "{:#?}", explanation);
        prop_assert!(explanation.conditions.iter().all(|condition| condition.holds == Some(true)));
        return Ok(());
    }
    let failing: &CheckedCondition = failing.expect("a condition that does not hold");
    prop_assert_eq!(failing.reason, explanation.reason, "{:#?}", explanation);
    let of_conditions = explanation.conditions.iter().all(|condition| {
        condition.reason.is_some() == (condition.holds == Some(false)) && !condition.detail.is_empty()
    });
    prop_assert!(of_conditions, "{:#?}", explanation);
    Ok(())
}
