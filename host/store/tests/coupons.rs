//! Pools of coupon codes: their codes, and what purchases do with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, commit, entry, on_both_databases};
use store::{
    Confirmation, ConfirmationTexts, Confirmed, CouponClaim, CouponIssue, CouponPool, Exceeded, Import,
    ImportBatch, ImportProgress, ImportState, IssueAnswer, Issued, MemberProfile, MemberRow, NewCoupon,
    NewCoupons, NewResult, Purchase, PurchaseState, PurchaseUpdate, ResultKind, Results, Store, Validity,
    Written,
};

on_both_databases!(
    codes_are_added_once,
    every_code_is_issued_to_one_member,
    a_code_is_reserved_used_and_free_again,
    a_late_confirmation_takes_its_code,
    expired_codes_are_swept,
    a_member_has_the_codes_that_can_still_be_used,
);

const NOW: i64 = 1_800_000_000;
const TIMEOUT: i64 = NOW + 1_800;

/// A store with the member `m` and a pool.
async fn open(database: &Database, uses: i64, expires_at: Option<i64>) -> Store {
    let store = database.open().await;
    let profile = Some(MemberProfile::default());
    let member = MemberRow { id: "m".to_owned(), profile, attributes: Vec::new() };
    store.write_members(&[member], NOW).await.unwrap();
    let (name, offer) = ("pool".to_owned(), "o".to_owned());
    let pool = CouponPool { name, offer, uses, expires_at, revision: 0 };
    let revision = store.create_coupon_pool(&pool, &entry(NOW)).await.unwrap();
    let pool = CouponPool { revision, ..pool };
    assert_eq!(store.coupon_pool("pool").await.unwrap(), Some(pool.clone()));
    assert_eq!(store.coupon_pools_at(revision).await.unwrap(), [pool]);
    assert_eq!(store.coupon_pools_at(revision - 1).await.unwrap(), []);
    assert_eq!(store.plan_revision().await.unwrap(), revision, "plans know their pools");
    store
}

fn coupon(code: &str, member_id: Option<&str>) -> NewCoupon {
    NewCoupon { key: code.to_lowercase(), code: code.to_owned(), member_id: member_id.map(str::to_owned) }
}

/// Adds codes by an import of its own; returns how many were new and how many were not.
async fn add(store: &Store, id: &str, coupons: Vec<NewCoupon>) -> (i64, i64) {
    let import = Import {
        id: id.to_owned(),
        kind: "coupons".to_owned(),
        state: ImportState::Running,
        options: "{}".to_owned(),
        fingerprint: String::new(),
        rows_total: 0,
        bytes_total: 0,
        progress: ImportProgress::default(),
        revisions: None,
        detail: String::new(),
        node: "n".to_owned(),
        silent_ms: 0,
        created_at: NOW,
        updated_at: NOW,
    };
    assert!(store.create_import(&import, &entry(NOW)).await.unwrap());
    let batch = ImportBatch {
        members: Vec::new(),
        coupons: Some(NewCoupons { pool: "pool".to_owned(), coupons }),
        errors: Vec::new(),
        begins_at: 0,
        progress: ImportProgress::default(),
        is_last: true,
    };
    let progress = store.apply_import((id, "n"), &batch, NOW).await.unwrap().unwrap();
    (progress.applied, progress.unchanged)
}

fn calculation(id: &str, version: i64, claims: &[(&str, i64)]) -> Purchase {
    let claim = |(key, most): &(&str, i64)| CouponClaim { key: (*key).to_owned(), most: *most };
    Purchase {
        id: id.to_owned(),
        state: PurchaseState::Calculated,
        version,
        request: "{}".to_owned(),
        answer: format!("calculated {id}"),
        plan: "sha256:".to_owned(),
        revision: 1,
        member_id: None,
        attributes: "{}".to_owned(),
        inputs: None,
        sold: None,
        points_spent: 0,
        points_earned: 0,
        expires_at: Some(TIMEOUT),
        sequence: None,
        grants: None,
        warnings: None,
        pos: None,
        card: None,
        messages: Vec::new(),
        coupons: claims.iter().map(claim).collect(),
        results: None,
    }
}

async fn calculate(store: &Store, id: &str, version: i64, claims: &[(&str, i64)], at: i64) -> Written {
    store.put_calculation(&calculation(id, version, claims), &[], None, at).await.unwrap()
}

fn update(id: &str, version: i64, at: i64) -> PurchaseUpdate {
    PurchaseUpdate {
        id: id.to_owned(),
        version,
        answer: "done".to_owned(),
        key: None,
        at,
        results: None,
        gives_back_coupons: false,
    }
}

