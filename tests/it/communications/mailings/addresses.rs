//! A bounce is about the address that the message went to, whatever the member's address is by then.

use serde_json::json;

use super::{Sink, attributes, mailing, members, open, start};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(a_bounce_stops_the_address_that_the_message_went_to_and_no_other,);

/// Sends a mailing of its own to the member; state and reason of its message, and its id.
fn send(shop: &Shop, name: &str) -> (String, String, String) {
    let address = format!("/v1/mailings/{name}");
    let document = mailing(&json!({"audience": {"rule": {"attribute": "name", "is": "P1"}}}));
    shop.put(&address, &document.to_string()).accepted();
    start(shop, name);
    until("the mailing is done", || shop.as_integration("GET", &address, "").accepted()["state"] == "done");
    for state in ["sent", "skipped"] {
        let path = format!("{address}/messages?state={state}");
        let listed = shop.as_integration("GET", &path, "").accepted();
        if let Some(message) = listed["messages"].as_array().and_then(|messages| messages.first()) {
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            return (state.to_owned(), text("reason"), text("id"));
        }
    }
    panic!("{name} has a message");
}

fn bounce(shop: &Shop, report: &str, message: &str) {
    let body = json!({"receipts": [{"id": report, "message_id": message, "status": "hard_bounced"}]});
    let headers = [("X-Hook", "hook-secret"), ("Content-Type", "application/json")];
    let told = shop.call(("POST", "/v1/channels/mail/receipts"), "nobody", &headers, &body.to_string());
    assert_eq!(told.accepted()["taken"], json!(1));
}

fn a_bounce_stops_the_address_that_the_message_went_to_and_no_other(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    let channel = json!({
        "kind": "smtp",
        "account": {
            "host": "127.0.0.1", "port": sink.port, "security": "none", "allow_private": true,
            "from": "Shop <shop@example.com>",
        },
        "secrets": {"hook": {"value": "hook-secret"}},
        "receipts": {"secret": "hook", "scheme": "token", "header": "X-Hook"},
    });
    shop.put("/v1/channels/mail", &channel.to_string()).accepted();
    members(&shop, 1..2, |_| true);
    let moves_to = |address: &str| {
        attributes(&shop, &[("p-1".to_owned(), "email", address.to_owned())]);
    };
    let (state, _, first) = send(&shop, "first");
    assert_eq!(state, "sent");
    moves_to("new@example.com");
    bounce(&shop, "b-1", &first);
    let (state, reason, second) = send(&shop, "second");
    assert_eq!(
        (state.as_str(), reason.as_str()),
        ("sent", ""),
        "the new address is not the one that bounced"
    );
    assert!(sink.mails().contains_key("new@example.com"));
    moves_to("p1@example.com");
    let (state, reason, _) = send(&shop, "third");
    assert_eq!((state.as_str(), reason.as_str()), ("skipped", "suppressed"), "the old one is");
    bounce(&shop, "b-2", &second);
    moves_to("new@example.com");
    let (state, reason, _) = send(&shop, "fourth");
    assert_eq!((state.as_str(), reason.as_str()), ("skipped", "suppressed"));
    assert_eq!(sink.count(), 2);
}
