use communications::Event;
use communications::chains::{
    Action, Facts, NodeIndex, Run, STATE_BYTES_MAX, Stage, Step, Version, check, event_concerns, read, step,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::shop::{at, event, member, simulated, timeline, version, waiting};

fn facts() -> Facts {
    Facts {
        run: "c/1".to_owned(),
        member: "m".to_owned(),
        zone: "Europe/Moscow".to_owned(),
        ..Facts::default()
    }
}

/// Mautic #3340: after a gap of fourteen days nothing stale is sent, and all of it is listed.
#[test]
fn what_comes_too_late_is_left_out_and_listed() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["nodes"]["say"]["too_late_after"] = json!("2d");
    document["nodes"]["say"]["next"] = json!("later");
    document["nodes"]["later"] = json!({ "type": "wait", "for": "1d", "next": "again" });
    document["nodes"]["again"] =
        json!({ "type": "message", "template": "u", "channel": "email", "next": "end" });
    let version = version(&document);
    let now = at("2026-03-01T10:00:00Z");
    let waits = step(&version, &Run::begin(version.start, now, false), None, &facts(), now);
    let due = waits.wake.expect("a wait");
    for (late_ms, left_out) in
        [(0, false), (2 * 86_400_000, false), (2 * 86_400_000 + 1, true), (14 * 86_400_000, true)]
    {
        let now = due + late_ms;
        let outcome = step(&version, &waits.run, None, &facts(), now);
        assert_eq!(
            matches!(outcome.effects[0].action, Action::TooLate(Step::Message(_))),
            left_out,
            "{late_ms}"
        );
        // The next step has its full wait, so that nothing is sent in a burst.
        assert_eq!(outcome.wake, Some(now + 86_400_000));
    }
}

/// Notifuse #327: failure is an edge of the graph, and what comes after it runs.
#[test]
fn a_message_that_fails_goes_on_where_it_says() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["start"] = json!("say");
    document["nodes"]["say"]["failed"] = json!("push");
    document["nodes"]["say"]["next"] = json!("wait");
    document["nodes"]["push"] = json!({ "type": "tag", "name": "unreachable", "next": "wait" });
    document["nodes"]["wait"]["next"] = json!("end");
    let version = version(&document);
    let now = at("2026-03-01T10:00:00Z");
    let sent = step(&version, &Run::begin(version.start, now, false), None, &facts(), now);
    assert_eq!(sent.run.stage, Stage::Sent(now + 86_400_000, 0));
    let cause = sent.effects[0].key.clone();
    let told = |kind: &str, cause: &str| {
        let event = Event { kind: kind.to_owned(), at: now + 5, payload: json!({ "cause": cause }) };
        let concerns = event_concerns(&version, &sent.run, &event, "c/1");
        let outcome = step(&version, &sent.run, Some(&event), &facts(), now + 5);
        assert_eq!(concerns, outcome.run != sent.run, "{kind} {cause}");
        (outcome.effects.len(), outcome.run.stage)
    };
    let waits = Stage::Waiting(now + 5 + 3_600_000);
    for kind in ["message_skipped", "message_failed", "message_bounced"] {
        assert_eq!(told(kind, &cause), (1, waits), "{kind}");
    }
    for kind in ["message_sent", "message_delivered"] {
        assert_eq!(told(kind, &cause), (0, waits), "{kind}");
    }
    assert_eq!(told("message_failed", "c/2/say/1"), (0, sent.run.stage), "of another run");
    assert_eq!(told("message_failed", "c/1/say/7"), (0, sent.run.stage), "of another time round");
    // Nobody says anything.
    let outcome = step(&version, &sent.run, None, &facts(), now + 86_400_000);
    assert_eq!((outcome.effects.len(), outcome.run.stage), (0, Stage::Waiting(now + 86_400_000 + 3_600_000)));
}

