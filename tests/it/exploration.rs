//! For a share of members one item of an offer is drawn, for good; others are handed all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::pricing::{Store, answer_of};

const MEMBERS: usize = 600;

/// Of the three levels the mechanic would pay the largest.
fn store(percent: &str) -> Store {
    let levels = ["10", "20", "30"].map(|value| json!({"target": "A", "value": value}));
    let members: Vec<Value> = (0..MEMBERS)
        .map(|number| json!({"id": format!("m-{number}"), "identifiers": [{"kind": "card", "value": number.to_string()}]}))
        .collect();
    Store::sandbox(&json!({
        "currency": {"code": "RUB", "exponent": 2},
        "catalog": {"products": [{"goods_code": "A"}], "pos": [{"id": "till", "time_zone": "UTC"}]},
        "members": members,
        "offers": [{
            "external_id": "levels", "mechanic": "ml", "params": {"reward": "discount", "items": levels},
            "exploration": {"percent": percent, "salt": "e1"},
        }],
    }))
}

fn discount(store: &Store, member: Option<usize>) -> String {
    let answer = answer_of(&store.price(&json!({
        "at": "2026-11-22T10:15:00Z",
        "pos": "till",
        "member": member.map(|number| json!({"kind": "card", "value": number.to_string()})),
        "lines": [{"position": 1, "goods_id": "A", "quantity": "1", "price": "100.00", "amount": "100.00"}],
    })));
    answer["totals"]["discount"].as_str().expect("a sum").to_owned()
}

/// The discount of each member.
fn discounts(percent: &str) -> Vec<String> {
    let store = store(percent);
    (0..MEMBERS).map(|number| discount(&store, Some(number))).collect()
}

#[test]
fn every_item_is_drawn_for_its_share_and_stays_drawn() {
    let half = discounts("50");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for discount in &half {
        *counts.entry(discount).or_default() += 1;
    }
    // A third of the half each, and the other half gets what the mechanic prefers.
    assert!((70..=130).contains(&counts["10.00"]) && (70..=130).contains(&counts["20.00"]), "{counts:?}");
    assert_eq!(counts["10.00"] + counts["20.00"] + counts["30.00"], MEMBERS);
    assert_eq!(half, discounts("50"), "the same for the same members every time");
    for (of_half, of_all) in half.iter().zip(discounts("100")) {
        assert!(
            of_half == "30.00" || *of_half == of_all,
            "whoever is drawn keeps the item as the share grows"
        );
    }
    assert!(discounts("0").iter().all(|discount| discount == "30.00"));
    assert_eq!(discount(&store("100"), None), "30.00", "nothing is drawn for who is not a member");
}
