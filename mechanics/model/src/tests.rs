use mechanic_sdk::testing::{item, offer, paying_items, receipt_item, reference_receipt};
use mechanic_sdk::{
    Benefit, Declined, Fact, FactValue, Item, Mechanic, Offer, Phase, Receipt, TargetKind, Verdict,
};
use proptest::prelude::*;
use till::sample::{self, FEATURES};
use till::{Model as Trained, choice};

use crate::{GOODS, LAMBDA, LEVEL, MAX_LEVEL, Model, describe, evaluate, reasons, validate};

fn trained() -> &'static Trained {
    static MODEL: std::sync::LazyLock<Trained> =
        std::sync::LazyLock::new(|| sample::model(1, &[20, 20, 20], 6).unwrap());
    &MODEL
}

fn model() -> till::View<'static> {
    trained().view().unwrap()
}

fn level(number: i64) -> Item {
    Item { extras: vec![LEVEL.with(number)], ..receipt_item(Benefit::Percent(500)) }
}

fn goods(number: i64, lines: &[u32]) -> Item {
    Item { extras: vec![GOODS.with(number)], ..item(Benefit::Percent(0), lines.iter().copied()) }
}

/// A ladder of three levels; dairy is the fourth line, tea the first.
fn ladder() -> Offer {
    offer([goods(1, &[3]), level(1), level(3), level(2), goods(2, &[0])])
}

fn attribute(need: u32, number: i64) -> Fact {
    Fact { need, line: None, value: FactValue::Number(number) }
}

fn pays(verdict: &Verdict) -> Vec<Option<u32>> {
    paying_items(verdict)
}

proptest! {
    #[test]
    fn the_level_with_the_largest_value_is_proposed(
        age in proptest::option::of(-60_i64..60), recency in -60_i64..60, hour in 0_u8..24, lambda in 0_i64..30_000
    ) {
        let mut receipt = reference_receipt();
        receipt.time.hour = hour;
        let facts: Vec<Fact> =
            age.map(|age| attribute(0, age)).into_iter().chain([attribute(1, recency)]).collect();
        let offer = Offer { extras: vec![LAMBDA.with(lambda)], ..ladder() };
        // As the forests of the model have their features.
        let values = FEATURES.map(|feature| match feature {
            "recency" => Some(recency),
            "age" => age,
            "till.hour" => Some(hour.into()),
            "till.sum" => Some(182_144),
            "till.goods_sum.tea" => Some(69_980),
            _ => Some(3000),
        });
        let net = |level: &till::Level| {
            choice::net(level.forest.score(&values) * 1_000_000 / level.scale, level.cost, lambda)
        };
        let nets: Vec<i128> = trained().parts().levels.iter().map(net).collect();
        let expected = choice::best([1_u32, 3, 2].into_iter().zip(nets));
        let verdict = evaluate(&model(), &receipt, &offer, &facts);
        match expected {
            Some(item) => prop_assert_eq!(pays(&verdict), [Some(item)]),
            None => prop_assert_eq!(verdict, reasons::NO_GAIN.verdict(&[])),
        }
    }
}

#[test]
fn members_of_whom_nothing_is_known_get_the_constant() {
    let text = Fact { need: 0, line: None, value: FactValue::Text("old".to_owned()) };
    let by_member = Receipt { has_member: true, ..reference_receipt() };
    for facts in [vec![], vec![text], vec![attribute(64, 1)]] {
        assert_eq!(pays(&evaluate(&model(), &by_member, &ladder(), &facts)), [Some(1)]);
    }
    let without = offer([level(2), level(3)]);
    for (receipt, offer) in [(by_member, without), (reference_receipt(), ladder())] {
        assert_eq!(evaluate(&model(), &receipt, &offer, &[]), reasons::UNKNOWN_MEMBER.verdict(&[]));
    }
}

#[test]
fn one_item_alone_was_drawn_and_is_given() {
    let receipt = reference_receipt();
    // Nothing pays at this price of costs, for anybody.
    let drawn = |item| Offer { extras: vec![LAMBDA.with(1_000_000_000)], ..offer([item]) };
    for facts in [vec![], vec![attribute(0, 3)]] {
        assert_eq!(pays(&evaluate(&model(), &receipt, &drawn(level(2)), &facts)), [Some(0)]);
        for nothing in [level(0), goods(1, &[0])] {
            let verdict = evaluate(&model(), &receipt, &drawn(nothing), &facts);
            assert_eq!(verdict, reasons::DRAWN.verdict(&[]));
        }
        let dear = drawn(Item { min_sum: Some(i64::MAX), ..level(2) });
        assert_eq!(evaluate(&model(), &receipt, &dear, &facts), Verdict::Declined(Declined::BelowThreshold));
    }
    let all = Offer { extras: vec![LAMBDA.with(1_000_000_000)], ..ladder() };
    assert_eq!(evaluate(&model(), &receipt, &all, &[attribute(0, 3)]), reasons::NO_GAIN.verdict(&[]));
}

