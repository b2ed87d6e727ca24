//! The life of a purchase in the store, on both databases: calculated, confirmed, cancelled or expired.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "shared/databases.rs"]
mod databases;
#[path = "life/late.rs"]
mod late;
#[path = "life/points.rs"]
mod points;
#[path = "life/purchases.rs"]
mod purchases;

use databases::{Database, commit, on_both_databases};
use purchases::{
    FOREVER, MEMBER, NOW, SCOPE, TIMEOUT, balance, buy, calculation, import_member, key, one_use, points_now,
    return_of, update,
};
use store::{
    Aged, Counts, Grant, Idempotent, Most, Purchase, PurchaseState, PurchaseUpdate, ReturnRecord, Store,
    StoredAnswer, Written,
};

on_both_databases!(
    a_calculation_replaces_the_one_before,
    confirming_commits_the_stored_result_once,
    cancelling_restores_everything,
    nothing_is_confirmed_after_its_time,
    an_expired_purchase_can_be_calculated_again,
    a_call_is_remembered_with_its_effect,
    a_call_without_effect_is_not_remembered,
    keys_are_forgotten_in_time,
    a_counter_is_given_out_to_the_last_use,
    money_and_points_are_limited_too,
    a_counter_gets_back_what_returns_undo,
    a_purchase_without_a_member_moves_no_points,
    an_overdue_reservation_is_no_mismatch,
    an_older_release_stores_no_amounts,
    migrations_keep_what_the_older_schema_knows,
);

async fn put(store: &Store, purchase: &Purchase, grants: &[Grant]) -> Written {
    store.put_calculation(purchase, grants, None, NOW).await.unwrap()
}

async fn used(store: &Store, at: i64) -> Counts {
    let usage = store.usage(&[SCOPE.to_owned()], "", at).await.unwrap();
    usage.first().map(|usage| usage.taken).unwrap_or_default()
}

async fn state(store: &Store, id: &str) -> PurchaseState {
    store.purchase(id).await.unwrap().unwrap().state
}

async fn a_calculation_replaces_the_one_before(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    assert_eq!(put(&store, &calculation("p", 60, 5), &[one_use(1)]).await, Written::Done);
    assert_eq!(points_now(&store, NOW).await, (40, 0, 60));
    // Its own reservation counts as available to it.
    assert_eq!(store.balance(MEMBER, "p", NOW).await.unwrap().available, 100);
    assert_eq!(store.points_available(MEMBER, "p", NOW).await.unwrap(), 100);
    assert_eq!(store.usage(&[SCOPE.to_owned()], "p", NOW).await.unwrap()[0].taken, Counts::default());
    let again = Purchase { version: 1, answer: "again".to_owned(), ..calculation("p", 80, 5) };
    assert_eq!(put(&store, &again, &[one_use(1)]).await, Written::Done);
    assert_eq!(points_now(&store, NOW).await, (20, 0, 80));
    assert_eq!(used(&store, NOW).await.uses, 1);
    let stored = store.purchase("p").await.unwrap().unwrap();
    assert_eq!(stored, Purchase { version: 2, ..again });

    // A calculation on another version than the stored one is stale.
    for version in [0, 1, 3] {
        let late = Purchase { version, answer: "late".to_owned(), ..calculation("p", 10, 0) };
        assert_eq!(put(&store, &late, &[]).await, Written::Stale);
    }
    // With more points than available, nothing is stored.
    let greedy = Purchase { version: 2, ..calculation("p", 101, 0) };
    assert_eq!(put(&store, &greedy, &[]).await, Written::NoRoom);
    assert_eq!(store.purchase("p").await.unwrap().unwrap(), stored);
    assert_eq!(points_now(&store, NOW).await, (20, 0, 80));
}