/// Push, then e-mail, then a text message: the next one on refusal, or when nobody has reported in time.
#[test]
fn a_cascade_goes_on_by_refusal_or_silence_and_ends_with_a_report() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["start"] = json!("say");
    document["nodes"]["say"] = json!({ "type": "message", "template": "t", "next": "wait", "channels": [
        { "channel": "push", "ttl": "30m" }, { "channel": "email", "ttl": "2h" }, { "channel": "sms" }
    ] });
    document["nodes"]["wait"]["next"] = json!("end");
    let version = version(&document);
    let now = at("2026-03-01T10:00:00Z");
    let minute = 60_000;
    let push = step(&version, &Run::begin(version.start, now, false), None, &facts(), now);
    let sent = |effects: &[communications::chains::Effect<'_>]| match effects {
        [effect] => match &effect.action {
            Action::Do { channel, too_late_after, .. } => (*channel, *too_late_after, effect.key.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let (channel, too_late_after, cause) = sent(&push.effects);
    assert_eq!(
        (channel, too_late_after),
        (0, now + 30 * minute),
        "the first one dies when the second starts"
    );
    let told = |kind: &str, cause: &str, at: i64| Event {
        kind: kind.to_owned(),
        at,
        payload: json!({ "cause": cause }),
    };
    // Sent is not delivered.
    let event = told("message_sent", &cause, now + minute);
    assert!(!event_concerns(&version, &push.run, &event, "c/1"));
    assert_eq!(step(&version, &push.run, Some(&event), &facts(), now + minute).run, push.run);
    let event = told("message_delivered", &cause, now + minute);
    let delivered = step(&version, &push.run, Some(&event), &facts(), now + minute);
    assert_eq!((delivered.effects.len(), delivered.run.stage), (0, Stage::Waiting(now + 61 * minute)));
    // Nobody reports.
    let email = step(&version, &push.run, None, &facts(), now + 30 * minute);
    let (channel, _, second) = sent(&email.effects);
    assert_eq!((channel, email.run.stage), (1, Stage::Sent(now + 150 * minute, 1)));
    assert_ne!(cause, second);
    // A report of the first one that comes late does not end the second.
    let event = told("message_failed", &cause, now + 31 * minute);
    assert_eq!(step(&version, &email.run, Some(&event), &facts(), now + 31 * minute).run, email.run);
    // Refused: the last one, after which the run goes on.
    let event = told("message_bounced", &second, now + 32 * minute);
    let sms = step(&version, &email.run, Some(&event), &facts(), now + 32 * minute);
    assert_eq!((sent(&sms.effects).0, sms.run.stage), (2, Stage::Waiting(now + 92 * minute)));
}

/// Mautic #6445: who waits goes on in another version at the node of the same name, whatever that is now.
#[test]
fn a_run_that_was_moved_goes_on_where_the_new_version_says() {
    let now = at("2026-03-01T10:00:00Z");
    let old = version(&waiting(&json!({ "for": "1h" })));
    let waits = step(&old, &Run::begin(old.start, now, false), None, &facts(), now).run;
    let due = now + 3_600_000;
    let mut document = waiting(&json!({ "for": "9d" }));
    for (node, effects) in [
        (json!({ "type": "wait", "for": "9d", "next": "say" }), 1),
        (
            json!({ "type": "wait", "until_event": { "event": "e" }, "at_most": "9d", "next": "say", "otherwise": "end" }),
            1,
        ),
        (json!({ "type": "tag", "name": "t", "next": "say" }), 2),
        (json!({ "type": "branch", "rule": { "segment": "s" }, "yes": "end", "no": "say" }), 1),
        (json!({ "type": "exit" }), 0),
    ] {
        document["nodes"]["wait"] = node.clone();
        let new = version(&document);
        let moved = Run { node: new.find("wait").expect("the node"), ..waits.clone() };
        let early = step(&new, &moved, None, &facts(), due - 1);
        assert_eq!((&early.run, early.effects.len()), (&moved, 0), "{node}");
        assert_eq!(step(&new, &moved, None, &facts(), due).effects.len(), effects, "{node}");
    }
}

#[test]
fn leaving_by_rule_reaches_its_goal_once() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["leave_when"] = json!([{ "event": "purchase", "goal": "bought" }]);
    let events = vec![
        event("2026-03-01T10:00:00Z", "go", json!({})),
        event("2026-03-01T10:30:00Z", "purchase", json!({})),
        event("2026-03-01T10:31:00Z", "purchase", json!({})),
    ];
    let simulation = simulated(&version(&document), vec![member("m", "UTC")], events);
    assert_eq!(
        timeline(&simulation, "UTC"),
        ["Sun 2026-03-01 10:30 wait: goal bought", "Sun 2026-03-01 10:30 wait: leaves: leave_when"]
    );
    assert_eq!(simulation.anyway.bought, 1);
}

#[test]
fn ghosts_go_the_same_way_and_everything_is_only_recorded() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["control"] = json!({ "percent": "50", "salt": "s" });
    let version = version(&document);
    let members: Vec<_> = (0..1000).map(|number| member(&format!("m-{number}"), "UTC")).collect();
    let events = (0..1000).map(|number| {
        let mut event = event("2026-03-01T10:00:00Z", "go", json!({}));
        event.member = number;
        event
    });
    let simulation = simulated(&version, members, events.collect());
    assert_eq!(simulation.entries, 1000);
    assert!((430..570).contains(&simulation.ghosts), "{}", simulation.ghosts);
    assert_eq!(simulation.ghost_messages, simulation.ghosts);
    assert_eq!(simulation.messages.values().sum::<u64>(), 1000 - simulation.ghosts);
    assert_eq!(simulation.visits["say"], 1000);
}

