//! A case file from what happened: expectations filled in, for a person to review.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{self, is_zero};
use super::said::Said;

/// `expect` as it would have to be for an answer.
pub fn expectation(answer: &Value, said: &Said) -> Value {
    let mut expect = Map::new();
    let mut put = |name: &str, value: Map<String, Value>| {
        if !value.is_empty() {
            expect.insert(name.to_owned(), Value::Object(value));
        }
    };
    let of = |field: fn(&super::said::OfferSaid) -> Option<Value>| {
        said.0.iter().filter_map(|(offer, said)| Some((offer.clone(), field(said)?))).collect()
    };
    put("proposals", of(|said| (!said.proposals.is_empty()).then(|| json!(said.proposals))));
    put("declined", of(|said| said.declined.first().filter(|_| said.proposals.is_empty()).map(|one| json!(one))));
    put("failed", of(|said| said.failed.first().map(|(code, _)| json!(code))));
    put("lines", lines(answer));
    let totals = ["discount", "payable", "points_earned"].map(|name| {
        (name.to_owned(), Value::from(answer::text(answer, &format!("/totals/{name}"))))
    });
    put("totals", totals.into_iter().collect());
    let pairs = |list: &str, fields: [&str; 2]| {
        let pair = |entry: &Value| {
            let [name, value] = fields.map(|field| answer::text(entry, field).to_owned());
            (name, Value::from(value))
        };
        answer::list(answer, list).iter().map(pair).collect::<Map<_, _>>()
    };
    put("not_applied", pairs("/not_applied", ["/offer", "/reason"]));
    let mut outcomes = pairs("/mechanics", ["/name", "/outcome"]);
    outcomes.retain(|_, outcome| outcome != "ok");
    put("mechanics", outcomes);
    let messages = answer.get("messages").and_then(Value::as_object).cloned().unwrap_or_default();
    put("messages", messages.into_iter().filter(|(_, list)| *list != json!([])).collect());
    let codes: Vec<&str> =
        answer::list(answer, "/warnings").iter().map(|entry| answer::text(entry, "/code")).collect();
    if !codes.is_empty() {
        expect.insert("warnings".to_owned(), json!(codes));
    }
    Value::Object(expect)
}

/// Lines that get something, by position.
fn lines(answer: &Value) -> Map<String, Value> {
    let line = |line: &Value| {
        let sums = ["discount", "points_paid", "points_earned"].map(|name| (name, answer::text(line, &format!("/{name}"))));
        let given: BTreeMap<&str, &str> = sums.into_iter().filter(|(_, sum)| !is_zero(sum)).collect();
        (!given.is_empty()).then(|| (line.get("position").map(Value::to_string).unwrap_or_default(), json!(given)))
    };
    answer::list(answer, "/lines").iter().filter_map(line).collect()
}
