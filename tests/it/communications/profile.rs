//! What is known of a member, and erasing it.

use serde_json::{Value, json};

use super::{events_of, kinds, now_ms, profile};
use crate::shop::{Answer, Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(
    a_profile_shows_what_is_known,
    contacts_have_one_form_and_say_where_they_come_from,
    an_erased_member_leaves_nothing_but_a_receipt,
    what_is_stored_of_a_merged_member_is_the_survivors,
    old_events_are_removed,
);

fn send(shop: &Shop, id: &str, member: &str, at: i64) -> Answer {
    let event =
        json!({"id": id, "source": "shop", "member": {"id": member}, "kind": "cart_abandoned", "at": at});
    shop.import("/v1/events", &event.to_string())
}

fn path(member: &str) -> String {
    format!("/v1/members/{member}/profile")
}

fn delete(shop: &Shop, member: &str) -> Answer {
    shop.as_integration("DELETE", &path(member), "")
}

fn a_profile_shows_what_is_known(database: Database) {
    let shop = Shop::open(database);
    let known = profile(&shop, "m-1");
    assert_eq!(known["member_id"], "m-1");
    assert_eq!(known["identifiers"], json!([{"kind": "card", "value": "1"}]));
    assert_eq!(known["points"]["available"], "1000.00");
    assert_eq!(known["events"], json!([]));
    send(&shop, "1", "m-1", now_ms() - 5_000).accepted();
    send(&shop, "2", "m-1", now_ms() - 1_000).accepted();
    let ids: Vec<String> = events_of(&shop, "m-1").iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids, ["\"2\"", "\"1\""], "the latest first");
    let unknown = shop.as_integration("GET", &path("nobody"), "");
    assert_eq!(unknown.refused(), (404, "unknown_member".to_owned()));
}

fn contacts_have_one_form_and_say_where_they_come_from(database: Database) {
    let shop = Shop::open(database);
    for name in ["phone", "email", "time_zone", "language"] {
        shop.put(&format!("/v1/attributes/{name}"), r#"{"type":"string"}"#).accepted();
    }
    let first = json!({
        "id": "m-1",
        "identifiers": [{"kind": "telegram", "value": "12345"}, {"kind": "phone", "value": "8 (495) 000"}],
        "attributes": {"phone": "8 (916) 123-45-67", "email": " Anna@Example.ORG", "time_zone": "Asia/Vladivostok", "language": "ru"},
    });
    let second = json!({
        "id": "m-2",
        "identifiers": [{"kind": "phone", "value": "+7 916 123-45-68"}],
        "attributes": {"email": "nobody"},
    });
    shop.import("/v1/members/imports", &[first, second].map(|row| row.to_string()).join("\n")).accepted();
    for member in ["m-1", "m-2"] {
        send(&shop, member, member, now_ms()).accepted();
    }
    let known = profile(&shop, "m-1");
    let contacts = json!({"phone": "+79161234567", "email": "Anna@example.org", "other": {"telegram": "12345"}, "unusable": []});
    assert_eq!(known["contacts"], contacts);
    assert_eq!(known["time_zone"], json!({"name": "Asia/Vladivostok", "from": "profile"}));
    assert_eq!(known["language"], "ru");
    let known = profile(&shop, "m-2");
    assert_eq!(
        (&known["contacts"]["phone"], &known["contacts"]["email"]),
        (&json!("+79161234568"), &Value::Null)
    );
    assert_eq!(known["contacts"]["unusable"][0]["kind"], "email");
    assert_eq!(known["time_zone"]["from"], "default");
    for part in ["consents", "suppressions", "messages", "segments"] {
        assert_eq!(known[part], json!([]), "{part}");
    }
}

fn an_erased_member_leaves_nothing_but_a_receipt(database: Database) {
    let shop = Shop::open(database);
    shop.import("/v1/members/imports", &json!({"id": "m-2"}).to_string()).accepted();
    send(&shop, "1", "m-1", now_ms() - 5_000).accepted();
    send(&shop, "2", "m-1", now_ms() - 1_000).accepted();
    send(&shop, "3", "m-2", now_ms() - 1_000).accepted();
    let receipt = delete(&shop, "m-1").accepted();
    assert_eq!(receipt["erased"]["events"], 2);
    assert_eq!(receipt["erased"]["members"], 1);
    assert!(receipt["receipt"].is_string() && receipt["at"].is_string(), "{receipt}");
    let left = profile(&shop, "m-1");
    assert_eq!(left["events"], json!([]));
    assert_eq!(left["erasures"][0]["receipt"], receipt["receipt"]);
    assert_eq!(events_of(&shop, "m-2").len(), 1, "others keep theirs");
    let again = delete(&shop, "m-1");
    assert_eq!(again.refused(), (404, "nothing_to_erase".to_owned()));
    assert_eq!(delete(&shop, "nobody").refused(), (404, "nothing_to_erase".to_owned()));
    // What happens afterwards is kept again, under another number.
    send(&shop, "4", "m-1", now_ms()).accepted();
    assert_eq!(events_of(&shop, "m-1").len(), 1);
    let audit = shop.as_admin("GET", "/v1/audit", "");
    assert!(audit.text.contains("member.erase"), "{}", audit.text);
}

fn what_is_stored_of_a_merged_member_is_the_survivors(database: Database) {
    let shop = Shop::open_with(database, &[("COMMUNICATIONS__FEED_EVERY_MS", "20")]);
    shop.import("/v1/members/imports", &json!({"id": "m-2"}).to_string()).accepted();
    send(&shop, "1", "m-1", now_ms() - 2_000).accepted();
    send(&shop, "2", "m-2", now_ms() - 1_000).accepted();
    shop.as_integration("POST", "/v1/members/m-1/merge", r#"{"into":"m-2"}"#).accepted();
    until("the merger is followed", || events_of(&shop, "m-2").len() == 3);
    assert_eq!(kinds(&events_of(&shop, "m-2")), ["cart_abandoned", "cart_abandoned", "member_merged"]);
    let merged = shop.as_integration("GET", &path("m-1"), "");
    assert_eq!(merged.refused(), (409, "member_merged".to_owned()));
    assert_eq!(delete(&shop, "m-1").refused(), (409, "member_merged".to_owned()));
    // One of whom nothing was stored when it was merged.
    shop.import("/v1/members/imports", &json!({"id": "m-3"}).to_string()).accepted();
    shop.as_integration("POST", "/v1/members/m-3/merge", r#"{"into":"m-2"}"#).accepted();
    send(&shop, "3", "m-3", now_ms()).accepted();
    until("this merger is followed", || events_of(&shop, "m-2").len() == 5);
    let erased: Value = delete(&shop, "m-2").accepted();
    assert_eq!(erased["erased"]["events"], 5);
}

fn old_events_are_removed(database: Database) {
    let settings = [("COMMUNICATIONS__EVENTS_DAYS", "2"), ("COMMUNICATIONS__EVENT_BEHIND_DAYS", "10")];
    let shop = Shop::open_with(database, &settings);
    let day = 24 * 60 * 60 * 1000;
    send(&shop, "old", "m-1", now_ms() - 3 * day).accepted();
    send(&shop, "young", "m-1", now_ms() - day).accepted();
    shop.kill();
    shop.start();
    until("the old event is removed", || events_of(&shop, "m-1").len() == 1);
    assert_eq!(events_of(&shop, "m-1")[0]["id"], "young");
}