async fn confirming_commits_the_stored_result_once(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &calculation("p", 60, 5), &[one_use(1)]).await.expect_done();
    assert_eq!(commit(&store, &update("p", 2, "x"), FOREVER).await, Written::Stale);
    assert_eq!(points_now(&store, NOW).await, (40, 0, 60), "nothing has moved yet");
    assert_eq!(commit(&store, &update("p", 1, "confirmed"), FOREVER).await, Written::Done);
    let confirmed = store.purchase("p").await.unwrap().unwrap();
    assert_eq!(
        confirmed,
        Purchase {
            state: PurchaseState::Confirmed,
            version: 2,
            answer: "confirmed".to_owned(),
            expires_at: None,
            ..calculation("p", 60, 5)
        }
    );
    let after = balance(&store, NOW + 1).await;
    assert_eq!((after.available, after.reserved, after.accrued, after.spent), (45, 0, 105, 60));

    // A confirmed purchase can only be returned.
    for version in [0, 1, 2, 3] {
        let again = Purchase { version, ..calculation("p", 0, 0) };
        assert_eq!(put(&store, &again, &[]).await, Written::Stale);
        assert_eq!(commit(&store, &update("p", version, "x"), FOREVER).await, Written::Stale);
        assert_eq!(store.cancel(&update("p", version, "x")).await.unwrap(), Written::Stale);
    }
    assert_eq!(store.purchase("p").await.unwrap().unwrap(), confirmed);
    assert_eq!(balance(&store, NOW + 1).await, after);
    // It does not expire either.
    store.expire(TIMEOUT).await.unwrap();
    assert_eq!(store.purchase("p").await.unwrap().unwrap(), confirmed);
    assert_eq!(used(&store, TIMEOUT).await.uses, 1);
}

async fn cancelling_restores_everything(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "before", 10, 3, FOREVER).await;
    let (points, entries) = (balance(&store, NOW + 1).await, store.point_entries(MEMBER, 100).await.unwrap());
    put(&store, &calculation("p", 60, 5), &[one_use(1)]).await.expect_done();
    assert_eq!(store.cancel(&update("p", 2, "x")).await.unwrap(), Written::Stale);
    assert_eq!(store.cancel(&update("p", 1, "cancelled")).await.unwrap(), Written::Done);
    assert_eq!(balance(&store, NOW + 1).await, points);
    assert_eq!(store.point_entries(MEMBER, 100).await.unwrap(), entries);
    assert_eq!(used(&store, NOW).await, Counts::default());
    assert_eq!(store.grants("p").await.unwrap(), []);
    let cancelled = store.purchase("p").await.unwrap().unwrap();
    assert_eq!((cancelled.state, cancelled.answer.as_str()), (PurchaseState::Cancelled, "cancelled"));
    for version in [0, 1, 2] {
        assert_eq!(commit(&store, &update("p", version, "x"), FOREVER).await, Written::Stale);
        let again = Purchase { version, ..calculation("p", 0, 0) };
        assert_eq!(put(&store, &again, &[]).await, Written::Stale);
    }
    assert_eq!(store.purchase("p").await.unwrap().unwrap(), cancelled);
}

async fn nothing_is_confirmed_after_its_time(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &calculation("p", 60, 5), &[one_use(1)]).await.expect_done();
    // Its reservation ends at that second, also before the expiry job runs.
    assert_eq!(points_now(&store, TIMEOUT - 1).await, (40, 0, 60));
    assert_eq!(points_now(&store, TIMEOUT).await, (100, 0, 0));
    assert_eq!((used(&store, TIMEOUT - 1).await.uses, used(&store, TIMEOUT).await.uses), (1, 0));
    let late = PurchaseUpdate { at: TIMEOUT, ..update("p", 1, "late") };
    assert_eq!(commit(&store, &late, FOREVER).await, Written::Stale);

    let expiry = store.expire(TIMEOUT - 1).await.unwrap();
    assert_eq!(expiry.calculations, 0);
    let expiry = store.expire(TIMEOUT).await.unwrap();
    assert_eq!(expiry.calculations, 1);
    assert_eq!(store.expire(TIMEOUT).await.unwrap().calculations, 0, "once is enough");
    assert_eq!(state(&store, "p").await, PurchaseState::Expired);
    assert_eq!(store.grants("p").await.unwrap(), []);
    assert_eq!(commit(&store, &update("p", 2, "late"), FOREVER).await, Written::Stale);
    assert_eq!(points_now(&store, TIMEOUT).await, (100, 0, 0));
}

async fn an_expired_purchase_can_be_calculated_again(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    for id in ["swept", "overdue"] {
        put(&store, &calculation(id, 30, 0), &[]).await.expect_done();
    }
    let both: [(&str, i64); 2] = [("swept", 2), ("overdue", 1)];
    let overdue = Purchase { version: 1, expires_at: Some(TIMEOUT + 9), ..calculation("overdue", 20, 0) };
    let written = store.put_calculation(&overdue, &[], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::Done);
    store.expire(TIMEOUT).await.unwrap();
    let swept = Purchase { version: 2, expires_at: Some(TIMEOUT + 9), ..calculation("swept", 80, 0) };
    let written = store.put_calculation(&swept, &[], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::Done);
    assert_eq!(points_now(&store, TIMEOUT).await, (0, 0, 100));
    for (id, version) in both {
        let update = PurchaseUpdate { at: TIMEOUT + 1, ..update(id, version + 1, "confirmed") };
        assert_eq!(commit(&store, &update, FOREVER).await, Written::Done);
    }
    assert_eq!(points_now(&store, TIMEOUT).await, (0, 0, 0));
}