#[test]
fn only_levels_whose_conditions_hold_are_on_the_ladder() {
    let facts = [attribute(0, 3)];
    let free = || Offer { extras: vec![LAMBDA.with(-1_000_000_000)], ..ladder() };
    let receipt = reference_receipt();
    assert_eq!(
        pays(&evaluate(&model(), &receipt, &free(), &facts)),
        [Some(2)],
        "the dearest, as costs are gains"
    );
    let capped = Offer { extras: vec![LAMBDA.with(-1_000_000_000), MAX_LEVEL.with(2)], ..ladder() };
    assert_eq!(pays(&evaluate(&model(), &receipt, &capped, &facts)), [Some(3)]);
    let absent = offer([Item { extras: vec![LEVEL.with(1)], ..item(Benefit::Percent(1), []) }]);
    assert_eq!(evaluate(&model(), &receipt, &absent, &facts), Verdict::Declined(Declined::NoMatchingLine));
    let dear = offer([Item { min_sum: Some(i64::MAX), ..level(1) }, goods(1, &[0])]);
    assert_eq!(evaluate(&model(), &receipt, &dear, &facts), Verdict::Declined(Declined::BelowThreshold));
}

#[test]
fn offers_are_checked_against_the_model() {
    let points = |item: Item| Item { reward: Phase::Accrual, ..item };
    let both = |mut item: Item| {
        item.extras.push(GOODS.with(1));
        item
    };
    let problems = |model: Option<&till::View<'_>>, items: Vec<Item>| -> Vec<String> {
        validate(model, &offer(items))
            .into_iter()
            .map(|problem| problem.pointer + " " + &problem.code)
            .collect()
    };
    let goods = || [goods(1, &[]), goods(2, &[])];
    let with = |items: Vec<Item>| problems(Some(&model()), goods().into_iter().chain(items).collect());
    assert_eq!(validate(Some(&model()), &ladder()), []);
    for (found, expected) in [
        (
            with(vec![level(4), level(-1)]),
            &["/items/2/level no_such_level", "/items/3/level no_such_level"][..],
        ),
        (with(vec![level(0)]), &["/items no_levels"]),
        (with(vec![level(0), level(3)]), &[]),
        (with(vec![level(1), level(1)]), &["/items/3/level level_twice"]),
        (with(vec![level(1), points(level(2))]), &["/items mixed_rewards"]),
        (with(vec![level(1), receipt_item(Benefit::Percent(1))]), &["/items/3 missing_level"]),
        (with(vec![both(level(1))]), &["/items/2/goods level_and_goods", "/items/2/goods goods_twice"]),
        (with(vec![]), &["/items no_levels"]),
        (with(vec![points(level(1))]), &["/items mixed_rewards"]),
        (
            problems(Some(&model()), vec![level(1), level(2)]),
            &["/items missing_goods", "/items missing_goods"],
        ),
        (
            problems(Some(&model()), vec![level(1)]),
            &["/items missing_goods", "/items missing_goods", "/items one_item"],
        ),
        (problems(None, vec![level(0), level(1)]), &["/items/1/level no_such_level"]),
    ] {
        assert_eq!(found, expected);
    }
    let capped = Offer { extras: vec![MAX_LEVEL.with(0)], ..ladder() };
    assert_eq!(validate(Some(&model()), &capped).len(), 1);
}

#[test]
fn the_description_is_that_of_the_model() {
    let described = describe(Some(&model()));
    assert_eq!((&*described.name, &*described.version), ("levels", "1.2.3"));
    let needs: Vec<&str> = described.needs.iter().map(|need| need.name.as_str()).collect();
    assert_eq!(needs, ["age", "recency"]);
    assert!(described.targets.contains(&TargetKind::Category));
}

#[test]
fn a_model_with_a_flipped_bit_is_no_version() {
    let mut table = trained().table().to_vec();
    let middle = table.len() / 2;
    table[middle] ^= 1;
    let view = till::View::new(Vec::leak(table)).unwrap();
    assert!(describe(Some(&view)).version.starts_with("damaged"));
}

#[test]
fn without_a_model_it_fails_in_good_order() {
    let described = Model::describe();
    assert_eq!((&*described.name, described.needs.len()), ("model", 0));
    let receipt: Receipt = reference_receipt();
    assert!(matches!(Model::evaluate_offer(&receipt, &ladder(), &[]), Verdict::Failed(_)));
}
