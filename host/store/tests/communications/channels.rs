//! Channels: secrets, limits of a day, reports that come in any order, and messages of apps.

use store::{
    AddressEffect, ChannelRow, Communications, HitRow, InAppMessage, JudgedHits, MessageLinks, NewReceipt,
    NewSuppression, ReceiptEffect, Suppressed,
};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    secrets_stay_until_they_are_left_out,
    a_day_has_no_more_than_its_limit,
    a_status_only_rises_in_any_order,
    soft_bounces_in_a_row_suppress,
    all_nodes_sign_with_one_key,
    hits_are_judged_once,
    old_rows_are_swept,
    a_message_of_an_app_is_its_members,
);

const NOW: i64 = 1_800_000_000_000;

fn channel(name: &str) -> ChannelRow {
    ChannelRow {
        name: name.to_owned(),
        kind: "smtp".to_owned(),
        document: "{}".to_owned(),
        version: 0,
        changed_at: NOW,
    }
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn secrets_stay_until_they_are_left_out(database: &Database) {
    let store = open(database).await;
    let put = async |set: &[(&str, &str)], kept: &[&str]| {
        let kept: Vec<String> = kept.iter().map(|name| (*name).to_owned()).collect();
        store.put_channel(&channel("mail"), &texts(set), &kept).await.unwrap()
    };
    assert_eq!(put(&[("a", "1"), ("b", "2")], &["a", "b"]).await, 1);
    assert_eq!(put(&[("a", "3")], &["a", "b"]).await, 2);
    assert_eq!(store.channel_secrets("mail").await.unwrap(), texts(&[("a", "3"), ("b", "2")]));
    assert_eq!(put(&[], &["b"]).await, 3);
    assert_eq!(store.channel_secrets("mail").await.unwrap(), texts(&[("b", "2")]));
    assert_eq!(put(&[], &[]).await, 4);
    assert!(store.channel_secrets("mail").await.unwrap().is_empty());
    assert_eq!(store.channel("mail").await.unwrap().map(|channel| channel.version), Some(4));
    assert_eq!(store.channels().await.unwrap().len(), 1);
    assert_eq!(store.channel("none").await.unwrap(), None);
}

async fn a_day_has_no_more_than_its_limit(database: &Database) {
    let store = open(database).await;
    let take = |node: Communications| async move {
        let mut taken = 0;
        for _ in 0..10 {
            taken += node.take_of_day("mail", 20_000, 7, 100).await.unwrap();
        }
        taken
    };
    let nodes: Vec<_> = (0..3).map(|_| tokio::spawn(take(store.clone()))).collect();
    let mut taken = 0;
    for node in nodes {
        taken += node.await.unwrap();
    }
    assert_eq!(taken, 100);
    assert_eq!(store.take_of_day("mail", 20_000, 7, 100).await.unwrap(), 0);
    assert_eq!(store.take_of_day("mail", 20_001, 7, 100).await.unwrap(), 7);
    assert_eq!(store.take_of_day("sms", 20_000, 7, 5).await.unwrap(), 5);
}

fn suppression() -> NewSuppression {
    NewSuppression {
        id: "s-1".to_owned(),
        whom: Suppressed::Address("digest".to_owned()),
        channel: "mail".to_owned(),
        scope: "all".to_owned(),
        reason: "bounces".to_owned(),
        at: NOW,
        source: "test".to_owned(),
        received_at: NOW,
        is_lifted: false,
    }
}

fn receipt(id: &str, message: &str, status: Option<(&str, i64)>, address: AddressEffect) -> NewReceipt {
    let effect = ReceiptEffect {
        message_id: message.to_owned(),
        number: 7,
        status: status.map(|(name, severity)| (name.to_owned(), severity)),
        reason: String::new(),
        at: NOW,
        reaction: None,
        address,
        events: Vec::new(),
    };
    NewReceipt { channel: "mail".to_owned(), id: id.to_owned(), effect: Some(effect), received_at: NOW }
}

async fn a_status_only_rises_in_any_order(database: &Database) {
    let store = open(database).await;
    let statuses = [("sent", 0), ("delivered", 2), ("hard_bounced", 6), ("complained", 7)];
    // All 24 orders, each about a message of its own.
    let mut orders = vec![Vec::new()];
    for _ in statuses {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                let rest = (0..4).filter(|next| !order.contains(next)).collect::<Vec<_>>();
                rest.into_iter().map(move |next| [order.clone(), vec![next]].concat())
            })
            .collect();
    }
    assert_eq!(orders.len(), 24);
    for (at, order) in orders.iter().enumerate() {
        let message = format!("m-{at}");
        for next in order {
            let id = format!("{message}/{next}");
            let receipt = receipt(&id, &message, Some(statuses[*next]), AddressEffect::None);
            assert!(store.take_receipt(&receipt).await.unwrap());
            assert!(!store.take_receipt(&receipt).await.unwrap(), "taken twice");
        }
        let status = store.message_status(&message).await.unwrap();
        assert_eq!(status, Some(("complained".to_owned(), String::new())), "{order:?}");
    }
}

