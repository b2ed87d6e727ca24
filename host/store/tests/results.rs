//! The results feed in the store, on both databases.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "shared/databases.rs"]
mod databases;
#[path = "life/purchases.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod purchases;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use databases::{Database, commit, on_both_databases};
use purchases::{FOREVER, MEMBER, NOW, TIMEOUT, calculation, import_member, return_of, update};
use store::{
    MemberProfile, MemberResult, MemberResults, MemberRow, Purchase, PurchaseUpdate, ResultKind,
    ResultPeriod, ResultRecord, Results, Store, TakeBack, Written,
};

on_both_databases!(
    the_feed_has_the_events_of_confirmed_purchases,
    unconfirmed_purchases_are_not_in_the_feed,
    a_return_adds_its_events,
    later_rows_come_after_earlier_ones,
    readers_beside_writers_miss_nothing,
    members_come_in_pages_with_their_results,
    results_from_before_a_merger_are_the_survivors,
    communications_read_each_row_once,
);

fn told(at: i64, text: &str) -> Option<Results> {
    Some(Results { at, events: format!("[{text:?}]") })
}

fn telling(id: &str, at: i64, text: &str) -> Purchase {
    Purchase { results: told(at, text), ..calculation(id, 0, 0) }
}

async fn put(store: &Store, purchase: &Purchase) {
    assert_eq!(store.put_calculation(purchase, &[], None, NOW).await.unwrap(), Written::Done);
}

async fn confirm(store: &Store, id: &str, version: i64) -> Written {
    commit(store, &update(id, version, "confirmed"), FOREVER).await
}

async fn sell(store: &Store, id: &str, at: i64) {
    put(store, &telling(id, at, id)).await;
    assert_eq!(confirm(store, id, 1).await, Written::Done);
}

/// All rows that have a number.
async fn feed(store: &Store) -> Vec<ResultRecord> {
    store.results(0, i64::MIN, 1_000).await.unwrap()
}

async fn numbered(store: &Store) -> Vec<ResultRecord> {
    while !store.number_results().await.unwrap() {}
    feed(store).await
}

/// Member and events of each result, in ascending order.
fn texts(results: &[MemberResult]) -> Vec<(String, String)> {
    let text = |result: &MemberResult| (result.member_id.clone(), result.results.events.clone());
    let mut texts: Vec<_> = results.iter().map(text).collect();
    texts.sort();
    texts
}

fn ids(records: &[ResultRecord]) -> Vec<&str> {
    records.iter().map(|record| record.purchase_id.as_deref().unwrap()).collect()
}

async fn the_feed_has_the_events_of_confirmed_purchases(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &telling("p", NOW - 9, "first")).await;
    put(&store, &Purchase { version: 1, ..telling("p", NOW - 5, "second") }).await;
    assert_eq!(numbered(&store).await, []);
    assert_eq!(confirm(&store, "p", 1).await, Written::Stale);
    assert_eq!(numbered(&store).await, [], "what came to nothing has told nothing");
    assert_eq!(confirm(&store, "p", 2).await, Written::Done);
    assert_eq!(feed(&store).await, [], "rows have no number before the first reader");
    let expected = ResultRecord {
        seq: 1,
        member_id: Some(MEMBER.to_owned()),
        purchase_id: Some("p".to_owned()),
        results: told(NOW - 5, "second").unwrap(),
    };
    assert_eq!(numbered(&store).await, std::slice::from_ref(&expected));
    assert_eq!(confirm(&store, "p", 3).await, Written::Stale);
    assert_eq!(numbered(&store).await, [expected]);
}

async fn unconfirmed_purchases_are_not_in_the_feed(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &telling("cancelled", NOW, "x")).await;
    assert_eq!(store.cancel(&update("cancelled", 1, "cancelled")).await.unwrap(), Written::Done);
    put(&store, &telling("expired", NOW, "x")).await;
    store.expire(TIMEOUT).await.unwrap();
    assert_eq!(confirm(&store, "expired", 2).await, Written::Stale);
    // As the release before stored it: without events.
    put(&store, &calculation("silent", 0, 0)).await;
    assert_eq!(confirm(&store, "silent", 1).await, Written::Done);
    assert_eq!(numbered(&store).await, []);
}