async fn stored(store: &Store, name: &str) -> Option<StoredAnswer> {
    store.stored_answer("till", name).await.unwrap()
}

async fn a_call_is_remembered_with_its_effect(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    let answered = |fingerprint: &str, body: &str| {
        Some(StoredAnswer { fingerprint: fingerprint.to_owned(), status: 200, body: body.to_owned() })
    };
    let purchase = calculation("p", 0, 5);
    let first = key("k1", "f1");
    assert_eq!(store.put_calculation(&purchase, &[], Some(&first), NOW).await.unwrap(), Written::Done);
    assert_eq!(stored(&store, "k1").await, answered("f1", "calculated p"));
    // The same key again, for this purchase or another one, has no second effect.
    for purchase in [Purchase { version: 1, ..purchase.clone() }, calculation("q", 0, 5)] {
        let written = store.put_calculation(&purchase, &[], Some(&first), NOW).await.unwrap();
        assert_eq!(written, Written::Stale);
    }
    assert_eq!(store.purchase("q").await.unwrap(), None);
    // Another caller's key of the same name is another key.
    let other = Idempotent { caller: "other till".to_owned(), ..first };
    let written = store.put_calculation(&calculation("q", 0, 0), &[], Some(&other), NOW).await.unwrap();
    assert_eq!(written, Written::Done);

    let confirm = PurchaseUpdate { key: Some(key("k2", "f2")), ..update("p", 1, "confirmed") };
    assert_eq!(commit(&store, &confirm, FOREVER).await, Written::Done);
    assert_eq!(stored(&store, "k2").await, answered("f2", "confirmed"));
    let cancel = PurchaseUpdate { key: Some(key("k3", "f3")), ..update("q", 1, "cancelled") };
    assert_eq!(store.cancel(&cancel).await.unwrap(), Written::Done);
    assert_eq!(stored(&store, "k3").await, answered("f3", "cancelled"));

    let new = return_of("p", 1, 0, 5);
    assert_eq!(store.put_return(&new, 2, Some(&key("k4", "f4")), NOW).await.unwrap(), Written::Done);
    assert_eq!(stored(&store, "k4").await, answered("f4", "calculated"));
    let confirm = PurchaseUpdate { key: Some(key("k5", "f5")), ..update("p-r1", 3, "") };
    let body = |taken: i64| Ok(format!("took {taken}"));
    let written = store.confirm_return(&confirm, store::TakeBack::Block, &[], &body).await.unwrap();
    assert_eq!(written, Written::Done);
    assert_eq!(stored(&store, "k5").await, answered("f5", "took 5"));
    assert_eq!(store.put_return(&return_of("p", 2, 0, 0), 4, None, NOW).await.unwrap(), Written::Done);
    let cancel = PurchaseUpdate { key: Some(key("k6", "f6")), ..update("p-r2", 5, "cancelled") };
    assert_eq!(store.cancel_return(&cancel).await.unwrap(), Written::Done);
    assert_eq!(stored(&store, "k6").await, answered("f6", "cancelled"));
}

async fn a_call_without_effect_is_not_remembered(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    let k = key("k", "f");
    let greedy = calculation("p", 101, 0);
    assert_eq!(store.put_calculation(&greedy, &[], Some(&k), NOW).await.unwrap(), Written::NoRoom);
    buy(&store, "p", 0, 5, FOREVER).await;
    let late = PurchaseUpdate { key: Some(k.clone()), ..update("p", 1, "late") };
    assert_eq!(commit(&store, &late, FOREVER).await, Written::Stale);
    assert_eq!(store.cancel(&late).await.unwrap(), Written::Stale);
    let new = return_of("p", 1, 0, 0);
    assert_eq!(store.put_return(&new, 1, Some(&k), NOW).await.unwrap(), Written::Stale);
    let none = PurchaseUpdate { key: Some(k), ..update("p-r1", 2, "late") };
    assert_eq!(store.cancel_return(&none).await.unwrap(), Written::Stale);
    let body = |_: i64| Ok("x".to_owned());
    let written = store.confirm_return(&none, store::TakeBack::Block, &[], &body).await.unwrap();
    assert_eq!(written, Written::Stale);
    assert_eq!(stored(&store, "k").await, None);
}

