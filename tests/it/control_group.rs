//! Members of a control group get nothing, are told apart for good, and are recorded.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::pricing::{Store, answer_of};

const MEMBERS: usize = 400;

fn store(percent: &str) -> Store {
    let members: Vec<Value> = (0..MEMBERS)
        .map(|number| json!({"id": format!("m-{number}"), "identifiers": [{"kind": "card", "value": number.to_string()}]}))
        .collect();
    Store::sandbox(&json!({
        "currency": {"code": "RUB", "exponent": 2},
        "catalog": {
            "products": [{"goods_code": "A"}],
            "pos": [{"id": "till", "time_zone": "UTC"}],
        },
        "members": members,
        "offers": [{
            "external_id": "measured",
            "mechanic": "product",
            "params": {"items": [{"target": "A", "value": "10"}]},
            "control_group": {"percent": percent, "salt": "autumn"},
            "messages": {"receipt": "You saved {discount}"},
        }],
    }))
}

/// The members who get nothing, each checked to be recorded as one who would have.
fn left_out(store: &Store) -> BTreeSet<usize> {
    (0..MEMBERS).filter(|number| is_left_out(store, Some(*number))).collect()
}

fn is_left_out(store: &Store, member: Option<usize>) -> bool {
    let answer = answer_of(&store.price(&json!({
        "at": "2026-11-22T10:15:00Z",
        "pos": "till",
        "member": member.map(|number| json!({"kind": "card", "value": number.to_string()})),
        "lines": [{"position": 1, "goods_id": "A", "quantity": "1", "price": "100.00", "amount": "100.00"}],
    })));
    if answer["totals"]["discount"] == "10.00" {
        assert_eq!(answer["not_applied"], json!([]));
        return false;
    }
    assert_eq!(answer["totals"]["payable"], "100.00");
    assert_eq!(answer["messages"]["receipt"], json!([]), "no message for what was not given");
    let entry = &answer["not_applied"][0];
    assert_eq!((&entry["offer"], &entry["reason"]), (&json!("measured"), &json!("control_group")));
    let detail = entry["detail"].as_str().expect("a detail");
    assert!(detail.contains("10.00"), "what it would have given is recorded: {detail}");
    true
}

#[test]
fn a_stable_share_of_members_is_left_out_and_recorded() {
    let half = store("50");
    let of_half = left_out(&half);
    assert!((160..=240).contains(&of_half.len()), "{} of {MEMBERS} at 50 %", of_half.len());
    assert_eq!(of_half, left_out(&half), "the same members every time");
    assert!(!is_left_out(&half, None), "who is not a member is in no control group");

    let of_tenth = left_out(&store("10"));
    assert!((20..=60).contains(&of_tenth.len()), "{} of {MEMBERS} at 10 %", of_tenth.len());
    assert!(of_tenth.is_subset(&of_half), "whoever is left out stays so as the share grows");
    assert_eq!(left_out(&store("0")).len(), 0);
}