async fn confirm(store: &Store, id: &str, version: i64) -> Written {
    let earned = Validity { active_from: NOW, expires_at: None };
    commit(store, &update(id, version, NOW + 1), earned).await
}

/// Uses, reservations and latest purchase of a code.
async fn state(store: &Store, key: &str, now: i64) -> (i64, i64, Option<String>) {
    let coupon = store.coupon(key, now).await.unwrap().unwrap();
    (coupon.uses, coupon.reserved, coupon.purchase_id)
}

fn by(purchase: &str) -> Option<String> {
    Some(purchase.to_owned())
}

async fn codes_are_added_once(database: &Database) {
    let store = open(database, 1, None).await;
    let three = || vec![coupon("A", None), coupon("B", Some("m")), coupon("C", None)];
    assert_eq!(add(&store, "first", three()).await, (3, 0));
    assert_eq!(add(&store, "again", three()).await, (0, 3));
    let known = store.known_coupons(&["a".to_owned(), "x".to_owned()]).await.unwrap();
    assert_eq!(known, [("a".to_owned(), "pool".to_owned())]);
    let page = store.coupons("pool", "a", 10, NOW).await.unwrap();
    let codes: Vec<_> = page.iter().map(|coupon| (coupon.code.as_str(), coupon.issued)).collect();
    assert_eq!(codes, [("B", true), ("C", false)]);
    let counts = store.count_coupons("pool", NOW).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|count| (count.issued, count.codes)).collect();
    assert_eq!(counts, [(false, 2), (true, 1)]);
}

async fn issue(store: Store) -> Issued {
    let answer = |code: &str| {
        let results = Results { at: NOW, events: "[]".to_owned() };
        let (kind, member_id) = (ResultKind::Member, Some("m".to_owned()));
        let result = NewResult { id: code.to_owned(), kind, member_id, purchase_id: None, results };
        Ok(IssueAnswer { body: code.to_owned(), result })
    };
    let (pool, member_id) = ("pool".to_owned(), "m".to_owned());
    let issue = CouponIssue { pool, member_id, key: None, at: NOW };
    store.issue_coupon(&issue, &answer).await.unwrap()
}

async fn every_code_is_issued_to_one_member(database: &Database) {
    let store = open(database, 1, None).await;
    let codes = (0..20).map(|number| coupon(&format!("C{number:02}"), None));
    add(&store, "codes", codes.collect()).await;
    // One code is at a till, another was used there.
    assert_eq!(calculate(&store, "p", 0, &[("c00", 1)], NOW).await, Written::Done);
    assert_eq!(calculate(&store, "q", 0, &[("c07", 1)], NOW).await, Written::Done);
    assert_eq!(confirm(&store, "q", 1).await, Written::Done);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        callers.spawn(issue(store.clone()));
    }
    let mut codes: Vec<String> = Vec::new();
    for issued in callers.join_all().await {
        match issued {
            Issued::Done(code) => codes.push(code),
            other => assert_eq!(other, Issued::Empty),
        }
    }
    codes.sort();
    let expected: Vec<String> =
        (0..20).filter(|number| ![0, 7].contains(number)).map(|number| format!("C{number:02}")).collect();
    assert_eq!(codes, expected, "each once, without those at the till");
    let coupon = store.coupon("c01", NOW).await.unwrap().unwrap();
    assert_eq!((coupon.issued, coupon.member_id.as_deref()), (true, Some("m")));
    // Nobody else can use it.
    assert_eq!(calculate(&store, "r", 0, &[("c01", 1)], NOW).await, Written::NoRoom);
}

async fn a_code_is_reserved_used_and_free_again(database: &Database) {
    let store = open(database, 2, None).await;
    add(&store, "codes", vec![coupon("A", None), coupon("B", None)]).await;
    assert_eq!(calculate(&store, "p", 0, &[("a", 2), ("b", 2)], NOW).await, Written::Done);
    assert_eq!(state(&store, "a", NOW).await, (0, 1, by("p")));
    // Calculated again with one code less.
    assert_eq!(calculate(&store, "p", 1, &[("a", 2)], NOW).await, Written::Done);
    assert_eq!(state(&store, "a", NOW).await, (0, 1, by("p")));
    assert_eq!(state(&store, "b", NOW).await, (0, 0, None));
    assert_eq!(calculate(&store, "q", 0, &[("a", 2)], NOW).await, Written::Done);
    assert_eq!(calculate(&store, "r", 0, &[("a", 2)], NOW).await, Written::NoRoom, "two uses, both reserved");
    let found = store.find_coupons(&["a".to_owned()], "q", NOW).await.unwrap();
    assert_eq!((found[0].used, found[0].reserved, found[0].most), (0, 1, 2), "its own does not count");
    let cancelled = store.cancel(&update("q", 1, NOW)).await.unwrap();
    assert_eq!((cancelled, state(&store, "a", NOW).await), (Written::Done, (0, 1, by("p"))));
    assert_eq!(confirm(&store, "p", 2).await, Written::Done);
    assert_eq!(state(&store, "a", NOW).await, (1, 0, by("p")));
    let used = store.coupons_of_purchase("p").await.unwrap();
    assert_eq!((used.len(), used[0].code.as_str(), used[0].offer.as_str()), (1, "A", "o"));
    // What times out is free by the time alone.
    assert_eq!(calculate(&store, "r", 0, &[("a", 2)], NOW).await, Written::Done);
    assert_eq!(calculate(&store, "s", 0, &[("a", 2)], NOW).await, Written::NoRoom);
    assert_eq!(calculate(&store, "s", 0, &[("a", 2)], TIMEOUT).await, Written::Done);
}

