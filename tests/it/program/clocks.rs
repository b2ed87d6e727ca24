//! Local days at the till: midnight, both changes of the clock, an end given as a date, other zones.

use serde_json::{Value, json};

use super::{Chain, nothing, off};

const TEA: [(&str, &str); 1] = [("TEA", "100.00")];

fn chain(filters: &Value) -> Chain {
    let chain = Chain::open();
    let items = json!({"items": [{"target": "TEA", "method": "percent", "value": "10"}]});
    chain.shop.run_offer("tea", &json!({"mechanic": "product", "params": items, "filters": filters}));
    chain.member("m", &json!({}));
    chain
}

fn check(chain: &Chain, refusal: &str, cases: &[(&str, &str, bool)]) {
    for (pos, at, pays) in cases {
        let expected = if *pays { off("10.00") } else { nothing(refusal) };
        assert_eq!(chain.price("m", (pos, at), &TEA), expected, "{pos} {at}");
    }
}

#[test]
fn a_day_is_that_of_the_store() {
    let one_day = chain(&json!({"period": {"start": "2026-11-22", "end": "2026-11-22"}}));
    check(
        &one_day,
        "outside_period",
        &[
            ("store-1/till-1", "2026-11-21T23:59:59+03:00", false),
            ("store-1/till-1", "2026-11-22T00:00:00+03:00", true),
            ("store-1/till-1", "2026-11-22T23:59:59+03:00", true),
            ("store-1/till-1", "2026-11-23T00:00:00+03:00", false),
            // The same instants in other words, and on the clock of another store.
            ("store-1/till-1", "2026-11-21T21:00:00Z", true),
            ("store-1/till-1", "2026-11-22T21:00:00Z", false),
            ("far-east/till-1", "2026-11-21T14:00:00Z", true),
            ("far-east/till-1", "2026-11-21T13:59:59Z", false),
            ("far-east/till-1", "2026-11-22T16:59:59+03:00", true),
            ("far-east/till-1", "2026-11-22T17:00:00+03:00", false),
        ],
    );
}

#[test]
fn a_time_with_an_offset_is_the_same_everywhere() {
    let until = json!({"period": {"start": "2026-11-22T00:00:00+03:00", "end": "2026-11-22T12:00:00+03:00"}});
    check(
        &chain(&until),
        "outside_period",
        &[
            ("store-1/till-1", "2026-11-22T11:59:59+03:00", true),
            ("store-1/till-1", "2026-11-22T12:00:00+03:00", false),
            ("far-east/till-1", "2026-11-22T18:59:59+10:00", true),
            ("far-east/till-1", "2026-11-22T19:00:00+10:00", false),
        ],
    );
}

#[test]
fn hours_when_the_clock_jumps_and_when_it_goes_back() {
    // Berlin: on 29 March 2026 02:00 becomes 03:00, on 25 October 03:00 becomes 02:00.
    check(
        &chain(&json!({"hours": {"from": "02:00", "to": "03:00"}})),
        "outside_hours",
        &[
            ("berlin/till-1", "2026-03-29T00:59:59Z", false),
            ("berlin/till-1", "2026-03-29T01:00:00Z", false),
            ("berlin/till-1", "2026-10-25T00:00:00Z", true),
            ("berlin/till-1", "2026-10-25T00:59:59Z", true),
            ("berlin/till-1", "2026-10-25T01:00:00Z", true),
            ("berlin/till-1", "2026-10-25T01:59:59Z", true),
            ("berlin/till-1", "2026-10-25T02:00:00Z", false),
        ],
    );
    let short_day = json!({"period": {"start": "2026-03-29", "end": "2026-03-29"}});
    check(
        &chain(&short_day),
        "outside_period",
        &[
            ("berlin/till-1", "2026-03-28T23:00:00Z", true),
            ("berlin/till-1", "2026-03-29T21:59:59Z", true),
            ("berlin/till-1", "2026-03-29T22:00:00Z", false),
        ],
    );
}

#[test]
fn hours_over_midnight_belong_to_the_clock() {
    check(
        &chain(&json!({"hours": {"from": "22:00", "to": "02:00"}})),
        "outside_hours",
        &[
            ("store-1/till-1", "2026-11-22T21:59:59+03:00", false),
            ("store-1/till-1", "2026-11-22T22:00:00+03:00", true),
            ("store-1/till-1", "2026-11-23T00:00:00+03:00", true),
            ("store-1/till-1", "2026-11-23T02:00:00+03:00", false),
        ],
    );
    check(
        &chain(&json!({"weekdays": ["sun"]})),
        "wrong_weekday",
        &[
            ("store-1/till-1", "2026-11-22T23:59:59+03:00", true),
            ("far-east/till-1", "2026-11-22T23:59:59+03:00", false),
            ("far-east/till-1", "2026-11-21T17:00:00+03:00", true),
        ],
    );
}

#[test]
fn personal_items_have_the_days_of_the_store_too() {
    let chain = Chain::open();
    chain.member("m", &json!({}));
    let item = json!({"target": "TEA", "value": "10", "start": "2026-03-29", "end": "2026-03-29"});
    let terms = json!({"kind": "product", "reward": "discount", "start": "2026-03-01", "items": [item]});
    chain.personal("product", "m", &terms);
    check(
        &chain,
        "outside_period",
        &[
            ("berlin/till-1", "2026-03-28T23:00:00Z", true),
            ("berlin/till-1", "2026-03-29T21:59:59Z", true),
            ("berlin/till-1", "2026-03-29T22:00:00Z", false),
            ("far-east/till-1", "2026-03-28T14:00:00Z", true),
            ("far-east/till-1", "2026-03-29T14:00:00Z", false),
        ],
    );
}