#[test]
fn a_split_draws_the_same_way_each_time_and_by_its_shares() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["nodes"]["say"]["next"] = json!("draw");
    document["nodes"]["draw"] = json!({ "type": "split", "salt": "s", "ways": [
        { "percent": "20", "next": "some" }, { "percent": "80", "next": "end" }
    ] });
    document["nodes"]["some"] = json!({ "type": "tag", "name": "t", "next": "end" });
    let version = version(&document);
    let run = || {
        let members: Vec<_> = (0..2000).map(|number| member(&format!("m-{number}"), "UTC")).collect();
        let events = (0..2000).map(|number| {
            let mut event = event("2026-03-01T10:00:00Z", "go", json!({}));
            event.member = number;
            event
        });
        simulated(&version, members, events.collect())
    };
    let simulation = run();
    assert!((330..470).contains(&simulation.visits["some"]), "{}", simulation.visits["some"]);
    assert_eq!(simulation, run());
}

#[test]
fn states_are_small_and_come_back() {
    for stage in [Stage::Due(7), Stage::Waiting(i64::MAX / 2), Stage::Listening(-5), Stage::Sent(0, 4)] {
        for (entered_at, ghost) in [(0, false), (1_900_000_000_000, true), (-1_900_000_000_000, false)] {
            let run = Run { node: NodeIndex(400), stage, steps: 10_000, entered_at, ghost };
            let state = run.encode();
            assert!(state.len() <= STATE_BYTES_MAX, "{state}");
            assert_eq!(Run::decode(NodeIndex(400), &state), Ok(run));
        }
    }
    for state in ["", "w", "q1,2,3", "w1,2", "w1,2,3,4", "w1,x,3"] {
        assert!(Run::decode(NodeIndex(0), state).is_err(), "{state}");
    }
}

/// Chains at random that pass the check.
fn chains() -> impl Strategy<Value = Version> {
    let node = (0..9_usize, prop::collection::vec(0..12_usize, 3), 1..50_u32);
    prop::collection::vec(node, 1..12).prop_filter_map("chains that are refused", |drawn| {
        let count = drawn.len();
        let name = |place: usize| format!("n{}", place % count);
        let mut nodes = serde_json::Map::new();
        for (place, (kind, to, amount)) in drawn.iter().enumerate() {
            let next: Vec<String> = to.iter().map(|to| name(*to)).collect();
            let node = match kind {
                0 => json!({ "type": "wait", "for": format!("{amount}m"), "next": next[0] }),
                1 => json!({ "type": "wait", "until": "10:00", "next": next[0] }),
                2 => json!({ "type": "wait", "until_event": { "event": "e" }, "at_most": format!("{amount}h"), "next": next[0], "otherwise": next[1] }),
                3 => json!({ "type": "wait", "until_date": { "attribute": "d", "time": "10:00", "yearly": amount % 2 == 0 }, "next": next[0] }),
                4 => json!({ "type": "branch", "rule": { "segment": "s" }, "yes": next[0], "no": next[1] }),
                5 => json!({ "type": "split", "salt": "s", "ways": [{ "percent": "50", "next": next[0] }, { "percent": "50", "next": next[1] }] }),
                6 => json!({ "type": "message", "template": "t", "channel": "c", "next": next[0], "failed": next[1] }),
                7 => json!({ "type": "tag", "name": "t", "next": next[0] }),
                _ => json!({ "type": "exit" }),
            };
            nodes.insert(name(place), node);
        }
        let document = json!({ "triggers": [{ "event": "go" }], "start": "n0", "nodes": nodes });
        let version = read(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let circle = check(&version, &Default::default()).iter().any(|problem| problem.code == "circle_without_wait");
        (!circle).then_some(version)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Mautic #7057: no outcome comes back at the same moment for ever. Each step leaves, or waits for a later time; the
    /// same call again gives the same answer; a call too early does nothing.
    #[test]
    fn each_step_leaves_or_waits_for_a_later_time(version in chains(), delays in prop::collection::vec(0..200_000_000_i64, 20), date in prop::option::of(0..20_000_i32)) {
        let mut now = 1_790_000_000_000;
        let mut run = Run::begin(version.start, now, false);
        let mut facts = facts();
        facts.dates.extend(date.map(|day| {
            let date = jiff::civil::date(1990, 1, 1).checked_add(jiff::Span::new().days(day)).expect("a date");
            ("d".to_owned(), date.to_string())
        }));
        for (number, delay) in delays.into_iter().enumerate() {
            let event = (number % 3 == 1).then(|| Event { kind: "e".to_owned(), at: now, payload: Value::Null });
            let outcome = step(&version, &run, event.as_ref(), &facts, now);
            prop_assert_eq!(&outcome, &step(&version, &run, event.as_ref(), &facts, now));
            prop_assert!(outcome.run.encode().len() <= STATE_BYTES_MAX);
            prop_assert!(outcome.left != Some("endless"));
            prop_assert!(outcome.run.steps >= run.steps);
            match outcome.wake {
                None => prop_assert!(!outcome.run.is_active()),
                Some(wake) => prop_assert!(wake > now, "{wake} is not after {now}"),
            }
            let again = step(&version, &outcome.run, None, &facts, now);
            prop_assert_eq!(&again.run, &outcome.run);
            prop_assert!(again.effects.is_empty());
            run = outcome.run;
            now = if delay % 2 == 0 { run.wake().unwrap_or(now) } else { now + delay };
        }
    }
}
