//! Messages: planned once, sent by one worker at a time, and never lost.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, PgConnection};
use store::{
    Communications, LANES, MailingStart, MessageChange, NewEvent, PlannedMessage, RateLimit, Reaction,
    Subject,
};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    planning_again_is_the_same_row,
    an_attempt_begins_and_ends_once,
    lanes_are_shared_and_have_one_worker_each,
    what_was_on_the_wire_is_unknown_or_repeated,
    a_limit_is_never_exceeded_by_many_workers,
    a_mailing_is_planned_in_steps_and_ends,
    a_closed_queue_begins_nothing,
    sending_again_opens_no_paused_mailing,
    members_who_became_one_have_several_messages,
    the_first_reaction_counts,
);

/// On a server, where calls do not wait for each other as those of a file do.
mod on_a_server {
    #[tokio::test]
    async fn attempts_wait_for_a_call_that_closes_their_queue() {
        super::attempts_wait_for_a_call_that_closes_their_queue(&crate::databases::Database::postgres())
            .await;
    }
}

const NOW: i64 = 1_800_000_000_000;
const QUEUE: &str = "mailing/spring";

fn planned(number: i64) -> PlannedMessage {
    let text = str::to_owned;
    PlannedMessage {
        id: format!("id-{number:05}"),
        cause: text(QUEUE),
        cause_kind: text("mailing"),
        queue: text(QUEUE),
        number,
        channel: text("mail"),
        template: text("spring"),
        template_version: 1,
        category: text("marketing"),
        topic: text("news"),
        priority: 0,
        variant: String::new(),
        not_before: NOW,
        too_late_after: None,
        is_ghost: number % 10 == 9,
        reason: String::new(),
        values: text("{}"),
    }
}

fn change(id: &str, attempts: i64, state: &str, next_at: Option<i64>) -> MessageChange {
    let event = NewEvent {
        source: "messages".to_owned(),
        id: format!("{id}/{state}"),
        subject: Subject::Nobody,
        kind: format!("message_{state}"),
        at: NOW,
        received_at: NOW,
        payload: "{}".to_owned(),
    };
    MessageChange {
        id: id.to_owned(),
        attempts,
        state: state.to_owned(),
        reason: String::new(),
        detail: String::new(),
        next_at,
        provider_id: (state == "sent").then(|| format!("p-{id}")),
        sent_at: (state == "sent").then_some(NOW),
        sent_to: None,
        may_repeat: false,
        counts: state == "attempting",
        event: (state == "sent").then_some(event),
        promises: Vec::new(),
        links: None,
    }
}

/// Plans messages as a mailing does.
async fn plan(communications: &Communications, count: i64) -> Vec<PlannedMessage> {
    let messages: Vec<PlannedMessage> = (0..count).map(planned).collect();
    assert!(communications.put_mailing("spring", "{}", NOW).await.unwrap());
    let start = MailingStart {
        name: "spring".to_owned(),
        version: 1,
        queue: QUEUE.to_owned(),
        rate: None,
        priority: 0,
        template_versions: "{}".to_owned(),
        audience: count,
        parts: vec![(0, vec![1, 2, 3])],
        at: NOW,
    };
    assert!(communications.start_mailing(&start).await.unwrap());
    assert!(!communications.start_mailing(&start).await.unwrap(), "it is started once");
    assert!(communications.plan_messages("spring", (0, count), &messages, &[], 0, NOW).await.unwrap());
    messages
}

async fn count(communications: &Communications, state: &str) -> i64 {
    let counts = communications.count_messages(QUEUE).await.unwrap();
    counts.iter().filter(|count| count.state == state).map(|count| count.messages).sum()
}

async fn planning_again_is_the_same_row(database: &Database) {
    let communications = open(database).await;
    let messages = plan(&communications, 100).await;
    assert_eq!(count(&communications, "planned").await, 90);
    assert_eq!(count(&communications, "ghost").await, 10);
    // The same step again does nothing; the same messages in a later step are the same rows.
    assert!(!communications.plan_messages("spring", (0, 100), &messages, &[], 0, NOW).await.unwrap());
    assert!(communications.plan_messages("spring", (100, 200), &messages, &[], 0, NOW).await.unwrap());
    assert_eq!(count(&communications, "planned").await, 90);
    assert_eq!(communications.mailing("spring").await.unwrap().unwrap().merged, 100);
}

