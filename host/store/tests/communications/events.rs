//! The log of events: each once, in an order that no reader misses anything of, about members by their numbers.

use store::{Appended, Communications, Cursor, NewEvent, NumberedMember, Options, Subject};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    an_event_is_kept_once,
    members_get_dense_numbers_once,
    visitors_become_members,
    a_cursor_moves_with_what_was_made_of_the_rows,
    writers_at_the_same_time_hide_nothing_from_readers,
    the_schema_goes_both_ways_beside_that_of_tills,
);

const NOW: i64 = 1_800_000_000_000;

fn event(id: &str, subject: Subject) -> NewEvent {
    NewEvent {
        source: "shop".to_owned(),
        id: id.to_owned(),
        subject,
        kind: "cart_abandoned".to_owned(),
        at: NOW - 1_000,
        received_at: NOW,
        payload: r#"{"items":2}"#.to_owned(),
    }
}

fn of(member: &str) -> Subject {
    Subject::Member(member.to_owned())
}

async fn ids_after(communications: &Communications, seq: i64) -> Vec<String> {
    communications.events_after(seq, 1_000).await.unwrap().into_iter().map(|event| event.id).collect()
}

async fn an_event_is_kept_once(database: &Database) {
    let communications = open(database).await;
    let (one, two) = (event("1", of("m-1")), event("2", of("m-2")));
    let new = |is_new| Appended { is_new };
    let appended = communications.append_events(&[one.clone(), one.clone(), two.clone()]).await.unwrap();
    assert_eq!(appended, [new(true), new(false), new(true)]);
    let changed = NewEvent { payload: "{}".to_owned(), ..one.clone() };
    let elsewhere = NewEvent { source: "app".to_owned(), ..one.clone() };
    let appended = communications.append_events(&[changed, elsewhere]).await.unwrap();
    assert_eq!(appended, [new(false), new(true)]);
    let kept = communications.event("shop", "1").await.unwrap().unwrap();
    assert_eq!((kept.payload.as_str(), kept.at, kept.received_at), (r#"{"items":2}"#, NOW - 1_000, NOW));
    assert_eq!(ids_after(&communications, 0).await, ["1", "2", "1"]);
    assert_eq!(ids_after(&communications, kept.seq).await, ["2", "1"]);
    let number = communications.member_number("m-1").await.unwrap().unwrap();
    let own = communications.events_of(number, NOW - 1_000, 10).await.unwrap();
    assert_eq!(own.iter().map(|event| event.source.as_str()).collect::<Vec<_>>(), ["app", "shop"]);
    assert!(communications.events_of(number, NOW, 10).await.unwrap().is_empty());
    // The same statement takes more rows than one statement of SQL may have values.
    let many: Vec<NewEvent> = (0..2_500).map(|id| event(&format!("many-{id}"), Subject::Nobody)).collect();
    let appended = communications.append_events(&many).await.unwrap();
    assert!(appended.len() == 2_500 && appended.iter().all(|appended| appended.is_new));
}

async fn members_get_dense_numbers_once(database: &Database) {
    let communications = open(database).await;
    let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(communications.member_count().await.unwrap(), 0);
    assert_eq!(communications.number_members(&ids(&["b", "a", "b"])).await.unwrap(), [1, 0, 1]);
    communications.append_events(&[event("1", of("c")), event("2", of("a"))]).await.unwrap();
    assert_eq!(communications.number_members(&ids(&["d", "c", "a"])).await.unwrap(), [3, 2, 0]);
    assert_eq!(communications.member_count().await.unwrap(), 4);
    assert_eq!(communications.member_number("e").await.unwrap(), None);
    let member = |member_id: &str, number| NumberedMember { member_id: member_id.to_owned(), number };
    assert_eq!(communications.members_of(&[3, 0, 9]).await.unwrap(), [member("a", 0), member("d", 3)]);
    assert_eq!(communications.members_from(1, 2).await.unwrap(), [member("b", 1), member("c", 2)]);
    // From several callers at once, each number is given once all the same.
    let numbered = (0..8).map(|_| {
        let communications = communications.clone();
        tokio::spawn(async move {
            let ids: Vec<String> = (0..50).map(|id| format!("new-{id}")).collect();
            communications.number_members(&ids).await.unwrap()
        })
    });
    let mut all = Vec::new();
    for task in numbered.collect::<Vec<_>>() {
        all.push(task.await.unwrap());
    }
    all.dedup();
    assert_eq!(all.len(), 1, "all callers are told the same numbers");
    assert_eq!(communications.member_count().await.unwrap(), 54);
}

async fn visitors_become_members(database: &Database) {
    let communications = open(database).await;
    let visitor = || Subject::Visitor("v-1".to_owned());
    communications.append_events(&[event("1", visitor()), event("2", Subject::Nobody)]).await.unwrap();
    assert_eq!(communications.event("shop", "1").await.unwrap().unwrap().number, None);
    assert_eq!(communications.link_visitor("v-1", "m-1", NOW).await.unwrap(), 1);
    // Readers that have passed it as nobody's see it as the member's.
    assert_eq!(ids_after(&communications, 2).await, ["1"]);
    communications.append_events(&[event("3", visitor())]).await.unwrap();
    let number = communications.member_number("m-1").await.unwrap();
    assert!(number.is_some());
    for id in ["1", "3"] {
        let event = communications.event("shop", id).await.unwrap().unwrap();
        assert_eq!((event.number, event.visitor.as_deref()), (number, Some("v-1")));
    }
    // Another member in the same browser: what was is the first one's.
    assert_eq!(communications.link_visitor("v-1", "m-2", NOW).await.unwrap(), 0);
    communications.append_events(&[event("4", visitor())]).await.unwrap();
    let number_of = async |id| communications.event("shop", id).await.unwrap().unwrap().number;
    assert_eq!(number_of("3").await, number);
    // A visitor is forgotten once it is long ago, and nothing of it is in the log.
    assert_eq!(communications.remove_visitors_before(NOW + 1, 10).await.unwrap(), 0);
    communications.link_visitor("v-2", "m-1", NOW).await.unwrap();
    assert_eq!(communications.remove_visitors_before(NOW, 10).await.unwrap(), 0);
    assert_eq!(communications.remove_visitors_before(NOW + 1, 10).await.unwrap(), 1);
    assert_eq!(number_of("4").await, communications.member_number("m-2").await.unwrap());
    assert_eq!(number_of("2").await, None);
}

async fn a_cursor_moves_with_what_was_made_of_the_rows(database: &Database) {
    let communications = open(database).await;
    let of_rows = |ids: &[&str]| -> Vec<NewEvent> { ids.iter().map(|id| event(id, of("m"))).collect() };
    assert_eq!(communications.cursor("results").await.unwrap(), 0);
    let at = |position, mark: &str| Cursor { position, mark: mark.to_owned() };
    let append = async |ids: &[&str], from, to: &Cursor| {
        communications.append_events_of(&of_rows(ids), "results", from, to).await.unwrap()
    };
    assert!(append(&["1", "2"], 0, &at(2, "r-2")).await);
    // Another reader that began at the same place.
    assert!(!append(&["1", "2", "x"], 0, &at(3, "r-x")).await);
    assert_eq!(communications.marked_cursor("results").await.unwrap(), at(2, "r-2"));
    assert!(append(&["3"], 2, &at(3, "r-3")).await);
    assert_eq!(communications.cursor("results").await.unwrap(), 3);
    assert_eq!(ids_after(&communications, 0).await, ["1", "2", "3"]);
    assert_eq!(communications.cursor("mergers").await.unwrap(), 0);
}

async fn writers_at_the_same_time_hide_nothing_from_readers(database: &Database) {
    let communications = open(database).await;
    let writers = (0..4).map(|writer| {
        let communications = communications.clone();
        tokio::spawn(async move {
            for row in 0..50 {
                let event = event(&format!("{writer}-{row}"), Subject::Nobody);
                communications.append_events(&[event]).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    // A reader that goes on from the last number it saw.
    let (mut seen, mut after) = (Vec::new(), 0);
    while seen.len() < 200 {
        let is_over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let rows = communications.events_after(after, 7).await.unwrap();
        assert!(!(rows.is_empty() && is_over), "{} of 200 were seen", seen.len());
        after = rows.last().map_or(after, |last| last.seq);
        seen.extend(rows.into_iter().map(|row| row.id));
        tokio::task::yield_now().await;
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 200);
    assert_eq!(communications.last_event().await.unwrap(), after);
}

async fn the_schema_goes_both_ways_beside_that_of_tills(database: &Database) {
    let store = database.open().await;
    let communications = open(database).await;
    communications.check().await.unwrap();
    communications.append_events(&[event("1", of("m"))]).await.unwrap();
    let tills = store.applied_migrations().await.unwrap();
    assert!(!communications.applied_migrations().await.unwrap().is_empty());
    communications.revert_to(0).await.unwrap();
    assert!(communications.applied_migrations().await.unwrap().is_empty());
    assert_eq!(store.applied_migrations().await.unwrap(), tills);
    communications.migrate().await.unwrap();
    assert_eq!(communications.last_event().await.unwrap(), 0);
    communications.close().await;
    let url = Communications::url_beside(database.url());
    assert!(Communications::open_existing(&url).await.is_ok());
    if url.starts_with("sqlite:") {
        assert!(url.ends_with("/communications.db"), "{url}");
        let missing = url.replace("communications.db", "nothing.db");
        assert!(
            Communications::open_existing(&missing).await.unwrap_err().to_string().contains("nothing.db")
        );
        // One process works with a file.
        let served = Communications::open_to_serve(Options::job(&url)).await.unwrap();
        let second = Communications::open_to_serve(Options::job(&url)).await.unwrap_err();
        assert!(second.to_string().contains("another host"), "{second}");
        served.close().await;
    }
    assert_eq!(Communications::url_beside("sqlite::memory:"), "sqlite::memory:");
}