async fn soft_bounces_in_a_row_suppress(database: &Database) {
    let store = open(database).await;
    let bounced = || AddressEffect::Bounced { most: 5, then: vec![suppression()] };
    let suppressed = async || !store.suppressions_of(&[], &["digest".to_owned()]).await.unwrap().is_empty();
    let take = async |id: &str, address: AddressEffect| {
        store.take_receipt(&receipt(id, "m", None, address)).await.unwrap()
    };
    for id in ["1", "2", "3", "4"] {
        assert!(take(id, bounced()).await);
    }
    // Something has arrived in between: they are not in a row.
    take("arrived", AddressEffect::Works).await;
    for id in ["5", "6", "7", "8", "8", "8"] {
        take(id, bounced()).await;
    }
    assert!(!suppressed().await, "a repeated report counts once");
    take("9", bounced()).await;
    assert!(suppressed().await);
    // Once it is lifted, the next one is the first again.
    let lift = NewSuppression { is_lifted: true, ..suppression() };
    assert_eq!(store.change_suppressions(&[lift], &[]).await.unwrap(), [true]);
    take("10", bounced()).await;
    assert!(!suppressed().await);
}

async fn all_nodes_sign_with_one_key(database: &Database) {
    let store = open(database).await;
    let start = |node: Communications, at: usize| async move {
        node.link_keys(&format!("{at:064}"), NOW).await.unwrap()
    };
    let nodes: Vec<_> = (0..4).map(|at| tokio::spawn(start(store.clone(), at))).collect();
    let mut first = Vec::new();
    for node in nodes {
        first.push(node.await.unwrap());
    }
    // A node that starts later adds none, and believes all.
    let last = store.link_keys("other", NOW).await.unwrap();
    assert!(!last.contains(&"other".to_owned()));
    assert!(first.iter().all(|keys| keys.iter().all(|key| last.contains(key))));
    assert_eq!(last.len(), 1);
}

fn hit(id: &str, judge_at: i64) -> HitRow {
    HitRow {
        id: id.to_owned(),
        message_id: "m".to_owned(),
        number: 7,
        link: 1,
        is_head: false,
        at: NOW,
        network: String::new(),
        judge_at: Some(judge_at),
    }
}

async fn hits_are_judged_once(database: &Database) {
    let store = open(database).await;
    for id in ["a", "b", "b", "c"] {
        store.note_hit(&hit(id, NOW + 10), 3).await.unwrap();
    }
    store.note_hit(&hit("d", NOW + 10), 3).await.unwrap();
    assert_eq!(store.hits_of("m").await.unwrap().len(), 3, "no more than are kept");
    assert!(store.messages_to_judge(NOW + 9, 10).await.unwrap().is_empty());
    assert_eq!(store.messages_to_judge(NOW + 10, 10).await.unwrap(), ["m"]);
    let judged = |ids: &[&str]| JudgedHits {
        message_id: "m".to_owned(),
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        reactions: Vec::new(),
        events: Vec::new(),
    };
    store.write_judged(&judged(&["a", "b"])).await.unwrap();
    assert_eq!(store.messages_to_judge(NOW + 10, 10).await.unwrap(), ["m"]);
    store.write_judged(&judged(&["c"])).await.unwrap();
    assert!(store.messages_to_judge(NOW + 10, 10).await.unwrap().is_empty());
}

async fn old_rows_are_swept(database: &Database) {
    let store = open(database).await;
    let links = |id: &str, created_at: i64| MessageLinks {
        message_id: id.to_owned(),
        number: 7,
        urls: "[]".to_owned(),
        created_at,
    };
    store.add_links(&[links("old", NOW - 2), links("new", NOW)]).await.unwrap();
    store.add_links(&[links("new", NOW - 5)]).await.unwrap();
    store.note_hit(&hit("a", NOW), 3).await.unwrap();
    assert_eq!(store.sweep_channels(NOW - 1, 100).await.unwrap(), 1);
    assert!(store.links_of("old").await.unwrap().is_none());
    assert_eq!(store.links_of("new").await.unwrap(), Some(links("new", NOW)));
}

async fn a_message_of_an_app_is_its_members(database: &Database) {
    let store = open(database).await;
    let message = |id: &str, number: i64, sent_at: i64, expires_at: Option<i64>| InAppMessage {
        message_id: id.to_owned(),
        channel: "app".to_owned(),
        number,
        title: "Hello".to_owned(),
        content: "{}".to_owned(),
        sent_at,
        expires_at,
        read_at: None,
    };
    let all = [
        message("1", 7, NOW, None),
        message("2", 7, NOW + 1, Some(NOW + 100)),
        message("3", 8, NOW + 2, None),
    ];
    store.put_in_app(&all).await.unwrap();
    store.put_in_app(&all).await.unwrap();
    let shown = async |now: i64, before: i64| {
        let found = store.in_app_of(7, now, before, 10).await.unwrap();
        found.into_iter().map(|message| message.message_id).collect::<Vec<_>>()
    };
    assert_eq!(shown(NOW + 10, i64::MAX).await, ["2", "1"]);
    assert_eq!(shown(NOW + 10, NOW + 1).await, ["1"]);
    assert_eq!(shown(NOW + 100, i64::MAX).await, ["1"], "expired");
    assert_eq!(store.read_in_app(7, "1", NOW).await.unwrap(), Some(true));
    assert_eq!(store.read_in_app(7, "1", NOW + 5).await.unwrap(), Some(false));
    assert_eq!(store.read_in_app(7, "3", NOW).await.unwrap(), None, "another member's");
    assert_eq!(store.in_app_of(7, NOW, i64::MAX, 1).await.unwrap()[0].read_at, None);
}