async fn an_attempt_begins_and_ends_once(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 20).await;
    let lease = communications.lease_lanes("w", 60_000).await.unwrap();
    assert_eq!(lease.lanes.len(), 64);
    assert_eq!(communications.due_messages(QUEUE, &lease.lanes, NOW - 1, 100).await.unwrap(), []);
    let due = communications.due_messages(QUEUE, &lease.lanes, NOW, 5).await.unwrap();
    assert_eq!(due.len(), 5);
    let begin: Vec<MessageChange> =
        due.iter().map(|row| change(&row.id, row.attempts, "attempting", None)).collect();
    let begun = communications.begin_attempts(("w", 60_000), QUEUE, &lease.lanes, &begin, NOW).await.unwrap();
    assert_eq!(begun.len(), 5);
    let again = communications.begin_attempts(("w", 60_000), QUEUE, &lease.lanes, &begin, NOW).await.unwrap();
    assert_eq!(again, BTreeSet::new(), "an attempt begins once");
    let ends: Vec<MessageChange> = begun.iter().map(|id| change(id, 1, "sent", None)).collect();
    assert_eq!(communications.end_attempts(&ends, NOW).await.unwrap().len(), 5);
    assert_eq!(communications.end_attempts(&ends, NOW).await.unwrap().len(), 0, "and ends once");
    assert_eq!(count(&communications, "sent").await, 5);
    assert_eq!(communications.events_after(0, 100).await.unwrap().len(), 5, "with an event each");
    let row = communications.message_of_provider("mail", "p-id-00000").await.unwrap().unwrap();
    assert_eq!((row.id.as_str(), row.sent_at, row.attempts), ("id-00000", Some(NOW), 1));
}

async fn lanes_are_shared_and_have_one_worker_each(database: &Database) {
    let communications = open(database).await;
    let names: Vec<String> = (0..8).map(|number| format!("w-{number}")).collect();
    // The first takes all; each round brings them closer to equal parts.
    for _ in 0..8 {
        for name in &names {
            communications.lease_lanes(name, 60_000).await.unwrap();
        }
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        let lease = communications.lease_lanes(name, 60_000).await.unwrap();
        assert_eq!(lease.lanes.len(), 8, "{name}");
        assert!(lease.lanes.iter().all(|lane| seen.insert(*lane)), "a lane has two workers");
    }
    assert_eq!(seen.len(), usize::try_from(LANES).unwrap());
    communications.release_lanes("w-3").await.unwrap();
    assert_eq!(communications.renew_lanes("w-3", 60_000).await.unwrap(), 0);
    assert_eq!(communications.renew_lanes("w-4", 60_000).await.unwrap(), 8);
}

async fn what_was_on_the_wire_is_unknown_or_repeated(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 9).await;
    // A lease of no time at all is over when the next worker looks.
    let lanes = communications.lease_lanes("w", 60_000).await.unwrap().lanes;
    let mut begin: Vec<MessageChange> =
        (0..9).map(|number| change(&format!("id-{number:05}"), 0, "attempting", None)).collect();
    begin[0].may_repeat = true;
    assert_eq!(
        communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &begin, NOW).await.unwrap().len(),
        9
    );
    communications.release_lanes("w").await.unwrap();
    let lease = communications.lease_lanes("v", 60_000).await.unwrap();
    assert_eq!((lease.unknown, lease.repeated, lease.lanes.len()), (8, 1, 64));
    let late = communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &begin, NOW).await.unwrap();
    assert_eq!(late, BTreeSet::new(), "who has lost its lanes begins nothing");
    // What the first worker knows is still heard.
    let sent = [change("id-00003", 1, "sent", None), change("id-00000", 1, "sent", None)];
    assert_eq!(communications.end_attempts(&sent, NOW).await.unwrap().len(), 2);
    assert_eq!((count(&communications, "unknown").await, count(&communications, "sent").await), (7, 2));
    let again = [String::from("id-00004"), String::from("id-00003")];
    assert_eq!(communications.send_again(QUEUE, &again, NOW).await.unwrap(), 1, "not what was sent");
    assert_eq!(count(&communications, "planned").await, 1);
}

