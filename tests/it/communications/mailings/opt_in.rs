//! Who has not confirmed a consent gets no mailing (Notifuse #344), and who has, does.

use serde_json::{Value, json};

use super::sink::Sink;
use super::{attributes, call, channel, done, mailing, members, now_ms, open, put};
use crate::shop::{Database, Shop, on_both_databases};

on_both_databases!(only_confirmed_consents_count);

fn answer(shop: &Shop, member: &str, state: &str, at: i64) {
    let row: Value = json!({"member": {"id": member}, "channel": "mail", "topic": "news", "state": state, "at": at,
                            "source": "double opt-in", "text_version": "1"});
    shop.import("/v1/consents", &row.to_string()).accepted();
}

fn only_confirmed_consents_count(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    // Three have said no, and two of them ask to be written to again; four have never said anything before.
    members(&shop, 0..3, |_| false);
    let new = ["p-10", "p-11", "p-12", "p-13"];
    shop.import("/v1/members/imports", &new.map(|id| json!({ "id": id }).to_string()).join("\n")).accepted();
    let email = |id: &str| (id.to_owned(), "email", format!("{}@example.com", id.replace('-', "")));
    let name = |id: &str| (id.to_owned(), "name", id.to_owned());
    attributes(&shop, &new.iter().flat_map(|id| [email(id), name(id)]).collect::<Vec<_>>());
    let now = now_ms();
    for member in ["p-1", "p-2", "p-10", "p-11", "p-12"] {
        answer(&shop, member, "pending", now - 3_000);
    }
    for member in ["p-2", "p-11", "p-12"] {
        answer(&shop, member, "granted", now - 2_000);
    }
    answer(&shop, "p-12", "withdrawn", now - 1_000);
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    let got: Vec<String> = sink.mails().into_keys().collect();
    assert_eq!(got, ["p11@example.com", "p2@example.com"], "{statistics}");
    let skipped = &statistics["reasons"]["skipped"];
    // To ask again does not take a no back.
    assert_eq!(skipped["consent_withdrawn"], 3, "{statistics}");
    assert_eq!((&skipped["consent_pending"], &skipped["no_consent"]), (&json!(1), &json!(1)), "{statistics}");
}