async fn keys_are_forgotten_in_time(database: &Database) {
    let store = database.open().await;
    for (id, at) in [("old", NOW), ("new", NOW + 1)] {
        let purchase = Purchase { member_id: None, ..calculation(id, 0, 0) };
        let written = store.put_calculation(&purchase, &[], Some(&key(id, "f")), at).await.unwrap();
        assert_eq!(written, Written::Done);
    }
    let remove = async |before| store.remove_aged(Aged::IdempotencyKeys, before, 10).await.unwrap();
    assert_eq!((remove(NOW).await, remove(NOW + 1).await), (0, 1));
    assert_eq!((stored(&store, "old").await, stored(&store, "new").await.is_some()), (None, true));
}

async fn a_counter_is_given_out_to_the_last_use(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    for id in ["a", "b", "c"] {
        assert_eq!(put(&store, &calculation(id, 0, 0), &[one_use(3)]).await, Written::Done);
    }
    assert_eq!(put(&store, &calculation("d", 0, 0), &[one_use(3)]).await, Written::NoRoom);
    assert_eq!(store.purchase("d").await.unwrap(), None, "nothing of it is stored");
    commit(&store, &update("a", 1, "x"), FOREVER).await.expect_done();
    store.cancel(&update("b", 1, "x")).await.unwrap().expect_done();
    assert_eq!(put(&store, &calculation("d", 0, 0), &[one_use(3)]).await, Written::Done);
    assert_eq!(put(&store, &calculation("e", 0, 0), &[one_use(3)]).await, Written::NoRoom);
    commit(&store, &update("c", 1, "x"), FOREVER).await.expect_done();
    assert_eq!(used(&store, NOW).await, Counts { uses: 3, money: 1_500, points: 21 });
    // The reserved use of `d` expires, and the taken ones do not.
    let late = Purchase { expires_at: Some(TIMEOUT + 9), ..calculation("e", 0, 0) };
    let written = store.put_calculation(&late, &[one_use(3)], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::Done);
    let last = PurchaseUpdate { at: TIMEOUT, ..update("e", 1, "x") };
    commit(&store, &last, FOREVER).await.expect_done();
    let written = store.put_calculation(&calculation("f", 0, 0), &[one_use(3)], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::NoRoom);
    assert_eq!(used(&store, TIMEOUT).await.uses, 3);
}

async fn money_and_points_are_limited_too(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    for (limit, most) in [
        ("money", Most { money: Some(999), ..Most::default() }),
        ("points", Most { points: Some(13), ..Most::default() }),
    ] {
        let grant = |money, points| Grant {
            offer: limit.to_owned(),
            taken: Counts { uses: 1, money, points },
            most,
            ..one_use(1)
        };
        let id = |number: i64| format!("{limit} {number}");
        assert_eq!(put(&store, &calculation(&id(1), 0, 0), &[grant(500, 7)]).await, Written::Done);
        assert_eq!(put(&store, &calculation(&id(2), 0, 0), &[grant(500, 7)]).await, Written::NoRoom);
        assert_eq!(put(&store, &calculation(&id(2), 0, 0), &[grant(499, 6)]).await, Written::Done);
        // A purchase that takes nothing fits into a full counter.
        assert_eq!(put(&store, &calculation(&id(3), 0, 0), &[grant(0, 0)]).await, Written::Done);
    }
}

async fn a_counter_gets_back_what_returns_undo(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    put(&store, &calculation("p", 0, 0), &[one_use(1)]).await.expect_done();
    commit(&store, &update("p", 1, "x"), FOREVER).await.expect_done();
    let part = |uses, money, points| Grant { taken: Counts { uses, money, points }, ..one_use(1) };
    for (number, version, grant, left) in [
        (1, 2, part(0, 200, 3), Counts { uses: 1, money: 300, points: 4 }),
        (2, 4, part(1, 300, 4), Counts::default()),
    ] {
        assert_eq!(put(&store, &calculation("q", 0, 0), &[one_use(1)]).await, Written::NoRoom);
        store.put_return(&return_of("p", number, 0, 0), version, None, NOW).await.unwrap().expect_done();
        let confirm = update(&format!("p-r{number}"), version + 1, "");
        let body = |_: i64| Ok("x".to_owned());
        let written = store.confirm_return(&confirm, store::TakeBack::Block, &[grant], &body).await;
        written.unwrap().expect_done();
        assert_eq!(used(&store, NOW).await, left);
    }
    assert_eq!(put(&store, &calculation("q", 0, 0), &[one_use(1)]).await, Written::Done);
}

