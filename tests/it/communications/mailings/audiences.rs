//! Audiences of members of whom nothing was told before the mailing.

use serde_json::json;

use super::sink::Sink;
use super::{attributes, call, channel, done, mailing, open, put};
use crate::shop::{Database, on_both_databases};
use crate::waiting::until;

on_both_databases!(a_rule_reaches_members_who_were_only_imported);

fn a_rule_reaches_members_who_were_only_imported(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    let rule = json!({"attribute": "group", "in": ["odd"]});
    let document = mailing(&json!({"category": "transactional", "audience": {"rule": rule}}));
    put(&shop, &document).accepted();
    // No event, no consent: communications have no number of them.
    let ids: Vec<String> = (0..20).map(|number| format!("p-{number}")).collect();
    let rows: Vec<String> = ids.iter().map(|id| json!({"id": id}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let rows = ids.iter().enumerate().flat_map(|(number, id)| {
        let group = if number.is_multiple_of(2) { "even" } else { "odd" };
        [
            (id.clone(), "email", format!("p{number}@example.com")),
            (id.clone(), "name", format!("P{number}")),
            (id.clone(), "group", group.to_owned()),
        ]
    });
    attributes(&shop, &rows.collect::<Vec<_>>());
    // Right away, or as soon as the host says that they are worked in.
    until("it starts", || {
        let started = call(&shop, "start");
        if started.status != 200 {
            assert_eq!(started.refused(), (409, "audience_not_ready".to_owned()));
        }
        started.status == 200
    });
    let statistics = done(&shop);
    assert_eq!(statistics["audience"], json!(10), "{statistics}");
    let mails = sink.mails();
    let mut reached: Vec<&str> = mails.keys().map(String::as_str).collect();
    reached.sort_unstable_by_key(|address| address.len());
    assert_eq!(
        reached,
        ["p1", "p3", "p5", "p7", "p9", "p11", "p13", "p15", "p17", "p19"]
            .map(|name| format!("{name}@example.com"))
    );
}
