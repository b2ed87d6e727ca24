//! Purchases, members and calls for the tests.

use crate::databases::commit;
use store::{
    Balance, Counts, Grant, Idempotent, MemberProfile, MemberRow, Most, Purchase, PurchaseState,
    PurchaseUpdate, ReturnRecord, Store, Validity, Written,
};

/// When the tests begin, in seconds since 1970.
pub(crate) const NOW: i64 = 1_800_000_000;
/// When calculations made at [`NOW`] expire.
pub(crate) const TIMEOUT: i64 = NOW + 1_800;
/// Points that can be spent at once and never expire.
pub(crate) const FOREVER: Validity = Validity { active_from: NOW, expires_at: None };
/// The member of the tests.
pub(crate) const MEMBER: &str = "m";

/// Imports the member with this balance.
pub(crate) async fn import_member(store: &Store, points_imported: i64, at: i64) {
    let profile = MemberProfile {
        points: Some((points_imported.to_string(), points_imported)),
        identifiers: Some(vec![("card".to_owned(), "1".to_owned())]),
        ..MemberProfile::default()
    };
    let row = MemberRow { id: MEMBER.to_owned(), profile: Some(profile), attributes: Vec::new() };
    store.write_members(&[row], at).await.unwrap();
}

/// A calculation of the member's purchase, made at [`NOW`].
pub(crate) fn calculation(id: &str, points_spent: i64, points_earned: i64) -> Purchase {
    Purchase {
        id: id.to_owned(),
        state: PurchaseState::Calculated,
        version: 0,
        request: format!("request {id}"),
        answer: format!("calculated {id}"),
        plan: "sha256:".to_owned(),
        revision: 1,
        member_id: Some(MEMBER.to_owned()),
        pos: None,
        card: None,
        messages: Vec::new(),
        attributes: "{}".to_owned(),
        inputs: Some(format!("inputs {id}")),
        sold: Some(format!("sold {id}")),
        sequence: Some(4),
        grants: Some(format!("grants {id}")),
        warnings: None,
        points_spent,
        points_earned,
        expires_at: Some(TIMEOUT),
        coupons: Vec::new(),
        results: None,
    }
}

/// An update of a purchase at this version.
pub(crate) fn update(id: &str, version: i64, answer: &str) -> PurchaseUpdate {
    PurchaseUpdate {
        id: id.to_owned(),
        version,
        answer: answer.to_owned(),
        key: None,
        at: NOW + 1,
        results: None,
        gives_back_coupons: false,
    }
}

/// The key of a call.
pub(crate) fn key(name: &str, fingerprint: &str) -> Idempotent {
    Idempotent { caller: "till".to_owned(), key: name.to_owned(), fingerprint: fingerprint.to_owned() }
}

/// One use of an offer that is limited to `most` uses.
pub(crate) fn one_use(most: i64) -> Grant {
    Grant {
        offer: "limited".to_owned(),
        scope: SCOPE.to_owned(),
        taken: Counts { uses: 1, money: 500, points: 7 },
        most: Most { uses: Some(most), money: None, points: None },
    }
}

/// The counter of [`one_use`].
pub(crate) const SCOPE: &str = r#"["total","","ever",""]"#;

/// Calculates and confirms a purchase.
pub(crate) async fn buy(store: &Store, id: &str, points_spent: i64, points_earned: i64, earned: Validity) {
    let purchase = calculation(id, points_spent, points_earned);
    assert_eq!(store.put_calculation(&purchase, &[], None, NOW).await.unwrap(), Written::Done);
    let confirmed = commit(store, &update(id, 1, &format!("confirmed {id}")), earned).await;
    assert_eq!(confirmed, Written::Done);
}

/// A calculated return of a purchase.
pub(crate) fn return_of(purchase_id: &str, number: i64, points_back: i64, points_taken: i64) -> ReturnRecord {
    ReturnRecord {
        id: format!("{purchase_id}-r{number}"),
        purchase_id: purchase_id.to_owned(),
        number,
        state: PurchaseState::Calculated,
        request: "{}".to_owned(),
        answer: "calculated".to_owned(),
        lines: Some("lines".to_owned()),
        points_back,
        points_taken,
        expires_at: Some(TIMEOUT),
    }
}

/// The balance, after checking that its parts add up.
pub(crate) async fn balance(store: &Store, at: i64) -> Balance {
    let balance = store.balance(MEMBER, "", at).await.unwrap();
    let Balance { available, pending, reserved, accrued, spent, expired, .. } = &balance;
    assert_eq!(*accrued, available + pending + reserved + spent + expired, "{balance:?}");
    assert_eq!(*available, store.points_available(MEMBER, "", at).await.unwrap());
    balance
}

/// Available, pending and reserved points.
pub(crate) async fn points_now(store: &Store, at: i64) -> (i64, i64, i64) {
    let balance = balance(store, at).await;
    (balance.available, balance.pending, balance.reserved)
}
