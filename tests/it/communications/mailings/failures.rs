//! A message of a chain that fails is an edge of the chain: whatever goes wrong with it, what comes after it is done.

use serde_json::json;

use super::sink::Sink;
use super::{channel, members, open};
use crate::communications::now_ms;
use crate::shop::{Database, on_both_databases};
use crate::waiting::until;

on_both_databases!(whatever_becomes_of_a_message_the_chain_goes_on,);

fn whatever_becomes_of_a_message_the_chain_goes_on(database: Database) {
    let shop =
        open(database, &[("COMMUNICATIONS__SEND_ATTEMPTS", "1"), ("COMMUNICATIONS__CHAIN_EVERY_MS", "20")]);
    let sink = Sink::with(Box::new(|to| match to {
        "p1@example.com" => Some("550 5.1.1 no such user"),
        "p2@example.com" => Some("451 4.3.0 try again later"),
        "p3@example.com" => Some("552 5.3.4 message too big"),
        _ => None,
    }));
    channel(&shop, &sink, &json!({}));
    // One has taken consent back, and one has no address.
    members(&shop, 0..5, |number| number != 4);
    shop.import("/v1/members/imports", &json!({"id": "p-5"}).to_string()).accepted();
    let goal = |name: &str| json!({"type": "goal", "name": name, "next": "end"});
    let document = json!({
        "triggers": [{"event": "joined"}],
        "start": "say",
        "nodes": {
            "say": {"type": "message", "template": "spring", "channel": "mail", "topic": "news",
                    "next": "said", "failed": "not-said"},
            "said": goal("said"),
            "not-said": goal("not-said"),
            "end": {"type": "exit"},
        },
    });
    shop.put("/v1/chains/join", &document.to_string()).accepted();
    shop.as_integration("POST", "/v1/chains/join/publish", "{}").accepted();
    let joined = |number: usize| {
        json!({"id": format!("j-{number}"), "source": "shop", "member": {"id": format!("p-{number}")},
               "kind": "joined", "at": now_ms()})
        .to_string()
    };
    shop.import("/v1/events", &(0..6).map(joined).collect::<Vec<_>>().join("\n")).accepted();
    let statistics = || shop.as_integration("GET", "/v1/chains/join/statistics", "").accepted();
    until("all have left", || statistics()["left"] == json!({"exit": 6}));
    let told = statistics();
    assert_eq!(told["goals"], json!({"said": 1, "not-said": 5}), "{told}");
    let mut states: Vec<(&str, &str)> = told["messages"]
        .as_array()
        .expect("states")
        .iter()
        .map(|row| {
            let text = |name: &str| -> &str { row[name].as_str().unwrap_or_default() };
            assert_eq!(row["messages"].as_i64().map(|count| count > 0), Some(true));
            (text("state"), text("reason"))
        })
        .collect();
    states.sort_unstable();
    let expected = [
        ("dead", "later"),
        ("failed", "address"),
        ("sent", ""),
        ("skipped", "consent_withdrawn"),
        ("skipped", "no_address"),
    ];
    assert!(expected.iter().all(|state| states.contains(state)), "{told}");
    assert_eq!(told["entered"], json!(6), "{told}");
    assert_eq!(sink.count(), 1);
}