async fn a_return_adds_its_events(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    sell(&store, "p", NOW).await;
    assert_eq!(store.put_return(&return_of("p", 1, 0, 0), 2, None, NOW).await.unwrap(), Written::Done);
    let body = |_: i64| Ok("confirmed".to_owned());
    let stale = PurchaseUpdate { results: told(NOW + 2, "back"), ..update("p-r1", 2, "") };
    let fresh = PurchaseUpdate { version: 3, ..stale.clone() };
    assert_eq!(store.confirm_return(&stale, TakeBack::Block, &[], &body).await.unwrap(), Written::Stale);
    assert_eq!(store.confirm_return(&fresh, TakeBack::Block, &[], &body).await.unwrap(), Written::Done);
    assert_eq!(store.confirm_return(&fresh, TakeBack::Block, &[], &body).await.unwrap(), Written::Stale);
    let records = numbered(&store).await;
    assert_eq!(ids(&records), ["p", "p"]);
    assert_eq!(records[1].results, told(NOW + 2, "back").unwrap());
    assert_eq!(records[1].member_id.as_deref(), Some(MEMBER));
}

async fn later_rows_come_after_earlier_ones(database: &Database) {
    let store = database.open().await;
    for (id, at) in [("b", NOW + 1), ("c", NOW), ("a", NOW + 1)] {
        sell(&store, id, at).await;
    }
    let first = numbered(&store).await;
    assert_eq!(ids(&first), ["c", "a", "b"], "by time, then by name");
    // A receipt that is sent late does not change the numbers of the others.
    sell(&store, "late", NOW - 100).await;
    let second = numbered(&store).await;
    assert_eq!(second[..3], first);
    assert_eq!(ids(&second), ["c", "a", "b", "late"]);
    assert_eq!(second.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);

    assert_eq!(store.results(3, i64::MIN, 10).await.unwrap(), second[2..]);
    assert_eq!(store.results(0, NOW + 1, 10).await.unwrap(), second[1..3]);
    assert_eq!(store.results(0, i64::MIN, 2).await.unwrap(), second[..2]);
}

async fn readers_beside_writers_miss_nothing(database: &Database) {
    const TILLS: usize = 6;
    const SALES: usize = 25;
    let store = Arc::new(database.open().await);
    let over = Arc::new(AtomicBool::new(false));
    let sell_all = |till: usize| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for sale in 0..SALES {
                // Late tills: times go up and down.
                sell(&store, &format!("{till}-{sale}"), NOW - i64::try_from(till * sale).unwrap()).await;
            }
        })
    };
    let read_all = |_| {
        let (store, over) = (Arc::clone(&store), Arc::clone(&over));
        tokio::spawn(async move {
            let mut seen: Vec<ResultRecord> = Vec::new();
            loop {
                let last_look = over.load(Ordering::SeqCst);
                store.number_results().await.unwrap();
                let next = seen.last().map_or(0, |record| record.seq + 1);
                seen.extend(store.results(next, i64::MIN, 7).await.unwrap());
                let all = seen.last().map_or(0, |record| record.seq) == i64::try_from(TILLS * SALES).unwrap();
                if last_look && all {
                    return seen;
                }
            }
        })
    };
    let readers: Vec<_> = (0..3).map(read_all).collect();
    let tills: Vec<_> = (0..TILLS).map(sell_all).collect();
    for till in tills {
        till.await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    let all = numbered(&store).await;
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), TILLS * SALES);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), all, "what was read on the way is what is read at the end");
    }
}

async fn members_come_in_pages_with_their_results(database: &Database) {
    let store = database.open().await;
    let member = |number: usize| MemberRow {
        id: format!("m-{number}"),
        profile: Some(MemberProfile {
            audiences: (number == 2).then(|| vec!["tea".to_owned()]),
            ..MemberProfile::default()
        }),
        attributes: if number == 3 { vec![("terms".to_owned(), Some("{}".to_owned()))] } else { Vec::new() },
    };
    let members: Vec<MemberRow> = (1..=3).map(member).collect();
    store.write_members(&members, NOW).await.unwrap();
    for (id, owner, at) in
        [("p1", "m-1", NOW), ("p2", "m-1", NOW + 10), ("p3", "m-2", NOW + 5), ("p4", "m-3", NOW + 20)]
    {
        let purchase = Purchase { member_id: Some(owner.to_owned()), ..telling(id, at, id) };
        put(&store, &purchase).await;
        assert_eq!(confirm(&store, id, 1).await, Written::Done);
    }
    let period = ResultPeriod { since: NOW + 1, until: NOW + 20 };
    let page =
        async |after: &str| store.member_results(after, 2, &["terms".to_owned()], period).await.unwrap();
    let MemberResults { members, results } = page("").await;
    let eligibility = |id: &str, audiences: &[&str], has_attribute: bool| store::MemberEligibility {
        id: id.to_owned(),
        merged: Vec::new(),
        state: "normal".to_owned(),
        audiences: audiences.iter().map(|name| (*name).to_owned()).collect(),
        attributes: if has_attribute { vec![("terms".to_owned(), "{}".to_owned())] } else { Vec::new() },
    };
    assert_eq!(members, [eligibility("m-1", &[], false), eligibility("m-2", &["tea"], false)]);
    let text = |member: &str, id: &str| (member.to_owned(), format!("[{id:?}]"));
    assert_eq!(texts(&results), [text("m-1", "p2"), text("m-2", "p3")]);
    let told = results.iter().find(|result| result.member_id == "m-1").unwrap();
    assert_eq!((told.kind, told.purchase_id.as_deref()), (ResultKind::Purchase, Some("p2")));
    assert_eq!(told.revision, Some(calculation("p2", 0, 0).revision), "of the plan that priced it");
    assert_eq!(told.results.at, NOW + 10);
    let MemberResults { members, results } = page("m-2").await;
    assert_eq!((members, results), (vec![eligibility("m-3", &[], true)], Vec::new()));
    assert_eq!(page("m-3").await.members, []);
}

