//! Identifiers however they are spelled, and those that an older release wrote, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, on_both_databases};
use store::{MemberProfile, MemberRow, SharedIdentifier, Store};

on_both_databases!(
    an_identifier_is_one_however_it_is_spelled,
    identifiers_of_an_older_release_are_found_and_folded,
    counters_of_a_card_move_to_its_folded_form,
);

fn member(id: &str, cards: &[&str]) -> MemberRow {
    let identifiers = cards.iter().map(|card| ("card".to_owned(), (*card).to_owned())).collect();
    let profile = MemberProfile { identifiers: Some(identifiers), ..MemberProfile::default() };
    MemberRow { id: id.to_owned(), profile: Some(profile), attributes: Vec::new() }
}

async fn owner(store: &Store, card: &str) -> Option<String> {
    let owner = store.member_by_identifier("card", card).await.unwrap().map(|member| member.id);
    let many = store.members_of("card", &[card.to_owned()]).await.unwrap();
    assert_eq!(many.get(card), owner.as_ref(), "one by one and many at once");
    owner
}

async fn an_identifier_is_one_however_it_is_spelled(database: &Database) {
    let store = database.open().await;
    store.write_members(&[member("m-1", &["AB-1", "7"])], 0).await.unwrap();
    for card in ["AB-1", "ab-1", " Ab-1 ", "\u{ff41}B-1"] {
        assert_eq!(owner(&store, card).await.as_deref(), Some("m-1"), "{card}");
    }
    assert_eq!(owner(&store, "AB 1").await, None);
    // As it was written, and of the member that was written last.
    let shown = store.member("m-1").await.unwrap().unwrap();
    assert_eq!(shown.identifiers.first().unwrap(), &("card".to_owned(), "AB-1".to_owned()));
    store.write_members(&[member("m-2", &["ab-1"])], 0).await.unwrap();
    assert_eq!(owner(&store, "AB-1").await.as_deref(), Some("m-2"));
    assert_eq!(store.member("m-1").await.unwrap().unwrap().identifiers.len(), 1);
    store.write_members(&[member("m-3", &["x"]), member("m-4", &["X"])], 0).await.unwrap();
    assert_eq!(owner(&store, "x").await.as_deref(), Some("m-4"));
}

async fn identifiers_of_an_older_release_are_found_and_folded(database: &Database) {
    let store = database.open().await;
    store.write_members(&[member("m-1", &["AB-1"]), member("m-2", &["CD-2"])], 0).await.unwrap();
    // What an older release would have written: it knows neither the columns nor that these are one.
    let old =
        "INSERT INTO member_identifiers (kind, value, member_id, ordinal) VALUES ('card', 'cd-2', 'm-1', 1)";
    database.tamper(old).await;
    database.tamper("UPDATE member_identifiers SET compared_kind = NULL, compared_value = NULL").await;
    for (card, expected) in
        [("AB-1", Some("m-1")), ("ab-1", None), ("CD-2", Some("m-2")), ("cd-2", Some("m-1"))]
    {
        assert_eq!(owner(&store, card).await.as_deref(), expected, "{card}, as an older release finds it");
    }
    let folded = store.fold_identifiers().await.unwrap();
    let shared = SharedIdentifier {
        kind: "card".to_owned(),
        value: "cd-2".to_owned(),
        members: vec!["m-2".to_owned(), "m-1".to_owned()],
    };
    assert_eq!(folded.rows, 3);
    let [mut found] = <[_; 1]>::try_from(folded.shared).unwrap();
    found.members.sort_by(|one, other| other.cmp(one));
    assert_eq!(found, shared);
    assert_eq!(store.fold_identifiers().await.unwrap().rows, 0);
    for (card, expected) in [("AB-1", "m-1"), ("ab-1", "m-1"), ("CD-2", "m-2"), ("cd-2", "m-1")] {
        assert_eq!(owner(&store, card).await.as_deref(), Some(expected), "{card}, and nobody loses one");
    }
    store.write_members(&[member("m-2", &["CD-2"])], 0).await.unwrap();
    assert_eq!(owner(&store, "cd-2").await.as_deref(), Some("m-2"), "an import settles it");
}

async fn counters_of_a_card_move_to_its_folded_form(database: &Database) {
    let store = database.open().await;
    for (scope, uses) in [(r#"["card","AB","ever",""]"#, 2), (r#"["card","ab","ever",""]"#, 1), ("other", 5)]
    {
        let row = format!(
            "INSERT INTO counters (offer, scope, uses, money, points) VALUES ('o', '{scope}', {uses}, 0, 0)"
        );
        database.tamper(&row).await;
    }
    let scopes = store.counter_scopes("[\"card\",", "", 10).await.unwrap();
    assert_eq!(scopes.len(), 2, "{scopes:?}");
    for _ in 0..2 {
        store.move_counters(r#"["card","AB","ever",""]"#, r#"["card","ab","ever",""]"#).await.unwrap();
    }
    let usage = store.usage(&[r#"["card","ab","ever",""]"#.to_owned()], "p", 0).await.unwrap();
    assert_eq!(usage.first().unwrap().taken.uses, 3);
    let left = store.counter_scopes("[\"card\",", "", 10).await.unwrap();
    assert_eq!(left, [r#"["card","ab","ever",""]"#]);
    database.tamper("DELETE FROM counters").await;
}
