//! Consents, suppressions and ranges of phone numbers.

use store::{
    Communications, ConsentRow, EraseMember, MemberConsent, NewConsent, NewEvent, NewSuppression,
    NumberRangeRow, Subject, Suppressed,
};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    answers_are_kept_once_and_the_latest_of_each_state_is_told,
    a_survivor_has_the_answers_of_both_and_an_erased_member_none,
    suppressions_are_replaced_by_later_ones_and_lifted,
    a_table_of_ranges_replaces_the_one_before,
);

fn member(id: &str) -> Subject {
    Subject::Member(id.to_owned())
}

fn consent(id: &str, subject: Subject, channel: &str, state: &str, at: i64) -> NewConsent {
    let consent = ConsentRow {
        channel: channel.to_owned(),
        topic: "news".to_owned(),
        state: state.to_owned(),
        at,
        source: "checkout".to_owned(),
        text_version: "2026-11".to_owned(),
        received_at: at + 1,
        actor: "crm".to_owned(),
    };
    NewConsent { id: id.to_owned(), subject, consent }
}

fn suppression(id: &str, whom: Suppressed, at: i64) -> NewSuppression {
    NewSuppression {
        id: id.to_owned(),
        whom,
        channel: "*".to_owned(),
        scope: "all".to_owned(),
        reason: "letter".to_owned(),
        at,
        source: "crm".to_owned(),
        received_at: at,
        is_lifted: false,
    }
}

fn address(digest: &str) -> Suppressed {
    Suppressed::Address(digest.to_owned())
}

async fn of(communications: &Communications, id: &str) -> Vec<(String, String, i64)> {
    let number = communications.member_number(id).await.unwrap().unwrap();
    let mut rows = communications.consents_of(&[number]).await.unwrap();
    rows.sort_by_key(|row| row.at);
    rows.into_iter().map(|MemberConsent { channel, state, at, .. }| (channel, state, at)).collect()
}

fn row(channel: &str, state: &str, at: i64) -> (String, String, i64) {
    (channel.to_owned(), state.to_owned(), at)
}

async fn answers_are_kept_once_and_the_latest_of_each_state_is_told(database: &Database) {
    let communications = open(database).await;
    let event = NewEvent {
        source: "consents".to_owned(),
        id: "a".to_owned(),
        subject: member("m-1"),
        kind: "consent_granted".to_owned(),
        at: 10,
        received_at: 11,
        payload: "{}".to_owned(),
    };
    let answers = [
        consent("a", member("m-1"), "mail", "granted", 10),
        consent("b", member("m-1"), "mail", "withdrawn", 20),
        consent("c", member("m-1"), "mail", "granted", 30),
        consent("d", member("m-2"), "sms", "pending", 5),
        consent("a", member("m-1"), "mail", "granted", 10),
    ];
    let added = communications.add_consents(&answers, std::slice::from_ref(&event)).await.unwrap();
    assert_eq!(added, [true, true, true, true, false]);
    let again = communications.add_consents(&answers[..2], &[event]).await.unwrap();
    assert_eq!(again, [false, false]);
    assert_eq!(of(&communications, "m-1").await, [row("mail", "withdrawn", 20), row("mail", "granted", 30)]);
    assert_eq!(of(&communications, "m-2").await, [row("sms", "pending", 5)]);
    assert_eq!(communications.events_after(0, 10).await.unwrap().len(), 1);
    let number = communications.member_number("m-1").await.unwrap().unwrap();
    let proofs = communications.consent_proofs(number, 2).await.unwrap();
    let times: Vec<i64> = proofs.iter().map(|proof| proof.at).collect();
    assert_eq!((times, proofs[0].text_version.as_str()), (vec![30, 20], "2026-11"));
    // By number, as links in messages know the member.
    let by_number = [consent("e", Subject::Number(number), "mail", "withdrawn", 40)];
    assert_eq!(communications.add_consents(&by_number, &[]).await.unwrap(), [true]);
    assert_eq!(of(&communications, "m-1").await, [row("mail", "granted", 30), row("mail", "withdrawn", 40)]);
}

