//! Confirmations after the time-out, and of members who were blocked meanwhile.

use store::{
    Confirmation, ConfirmationTexts, Confirmed, Counts, Exceeded, Grant, Most, PurchaseState, PurchaseUpdate,
    Store, Validity, Written,
};

use crate::databases::{Database, commit, entry, on_both_databases};
use crate::purchases::{
    FOREVER, MEMBER, NOW, SCOPE, TIMEOUT, balance, buy, calculation, import_member, key, one_use, points_now,
    return_of, update,
};

on_both_databases!(
    a_late_confirmation_takes_everything_again,
    a_late_confirmation_goes_beyond_what_is_left,
    a_late_confirmation_leaves_reserved_points_to_others,
    a_debt_of_a_late_confirmation_is_given_back,
    a_late_confirmation_happens_once,
    a_blocked_member_is_asked_for_before_the_time_out,
);

/// Confirms a purchase after its time-out. The answer lists what was taken beyond.
async fn confirm_late(store: &Store, id: &str, version: i64, grants: &[Grant]) -> Confirmed {
    let update = PurchaseUpdate { at: TIMEOUT + 9, ..update(id, version, "confirmed") };
    let confirmation = Confirmation { update: &update, earned: FOREVER, late: Some(grants), paid: false };
    store.confirm(&confirmation, &told).await.unwrap()
}

fn told(exceeded: &Exceeded) -> Result<ConfirmationTexts, store::StoreError> {
    let Exceeded { grants, coupons: _, points, blocked } = exceeded;
    let grants: Vec<_> = grants.iter().map(|grant| (&grant.offer, grant.taken)).collect();
    let warnings = (!grants.is_empty() || *points > 0).then(|| "beyond".to_owned());
    Ok(ConfirmationTexts { answer: format!("{grants:?} {points} {blocked}"), warnings })
}

async fn put(store: &Store, id: &str, points: i64, grants: &[Grant]) {
    let written = store.put_calculation(&calculation(id, points, 5), grants, None, NOW).await.unwrap();
    assert_eq!(written, Written::Done, "{id}");
}

async fn set_state(store: &Store, state: &str) {
    let _ = store.put_member_state(MEMBER, state, &entry(NOW)).await.unwrap();
}

async fn uses(store: &Store) -> i64 {
    let usage = store.usage(&[SCOPE.to_owned()], "", TIMEOUT + 9).await.unwrap();
    usage.first().map_or(0, |usage| usage.taken.uses)
}

async fn a_late_confirmation_takes_everything_again(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    // Before and after the expiry job has released what it reserved.
    for (id, version) in [("overdue", 1), ("swept", 2)] {
        put(&store, id, 40, &[one_use(2)]).await;
        if id == "swept" {
            store.expire(TIMEOUT).await.unwrap();
            assert_eq!(store.grants(id).await.unwrap(), []);
        }
        let confirmed = confirm_late(&store, id, version, &[one_use(2)]).await;
        assert_eq!(confirmed, Confirmed::Done("[] 0 false".to_owned()), "{id}");
        let stored = store.purchase(id).await.unwrap().unwrap();
        assert_eq!((stored.state, stored.answer.as_str()), (PurchaseState::Confirmed, "confirmed"));
        assert_eq!((stored.warnings, stored.expires_at), (None, None));
        let grant = Grant { most: Most::default(), ..one_use(2) };
        assert_eq!(store.grants(id).await.unwrap(), [grant]);
    }
    assert_eq!((uses(&store).await, points_now(&store, TIMEOUT + 9).await), (2, (30, 0, 0)));
    // What was taken is not released by the expiry job.
    store.expire(TIMEOUT + 99).await.unwrap();
    assert_eq!((uses(&store).await, points_now(&store, TIMEOUT + 9).await), (2, (30, 0, 0)));
}

async fn a_late_confirmation_goes_beyond_what_is_left(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, "p", 60, &[one_use(1)]).await;
    store.expire(TIMEOUT).await.unwrap();
    let other = store::Purchase { expires_at: Some(TIMEOUT + 99), ..calculation("q", 70, 0) };
    let written = store.put_calculation(&other, &[one_use(1)], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::Done);
    let confirm = PurchaseUpdate { at: TIMEOUT, ..update("q", 1, "x") };
    assert_eq!(commit(&store, &confirm, FOREVER).await, Written::Done);

    let limit = Most { uses: Some(1), money: Some(700), points: None };
    let confirmed = confirm_late(&store, "p", 2, &[Grant { most: limit, ..one_use(1) }]).await;
    let beyond = Counts { uses: 1, money: 300, points: 0 };
    assert_eq!(confirmed, Confirmed::Done(format!("{:?} 30 false", [("limited", beyond)])));
    assert_eq!(store.purchase("p").await.unwrap().unwrap().warnings.as_deref(), Some("beyond"));
    assert_eq!(uses(&store).await, 2);
    let after = balance(&store, TIMEOUT + 9).await;
    assert_eq!((after.available, after.spent), (100 - 70 - 60 + 5, 130));
}

