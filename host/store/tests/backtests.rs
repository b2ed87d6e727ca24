//! Back-tests and the purchases that they price, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;
#[path = "life/purchases.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod purchases;

use databases::{Database, commit, on_both_databases};
use purchases::{FOREVER, NOW, calculation, import_member, update};
use store::{Backtest, BacktestEnd, BacktestState, Purchase, Results, SoldPeriod, Store, Written};

on_both_databases!(
    the_last_purchases_come_newest_first,
    purchases_come_many_at_once,
    a_backtest_ends_once,
    abandoned_backtests_fail,
);

async fn put(store: &Store, id: &str, sold_at: i64) {
    let results = Some(Results { at: sold_at, events: "[]".to_owned() });
    let purchase = Purchase { results, ..calculation(id, 0, 0) };
    assert_eq!(store.put_calculation(&purchase, &[], None, NOW).await.unwrap(), Written::Done);
}

async fn sell(store: &Store, id: &str, sold_at: i64) {
    put(store, id, sold_at).await;
    assert_eq!(commit(store, &update(id, 1, "confirmed"), FOREVER).await, Written::Done);
}

async fn the_last_purchases_come_newest_first(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    for (id, sold_at) in [("b", 20), ("a", 10), ("B", 20), ("ä", 20), ("c", 30)] {
        sell(&store, id, sold_at).await;
    }
    put(&store, "open", 40).await;
    let ever = SoldPeriod { since: i64::MIN, until: i64::MAX, last: 100 };
    for (period, expected) in [
        (ever, vec!["c", "ä", "b", "B", "a"]),
        (SoldPeriod { last: 3, ..ever }, vec!["c", "ä", "b"]),
        (SoldPeriod { since: 20, ..ever }, vec!["c", "ä", "b", "B"]),
        (SoldPeriod { until: 20, ..ever }, vec!["a"]),
        (SoldPeriod { since: 15, until: 30, last: 2 }, vec!["ä", "b"]),
        (SoldPeriod { since: 31, ..ever }, vec![]),
    ] {
        assert_eq!(store.confirmed_purchases(period).await.unwrap(), expected, "{period:?}");
        let all = store.confirmed_purchases_of(period, &|_| true, 100).await.unwrap();
        assert_eq!(all, expected, "{period:?}, each looked at");
    }
    assert_eq!(store.confirmed_purchases_of(ever, &|_| false, 100).await.unwrap(), [""; 0]);
}

async fn purchases_come_many_at_once(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    for id in ["b", "a", "c"] {
        sell(&store, id, NOW).await;
    }
    let ids = ["c", "gone", "a"].map(str::to_owned);
    let found = store.purchases(&ids).await.unwrap();
    let alone = [store.purchase("a").await.unwrap(), store.purchase("c").await.unwrap()];
    assert_eq!(found, alone.map(Option::unwrap));
    assert_eq!(store.purchases(&[]).await.unwrap(), []);
}

fn begun(id: &str, created_at: i64) -> Backtest {
    Backtest {
        id: id.to_owned(),
        node: "n".to_owned(),
        state: BacktestState::Running,
        request: "{}".to_owned(),
        receipts: 7,
        done: 0,
        report: None,
        detail: String::new(),
        created_at,
        finished_at: None,
        silent_ms: 0,
    }
}

async fn found(store: &Store, id: &str) -> Backtest {
    let found = store.backtest(id).await.unwrap().unwrap();
    assert!((0..60_000).contains(&found.silent_ms), "{found:?}");
    Backtest { silent_ms: 0, ..found }
}

async fn a_backtest_ends_once(database: &Database) {
    let store = database.open().await;
    store.add_backtest(&begun("one", 1)).await.unwrap();
    store.note_backtest("one", 3).await.unwrap();
    assert_eq!(found(&store, "one").await, Backtest { done: 3, ..begun("one", 1) });
    store.end_backtest("one", &BacktestEnd::Done("{\"a\":1}".to_owned()), 9).await.unwrap();
    let report = Some("{\"a\":1}".to_owned());
    let done =
        Backtest { state: BacktestState::Done, done: 7, report, finished_at: Some(9), ..begun("one", 1) };
    assert_eq!(found(&store, "one").await, done);
    store.note_backtest("one", 4).await.unwrap();
    store.end_backtest("one", &BacktestEnd::Failed("late".to_owned()), 10).await.unwrap();
    assert_eq!(found(&store, "one").await, done, "what has ended stays as it is");
    assert_eq!(store.backtest("two").await.unwrap(), None);
}

async fn abandoned_backtests_fail(database: &Database) {
    let store = database.open().await;
    store.add_backtest(&begun("one", 1)).await.unwrap();
    store.add_backtest(&begun("two", 2)).await.unwrap();
    store.end_backtest("one", &BacktestEnd::Done("{}".to_owned()), 9).await.unwrap();
    assert_eq!(
        store.fail_backtests(3_600_000, "", "gone", 10).await.unwrap(),
        0,
        "it was heard of this hour"
    );
    let own = begun("two", 2).node;
    assert_eq!(store.fail_backtests(0, &own, "gone", 10).await.unwrap(), 0, "a node is not gone for itself");
    assert_eq!(store.fail_backtests(0, "", "gone", 10).await.unwrap(), 1);
    let listed: Vec<_> = store.backtests(10).await.unwrap();
    let said: Vec<_> =
        listed.iter().map(|one| (one.id.as_str(), one.state, one.detail.as_str(), one.finished_at)).collect();
    let expected =
        [("two", BacktestState::Failed, "gone", Some(10)), ("one", BacktestState::Done, "", Some(9))];
    assert_eq!(said, expected);
    assert!(listed.iter().all(|one| one.report.is_none()), "a list has no reports");
    assert_eq!(store.backtests(1).await.unwrap().len(), 1);
}
