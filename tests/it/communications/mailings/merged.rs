//! Members who turn out to be one while a mailing is sent get it once, whatever has gone out already.

use std::collections::BTreeMap;

use serde_json::json;

use super::sink::Sink;
use super::{call, channel, done, listed, mailing, members, open, put, statistics};
use crate::communications::events_of;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(members_who_become_one_get_it_once, everybody_is_in_an_audience_of_all);

/// The ids of members by those of their messages in a state.
fn by_message(shop: &Shop, state: &str) -> BTreeMap<String, String> {
    listed(shop, state).into_iter().map(|(member, _, message)| (message, member)).collect()
}

fn merge(shop: &Shop, gone: &str, survivor: &str) {
    let into = json!({"into": survivor}).to_string();
    shop.as_integration("POST", &format!("/v1/members/{gone}/merge"), &into).accepted();
    until("the merger is followed", || {
        events_of(shop, survivor).iter().any(|event| event["kind"] == "member_merged")
    });
}

fn members_who_become_one_get_it_once(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..200, |_| true);
    put(&shop, &mailing(&json!({"throttle_per_second": 30}))).accepted();
    call(&shop, "start").accepted();
    until("some are sent", || sink.count() >= 20);
    call(&shop, "pause").accepted();
    until("nothing is on the wire", || statistics(&shop)["messages"]["attempting"] == 0);
    until("all are planned", || statistics(&shop)["not_planned_yet"] == 0);
    let (sent, mut waiting) = (by_message(&shop, "sent"), by_message(&shop, "planned"));
    // Of the messages to two who become one, neither the place among the ids nor who survives says which one counts.
    let mut pairs: Vec<(String, String)> = Vec::new();
    let ids: Vec<&String> = sent.keys().collect();
    for (place, id) in [ids[0], ids[1], ids[ids.len() - 2], ids[ids.len() - 1]].into_iter().enumerate() {
        let other = if place < 2 { waiting.pop_last() } else { waiting.pop_first() };
        let (had, waits) = (sent[id].clone(), other.expect("one that waits").1);
        pairs.push(if place % 2 == 0 { (had, waits) } else { (waits, had) });
    }
    for _ in 0..2 {
        let first = waiting.pop_first().expect("one that waits").1;
        let last = waiting.pop_last().expect("one that waits").1;
        pairs.push(if pairs.len().is_multiple_of(2) { (first, last) } else { (last, first) });
    }
    for (gone, survivor) in &pairs {
        merge(&shop, gone, survivor);
    }
    call(&shop, "resume").accepted();
    let statistics = done(&shop);
    let mails = sink.mails();
    let got = |member: &str| {
        let address = format!("{}@example.com", member.replace('-', ""));
        mails.get(&address).map_or(0, Vec::len)
    };
    for (gone, survivor) in &pairs {
        assert_eq!(got(gone) + got(survivor), 1, "{gone} is {survivor} now");
    }
    assert_eq!(statistics["reasons"]["skipped"]["merged"], json!(pairs.len()), "{statistics}");
    assert_eq!(sink.count(), 200 - pairs.len());
}

fn everybody_is_in_an_audience_of_all(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    // They are known to communications by their answers.
    members(&shop, 0..3, |_| true);
    // As many as before, one of them new, of whom nothing was said yet.
    let rows: Vec<String> = ["p-1", "p-2", "p-9"].map(|id| json!({"id": id}).to_string()).to_vec();
    shop.import("/v1/members/imports?mode=full", &rows.join("\n")).accepted();
    put(&shop, &mailing(&json!({"audience": {"all": true}}))).accepted();
    call(&shop, "start").accepted();
    done(&shop);
    let told: Vec<String> =
        ["sent", "skipped"].iter().flat_map(|state| listed(&shop, state)).map(|row| row.0).collect();
    assert!(told.contains(&"p-9".to_owned()), "{told:?}");
}