async fn a_late_confirmation_leaves_reserved_points_to_others(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, "p", 60, &[]).await;
    store.expire(TIMEOUT).await.unwrap();
    let other = store::Purchase { expires_at: Some(TIMEOUT + 99), ..calculation("q", 70, 0) };
    let written = store.put_calculation(&other, &[], None, TIMEOUT).await.unwrap();
    assert_eq!(written, Written::Done);
    assert_eq!(confirm_late(&store, "p", 2, &[]).await, Confirmed::Done("[] 30 false".to_owned()));
    assert_eq!(points_now(&store, TIMEOUT + 9).await, (-30 + 5, 0, 70));
    let confirm = PurchaseUpdate { at: TIMEOUT + 9, ..update("q", 1, "x") };
    assert_eq!(commit(&store, &confirm, FOREVER).await, Written::Done);
    assert_eq!(points_now(&store, TIMEOUT + 9).await, (-30 + 5, 0, 0));
}

async fn a_debt_of_a_late_confirmation_is_given_back(database: &Database) {
    let store = database.open().await;
    import_member(&store, 60, NOW).await;
    put(&store, "p", 60, &[]).await;
    store.expire(TIMEOUT).await.unwrap();
    import_member(&store, 10, TIMEOUT).await;
    assert_eq!(confirm_late(&store, "p", 2, &[]).await, Confirmed::Done("[] 50 false".to_owned()));
    let new = return_of("p", 1, 60, 5);
    assert_eq!(store.put_return(&new, 3, None, NOW).await.unwrap(), Written::Done);
    let body = |taken: i64| Ok(format!("took {taken}"));
    let back = update("p-r1", 4, "");
    let written = store.confirm_return(&back, store::TakeBack::Negative, &[], &body).await.unwrap();
    assert_eq!(written, Written::Done);
    let after = balance(&store, TIMEOUT + 9).await;
    assert_eq!((after.available, after.spent), (10, 0));
}

async fn a_late_confirmation_happens_once(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    put(&store, "p", 60, &[one_use(1)]).await;
    store.expire(TIMEOUT).await.unwrap();
    assert_eq!(confirm_late(&store, "p", 1, &[one_use(1)]).await, Confirmed::Stale, "of another version");
    let update = PurchaseUpdate { key: Some(key("k", "f")), at: TIMEOUT, ..update("p", 2, "confirmed") };
    let confirmation = Confirmation { update: &update, earned: FOREVER, late: Some(&[]), paid: false };
    let done = Confirmed::Done("[] 0 false".to_owned());
    assert_eq!(store.confirm(&confirmation, &told).await.unwrap(), done);
    assert_eq!(store.stored_answer("till", "k").await.unwrap().unwrap().body, "[] 0 false");
    for version in [2, 3] {
        assert_eq!(confirm_late(&store, "p", version, &[one_use(1)]).await, Confirmed::Stale);
    }
    assert_eq!(points_now(&store, TIMEOUT + 9).await, (45, 0, 0));
}

async fn a_blocked_member_is_asked_for_before_the_time_out(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    buy(&store, "before", 10, 0, Validity { active_from: NOW, expires_at: None }).await;
    put(&store, "p", 60, &[one_use(3)]).await;
    let (points, open) = (points_now(&store, NOW).await, store.purchase("p").await.unwrap());
    set_state(&store, "blocked").await;
    assert_eq!(commit(&store, &update("p", 1, "confirmed"), FOREVER).await, Written::NoRoom);
    assert_eq!((points_now(&store, NOW).await, store.purchase("p").await.unwrap()), (points, open));

    // The customer has paid.
    let update = update("p", 1, "confirmed");
    let confirmation = Confirmation { update: &update, earned: FOREVER, late: None, paid: true };
    let confirmed = store.confirm(&confirmation, &told).await.unwrap();
    assert_eq!(confirmed, Confirmed::Done("[] 0 true".to_owned()));
    assert_eq!(points_now(&store, NOW + 1).await, (35, 0, 0));

    set_state(&store, "normal").await;
    put(&store, "late", 30, &[]).await;
    set_state(&store, "blocked").await;
    assert_eq!(confirm_late(&store, "late", 1, &[]).await, Confirmed::Done("[] 0 true".to_owned()));
    assert_eq!(points_now(&store, TIMEOUT + 9).await, (10, 0, 0));
}