async fn a_survivor_has_the_answers_of_both_and_an_erased_member_none(database: &Database) {
    let communications = open(database).await;
    let answers = [
        consent("a", member("m-1"), "mail", "granted", 10),
        consent("b", member("m-2"), "mail", "withdrawn", 20),
    ];
    communications.add_consents(&answers, &[]).await.unwrap();
    let changes =
        [suppression("1", Suppressed::Member(member("m-2")), 1), suppression("2", address("digest"), 1)];
    communications.change_suppressions(&changes, &[]).await.unwrap();
    let mergers = [("m-2".to_owned(), "m-1".to_owned())];
    assert!(communications.follow_mergers(&mergers, "mergers", 0, 1).await.unwrap());
    assert_eq!(of(&communications, "m-1").await, [row("mail", "granted", 10), row("mail", "withdrawn", 20)]);
    let number = communications.member_number("m-1").await.unwrap().unwrap();
    assert_eq!(communications.suppressions_of(&[number], &[]).await.unwrap().len(), 1);
    // It is lifted as the survivor's, and not before what it was told of.
    let lift =
        |at| NewSuppression { is_lifted: true, ..suppression("3", Suppressed::Member(member("m-1")), at) };
    assert_eq!(communications.change_suppressions(&[lift(0)], &[]).await.unwrap(), [false]);
    assert_eq!(communications.change_suppressions(&[lift(1)], &[]).await.unwrap(), [true]);
    assert!(communications.suppressions_of(&[number], &[]).await.unwrap().is_empty());
    communications.change_suppressions(&changes[..1], &[]).await.unwrap();
    let erase = EraseMember {
        id: "e".to_owned(),
        member_id: "m-1".to_owned(),
        digest: "d".to_owned(),
        at: 2,
        actor: "crm".to_owned(),
    };
    communications.erase_member(&erase).await.unwrap().unwrap();
    assert!(communications.consents_of(&[number]).await.unwrap().is_empty());
    assert!(communications.suppressions_of(&[number], &[]).await.unwrap().is_empty());
    // Nobody's address is on the list: it stays.
    let digests = ["digest".to_owned()];
    assert_eq!(communications.suppressions_of(&[], &digests).await.unwrap().len(), 1);
}

async fn suppressions_are_replaced_by_later_ones_and_lifted(database: &Database) {
    let communications = open(database).await;
    let list = async || {
        let digests = ["d-1".to_owned(), "d-2".to_owned()];
        let rows = communications.suppressions_of(&[], &digests).await.unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|row| (row.digest.unwrap(), row.at)).collect();
        rows.sort();
        rows
    };
    let change =
        async |change: NewSuppression| communications.change_suppressions(&[change], &[]).await.unwrap();
    assert_eq!(change(suppression("1", address("d-1"), 10)).await, [true]);
    assert_eq!(change(suppression("1", address("d-1"), 10)).await, [false]);
    assert_eq!(change(suppression("1", address("d-1"), 5)).await, [false]);
    assert_eq!(change(suppression("1", address("d-1"), 20)).await, [true]);
    assert_eq!(change(suppression("2", address("d-2"), 7)).await, [true]);
    assert_eq!(list().await, [("d-1".to_owned(), 20), ("d-2".to_owned(), 7)]);
    // What was told of something that happened later stays.
    let lift = |at: i64| NewSuppression { is_lifted: true, ..suppression("1", address("d-1"), at) };
    assert_eq!(change(lift(19)).await, [false]);
    assert_eq!(change(lift(20)).await, [true]);
    assert_eq!(change(lift(20)).await, [false]);
    assert_eq!(list().await, [("d-2".to_owned(), 7)]);
}

async fn a_table_of_ranges_replaces_the_one_before(database: &Database) {
    let communications = open(database).await;
    let range = |first: i64| NumberRangeRow {
        first,
        last: first + 9,
        operator: "East".to_owned(),
        region: String::new(),
        zone: "Asia/Vladivostok".to_owned(),
    };
    assert_eq!(communications.number_ranges().await.unwrap(), (0, Vec::new()));
    let many: Vec<NumberRangeRow> = (1..=2_500).map(|number| range(number * 10)).collect();
    assert_eq!(communications.put_number_ranges(&many).await.unwrap(), 1);
    assert_eq!(communications.number_ranges().await.unwrap(), (1, many));
    assert_eq!(communications.put_number_ranges(&[range(70)]).await.unwrap(), 2);
    assert_eq!(communications.number_ranges().await.unwrap(), (2, vec![range(70)]));
    assert_eq!(communications.number_ranges_version().await.unwrap(), 2);
}
