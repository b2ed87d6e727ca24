//! Catalogue, members and offers in the store through its public methods, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, entry, on_both_databases};
use store::{
    CatalogChange, CatalogRow, ImportMode, MemberProfile, MemberRow, OfferRecord, OfferRun, OfferState,
    OfferTemplate, Purchase, PurchaseState, Store, StoreError, Written,
};

on_both_databases!(
    migrations_go_up_down_and_up,
    a_delta_keeps_other_rows_and_a_full_import_drops_them,
    members_keep_the_revision_of_unchanged_attributes,
    absent_fields_of_a_row_are_kept,
    cards_move_and_members_that_were_not_written_can_be_removed,
    old_versions_of_an_offer_are_never_overwritten,
    a_draft_waits_beside_the_version_that_runs,
    many_offers_and_rows_are_one_change,
    templates_are_kept_by_name,
    the_past_stays_readable,
    purchases_are_found_again,
);

fn product(key: &str, body: &str) -> CatalogRow {
    CatalogRow { kind: "product".to_owned(), key: key.to_owned(), body: body.to_owned() }
}

fn member(id: &str, card: &str, attribute: &str) -> MemberRow {
    let profile = MemberProfile {
        state: Some("normal".to_owned()),
        points: Some(("12.50".to_owned(), 1_250)),
        identifiers: Some(vec![("card".to_owned(), card.to_owned())]),
        audiences: Some(vec!["a".to_owned(), "b".to_owned()]),
    };
    let attributes = vec![("terms".to_owned(), Some(attribute.to_owned()))];
    MemberRow { id: id.to_owned(), profile: Some(profile), attributes }
}

async fn import(store: &Store, members: Vec<MemberRow>) -> Result<(), StoreError> {
    store.write_members(&members, 0).await
}

async fn migrations_go_up_down_and_up(database: &Database) {
    let store = database.open().await;
    store.revert_to(0).await.unwrap();
    assert!(store.revision().await.is_err(), "the tables are gone");
    store.migrate().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 0);
}

async fn a_delta_keeps_other_rows_and_a_full_import_drops_them(database: &Database) {
    let store = database.open().await;
    for (mode, rows, after) in [
        (ImportMode::Delta, vec![product("1", "a"), product("2", "b")], vec!["a", "b"]),
        (ImportMode::Delta, vec![product("2", "c")], vec!["a", "c"]),
        (ImportMode::Full, vec![product("2", "c"), product("3", "d")], vec!["c", "d"]),
        (ImportMode::Delta, vec![product("1", "e")], vec!["e", "c", "d"]),
    ] {
        let before = store.revision().await.unwrap();
        let revision = store.change_catalog(&CatalogChange { mode, rows }, &entry(0)).await.unwrap();
        assert_eq!(revision, before + 1);
        let rows = store.catalog_rows().await.unwrap();
        assert_eq!(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), after);
    }
    store.close().await;
    assert_eq!(database.open().await.catalog_rows().await.unwrap().len(), 3, "it is on the disk");
}

async fn members_keep_the_revision_of_unchanged_attributes(database: &Database) {
    let store = database.open().await;
    import(&store, vec![member("m", "1", "{}")]).await.unwrap();
    let first = store.revision().await.unwrap();
    import(&store, vec![member("m", "2", "{}")]).await.unwrap();
    assert_eq!(store.member_by_identifier("card", "1").await.unwrap(), None, "the old card is gone");
    let read = store.member_by_identifier("card", "2").await.unwrap().unwrap();
    assert_eq!(read.attributes.first().unwrap().revision, first);
    import(&store, vec![member("m", "2", "[]")]).await.unwrap();
    let read = store.member_by_identifier("card", "2").await.unwrap().unwrap();
    assert_eq!(read.attributes.first().unwrap().revision, store.revision().await.unwrap());
    assert_eq!((read.points.as_str(), read.audiences.len()), ("12.50", 2));
    let old = store.attribute_values("m", &[("terms".to_owned(), first)]).await.unwrap();
    assert_eq!(old.first().unwrap().value, "{}", "old revisions stay addressable");
}

