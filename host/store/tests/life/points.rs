//! Points in the store: earned, spent, expired, given back and taken back.

use store::{Balance, PointEntry, Purchase, PurchaseUpdate, Store, TakeBack, Validity, Written};

use crate::databases::{Database, commit, on_both_databases};
use crate::purchases::{
    FOREVER, MEMBER, NOW, TIMEOUT, balance, buy, calculation, import_member, points_now, return_of, update,
};

on_both_databases!(
    the_soonest_expiring_points_are_spent_first,
    points_wait_live_and_expire,
    reserved_points_outlive_their_expiry_until_confirmed,
    a_second_import_of_the_same_points_changes_nothing,
    an_import_below_what_is_left_leaves_a_debt,
    a_return_that_is_blocked_leaves_no_trace,
    a_return_may_leave_a_debt,
    a_return_may_take_only_what_is_left,
    what_has_expired_is_not_taken_again,
    burned_points_come_back_with_their_expiry,
    returns_are_dropped_or_expire,
    no_return_takes_reserved_points,
);

const DAY: i64 = 24 * 60 * 60;

fn until(expires_at: i64) -> Validity {
    Validity { active_from: NOW, expires_at: Some(expires_at) }
}

/// Calculates and confirms a return, and returns the points that were taken back.
async fn give_back(
    store: &Store,
    purchase: &str,
    number: i64,
    points: (i64, i64),
    policy: TakeBack,
) -> Option<i64> {
    let version = store.purchase(purchase).await.unwrap().unwrap().version;
    let new = return_of(purchase, number, points.0, points.1);
    assert_eq!(store.put_return(&new, version, None, NOW).await.unwrap(), Written::Done);
    let confirm = update(&new.id, version + 1, "");
    let body = |taken: i64| Ok(taken.to_string());
    match store.confirm_return(&confirm, policy, &[], &body).await.unwrap() {
        Written::Done => {
            let returns = store.returns(purchase).await.unwrap();
            let confirmed = returns.iter().find(|record| record.id == new.id).unwrap();
            assert_eq!(confirmed.answer, confirmed.points_taken.to_string());
            Some(confirmed.points_taken)
        }
        Written::NoRoom => None,
        Written::Stale => panic!("there is no other writer"),
    }
}

/// Kind, points and expiry of each entry, oldest first.
async fn entries(store: &Store) -> Vec<(String, i64, Option<i64>)> {
    let entries = store.point_entries(MEMBER, 100).await.unwrap();
    let entry = |entry: &PointEntry| (entry.kind.clone(), entry.points, entry.expires_at);
    entries.iter().rev().map(entry).collect()
}

fn entry(kind: &str, points: i64, expires_at: Option<i64>) -> (String, i64, Option<i64>) {
    (kind.to_owned(), points, expires_at)
}

async fn the_soonest_expiring_points_are_spent_first(database: &Database) {
    let store = database.open().await;
    import_member(&store, 10, NOW).await;
    buy(&store, "late", 0, 20, until(NOW + 9 * DAY)).await;
    buy(&store, "soon", 0, 30, until(NOW + 2 * DAY)).await;
    assert_eq!(balance(&store, NOW + 1).await.expiring, [(NOW + 2 * DAY, 30), (NOW + 9 * DAY, 20)]);
    buy(&store, "p", 45, 0, FOREVER).await;
    assert_eq!(
        entries(&store).await.split_off(3),
        [entry("spent", -30, Some(NOW + 2 * DAY)), entry("spent", -15, Some(NOW + 9 * DAY))]
    );
    let after = balance(&store, NOW + 1).await;
    assert_eq!((after.available, after.expiring), (15, vec![(NOW + 9 * DAY, 5)]));
}

async fn points_wait_live_and_expire(database: &Database) {
    let store = database.open().await;
    import_member(&store, 10, NOW).await;
    let validity = Validity { active_from: NOW + DAY, expires_at: Some(NOW + 3 * DAY) };
    buy(&store, "p", 0, 40, validity).await;
    assert_eq!(points_now(&store, NOW + 1).await, (10, 40, 0));
    assert_eq!(
        store.put_calculation(&calculation("q", 11, 0), &[], None, NOW).await.unwrap(),
        Written::NoRoom,
        "pending points cannot be reserved"
    );
    assert_eq!(points_now(&store, NOW + DAY - 1).await, (10, 40, 0));
    assert_eq!(points_now(&store, NOW + DAY).await, (50, 0, 0));
    assert_eq!(points_now(&store, NOW + 3 * DAY - 1).await, (50, 0, 0));
    let overdue = balance(&store, NOW + 3 * DAY).await;
    assert_eq!((overdue.available, overdue.expired), (10, 40));

    assert_eq!(store.expire(NOW + 3 * DAY - 1).await.unwrap().lots, 0);
    assert_eq!(store.expire(NOW + 3 * DAY).await.unwrap().lots, 1);
    assert_eq!(store.expire(NOW + 3 * DAY).await.unwrap().lots, 0, "once is enough");
    assert_eq!(balance(&store, NOW + 3 * DAY).await, overdue);
    assert_eq!(entries(&store).await.pop(), Some(entry("expired", -40, Some(NOW + 3 * DAY))));
}

