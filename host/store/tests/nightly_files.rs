//! Files that come every night, around mergers, purchases, returns and full imports, in the store on both databases:
//! what a file says is kept by the id that it names.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;
#[path = "nightly_files/model.rs"]
mod model;
#[path = "life/purchases.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod purchases;

use databases::{Database, on_both_databases};
use model::{Books, Random};
use purchases::NOW;
use store::{MemberProfile, MemberRow, Store};

on_both_databases!(
    the_file_of_last_night_changes_nothing_after_a_merger,
    a_chain_keeps_the_balance_of_each_id,
    identifiers_of_a_merger_stay_with_the_survivor,
    rows_of_a_merged_member_are_balances,
    a_full_file_that_names_one_id_keeps_the_person,
    a_member_that_comes_back_has_its_points_once,
    balances_of_earlier_mergers_are_split,
    any_sequence_adds_up,
);

fn row(id: &str, points: i64) -> MemberRow {
    let profile = MemberProfile {
        points: Some((points.to_string(), points)),
        identifiers: Some(vec![("card".to_owned(), format!("card of {id}"))]),
        ..MemberProfile::default()
    };
    MemberRow { id: id.to_owned(), profile: Some(profile), attributes: Vec::new() }
}

async fn import(store: &Store, rows: &[MemberRow]) {
    store.write_members(rows, NOW).await.unwrap();
}

/// As a full import: members that the rows do not name go.
async fn import_all(store: &Store, rows: &[MemberRow]) {
    import(store, rows).await;
    let first = store.revision().await.unwrap();
    while store.remove_members_before(first, 2, NOW).await.unwrap() > 0 {}
    while store.clear_balances_before(first, 2, NOW).await.unwrap() > 0 {}
}

async fn available(store: &Store, member: &str) -> i64 {
    store.points_available(member, "", NOW + 9).await.unwrap()
}

async fn owner(store: &Store, card: &str) -> Option<String> {
    store.member_by_identifier("card", card).await.unwrap().map(|member| member.id)
}

async fn the_file_of_last_night_changes_nothing_after_a_merger(database: &Database) {
    let store = database.open().await;
    let file = [row("a", 10_000), row("b", 4_000)];
    import(&store, &file).await;
    model::merge(&store, "a", "b").await;
    assert_eq!(available(&store, "b").await, 14_000);
    let entries = store.point_entries("b", 99).await.unwrap();
    for _ in 0..2 {
        import(&store, &file).await;
        assert_eq!(store.point_entries("b", 99).await.unwrap(), entries, "nothing is booked");
    }
    import(&store, &[row("a", 12_000)]).await;
    assert_eq!(available(&store, "b").await, 16_000, "a file that names the old id alone");
    import(&store, &[row("a", 11_000), row("b", -200)]).await;
    assert_eq!((available(&store, "b").await, available(&store, "a").await), (10_800, 0));
}

async fn a_chain_keeps_the_balance_of_each_id(database: &Database) {
    let store = database.open().await;
    let file = [row("a", 100), row("b", 40), row("c", 1)];
    import(&store, &file).await;
    model::merge(&store, "a", "b").await;
    import(&store, &file).await;
    model::merge(&store, "b", "c").await;
    import(&store, &file).await;
    assert_eq!(available(&store, "c").await, 141);
    import(&store, &[row("a", 0), row("b", 140)]).await;
    assert_eq!(available(&store, "c").await, 141, "the sender has added up both");
    for id in ["a", "b", "c"] {
        assert_eq!(owner(&store, &format!("card of {id}")).await.as_deref(), Some("c"), "{id}");
    }
}

async fn identifiers_of_a_merger_stay_with_the_survivor(database: &Database) {
    let store = database.open().await;
    import(&store, &[row("a", 0), row("b", 0)]).await;
    model::merge(&store, "a", "b").await;
    import(&store, &[row("a", 0), row("b", 0)]).await;
    let survivor = store.member_by_identifier("card", "card of a").await.unwrap().unwrap();
    assert_eq!(survivor.id, "b");
    let cards: Vec<&str> = survivor.identifiers.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(cards, ["card of b", "card of a"]);
    let owners = store.identifier_owners("card", &["card of a".to_owned()]).await.unwrap();
    assert_eq!(owners["card of a"].given_to.as_deref(), Some("a"));

    // Once the survivor's own row names it, it is the survivor's own.
    let cards = |values: &[&str]| {
        let identifiers = values.iter().map(|value| ("card".to_owned(), (*value).to_owned())).collect();
        let profile = MemberProfile { identifiers: Some(identifiers), ..MemberProfile::default() };
        MemberRow { id: "b".to_owned(), profile: Some(profile), attributes: Vec::new() }
    };
    import(&store, &[cards(&["card of a", "card of b"])]).await;
    import(&store, &[cards(&["card of b"])]).await;
    assert_eq!(
        (owner(&store, "card of a").await, owner(&store, "card of b").await),
        (None, Some("b".into()))
    );
}

