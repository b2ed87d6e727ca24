//! Which purchases came of the messages of a chain.

use serde_json::{Value, json};

use super::{event, members, open, send};
use crate::communications::now_ms;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(purchases_are_credited_to_the_messages_of_a_chain,);

/// A chain whose message names nothing, with half of the members as ghosts.
fn chain(name: &str) -> Value {
    json!({
        "triggers": [{ "event": name }],
        "control": { "percent": "50", "salt": "half" },
        "attribution_days": 3,
        "start": "say",
        "nodes": {
            "say": { "type": "message", "template": "note", "channel": "app", "category": "transactional", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}

fn get(shop: &Shop, chain: &str, what: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/chains/{chain}/{what}"), "").accepted()
}

fn purchases_are_credited_to_the_messages_of_a_chain(database: Database) {
    let shop =
        open(database, &[("COMMUNICATIONS__SEND_EVERY_MS", "20"), ("COMMUNICATIONS__JUDGE_AFTER_MS", "200")]);
    members(&shop, 20);
    shop.put("/v1/channels/app", r#"{"kind":"in_app"}"#).accepted();
    let template = json!({
        "channel": "in_app", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "A note", "text": "Hello"}},
    });
    shop.put("/v1/message-templates/note", &template.to_string()).accepted();
    for name in ["first", "first-2"] {
        shop.put(&format!("/v1/chains/{name}"), &chain(name).to_string()).accepted();
        shop.as_integration("POST", &format!("/v1/chains/{name}/publish"), "{}").accepted();
    }
    let events: Vec<String> = (0..20).map(|member| event(member, &format!("f-{member}"), "first")).collect();
    send(&shop, &events);
    let counted = |state: &str| {
        let statistics = get(&shop, "first", "statistics");
        let rows = statistics["messages"].as_array().expect("messages").clone();
        let rows = rows.iter().filter(|row| row["state"] == json!(state));
        rows.map(|row| row["messages"].as_i64().expect("a number")).sum::<i64>()
    };
    until("all are sent, or would have been", || counted("sent") + counted("ghost") == 20);
    let (sent, ghosts) = (counted("sent"), counted("ghost"));
    assert!(sent > 2 && ghosts > 2, "{sent} {ghosts}");
    // Everybody reads it who has it, and everybody buys.
    for member in 0..20 {
        let messages = shop.as_integration("GET", &format!("/v1/members/p-{member}/messages"), "").accepted();
        for message in messages["messages"].as_array().expect("messages") {
            let id = message["id"].as_str().expect("an id");
            let read = shop.as_integration("POST", &format!("/v1/members/p-{member}/messages/{id}/read"), "");
            assert!(read.status < 300, "{}", read.text);
        }
    }
    // The tills' own events are what counts: the log is given some as the feed would.
    shop.communications_sql(&format!(
        "INSERT INTO events (seq, source, id, number, kind, at, received_at, payload)
         SELECT 1000000 + number, 'till', 'p/' || member_id, number, 'purchase', {at}, {at},
             '{{\"purchase_id\":\"' || member_id || '\",\"net\":\"10000\",\"offers\":[],\"coupons\":[]}}' FROM members",
        at = now_ms() + 1_000
    ));
    let credited = get(&shop, "first", "attribution");
    assert_eq!((&credited["chain"], &credited["attribution_days"]), (&json!("first"), &json!(3)));
    let groups = &credited["control_group"];
    for (group, members) in [("sent", sent), ("ghosts", ghosts)] {
        assert_eq!(
            (&groups[group]["members"], &groups[group]["orders"], &groups[group]["buyers"]),
            (&json!(members), &json!(members), &json!(members)),
            "{credited}"
        );
        assert_eq!(groups[group]["net"], json!(format!("{members}00.00")), "{credited}");
    }
    assert_eq!(credited["click"]["orders"], json!(0));
    assert_eq!(credited["reached"]["orders"], json!(sent), "{credited}");
    // Another chain whose name begins alike has none of it.
    assert_eq!(get(&shop, "first-2", "attribution")["control_group"]["sent"]["members"], json!(0));
    let unknown = shop.as_integration("GET", "/v1/chains/none/attribution", "");
    assert_eq!(unknown.refused(), (404, "unknown_chain".to_owned()));
}