/// The till has told the member that these points pay.
async fn reserved_points_outlive_their_expiry_until_confirmed(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    buy(&store, "earned", 0, 40, until(NOW + 10)).await;
    let purchase = calculation("p", 40, 0);
    assert_eq!(store.put_calculation(&purchase, &[], None, NOW).await.unwrap(), Written::Done);
    assert_eq!(store.expire(NOW + 10).await.unwrap().lots, 0);
    let confirm = PurchaseUpdate { at: NOW + 11, ..update("p", 1, "x") };
    assert_eq!(commit(&store, &confirm, FOREVER).await, Written::Done);
    let after = balance(&store, NOW + 11).await;
    assert_eq!((after.available, after.spent, after.expired), (0, 40, 0));
}

async fn a_second_import_of_the_same_points_changes_nothing(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "p", 30, 7, FOREVER).await;
    let (before, ledger) = (balance(&store, NOW + 1).await, entries(&store).await);
    import_member(&store, 100, NOW + 1).await;
    assert_eq!((balance(&store, NOW + 1).await, entries(&store).await), (before, ledger));
    // Only the difference to the import before is added: points spent and earned meanwhile stay.
    import_member(&store, 120, NOW + 1).await;
    assert_eq!(points_now(&store, NOW + 1).await, (97, 0, 0));
    import_member(&store, 90, NOW + 1).await;
    assert_eq!(points_now(&store, NOW + 1).await, (67, 0, 0));
    assert_eq!(entries(&store).await.pop(), Some(entry("imported", -30, None)));
}

async fn an_import_below_what_is_left_leaves_a_debt(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "p", 70, 0, FOREVER).await;
    import_member(&store, 20, NOW + 1).await;
    assert_eq!(points_now(&store, NOW + 1).await, (-50, 0, 0));
    buy(&store, "q", 0, 60, FOREVER).await;
    assert_eq!(points_now(&store, NOW + 1).await, (10, 0, 0), "new points pay the debt");
    let greedy = store.put_calculation(&calculation("r", 11, 0), &[], None, NOW).await.unwrap();
    assert_eq!(greedy, Written::NoRoom);
}

/// The member earned 50, and has spent 80 of the 150 since.
async fn earned_and_spent(database: &Database) -> Store {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "p", 0, 50, until(NOW + DAY)).await;
    buy(&store, "q", 130, 0, FOREVER).await;
    assert_eq!(points_now(&store, NOW + 1).await, (20, 0, 0));
    store
}

async fn a_return_that_is_blocked_leaves_no_trace(database: &Database) {
    let store = earned_and_spent(database).await;
    let (before, ledger) = (balance(&store, NOW + 1).await, entries(&store).await);
    assert_eq!(give_back(&store, "p", 1, (0, 21), TakeBack::Block).await, None);
    assert_eq!((balance(&store, NOW + 1).await, entries(&store).await), (before, ledger));
    assert_eq!(store.returns("p").await.unwrap()[0].answer, "calculated");
    assert_eq!(give_back(&store, "p", 2, (0, 20), TakeBack::Block).await, Some(20));
    assert_eq!(points_now(&store, NOW + 1).await, (0, 0, 0));
}

async fn a_return_may_leave_a_debt(database: &Database) {
    let store = earned_and_spent(database).await;
    assert_eq!(give_back(&store, "p", 1, (0, 30), TakeBack::Negative).await, Some(30));
    assert_eq!(give_back(&store, "p", 2, (0, 20), TakeBack::Negative).await, Some(20));
    let after = balance(&store, NOW + 1).await;
    assert_eq!((after.available, after.accrued, after.spent), (-30, 100, 130));
    // A debt does not expire with the points that were taken back.
    store.expire(NOW + 2 * DAY).await.unwrap();
    assert_eq!(points_now(&store, NOW + 2 * DAY).await, (-30, 0, 0));
    let burn = store.put_calculation(&calculation("r", 1, 0), &[], None, NOW).await.unwrap();
    assert_eq!(burn, Written::NoRoom);
}

async fn a_return_may_take_only_what_is_left(database: &Database) {
    let store = earned_and_spent(database).await;
    assert_eq!(give_back(&store, "p", 1, (0, 30), TakeBack::Left).await, Some(20));
    assert_eq!(give_back(&store, "p", 2, (0, 20), TakeBack::Left).await, Some(0));
    let after = balance(&store, NOW + 1).await;
    assert_eq!((after.available, after.accrued, after.spent), (0, 130, 130));
}