async fn a_late_confirmation_takes_its_code(database: &Database) {
    let store = open(database, 1, None).await;
    add(&store, "codes", vec![coupon("A", None)]).await;
    assert_eq!(calculate(&store, "p", 0, &[("a", 1)], NOW).await, Written::Done);
    store.expire(TIMEOUT).await.unwrap();
    assert_eq!(state(&store, "a", TIMEOUT).await, (0, 0, None));
    // Another till uses the code, and the first one was paid all the same.
    assert_eq!(calculate(&store, "q", 0, &[("a", 1)], TIMEOUT).await, Written::Done);
    assert_eq!(confirm(&store, "q", 1).await, Written::Done);
    let update = update("p", 2, TIMEOUT + 1);
    let earned = Validity { active_from: NOW, expires_at: None };
    let confirmation = Confirmation { update: &update, earned, late: Some(&[]), paid: false };
    let told =
        |exceeded: &Exceeded| Ok(ConfirmationTexts { answer: exceeded.coupons.join(" "), warnings: None });
    let confirmed = store.confirm(&confirmation, &told).await.unwrap();
    assert_eq!(confirmed, Confirmed::Done("A".to_owned()), "the answer tells of it");
    assert_eq!(state(&store, "a", TIMEOUT + 1).await, (2, 0, by("p")));
}

async fn expired_codes_are_swept(database: &Database) {
    let store = open(database, 1, Some(NOW + 100)).await;
    let codes = (0..2_500).map(|number| coupon(&format!("C{number}"), None));
    assert_eq!(add(&store, "codes", codes.collect()).await, (2_500, 0));
    assert_eq!(calculate(&store, "p", 0, &[("c0", 1)], NOW).await, Written::Done);
    assert_eq!(confirm(&store, "p", 1).await, Written::Done);
    assert_eq!(store.sweep_coupons(NOW + 100).await.unwrap(), 0);
    assert_eq!(store.sweep_coupons(NOW + 101).await.unwrap(), 2_500);
    assert_eq!(store.coupon("c0", NOW).await.unwrap(), None);
    assert!(store.coupon_pool("pool").await.unwrap().is_some(), "the pool stays: plans name it");
}

async fn a_member_has_the_codes_that_can_still_be_used(database: &Database) {
    let store = open(database, 1, Some(NOW + 1_000)).await;
    add(&store, "i-1", vec![coupon("A", Some("m")), coupon("B", Some("m")), coupon("C", None)]).await;
    let codes = async |at: i64, most: i64| -> Vec<(String, i64)> {
        let found = store.coupons_of_member("m", most, at).await.unwrap();
        assert!(found.iter().all(|found| found.pool == "pool" && found.most == 1 && found.used == 0));
        found.into_iter().map(|found| (found.code, found.reserved)).collect()
    };
    let is = |code: &str, reserved: i64| (code.to_owned(), reserved);
    assert_eq!(codes(NOW, 9).await, [is("A", 0), is("B", 0)]);
    assert_eq!(codes(NOW, 1).await, [is("A", 0)]);
    assert_eq!(store.coupons_of_member("nobody", 9, NOW).await.unwrap(), []);
    let purchase = Purchase { member_id: Some("m".to_owned()), ..calculation("p", 0, &[("b", 1)]) };
    assert_eq!(store.put_calculation(&purchase, &[], None, NOW).await.unwrap(), Written::Done);
    assert_eq!(codes(NOW, 9).await, [is("A", 0), is("B", 1)], "an open purchase holds one");
    assert_eq!(confirm(&store, "p", 1).await, Written::Done);
    assert_eq!(codes(NOW, 9).await, [is("A", 0)], "what is used is gone");
    assert_eq!(codes(NOW + 1_000, 9).await, [], "as is what has expired");
}