async fn a_limit_is_never_exceeded_by_many_workers(database: &Database) {
    const WORKERS: usize = 8;
    const EACH: usize = 6;
    let communications = open(database).await;
    let limit = || [RateLimit { name: "account/mail".to_owned(), per_1000_seconds: 14_000 }];
    let started = Instant::now();
    let worker = |_| {
        let (communications, limit) = (communications.clone(), limit());
        tokio::spawn(async move { communications.take_slots(&limit, EACH, 60_000).await.unwrap().count })
    };
    let workers: Vec<_> = (0..WORKERS).map(worker).collect();
    let mut taken = 0;
    for worker in workers {
        taken += worker.await.unwrap();
    }
    assert_eq!(taken, WORKERS * EACH, "a minute has room for all");
    // Each has times of its own: the next one is behind all of them, counted from before the first was asked for.
    let next = communications.take_slots(&limit(), 1, 60_000).await.unwrap();
    let elapsed = i64::try_from(started.elapsed().as_micros()).unwrap();
    let all = next.every_us * i64::try_from(taken).unwrap();
    // The clock of the database has milliseconds.
    assert!(next.wait_us + elapsed + 1_000 >= all, "{} µs after {elapsed} µs", next.wait_us);
    assert!(next.every_us * 14 >= 1_000_000, "14 of them never fit into less than a second");
    assert_eq!(communications.take_slots(&[], 5, 250).await.unwrap().count, 5, "no limit, no wait");
}

async fn a_mailing_is_planned_in_steps_and_ends(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 10).await;
    assert!(!communications.end_mailing("spring", QUEUE, NOW).await.unwrap(), "not all are planned");
    assert!(communications.mailing_part("spring", 0).await.unwrap().is_some());
    assert!(!communications.mailing_planned("spring", 3).await.unwrap(), "the cursor is elsewhere");
    assert!(communications.mailing_planned("spring", 10).await.unwrap());
    assert!(!communications.end_mailing("spring", QUEUE, NOW).await.unwrap(), "nine are waiting");
    assert_eq!(communications.skip_waiting(QUEUE, "stopped", 5, NOW).await.unwrap(), 5);
    assert_eq!(communications.skip_waiting(QUEUE, "stopped", 5, NOW).await.unwrap(), 4);
    assert!(communications.end_mailing("spring", QUEUE, NOW).await.unwrap());
    assert_eq!(communications.open_queues().await.unwrap(), []);
    assert!(!communications.put_mailing("spring", "{}", NOW).await.unwrap(), "what was started stays");
}

async fn a_closed_queue_begins_nothing(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 10).await;
    let lanes = communications.lease_lanes("w", 60_000).await.unwrap().lanes;
    let begin = [change("id-00001", 0, "attempting", None)];
    assert!(communications.change_mailing("spring", QUEUE, (&["running"], "paused"), NOW).await.unwrap());
    assert_eq!(
        communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &begin, NOW).await.unwrap().len(),
        0
    );
    assert!(!communications.change_mailing("spring", QUEUE, (&["running"], "paused"), NOW).await.unwrap());
    assert!(communications.change_mailing("spring", QUEUE, (&["paused"], "running"), NOW).await.unwrap());
    assert_eq!(
        communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &begin, NOW).await.unwrap().len(),
        1
    );
}

async fn attempts_wait_for_a_call_that_closes_their_queue(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 10).await;
    let lanes = communications.lease_lanes("w", 60_000).await.unwrap().lanes;
    // Whoever pauses the mailing has not committed yet.
    let mut pausing = PgConnection::connect(database.url()).await.unwrap();
    pausing.execute("BEGIN").await.unwrap();
    pausing.execute("UPDATE communications.message_queues SET is_open = 0").await.unwrap();
    let begin = tokio::spawn(async move {
        let change = [change("id-00001", 0, "attempting", None)];
        communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &change, NOW).await.unwrap()
    });
    let mut watching = PgConnection::connect(database.url()).await.unwrap();
    let waits = "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !begin.is_finished()
        && sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watching).await.unwrap() == 0
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    pausing.execute("COMMIT").await.unwrap();
    assert_eq!(begin.await.unwrap(), BTreeSet::new(), "nothing begins once it is paused");
}

