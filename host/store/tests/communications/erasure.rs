//! Erasing members and following mergers: every table with rows of members is met.

use store::{Communications, EraseMember, NewEvent, Subject, SurveyLink};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    everything_of_a_member_is_erased_and_nothing_of_others,
    what_is_written_late_of_an_erased_member_goes_too,
    a_merger_moves_everything_to_the_survivor,
    old_events_are_removed_some_at_a_time,
);

const NOW: i64 = 1_800_000_000_000;

fn event(id: &str, subject: Subject) -> NewEvent {
    let text = str::to_owned;
    NewEvent {
        source: text("shop"),
        id: text(id),
        subject,
        kind: text("page_viewed"),
        at: NOW,
        received_at: NOW,
        payload: text("{}"),
    }
}

fn of(member: &str) -> Subject {
    Subject::Member(member.to_owned())
}

fn erase(member_id: &str) -> EraseMember {
    let text = str::to_owned;
    EraseMember {
        id: format!("receipt of {member_id}"),
        member_id: text(member_id),
        digest: format!("digest of {member_id}"),
        at: NOW,
        actor: text("erp"),
    }
}

async fn fill(communications: &Communications) {
    communications.link_visitor("v-1", "m-1", NOW).await.unwrap();
    let visitor = Subject::Visitor("v-1".to_owned());
    let events = [event("1", of("m-1")), event("2", visitor), event("3", of("m-2"))];
    communications.append_events(&events).await.unwrap();
}

async fn everything_of_a_member_is_erased_and_nothing_of_others(database: &Database) {
    let communications = open(database).await;
    fill(&communications).await;
    assert_eq!(communications.erase_member(&erase("nobody")).await.unwrap(), None);
    let erasure = communications.erase_member(&erase("m-1")).await.unwrap().unwrap();
    let counted = |table: &str, rows| (table.to_owned(), rows);
    assert_eq!(erasure.erased, [counted("events", 2), counted("members", 1), counted("visitors", 1)]);
    assert_eq!(communications.member_number("m-1").await.unwrap(), None);
    let left = communications.events_after(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["3", "erasure/0"]);
    assert_eq!((left[1].number, left[1].payload.as_str()), (None, r#"{"number":0}"#));
    assert_eq!(communications.erasures_of("digest of m-1").await.unwrap(), [erasure]);
    let digests = ["digest of m-1".to_owned(), "digest of m-2".to_owned()];
    assert_eq!(communications.erased_at(&digests).await.unwrap(), [(digests[0].clone(), NOW)]);
    assert_eq!(communications.erase_member(&erase("m-1")).await.unwrap(), None);
    // Its number is never given again.
    communications.append_events(&[event("4", of("m-1"))]).await.unwrap();
    assert_eq!(communications.member_number("m-1").await.unwrap(), Some(2));
}

async fn what_is_written_late_of_an_erased_member_goes_too(database: &Database) {
    let communications = open(database).await;
    fill(&communications).await;
    let number = communications.member_number("m-1").await.unwrap().unwrap();
    communications.erase_member(&erase("m-1")).await.unwrap().unwrap();
    // Writers that had read the number before.
    communications.append_events(&[event("late", Subject::Number(number))]).await.unwrap();
    let link = SurveyLink {
        token: "t".to_owned(),
        survey: "taste".to_owned(),
        version: 1,
        number,
        message_id: "m".to_owned(),
        language: String::new(),
        created_at: NOW,
    };
    communications.keep_survey_link(&link).await.unwrap();
    assert_eq!(communications.erase_again(NOW + 1).await.unwrap(), 0, "of later erasures");
    assert_eq!(communications.erase_again(NOW).await.unwrap(), 2);
    assert_eq!(communications.erase_again(NOW).await.unwrap(), 0);
    assert_eq!(communications.survey_link("t").await.unwrap(), None);
    let left = communications.events_after(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["3", "erasure/0"]);
}

async fn a_merger_moves_everything_to_the_survivor(database: &Database) {
    let communications = open(database).await;
    fill(&communications).await;
    let pair = |from: &str, into: &str| (from.to_owned(), into.to_owned());
    let follow = async |pairs: &[(String, String)], from, to| {
        communications.follow_mergers(pairs, "mergers", from, to).await.unwrap()
    };
    assert!(follow(&[pair("m-1", "m-2")], 0, 7).await);
    assert!(!follow(&[pair("m-2", "m-9")], 0, 8).await, "another reader was faster");
    let survivor = communications.member_number("m-2").await.unwrap();
    assert_eq!(communications.member_number("m-1").await.unwrap(), survivor);
    // In a row, of one that nothing is stored of, and again.
    assert!(follow(&[pair("m-2", "m-3"), pair("m-4", "m-3"), pair("m-1", "m-3")], 7, 9).await);
    let number = communications.member_number("m-3").await.unwrap().unwrap();
    for id in ["m-1", "m-2", "m-4"] {
        assert_eq!(communications.member_number(id).await.unwrap(), Some(number), "{id}");
    }
    let visitor = Subject::Visitor("v-1".to_owned());
    communications.append_events(&[event("5", of("m-1")), event("6", visitor)]).await.unwrap();
    let events = communications.events_of(number, 0, 10).await.unwrap();
    let mergers = events.iter().filter(|event| event.kind == "member_merged").count();
    assert_eq!((events.len() - mergers, mergers), (5, 3));
    let members = communications.members_from(0, 10).await.unwrap();
    assert_eq!(members.iter().map(|member| member.member_id.as_str()).collect::<Vec<_>>(), ["m-3"]);
    // Those that were merged into it go with it.
    let erasure = communications.erase_member(&erase("m-3")).await.unwrap().unwrap();
    assert_eq!(erasure.erased.iter().find(|(table, _)| table == "members").unwrap().1, 4);
    assert_eq!(communications.member_number("m-1").await.unwrap(), None);
}

async fn old_events_are_removed_some_at_a_time(database: &Database) {
    let communications = open(database).await;
    let events: Vec<NewEvent> = (0..5).map(|id| event(&id.to_string(), Subject::Nobody)).collect();
    let young = NewEvent { at: NOW + 1, ..event("young", Subject::Nobody) };
    communications.append_events(&events).await.unwrap();
    communications.append_events(&[young]).await.unwrap();
    for removed in [2, 2, 1, 0] {
        assert_eq!(communications.remove_events_before(NOW + 1, 2).await.unwrap(), removed);
    }
    assert_eq!(communications.events_after(0, 10).await.unwrap().len(), 1);
    // Numbers go on where they were, also when the last event is removed.
    assert_eq!(communications.remove_events_before(NOW + 2, 2).await.unwrap(), 1);
    communications.append_events(&[event("next", Subject::Nobody)]).await.unwrap();
    assert_eq!(communications.events_after(0, 10).await.unwrap()[0].seq, 7);
}