async fn a_purchase_without_a_member_moves_no_points(database: &Database) {
    let store = database.open().await;
    let purchase = Purchase { member_id: None, ..calculation("p", 0, 0) };
    assert_eq!(put(&store, &purchase, &[one_use(1)]).await, Written::Done);
    commit(&store, &update("p", 1, "x"), FOREVER).await.expect_done();
    store.put_return(&return_of("p", 1, 0, 0), 2, None, NOW).await.unwrap().expect_done();
    let body = |taken: i64| Ok(taken.to_string());
    let confirm = update("p-r1", 3, "");
    store.confirm_return(&confirm, store::TakeBack::Block, &[], &body).await.unwrap().expect_done();
    assert_eq!(store.returns("p").await.unwrap()[0].answer, "0");
    assert_eq!(points_now(&store, NOW).await, (0, 0, 0));
}

/// An expired reservation holds no points, also before the expiry job has removed it.
async fn an_overdue_reservation_is_no_mismatch(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &calculation("p", 100, 0), &[]).await.expect_done();
    let next = Purchase { expires_at: Some(TIMEOUT + 9), ..calculation("q", 100, 0) };
    store.put_calculation(&next, &[], None, TIMEOUT).await.unwrap().expect_done();
    let confirm = PurchaseUpdate { at: TIMEOUT, ..update("q", 1, "x") };
    commit(&store, &confirm, FOREVER).await.expect_done();
    assert_eq!(store.verify(TIMEOUT).await.unwrap(), []);
    store.expire(TIMEOUT).await.unwrap();
}

async fn an_older_release_stores_no_amounts(database: &Database) {
    const BEFORE_AMOUNTS: i64 = 20_261_122_000_012;
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &calculation("p", 40, 5), &[]).await.expect_done();
    commit(&store, &update("p", 1, "confirmed"), FOREVER).await.expect_done();
    let returned = return_of("p", 1, 40, 5);
    store.put_return(&returned, 2, None, NOW).await.unwrap().expect_done();
    put(&store, &calculation("q", 10, 7), &[]).await.expect_done();
    assert_eq!(store.returns("p").await.unwrap(), [returned]);

    store.revert_to(BEFORE_AMOUNTS).await.unwrap();
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.purchase("p").await.unwrap().unwrap().sold, None);
    let open = store.purchase("q").await.unwrap().unwrap();
    assert_eq!(
        open,
        Purchase { version: 1, sold: None, sequence: None, grants: None, ..calculation("q", 10, 7) }
    );
    assert_eq!(store.returns("p").await.unwrap(), [ReturnRecord { lines: None, ..return_of("p", 1, 40, 5) }]);
    commit(&store, &update("q", 1, "confirmed"), FOREVER).await.expect_done();
    let body = |taken: i64| Ok(format!("took {taken}"));
    let written = store.confirm_return(&update("p-r1", 3, ""), store::TakeBack::Block, &[], &body).await;
    written.unwrap().expect_done();
    assert_eq!(points_now(&store, NOW + 1).await, (97, 0, 0));
}

async fn migrations_keep_what_the_older_schema_knows(database: &Database) {
    const FIRST: i64 = 20_261_122_000_001;
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, &calculation("p", 40, 5), &[one_use(1)]).await.expect_done();
    commit(&store, &update("p", 1, "confirmed"), FOREVER).await.expect_done();
    put(&store, &calculation("q", 10, 0), &[one_use(2)]).await.expect_done();
    store.put_return(&return_of("p", 1, 40, 5), 2, None, NOW).await.unwrap().expect_done();

    store.revert_to(FIRST).await.unwrap();
    assert!(store.purchase("p").await.is_err(), "its columns are gone");
    assert_eq!(store.member_count().await.unwrap(), 1);
    store.close().await;

    let store = database.open().await;
    let purchase = store.purchase("p").await.unwrap().unwrap();
    assert_eq!((purchase.state, purchase.answer.as_str()), (PurchaseState::Confirmed, "confirmed"));
    assert_eq!((purchase.version, purchase.points_spent, purchase.expires_at), (1, 0, None));
    assert_eq!(store.returns("p").await.unwrap(), []);
    assert_eq!(points_now(&store, NOW).await, (0, 0, 0));
    import_member(&store, 100, NOW).await;
    assert_eq!(points_now(&store, NOW).await, (100, 0, 0), "the next import brings the points");

    store.revert_to(0).await.unwrap();
    assert!(store.member_count().await.is_err());
    store.close().await;
    assert_eq!(database.open().await.member_count().await.unwrap(), 0);
}

/// Asserts that a write was done.
trait ExpectDone {
    fn expect_done(self);
}

impl ExpectDone for Written {
    #[track_caller]
    fn expect_done(self) {
        assert_eq!(self, Self::Done);
    }
}
