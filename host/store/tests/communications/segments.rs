//! Facts that rules of segments read, and pieces of work that are written as a whole.

use store::{
    BuyerRow, Communications, FactFold, FactRow, SegmentAttribute, SegmentCondition, SegmentMember,
    SegmentWork, SetRow,
};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    conditions_find_members_between_two_numbers,
    attributes_come_back_as_they_are,
    work_on_an_older_state_is_refused_whole,
    what_members_bought_is_added_up,
);

fn fact(number: u32, day: i64, seq: i64, value: i64) -> FactRow {
    FactRow { measure: 1, number, day, at: day * 86_400_000, seq, value }
}

fn member(number: u32, points: Option<i64>) -> SegmentMember {
    SegmentMember { number, zone: "UTC".to_owned(), points, scores: None }
}

async fn with(communications: &Communications, facts: &[FactRow]) {
    communications.add_facts(facts).await.unwrap();
    // Once more changes nothing.
    communications.add_facts(facts).await.unwrap();
}

async fn conditions_find_members_between_two_numbers(database: &Database) {
    let communications = open(database).await;
    let facts =
        [fact(1, 10, 1, 5), fact(1, 12, 2, 7), fact(2, 11, 3, -4), fact(3, 30, 4, 9), fact(70_000, 11, 5, 1)];
    with(&communications, &facts).await;
    let find = async |fold, bounds, outside| {
        let condition = SegmentCondition::Facts { measure: 1, days: (i64::MIN, 20), fold, bounds, outside };
        let mut found = communications.members_with(&condition, 0, 65_535).await.unwrap();
        found.sort_unstable();
        found
    };
    assert_eq!(find(FactFold::Count, (2, i64::MAX), false).await, [1]);
    assert_eq!(find(FactFold::Count, (2, i64::MAX), true).await, [2]);
    assert_eq!(find(FactFold::Sum, (-4, 12), false).await, [1, 2]);
    assert_eq!(find(FactFold::LastDay, (11, 11), false).await, [2]);
    assert_eq!(find(FactFold::FirstDay, (10, 10), false).await, [1]);
    assert_eq!(find(FactFold::LastValue, (7, 7), false).await, [1]);
    assert_eq!(find(FactFold::FirstValue, (5, 5), false).await, [1]);
    assert_eq!(find(FactFold::FirstValue, (9, 9), false).await, [0; 0], "of a day to come");
    let members = vec![member(1, Some(5)), member(2, None), member(70_000, Some(5))];
    let work = SegmentWork { members, ..SegmentWork::default() };
    assert!(communications.write_segment_work(&work).await.unwrap());
    let points = SegmentCondition::Points((5, 5));
    assert_eq!(communications.members_with(&points, 0, 65_535).await.unwrap(), [1]);
    let zones = communications.zones_between(0, 100_000).await.unwrap();
    assert_eq!(
        zones.iter().map(|(zone, members)| (zone.as_str(), members.len())).collect::<Vec<_>>(),
        [("UTC", 3)]
    );
    let mut of_days = communications.members_of_days("UTC", 1, (11, 12)).await.unwrap();
    of_days.sort_unstable();
    assert_eq!(of_days, [1, 2, 70_000]);
    assert_eq!(communications.last_segment_member().await.unwrap(), Some(70_000));
}

async fn attributes_come_back_as_they_are(database: &Database) {
    let communications = open(database).await;
    let attribute = |number, name: &str, value: &str| SegmentAttribute {
        number,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let attributes = vec![
        attribute(1, "city", r#""Nizhny Novgorod, \n 1 2""#),
        attribute(8_192, "city", r#"{"a": "x y", "b": [1, 2]}"#),
        attribute(65_535, "city", "7.50"),
        attribute(65_536, "city", r#""beyond""#),
        attribute(1, "born", r#""1990-01-01""#),
    ];
    let replaced = vec![1, 8_192, 65_535, 65_536];
    let work =
        SegmentWork { replaced: replaced.clone(), attributes: attributes.clone(), ..SegmentWork::default() };
    assert!(communications.write_segment_work(&work).await.unwrap());
    let read = communications.attribute_between("city", 0, 65_535).await.unwrap();
    let expected: Vec<(u32, String)> =
        attributes.iter().take(3).map(|row| (row.number, row.value.clone())).collect();
    let mut sorted = read;
    sorted.sort();
    assert_eq!(sorted, expected);
    assert_eq!(communications.attribute_between("city", 2, 8_191).await.unwrap(), []);
    // Those of a member are replaced together.
    let attributes = vec![attribute(1, "born", r#""1991-01-01""#)];
    let work =
        SegmentWork { state: 1, replaced: vec![1], attributes: attributes.clone(), ..SegmentWork::default() };
    assert!(communications.write_segment_work(&work).await.unwrap());
    assert_eq!(communications.known_segment_members(&[1]).await.unwrap().attributes, attributes);
}

async fn work_on_an_older_state_is_refused_whole(database: &Database) {
    let communications = open(database).await;
    let set = |size: i64| SetRow {
        segment: "s".to_owned(),
        revision: 1,
        container: 0,
        members: vec![u8::try_from(size).unwrap()],
        size,
    };
    let work = SegmentWork { events_read: Some((0, 5)), sets: vec![set(1)], ..SegmentWork::default() };
    assert!(communications.write_segment_work(&work).await.unwrap());
    let late = SegmentWork { sets: vec![set(2)], facts: vec![fact(1, 1, 1, 1)], ..SegmentWork::default() };
    assert!(!communications.write_segment_work(&late).await.unwrap(), "somebody else was faster");
    let read_before = SegmentWork { state: 1, events_read: Some((0, 7)), ..late };
    assert!(!communications.write_segment_work(&read_before).await.unwrap(), "these events were read");
    assert_eq!(communications.segment_sets("s", 1).await.unwrap(), [set(1)]);
    assert_eq!(communications.known_segment_members(&[1]).await.unwrap().facts, []);
    assert_eq!(communications.segment_state().await.unwrap(), 1);
    assert_eq!(communications.cursor("segments").await.unwrap(), 5);
}

async fn what_members_bought_is_added_up(database: &Database) {
    let communications = open(database).await;
    with(&communications, &[fact(1, 10, 1, 500), fact(1, 12, 2, -70), fact(2, 3, 3, 9), fact(5, 11, 4, 1)])
        .await;
    let mut found = communications.buyers_between(1, (10, 20), 0, 4).await.unwrap();
    found.sort_by_key(|buyer| buyer.number);
    let early = BuyerRow { number: 2, last_day: 3, purchases: 0, net: 0 };
    assert_eq!(found, [BuyerRow { number: 1, last_day: 12, purchases: 2, net: 430 }, early]);
    assert_eq!(communications.buyers_between(1, (0, 2), 0, 4).await.unwrap(), [], "after the last day");
    assert_eq!(communications.buyers_between(1, (10, 20), 6, 9).await.unwrap(), []);
}