async fn what_has_expired_is_not_taken_again(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW - 2 * DAY).await;
    for (purchase, swept) in [("p", false), ("q", true)] {
        buy(&store, purchase, 0, 50, Validity { active_from: NOW - 2 * DAY, expires_at: Some(NOW - DAY) })
            .await;
        if swept {
            assert_eq!(store.expire(NOW).await.unwrap().lots, 2);
        }
        assert_eq!(give_back(&store, purchase, 1, (0, 30), TakeBack::Negative).await, Some(0), "{purchase}");
        assert_eq!(points_now(&store, NOW).await, (0, 0, 0));
    }
}

async fn burned_points_come_back_with_their_expiry(database: &Database) {
    let store = database.open().await;
    import_member(&store, 10, NOW).await;
    buy(&store, "soon", 0, 30, until(NOW + 2 * DAY)).await;
    buy(&store, "p", 35, 4, FOREVER).await;
    for (number, points, available) in [(1, (8, 1), 9 + 7), (2, (27, 3), 40)] {
        assert_eq!(give_back(&store, "p", number, points, TakeBack::Block).await, Some(points.1));
        assert_eq!(points_now(&store, NOW + 1).await, (available, 0, 0));
    }
    // The last taken came back first: 5 that never expire, then 3 and 27 of those that do.
    let given: Vec<_> = entries(&store).await.into_iter().filter(|entry| entry.0 == "given_back").collect();
    let soon = Some(NOW + 2 * DAY);
    assert_eq!(
        given,
        [entry("given_back", 5, None), entry("given_back", 3, soon), entry("given_back", 27, soon)]
    );
    let Balance { accrued, spent, expiring, .. } = balance(&store, NOW + 1).await;
    assert_eq!((accrued, spent, expiring), (40, 0, vec![(NOW + 2 * DAY, 30)]));
    assert_eq!(points_now(&store, NOW + 2 * DAY).await, (10, 0, 0));
}

async fn returns_are_dropped_or_expire(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "p", 40, 4, FOREVER).await;
    let before = balance(&store, NOW + 1).await;
    let put = async |number, version| {
        let written = store.put_return(&return_of("p", number, 40, 4), version, None, NOW).await;
        written.unwrap()
    };
    assert_eq!(put(1, 2).await, Written::Done);
    assert_eq!(put(2, 2).await, Written::Stale, "it was worked out without the first");
    assert_eq!(store.cancel_return(&update("p-r1", 3, "cancelled")).await.unwrap(), Written::Done);
    assert_eq!(put(2, 4).await, Written::Done);
    let body = |_: i64| Ok("confirmed".to_owned());
    let late = PurchaseUpdate { at: TIMEOUT, ..update("p-r2", 5, "") };
    for update in [update("p-r1", 5, ""), late, update("p-r2", 4, ""), update("p-r3", 5, "")] {
        let written = store.confirm_return(&update, TakeBack::Block, &[], &body).await.unwrap();
        assert_eq!(written, Written::Stale, "{update:?}");
    }
    assert_eq!(store.expire(TIMEOUT).await.unwrap().calculations, 1);
    let returns = store.returns("p").await.unwrap();
    let states: Vec<_> = returns.iter().map(|record| record.state.name()).collect();
    assert_eq!(states, ["cancelled", "expired"]);
    assert_eq!(balance(&store, NOW + 1).await, before);
    // A purchase that is not confirmed has nothing to return.
    let open = Purchase { version: 0, ..calculation("q", 0, 0) };
    assert_eq!(store.put_calculation(&open, &[], None, NOW).await.unwrap(), Written::Done);
    let written = store.put_return(&return_of("q", 1, 0, 0), 1, None, NOW).await.unwrap();
    assert_eq!(written, Written::Stale);
}

async fn no_return_takes_reserved_points(database: &Database) {
    for (policy, taken, available) in
        [(TakeBack::Block, None, 0), (TakeBack::Left, Some(0), 0), (TakeBack::Negative, Some(50), -50)]
    {
        let store = database.open().await;
        store.revert_to(0).await.unwrap();
        store.migrate().await.unwrap();
        import_member(&store, 0, NOW).await;
        buy(&store, "p", 0, 50, FOREVER).await;
        let written = store.put_calculation(&calculation("q", 50, 0), &[], None, NOW).await.unwrap();
        assert_eq!(written, Written::Done);
        assert_eq!(give_back(&store, "p", 1, (0, 50), policy).await, taken);
        assert_eq!(points_now(&store, NOW + 1).await, (available, 0, 50));
        assert_eq!(store.verify(NOW + 1).await.unwrap(), []);
        let confirmed = commit(&store, &update("q", 1, "x"), FOREVER).await;
        assert_eq!(confirmed, Written::Done, "{policy:?}");
        assert_eq!(points_now(&store, NOW + 1).await, (available, 0, 0));
        store.close().await;
    }
}