async fn rows_of_a_merged_member_are_balances(database: &Database) {
    let store = database.open().await;
    import(&store, &[row("a", 5), row("b", 7)]).await;
    model::merge(&store, "a", "b").await;
    let profile = MemberProfile {
        state: Some("blocked".to_owned()),
        points: Some(("6".to_owned(), 6)),
        identifiers: Some(vec![("card".to_owned(), "new".to_owned())]),
        audiences: Some(vec!["club".to_owned()]),
    };
    let attributes = vec![("city".to_owned(), Some("\"Kazan\"".to_owned()))];
    import(&store, &[MemberRow { id: "a".to_owned(), profile: Some(profile), attributes }]).await;
    let merged = store.member("a").await.unwrap().unwrap();
    assert_eq!((merged.state.as_str(), merged.merged_into.as_deref()), ("merged", Some("b")));
    assert!(merged.identifiers.is_empty() && merged.audiences.is_empty() && merged.attributes.is_empty());
    assert_eq!((owner(&store, "new").await, available(&store, "b").await), (None, 13));
    assert_eq!(store.member("b").await.unwrap().unwrap().state, "normal");
    let survivors = store.survivors(&["a".to_owned(), "b".to_owned(), "x".to_owned()]).await.unwrap();
    assert_eq!(survivors.into_iter().collect::<Vec<_>>(), [("a".to_owned(), "b".to_owned())]);
}

async fn a_full_file_that_names_one_id_keeps_the_person(database: &Database) {
    for (named, left) in [(vec![("a", 100)], 100), (vec![("b", 140)], 140), (vec![("a", 1), ("b", 2)], 3)] {
        let store = database.open().await;
        store.revert_to(0).await.unwrap();
        store.migrate().await.unwrap();
        import(&store, &[row("a", 100), row("b", 40), row("other", 1)]).await;
        model::merge(&store, "a", "b").await;
        let file: Vec<MemberRow> = named.iter().map(|(id, points)| row(id, *points)).collect();
        import_all(&store, &file).await;
        assert_eq!(available(&store, "b").await, left, "{named:?}");
        assert_eq!(owner(&store, "card of a").await.as_deref(), Some("b"), "{named:?}");
        assert_eq!(store.member_count().await.unwrap(), 2, "{named:?}");
        import_all(&store, &file).await;
        assert_eq!(available(&store, "b").await, left, "{named:?}, again");
        store.close().await;
    }
}

async fn a_member_that_comes_back_has_its_points_once(database: &Database) {
    let store = database.open().await;
    import(&store, &[row("a", 100), row("b", 40), row("c", 7)]).await;
    model::merge(&store, "a", "b").await;
    import_all(&store, &[row("c", 7)]).await;
    assert_eq!(store.member_count().await.unwrap(), 1, "nobody of them is named, so both go");
    import(&store, &[row("b", 40), row("a", 100)]).await;
    assert_eq!((available(&store, "a").await, available(&store, "b").await), (100, 40));
    import_all(&store, &[row("a", 100)]).await;
    import(&store, &[row("c", 9)]).await;
    assert_eq!(available(&store, "c").await, 9);
    let named =
        MemberRow { id: "b".to_owned(), profile: Some(MemberProfile::default()), attributes: Vec::new() };
    import(&store, &[named]).await;
    assert_eq!(available(&store, "b").await, 40, "a row without points says nothing of them");
}

/// As an earlier release left them: the survivor's imported balance has those of the others in it.
async fn balances_of_earlier_mergers_are_split(database: &Database) {
    let store = database.open().await;
    import(&store, &[row("a", 100), row("b", 40)]).await;
    model::merge(&store, "a", "b").await;
    store.revert_to(20_261_129_000_022).await.unwrap();
    store.migrate().await.unwrap();
    import(&store, &[row("a", 100), row("b", 40)]).await;
    assert_eq!(available(&store, "b").await, 140);
}

async fn any_sequence_adds_up(database: &Database) {
    for seed in 1..=6 {
        let store = database.open().await;
        store.revert_to(0).await.unwrap();
        store.migrate().await.unwrap();
        let mut random = Random(seed);
        let mut books = Books::default();
        for step in 0..60 {
            let did = books.step(&store, &mut random).await;
            books.compare(&store, &format!("seed {seed}, step {step}: {did}")).await;
        }
        assert_eq!(store.verify(NOW).await.unwrap(), [], "seed {seed}");
        store.close().await;
    }
}
