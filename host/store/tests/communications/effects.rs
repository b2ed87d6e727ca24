//! Effects of chains elsewhere: webhooks are taken by one process at a time, channel by channel, and the outcome of an effect
//! is written once, with the word of it.

use std::collections::BTreeSet;

use store::{ChainEffect, ChainWrite, Communications, MemberProfile, MemberRow, NewEvent, Store, Subject};

use crate::databases::{Database, entry, on_both_databases};
use crate::open;

on_both_databases!(
    a_webhook_is_taken_once_and_by_its_channel,
    what_became_of_an_effect_is_told_once,
    a_message_waits_for_what_nobody_has_tried,
    an_attribute_that_somebody_else_has_written_stays,
);

const NOW: i64 = 1_800_000_000_000;

fn effect(id: &str, channel: Option<&str>) -> ChainEffect {
    ChainEffect {
        id: id.to_owned(),
        number: 1,
        chain: "welcome".to_owned(),
        kind: if channel.is_some() { "webhook" } else { "points" }.to_owned(),
        channel: channel.map(str::to_owned),
        payload: "{}".to_owned(),
        state: "planned".to_owned(),
        reason: String::new(),
        attempts: 0,
        too_late_after: NOW + 1,
        next_at: Some(NOW),
    }
}

async fn plan(communications: &Communications, effects: Vec<ChainEffect>) {
    let write = ChainWrite { effects, at: NOW, ..ChainWrite::default() };
    assert!(communications.write_chains(&write).await.unwrap());
}

async fn a_webhook_is_taken_once_and_by_its_channel(database: &Database) {
    let communications = open(database).await;
    let mut effects: Vec<ChainEffect> =
        (0..20).map(|number| effect(&format!("busy/{number}"), Some("busy"))).collect();
    effects.push(effect("quiet/0", Some("quiet")));
    effects.push(effect("points/0", None));
    plan(&communications, effects).await;
    let due: Vec<String> =
        communications.effects_due(NOW, 100).await.unwrap().into_iter().map(|effect| effect.id).collect();
    assert_eq!(due, ["points/0"], "calls are not for who writes points");
    assert_eq!(communications.channels_of_webhooks(NOW).await.unwrap(), ["busy", "quiet"]);
    assert_eq!(communications.channels_of_webhooks(NOW - 1).await.unwrap(), Vec::<String>::new());
    let other = Communications::open(store::Options::job(&Communications::url_beside(database.url())));
    let other = other.await.unwrap();
    let mut taken = BTreeSet::new();
    for communications in [&communications, &other, &communications] {
        for effect in communications.take_webhooks("busy", NOW, NOW + 10, 8).await.unwrap() {
            assert_eq!((effect.attempts, effect.next_at), (1, Some(NOW + 10)));
            assert!(taken.insert(effect.id.clone()), "{} was taken twice", effect.id);
        }
    }
    assert_eq!(taken.len(), 20);
    assert_eq!(communications.channels_of_webhooks(NOW).await.unwrap(), ["quiet"]);
    // The worker that took them has gone.
    assert_eq!(other.take_webhooks("busy", NOW + 10, NOW + 20, 100).await.unwrap().len(), 20);
}

async fn what_became_of_an_effect_is_told_once(database: &Database) {
    let communications = open(database).await;
    plan(&communications, vec![effect("a", Some("desk"))]).await;
    let done = ChainEffect { state: "done".to_owned(), next_at: None, ..effect("a", Some("desk")) };
    let event = |id: &str| NewEvent {
        source: "chains".to_owned(),
        id: id.to_owned(),
        subject: Subject::Nobody,
        kind: "chain_effect_done".to_owned(),
        at: NOW,
        received_at: NOW,
        payload: "{}".to_owned(),
    };
    assert!(communications.note_effect(&done, &[event("first")], NOW).await.unwrap());
    assert!(!communications.note_effect(&done, &[event("second")], NOW).await.unwrap());
    let told = communications.events_after(0, 10).await.unwrap();
    assert_eq!(told.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["first"]);
    assert_eq!(communications.take_webhooks("desk", NOW + 100, NOW + 200, 10).await.unwrap(), []);
}

async fn a_message_waits_for_what_nobody_has_tried(database: &Database) {
    let communications = open(database).await;
    plan(&communications, vec![effect("a", None), effect("b", Some("desk"))]).await;
    let untried = [(1, "welcome".to_owned())];
    assert_eq!(communications.untried_effects(&[1, 2], NOW - 1).await.unwrap(), untried);
    assert_eq!(communications.untried_effects(&[2], NOW - 1).await.unwrap(), []);
    assert_eq!(communications.untried_effects(&[1], NOW).await.unwrap(), [], "it takes too long");
    let tried = ChainEffect { attempts: 1, ..effect("a", None) };
    assert!(communications.note_effect(&tried, &[], NOW).await.unwrap());
    assert_eq!(communications.untried_effects(&[1], NOW - 1).await.unwrap(), []);
}

async fn an_attribute_that_somebody_else_has_written_stays(database: &Database) {
    let store: Store = database.open().await;
    let definition = store::Attribute {
        name: "gifts".to_owned(),
        kind: "json".to_owned(),
        title: None,
        merge: "none".to_owned(),
        revision: 0,
    };
    store.put_attribute(&definition, &entry(0)).await.unwrap().unwrap();
    let member =
        MemberRow { id: "m-1".to_owned(), profile: Some(MemberProfile::default()), attributes: Vec::new() };
    store.write_members(&[member], 0).await.unwrap();
    let change = async |before: Option<&str>, after: &str| {
        store.change_attribute("m-1", "gifts", (before, after), 0).await.unwrap()
    };
    assert!(change(None, "[1]").await);
    assert!(!change(None, "[2]").await, "it has a value by now");
    assert!(!change(Some("[0]"), "[2]").await);
    assert!(change(Some("[1]"), "[2]").await);
    let people = store.people(&["m-1".to_owned()], 0).await.unwrap();
    assert_eq!(people[0].attributes["gifts"], "[2]");
}