async fn absent_fields_of_a_row_are_kept(database: &Database) {
    let store = database.open().await;
    import(&store, vec![member("m", "1", "{}")]).await.unwrap();
    let only = |attributes: &[(&str, Option<&str>)]| MemberRow {
        id: "m".to_owned(),
        profile: None,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect(),
    };
    import(&store, vec![only(&[("city", Some("1"))])]).await.unwrap();
    let before = store.revision().await.unwrap();
    import(&store, vec![only(&[("city", Some("1"))])]).await.unwrap();
    assert_eq!(store.revision().await.unwrap(), before, "the same again is no change");
    import(&store, vec![only(&[("terms", None)])]).await.unwrap();
    let profile = MemberProfile { state: Some("blocked".to_owned()), ..MemberProfile::default() };
    let row = MemberRow { id: "m".to_owned(), profile: Some(profile), attributes: Vec::new() };
    import(&store, vec![row]).await.unwrap();
    let read = store.member_record("m").await.unwrap().unwrap();
    let names: Vec<&str> = read.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!((names, read.state.as_str(), read.points.as_str()), (vec!["city"], "blocked", "12.50"));
    assert_eq!((read.identifiers.len(), read.audiences.len()), (1, 2));
}

async fn cards_move_and_members_that_were_not_written_can_be_removed(database: &Database) {
    let store = database.open().await;
    import(&store, vec![member("m-1", "1", "{}"), member("m-2", "2", "{}")]).await.unwrap();
    // Within one import two members may swap cards.
    import(&store, vec![member("m-1", "2", "{}"), member("m-2", "1", "{}")]).await.unwrap();
    assert_eq!(store.member_by_identifier("card", "1").await.unwrap().unwrap().id, "m-2");
    let found = store.members_of("card", &["1".to_owned(), "9".to_owned()]).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("1".to_owned(), "m-2".to_owned())]);
    import(&store, vec![member("m-5", "5", "{}")]).await.unwrap();
    let last = store.revision().await.unwrap();
    assert_eq!(store.remove_members_before(last, 1, 0).await.unwrap(), 1, "no more than asked");
    assert_eq!(store.remove_members_before(last, 9, 0).await.unwrap(), 1);
    assert_eq!(store.remove_members_before(last, 9, 0).await.unwrap(), 0);
    assert_eq!(store.member_count().await.unwrap(), 1);
    assert!(store.has_member("m-5").await.unwrap());
}

fn offer(id: &str, version: u32, state: OfferState, body: &str) -> OfferRecord {
    OfferRecord { external_id: id.to_owned(), version, state, body: body.to_owned() }
}

async fn old_versions_of_an_offer_are_never_overwritten(database: &Database) {
    let store = database.open().await;
    store.put_offers(&[offer("o", 1, OfferState::Draft, "a")], &entry(0)).await.unwrap();
    store.put_offers(&[offer("o", 2, OfferState::Running, "b")], &entry(0)).await.unwrap();
    assert_eq!(store.offers().await.unwrap(), [offer("o", 2, OfferState::Running, "b")]);
    store.put_offers(&[offer("o", 1, OfferState::Stopped, "overwritten?")], &entry(0)).await.unwrap();
    assert_eq!(
        store.offer_versions("o").await.unwrap(),
        [offer("o", 1, OfferState::Stopped, "a"), offer("o", 2, OfferState::Running, "b")]
    );
    assert_eq!(store.offer_versions("other").await.unwrap(), []);
}

