//! Amounts that are too large to be added up, in the store on both databases: they are not let in, and one that is there
//! already costs nobody else anything.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;
#[path = "life/purchases.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod purchases;

use databases::{Database, on_both_databases};
use purchases::{FOREVER, MEMBER, NOW, SCOPE, TIMEOUT, buy, calculation, import_member, one_use};
use store::{ENTRY_MAX, Grant, MemberProfile, MemberRow, Store, StoreError, Written};

on_both_databases!(
    what_is_too_large_is_not_stored,
    an_account_with_too_large_entries_is_named_and_the_others_are_checked,
    a_counter_beyond_all_limits_leaves_no_room,
);

fn is_too_large<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::TooLarge(_)))
}

async fn what_is_too_large_is_not_stored(database: &Database) {
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    for purchase in [calculation("p", 0, ENTRY_MAX + 1), calculation("p", ENTRY_MAX + 1, 0)] {
        assert!(is_too_large(store.put_calculation(&purchase, &[], None, NOW).await));
    }
    let mut grant = one_use(1);
    grant.taken.money = ENTRY_MAX + 1;
    assert!(is_too_large(store.put_calculation(&calculation("p", 0, 0), &[grant], None, NOW).await));
    assert_eq!(store.purchase("p").await.unwrap(), None);
    let profile = MemberProfile { points: Some(("0".to_owned(), ENTRY_MAX + 1)), ..MemberProfile::default() };
    let row = MemberRow { id: MEMBER.to_owned(), profile: Some(profile), attributes: Vec::new() };
    assert!(is_too_large(store.write_members(&[row], NOW).await));
    buy(&store, "p", 0, ENTRY_MAX, FOREVER).await;
    assert_eq!(store.points_available(MEMBER, "", NOW).await.unwrap(), ENTRY_MAX);
}

/// Adds to an entry and to its lot, as a release did that let in too much.
async fn add(database: &Database, member: &str, points: i64) {
    for sql in [
        format!(
            "UPDATE point_entries SET points = points + {points} 
                 WHERE member_id = '{member}' AND kind = 'earned' AND purchase_id IN ('p', 'q')"
        ),
        format!(
            "UPDATE point_lots SET remaining = remaining + {points} WHERE member_id = '{member}'
                 AND purchase_id IN ('p', 'q')"
        ),
    ] {
        database.tamper(&sql).await;
    }
}

async fn checked(store: &Store) -> Vec<(String, i128, i128)> {
    let mismatches = store.verify(NOW).await.unwrap();
    mismatches.into_iter().map(|found| (found.subject, found.expected, found.found)).collect()
}

async fn an_account_with_too_large_entries_is_named_and_the_others_are_checked(database: &Database) {
    let store = database.open().await;
    import_member(&store, 100, NOW).await;
    for id in ["p", "q"] {
        buy(&store, id, 0, 4, FOREVER).await;
    }
    let profile = MemberProfile { points: Some(("7".to_owned(), 7)), ..MemberProfile::default() };
    let other = MemberRow { id: "other".to_owned(), profile: Some(profile), attributes: Vec::new() };
    store.write_members(&[other], NOW).await.unwrap();
    let much = i64::MAX - 4;
    add(database, MEMBER, much).await;
    let of_entry = (i128::from(ENTRY_MAX), i128::from(i64::MAX));
    let of_purchase = (4, i128::from(i64::MAX));
    let expected = [("p", of_purchase), ("q", of_purchase), ("m/2", of_entry), ("m/3", of_entry)];
    let expected = expected.map(|(subject, (expected, found))| (subject.to_owned(), expected, found));
    assert_eq!(checked(&store).await, expected);

    // Its member can still be asked for, and buy.
    assert_eq!(store.points_available(MEMBER, "", NOW).await.unwrap(), i64::MAX);
    assert_eq!(store.balance(MEMBER, "", NOW).await.unwrap().accrued, i64::MAX);
    buy(&store, "r", 5, 1, FOREVER).await;

    database.tamper("UPDATE point_lots SET remaining = 8 WHERE member_id = 'other'").await;
    let found = checked(&store).await;
    assert!(found.contains(&("other".to_owned(), 7, 8)), "{found:?}");
    database.tamper("UPDATE point_lots SET remaining = 7 WHERE member_id = 'other'").await;
    add(database, MEMBER, -much).await;
}

async fn a_counter_beyond_all_limits_leaves_no_room(database: &Database) {
    let store = database.open().await;
    let limited = |id: &str| (calculation(id, 0, 0), one_use(9));
    let (purchase, grant) = limited("p");
    let put =
        async |purchase, grants: &[Grant]| store.put_calculation(purchase, grants, None, NOW).await.unwrap();
    assert_eq!(put(&purchase, &[grant]).await, Written::Done);
    let sql = format!("UPDATE counter_grants SET money = {0}, uses = {0}", i64::MAX);
    database.tamper(&sql).await;
    let sql = format!("UPDATE counters SET money = {0}, uses = {0}", i64::MAX);
    database.tamper(&sql).await;
    let usage = store.usage(&[SCOPE.to_owned()], "", NOW).await.unwrap();
    assert_eq!(usage.first().map(|usage| usage.taken.uses), Some(i64::MAX));
    let (purchase, grant) = limited("q");
    assert_eq!(put(&purchase, &[grant]).await, Written::NoRoom);
    database.tamper("UPDATE counters SET money = 0, uses = 0").await;
    store.expire(TIMEOUT).await.unwrap();
}
