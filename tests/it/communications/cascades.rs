//! Cascades: the next channel is tried when the first one refuses, or nobody has reported in time; then the first message is
//! taken back, so that the member gets one.

use serde_json::{Value, json};

use super::{events_of, now_ms, profile};
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    silence_leads_to_the_next_channel_and_the_first_message_is_taken_back,
    a_delivery_in_time_ends_the_cascade,
    a_refusal_leads_to_the_next_channel_at_once,
);

/// A host with the channel of tills and that of the app, and a chain that tries both; the first one for so long.
fn open(database: Database, ttl: &str, channel: &Value) -> Shop {
    let quick = [
        ("COMMUNICATIONS__CHAIN_EVERY_MS", "20"),
        ("COMMUNICATIONS__FEED_EVERY_MS", "20"),
        ("COMMUNICATIONS__SEND_EVERY_MS", "20"),
    ];
    let shop = Shop::open_with(database, &quick);
    shop.put("/v1/channels/till", &channel.to_string()).accepted();
    shop.put("/v1/channels/app", &json!({"kind": "in_app"}).to_string()).accepted();
    let template = json!({
        "channel": "in_app", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Coffee", "text": "Your coffee waits"}},
    });
    shop.put("/v1/message-templates/coffee", &template.to_string()).accepted();
    let chain = json!({
        "triggers": [{"event": "cart_abandoned"}],
        "start": "say",
        "nodes": {
            "say": {"type": "message", "template": "coffee", "topic": "news", "category": "transactional", "next": "end",
                    "channels": [{"channel": "till", "ttl": ttl}, {"channel": "app"}]},
            "end": {"type": "exit"}
        }
    });
    let put = shop.put("/v1/chains/cart", &chain.to_string()).accepted();
    assert_eq!(put["problems"], json!([]), "{put}");
    shop.as_integration("POST", "/v1/chains/cart/publish", "{}").accepted();
    let event = json!({"id": "c-1", "source": "shop", "member": {"id": "m-1"}, "kind": "cart_abandoned", "at": now_ms(), "payload": {}});
    shop.import("/v1/events", &event.to_string()).accepted();
    shop
}

/// Channel, state and reason of the member's messages, by channel.
fn messages(shop: &Shop) -> Vec<(String, String, String)> {
    let messages = profile(shop, "m-1")["messages"].clone();
    let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let shown = messages.as_array().expect("messages").iter();
    let mut shown: Vec<_> = shown
        .map(|message| (text(message, "channel"), text(message, "state"), text(message, "reason")))
        .collect();
    shown.sort();
    shown
}

fn are(shop: &Shop, wanted: &[(&str, &str, &str)]) -> bool {
    messages(shop)
        .iter()
        .map(|(channel, state, reason)| (channel.as_str(), state.as_str(), reason.as_str()))
        .eq(wanted.iter().copied())
}

fn has_left(shop: &Shop) -> bool {
    let statistics = shop.as_integration("GET", "/v1/chains/cart/statistics", "").accepted();
    statistics["left"] == json!({"exit": 1})
}

fn told_at_the_till(shop: &Shop, purchase: &str) -> Value {
    let answer = shop.post(&path(purchase, "calculate"), purchase, &reference().to_string()).accepted();
    answer["messages"]["cashier"].clone()
}

fn silence_leads_to_the_next_channel_and_the_first_message_is_taken_back(database: Database) {
    let shop = open(database, "2s", &json!({"kind": "cashier"}));
    until("both channels have had their turn", || {
        are(&shop, &[("app", "sent", ""), ("till", "skipped", "too_late")])
    });
    until("the run has ended", || has_left(&shop));
    assert_eq!(told_at_the_till(&shop, "p-1"), json!([]), "the first message died when the second began");
}

fn a_delivery_in_time_ends_the_cascade(database: Database) {
    let shop = open(database, "1h", &json!({"kind": "cashier"}));
    until("it is left for the tills", || are(&shop, &[("till", "sent", "")]));
    assert!(!has_left(&shop), "sent is not delivered");
    assert_eq!(told_at_the_till(&shop, "p-1"), json!(["Your coffee waits"]));
    shop.post(&path("p-1", "confirm"), "p-1-c", "").accepted();
    until("the run has ended", || has_left(&shop));
    assert!(are(&shop, &[("till", "sent", "")]), "{:?}", messages(&shop));
    assert!(events_of(&shop, "m-1").iter().any(|event| event["kind"] == "message_delivered"));
}

fn a_refusal_leads_to_the_next_channel_at_once(database: Database) {
    // The member has no address there.
    let channel = json!({
        "kind": "smtp",
        "account": {"host": "127.0.0.1", "port": 1, "security": "none", "allow_private": true, "from": "shop@example.com"},
    });
    let shop = open(database, "1d", &channel);
    until("the second one has it", || are(&shop, &[("app", "sent", ""), ("till", "skipped", "no_address")]));
    until("the run has ended", || has_left(&shop));
}