async fn a_draft_waits_beside_the_version_that_runs(database: &Database) {
    let store = database.open().await;
    let first = offer("o", 1, OfferState::Running, "a");
    let running = store.put_offers(std::slice::from_ref(&first), &entry(10)).await.unwrap();
    let edited = store.put_offers(&[offer("o", 2, OfferState::Draft, "b")], &entry(20)).await.unwrap();
    assert_eq!(edited, running + 1);
    assert_eq!(store.running_offers().await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.offers().await.unwrap(), [offer("o", 2, OfferState::Draft, "b")]);
    assert_eq!(
        store.offers_at(edited).await.unwrap(),
        std::slice::from_ref(&first),
        "a draft prices nothing"
    );

    let swapped = store.put_offers(&[offer("o", 2, OfferState::Running, "b")], &entry(30)).await.unwrap();
    let second = offer("o", 2, OfferState::Running, "b");
    assert_eq!(store.running_offers().await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(store.offer_versions("o").await.unwrap(), [offer("o", 1, OfferState::Stopped, "a"), second]);
    assert_eq!(store.offers_at(edited).await.unwrap(), [first], "the past is as it was");

    // Back to the first; then nothing.
    store.put_offers(&[offer("o", 1, OfferState::Running, "a")], &entry(40)).await.unwrap();
    let states = |offers: Vec<OfferRecord>| offers.iter().map(|offer| offer.state).collect::<Vec<_>>();
    let versions = states(store.offer_versions("o").await.unwrap());
    assert_eq!(versions, [OfferState::Running, OfferState::Stopped]);
    let stopped = store.put_offers(&[offer("o", 1, OfferState::Stopped, "a")], &entry(50)).await.unwrap();
    assert_eq!(store.running_offers().await.unwrap(), []);
    // The import of a version that runs already goes on with it.
    let again = store.put_offers(&[offer("o", 1, OfferState::Running, "a")], &entry(60)).await.unwrap();
    store.put_offers(&[offer("o", 1, OfferState::Running, "a")], &entry(70)).await.unwrap();
    let run = |version, start, end| OfferRun { version, start, end };
    assert_eq!(
        store.offer_runs("o").await.unwrap(),
        [
            run(1, (running, 10), Some((swapped, 30))),
            run(2, (swapped, 30), Some((swapped + 1, 40))),
            run(1, (swapped + 1, 40), Some((stopped, 50))),
            run(1, (again, 60), None),
        ]
    );
    assert_eq!(store.offer_runs("other").await.unwrap(), []);
    assert_eq!(store.offers_at(swapped).await.unwrap().first().unwrap().version, 2);
}

async fn many_offers_and_rows_are_one_change(database: &Database) {
    const MANY: u32 = 2_500;
    let store = database.open().await;
    let offers = |version, state| {
        (0..MANY).map(|number| offer(&format!("o-{number}"), version, state, "{}")).collect::<Vec<_>>()
    };
    let first = store.put_offers(&offers(1, OfferState::Running), &entry(0)).await.unwrap();
    assert_eq!(store.put_offers(&offers(2, OfferState::Running), &entry(0)).await.unwrap(), first + 1);
    let running = store.running_offers().await.unwrap();
    assert_eq!(running.len(), offers(2, OfferState::Running).len());
    assert!(running.iter().all(|offer| offer.version == 2));
    assert_eq!(store.offers_at(first).await.unwrap().first().unwrap().version, 1);

    let rows = |body: &str| (0..MANY).map(|number| product(&number.to_string(), body)).collect::<Vec<_>>();
    for (mode, body) in [(ImportMode::Delta, "a"), (ImportMode::Delta, "b"), (ImportMode::Full, "b")] {
        let before = store.revision().await.unwrap();
        let change = CatalogChange { mode, rows: rows(body) };
        assert_eq!(store.change_catalog(&change, &entry(0)).await.unwrap(), before + 1);
        assert_eq!(store.catalog_revision().await.unwrap(), before + 1);
        let stored = store.catalog_rows().await.unwrap();
        assert_eq!(stored.len(), rows(body).len());
        assert!(stored.iter().all(|row| row.body == body));
    }
    let none = CatalogChange { mode: ImportMode::Full, rows: Vec::new() };
    store.change_catalog(&none, &entry(0)).await.unwrap();
    assert_eq!(store.catalog_rows().await.unwrap(), []);
}

async fn templates_are_kept_by_name(database: &Database) {
    let store = database.open().await;
    let template = |name: &str, body: &str| OfferTemplate { name: name.to_owned(), body: body.to_owned() };
    for (name, body) in [("b", "1"), ("a", "2"), ("b", "3")] {
        store.put_offer_template(&template(name, body), &entry(0)).await.unwrap();
    }
    assert_eq!(store.offer_templates().await.unwrap(), [template("a", "2"), template("b", "3")]);
}

async fn the_past_stays_readable(database: &Database) {
    let store = database.open().await;
    let rows = |rows| CatalogChange { mode: ImportMode::Full, rows };
    store.change_catalog(&rows(vec![product("1", "a")]), &entry(10)).await.unwrap();
    store.put_offers(&[offer("o", 1, OfferState::Running, "a")], &entry(20)).await.unwrap();
    store.change_catalog(&rows(vec![product("2", "b")]), &entry(30)).await.unwrap();
    store.put_offers(&[offer("o", 1, OfferState::Stopped, "a")], &entry(40)).await.unwrap();
    for (time, revision) in [(9, 0), (10, 1), (19, 1), (29, 2), (30, 3), (99, 4)] {
        assert_eq!(store.revision_at(time).await.unwrap(), revision, "{time}");
    }
    assert_eq!(store.catalog_rows_at(0).await.unwrap(), []);
    for revision in [1, 2] {
        assert_eq!(store.catalog_rows_at(revision).await.unwrap(), [product("1", "a")]);
    }
    assert_eq!(store.catalog_rows_at(4).await.unwrap(), [product("2", "b")]);
    assert_eq!(store.offers_at(1).await.unwrap(), []);
    for revision in [2, 3] {
        assert_eq!(store.offers_at(revision).await.unwrap(), [offer("o", 1, OfferState::Running, "a")]);
    }
    assert_eq!(store.offers_at(4).await.unwrap(), [offer("o", 1, OfferState::Stopped, "a")]);
}

async fn purchases_are_found_again(database: &Database) {
    let store = database.open().await;
    let mut purchase = Purchase {
        id: "p".to_owned(),
        state: PurchaseState::Calculated,
        version: 0,
        request: "{}".to_owned(),
        answer: "1".to_owned(),
        plan: "sha256:".to_owned(),
        revision: 3,
        member_id: None,
        pos: None,
        card: None,
        messages: Vec::new(),
        attributes: "{}".to_owned(),
        inputs: Some("{}".to_owned()),
        sold: None,
        sequence: None,
        grants: None,
        warnings: None,
        points_spent: 0,
        points_earned: 4,
        expires_at: Some(9),
        coupons: Vec::new(),
        results: None,
    };
    assert_eq!(store.put_calculation(&purchase, &[], None, 0).await.unwrap(), Written::Done);
    (purchase.answer, purchase.version) = ("2".to_owned(), 1);
    assert_eq!(store.put_calculation(&purchase, &[], None, 0).await.unwrap(), Written::Done);
    purchase.version = 2;
    assert_eq!(store.purchase("p").await.unwrap(), Some(purchase));
}

#[tokio::test]
async fn a_failure_to_open_has_a_reason() {
    assert!(matches!(Store::open("mysql://localhost/x").await, Err(StoreError::UnknownUrl)));
    // Nobody listens at port 1.
    for missing in ["sqlite:///no/such/folder/store.sqlite", "postgres://nobody@127.0.0.1:1/x"] {
        assert!(matches!(Store::open(missing).await, Err(StoreError::Unavailable { .. })), "{missing}");
    }
}