async fn sending_again_opens_no_paused_mailing(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 5).await;
    let lanes = communications.lease_lanes("w", 60_000).await.unwrap().lanes;
    let begin = [change("id-00001", 0, "attempting", None)];
    assert_eq!(
        communications.begin_attempts(("w", 60_000), QUEUE, &lanes, &begin, NOW).await.unwrap().len(),
        1
    );
    communications.end_attempts(&[change("id-00001", 1, "dead", None)], NOW).await.unwrap();
    let again = [String::from("id-00001")];
    let state = async || communications.mailing("spring").await.unwrap().unwrap().state;
    assert!(communications.change_mailing("spring", QUEUE, (&["running"], "paused"), NOW).await.unwrap());
    assert_eq!(communications.send_again(QUEUE, &again, NOW).await.unwrap(), 1);
    assert_eq!((state().await.as_str(), communications.open_queues().await.unwrap().len()), ("paused", 0));
    assert!(communications.change_mailing("spring", QUEUE, (&["paused"], "running"), NOW).await.unwrap());
    assert_eq!(communications.open_queues().await.unwrap().len(), 1);
    assert_eq!(communications.send_again(QUEUE, &again, NOW).await.unwrap(), 0, "it waits already");
    // One that is done goes on; one that was stopped does not.
    assert!(communications.mailing_planned("spring", 5).await.unwrap());
    assert_eq!(
        communications
            .begin_attempts(("w", 60_000), QUEUE, &lanes, &[change("id-00001", 1, "attempting", None)], NOW)
            .await
            .unwrap()
            .len(),
        1
    );
    // The others; what is on the wire is not skipped.
    assert_eq!(communications.skip_waiting(QUEUE, "stopped", 10, NOW).await.unwrap(), 4);
    communications.end_attempts(&[change("id-00001", 2, "dead", None)], NOW).await.unwrap();
    communications.skip_waiting(QUEUE, "stopped", 5, NOW).await.unwrap();
    assert!(communications.end_mailing("spring", QUEUE, NOW).await.unwrap());
    assert_eq!(communications.send_again(QUEUE, &again, NOW).await.unwrap(), 1);
    assert_eq!((state().await.as_str(), communications.open_queues().await.unwrap().len()), ("running", 1));
    assert!(communications.change_mailing("spring", QUEUE, (&["running"], "stopped"), NOW).await.unwrap());
    communications.skip_waiting(QUEUE, "stopped", 5, NOW).await.unwrap();
    assert_eq!(communications.send_again(QUEUE, &again, NOW).await.unwrap(), 0);
    assert_eq!((state().await.as_str(), communications.open_queues().await.unwrap().len()), ("stopped", 0));
}

async fn members_who_became_one_have_several_messages(database: &Database) {
    let communications = open(database).await;
    let ids: Vec<String> = (0..5).map(|number| format!("m-{number}")).collect();
    let numbers = communications.number_members(&ids).await.unwrap();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    plan(&communications, 5).await;
    let all: Vec<i64> = (0..5).collect();
    assert_eq!(communications.members_with_several(QUEUE, &all).await.unwrap(), [0_i64; 0]);
    let merger = [("m-3".to_owned(), "m-1".to_owned())];
    assert!(communications.follow_mergers(&merger, "mergers", 0, 1).await.unwrap());
    assert_eq!(communications.members_with_several(QUEUE, &all).await.unwrap(), [1]);
    assert_eq!(communications.members_with_several("mailing/other", &all).await.unwrap(), [0_i64; 0]);
}

async fn the_first_reaction_counts(database: &Database) {
    let communications = open(database).await;
    plan(&communications, 3).await;
    for at in [NOW + 5, NOW + 9] {
        communications.react("id-00001", Reaction::Clicked, at, &[]).await.unwrap();
    }
    communications.react("id-00002", Reaction::Opened, NOW, &[]).await.unwrap();
    let counts = communications.count_reactions(QUEUE).await.unwrap();
    assert_eq!((counts.clicked, counts.opened, counts.complained), (1, 1, 0));
    let clicked = communications.clicked_messages(QUEUE, "", 10).await.unwrap();
    assert_eq!(clicked, [("id-00001".to_owned(), 1, NOW + 5)]);
}