async fn results_from_before_a_merger_are_the_survivors(database: &Database) {
    let store = database.open().await;
    let member = |id: &str| {
        let profile = Some(MemberProfile::default());
        MemberRow { id: id.to_owned(), profile, attributes: Vec::new() }
    };
    let ids = ["m-1", "m-2", "m-3"];
    store.write_members(&ids.map(member), NOW).await.unwrap();
    for owner in ids {
        put(&store, &Purchase { member_id: Some(owner.to_owned()), ..telling(owner, NOW, owner) }).await;
        assert_eq!(confirm(&store, owner, 1).await, Written::Done);
    }
    for (from, into) in [("m-1", "m-3"), ("m-3", "m-2")] {
        let scopes = (format!("[\"{from}\","), format!("[\"{into}\","));
        let merge = store::Merge { from: from.to_owned(), into: into.to_owned(), scopes };
        store.merge_members(&merge, &|_, _| Vec::new(), &databases::entry(NOW)).await.unwrap();
    }
    let merged = store.merged_after(0, 10).await.unwrap();
    let pairs: Vec<_> = merged.iter().map(|merged| (merged.from.as_str(), merged.into.as_str())).collect();
    assert_eq!(pairs, [("m-1", "m-2"), ("m-3", "m-2")]);
    assert_eq!(store.merged_after(merged[1].revision, 10).await.unwrap(), []);
    let before = numbered(&store).await;
    assert_eq!(before[0].member_id.as_deref(), Some("m-1"), "the feed itself stays as it was read");

    let period = ResultPeriod { since: NOW, until: NOW + 1 };
    let MemberResults { mut members, results } =
        store.member_results("", 2, &["terms".to_owned()], period).await.unwrap();
    members[0].merged.sort();
    assert_eq!((members.len(), members[0].id.as_str()), (1, "m-2"));
    assert_eq!(members[0].merged, ["m-1", "m-3"]);
    let of_survivor = |id: &str| ("m-2".to_owned(), format!("[{id:?}]"));
    assert_eq!(texts(&results), ids.map(of_survivor));
}

/// Ids of the rows after a position, and the position of the last one.
async fn rows_after(store: &Store, position: i64) -> (Vec<String>, i64) {
    let rows = store.feed_after(position, 100).await.unwrap();
    assert!(rows.is_sorted_by_key(|row| row.position));
    let last = rows.last().map_or(position, |row| row.position);
    (rows.into_iter().map(|row| row.id).collect(), last)
}

async fn communications_read_each_row_once(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    assert_eq!(rows_after(&store, 0).await, (Vec::new(), 0));
    sell(&store, "late", NOW - 500).await;
    sell(&store, "p", NOW).await;
    let (mut rows, last) = rows_after(&store, 0).await;
    rows.sort();
    assert_eq!(rows, ["purchase/late", "purchase/p"]);
    assert_eq!(store.feed_end().await.unwrap(), last);
    // One that is older than all that were read.
    sell(&store, "later", NOW - 900).await;
    let (rows, end) = rows_after(&store, last).await;
    assert_eq!(rows, ["purchase/later"]);
    assert!(end > last);
    let read = store.feed_after(end - 1, 1).await.unwrap();
    assert_eq!(store.feed_id(end).await.unwrap().as_ref(), read.first().map(|row| &row.id));
    assert_eq!(store.feed_id(end + 1).await.unwrap(), None);
    assert_eq!(read[0].member_id.as_deref(), Some(MEMBER));
}
