//! Audiences in the store, on both databases: definitions with their past, and lists of members.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use std::collections::BTreeMap;

use databases::{Database, entry, on_both_databases};
use store::{Attribute, Audience, ListEffect, ListedMember, MemberProfile, MemberRow, Store};

on_both_databases!(
    definitions_have_a_past,
    lists_add_remove_and_replace,
    a_list_has_no_effect_before_it_is_applied,
    large_lists_are_moved_in_parts,
    a_list_for_an_audience_that_is_gone_has_no_effect,
    members_who_go_leave_their_lists,
    the_type_of_an_attribute_stays_under_its_values,
);

fn audience(name: &str, rule: Option<&str>) -> Audience {
    Audience { name: name.to_owned(), title: None, rule: rule.map(str::to_owned), revision: 0 }
}

fn member(id: String) -> MemberRow {
    let profile = MemberProfile {
        identifiers: Some(vec![("card".to_owned(), format!("card of {id}"))]),
        ..MemberProfile::default()
    };
    MemberRow { id, profile: Some(profile), attributes: Vec::new() }
}

async fn with_members(database: &Database, count: usize) -> Store {
    let store = database.open().await;
    let members: Vec<MemberRow> = (0..count).map(|number| member(format!("m-{number}"))).collect();
    store.write_members(&members, 0).await.unwrap();
    store.put_audience(&audience("vip", None), &entry(0)).await.unwrap();
    store
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<ListedMember> {
    numbers.into_iter().map(|number| ListedMember::Id(format!("m-{number}"))).collect()
}

async fn upload(store: &Store, effect: ListEffect, members: &[ListedMember]) {
    let list = store.begin_audience_list("vip", 0).await.unwrap();
    for members in members.chunks(2_000) {
        assert_eq!(store.extend_audience_list(list, members).await.unwrap(), Vec::<usize>::new());
    }
    store.apply_audience_list(list, effect, &entry(0)).await.unwrap().unwrap();
}

async fn is_vip(store: &Store, number: usize) -> bool {
    let member = store.member_by_identifier("card", &format!("card of m-{number}")).await.unwrap().unwrap();
    member.audiences == ["vip"]
}

async fn definitions_have_a_past(database: &Database) {
    let store = database.open().await;
    let first = store.put_audience(&audience("b", Some("1")), &entry(0)).await.unwrap();
    let second = store.put_audience(&audience("a", Some("2")), &entry(0)).await.unwrap();
    let third = store.put_audience(&audience("b", Some("3")), &entry(0)).await.unwrap();
    let fourth = store.end_audience("a", &entry(0)).await.unwrap();
    let rules = |audiences: Vec<Audience>| -> Vec<(String, String)> {
        audiences.into_iter().map(|audience| (audience.name, audience.rule.unwrap())).collect()
    };
    let pair = |name: &str, rule: &str| (name.to_owned(), rule.to_owned());
    assert_eq!(rules(store.audiences().await.unwrap()), [pair("b", "3")]);
    assert_eq!(rules(store.audiences_at(first).await.unwrap()), [pair("b", "1")]);
    assert_eq!(rules(store.audiences_at(second).await.unwrap()), [pair("a", "2"), pair("b", "1")]);
    assert_eq!(rules(store.audiences_at(third).await.unwrap()), [pair("a", "2"), pair("b", "3")]);
    assert_eq!(rules(store.audiences_at(fourth).await.unwrap()), [pair("b", "3")]);
}

async fn lists_add_remove_and_replace(database: &Database) {
    let store = with_members(database, 5).await;
    assert!(!store.has_audience_members("vip").await.unwrap());
    let by_card = ListedMember::Identifier("card".to_owned(), "card of m-1".to_owned());
    upload(&store, ListEffect::Remove, &ids([0])).await;
    for (effect, members, after) in [
        (ListEffect::Add, vec![by_card.clone(), by_card], vec![1]),
        (ListEffect::Add, ids([1, 2, 3]), vec![1, 2, 3]),
        (ListEffect::Remove, ids([0, 2]), vec![1, 3]),
        (ListEffect::Replace, ids([4]), vec![4]),
        (ListEffect::Replace, Vec::new(), Vec::new()),
        (ListEffect::Add, ids([0]), vec![0]),
    ] {
        upload(&store, effect, &members).await;
        for number in 0..5 {
            assert_eq!(is_vip(&store, number).await, after.contains(&number), "m-{number} after {effect:?}");
        }
        assert_eq!(store.audience_size("vip").await.unwrap(), i64::try_from(after.len()).unwrap());
    }
    assert_eq!(store.sweep_audience_lists(i64::MAX).await.unwrap(), 0, "nothing is left behind");
    store.end_audience("vip", &entry(0)).await.unwrap();
    assert!(!is_vip(&store, 0).await);
    assert_eq!(store.audience_sizes().await.unwrap(), BTreeMap::new());
}

async fn a_list_has_no_effect_before_it_is_applied(database: &Database) {
    let store = with_members(database, 2).await;
    upload(&store, ListEffect::Add, &ids([0])).await;
    let list = store.begin_audience_list("vip", 0).await.unwrap();
    let card = |value: &str| ListedMember::Identifier("card".to_owned(), value.to_owned());
    let named = [ids([7]), ids([1]), vec![card("card of m-0"), card("9")]].concat();
    assert_eq!(store.extend_audience_list(list, &named).await.unwrap(), [0, 3]);
    assert!(is_vip(&store, 0).await && !is_vip(&store, 1).await);
    // A list that a crashed host left behind is removed after a while.
    assert_eq!(store.sweep_audience_lists(0).await.unwrap(), 0);
    assert_eq!(store.sweep_audience_lists(1).await.unwrap(), 1);
    assert!(is_vip(&store, 0).await, "the one in force stays");
}

async fn large_lists_are_moved_in_parts(database: &Database) {
    let store = with_members(database, 12_000).await;
    upload(&store, ListEffect::Add, &ids(0..1)).await;
    upload(&store, ListEffect::Add, &ids(0..11_000)).await;
    assert_eq!(store.audience_size("vip").await.unwrap(), 11_000);
    upload(&store, ListEffect::Remove, &ids(500..12_000)).await;
    assert_eq!(store.audience_size("vip").await.unwrap(), 500);
    assert!(is_vip(&store, 499).await && !is_vip(&store, 500).await);
}

async fn a_list_for_an_audience_that_is_gone_has_no_effect(database: &Database) {
    let store = with_members(database, 1).await;
    for rule in [None, Some("{}")] {
        store.put_audience(&audience("vip", None), &entry(0)).await.unwrap();
        let list = store.begin_audience_list("vip", 0).await.unwrap();
        store.extend_audience_list(list, &ids([0])).await.unwrap();
        match rule {
            None => store.end_audience("vip", &entry(0)).await.unwrap(),
            rule => store.put_audience(&audience("vip", rule), &entry(0)).await.unwrap(),
        };
        assert_eq!(store.apply_audience_list(list, ListEffect::Add, &entry(0)).await.unwrap(), None);
        assert!(!is_vip(&store, 0).await);
    }
}

async fn members_who_go_leave_their_lists(database: &Database) {
    let store = with_members(database, 3).await;
    upload(&store, ListEffect::Replace, &ids([0, 1])).await;
    let mut brought = member("m-2".to_owned());
    brought.profile = Some(MemberProfile { audiences: Some(vec!["vip".to_owned()]), ..Default::default() });
    store.write_members(&[brought, member("m-1".to_owned())], 0).await.unwrap();
    assert_eq!(store.audience_size("vip").await.unwrap(), 3, "an import keeps what was uploaded");
    store.write_members(&[member("m-1".to_owned())], 0).await.unwrap();
    let last = store.revision().await.unwrap();
    assert_eq!(store.remove_members_before(last, 9, 0).await.unwrap(), 2);
    assert_eq!(store.audience_sizes().await.unwrap(), BTreeMap::from([("vip".to_owned(), 1)]));
}

async fn the_type_of_an_attribute_stays_under_its_values(database: &Database) {
    let store = database.open().await;
    let attribute = |kind: &str, merge: &str| Attribute {
        name: "size".to_owned(),
        kind: kind.to_owned(),
        title: Some("Shoe size".to_owned()),
        merge: merge.to_owned(),
        revision: 0,
    };
    store.put_attribute(&attribute("string", "always"), &entry(0)).await.unwrap().unwrap();
    store.put_attribute(&attribute("int", "max"), &entry(0)).await.unwrap().unwrap();
    let with_value = |value: Option<&str>| {
        let attributes = vec![("size".to_owned(), value.map(str::to_owned))];
        MemberRow { attributes, ..member("m".to_owned()) }
    };
    store.write_members(&[with_value(Some("42"))], 0).await.unwrap();
    assert_eq!(store.put_attribute(&attribute("date", "max"), &entry(0)).await.unwrap(), None);
    let revision = store.put_attribute(&attribute("int", "none"), &entry(0)).await.unwrap().unwrap();
    assert_eq!(store.attributes().await.unwrap(), [Attribute { revision, ..attribute("int", "none") }]);
    store.write_members(&[with_value(None)], 0).await.unwrap();
    store.put_attribute(&attribute("date", "max"), &entry(0)).await.unwrap().unwrap();
    assert_eq!(store.attribute("size").await.unwrap().unwrap().kind, "date");
}
