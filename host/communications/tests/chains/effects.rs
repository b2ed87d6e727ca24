//! Going on by what becomes of something that is done elsewhere.

use communications::Event;
use communications::chains::{EFFECT_DONE, EFFECT_FAILED, Facts, Run, Stage, Step, check, step};
use serde_json::{Value, json};

use super::shop::{at, event, member, simulated, timeline, version, waiting};

const MINUTE: i64 = 60_000;

fn facts() -> Facts {
    Facts { run: "c/1".to_owned(), member: "m".to_owned(), zone: "UTC".to_owned(), ..Facts::default() }
}

/// A chain that calls, and says how it went.
fn document() -> Value {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["start"] = json!("say");
    document["nodes"]["say"] = json!({
        "type": "webhook", "channel": "desk", "next": "told", "failed": "by-hand", "failed_within": "2h",
    });
    document["nodes"]["told"] = json!({ "type": "goal", "name": "told", "next": "wait" });
    document["nodes"]["by-hand"] = json!({ "type": "goal", "name": "by-hand", "next": "wait" });
    document["nodes"]["wait"]["next"] = json!("end");
    document
}

#[test]
fn what_cannot_be_done_goes_on_where_it_says() {
    let version = version(&document());
    assert_eq!(check(&version, &communications::chains::Catalogue::default()), []);
    let now = at("2026-03-01T10:00:00Z");
    let asked = step(&version, &Run::begin(version.start, now, false), None, &facts(), now);
    let cause = asked.effects[0].key.clone();
    // A minute for the word of it to arrive.
    assert_eq!(asked.run.stage, Stage::Sent(now + 121 * MINUTE, 0));
    let told = |kind: &str, cause: &str| {
        let event = Event { kind: kind.to_owned(), at: now, payload: json!({ "cause": cause }) };
        let outcome = step(&version, &asked.run, Some(&event), &facts(), now + MINUTE);
        outcome.visited.first().map(|node| version.node(*node).expect("a node").name.clone())
    };
    assert_eq!(told(EFFECT_DONE, &cause).as_deref(), Some("told"));
    assert_eq!(told(EFFECT_FAILED, &cause).as_deref(), Some("by-hand"));
    assert_eq!(told(EFFECT_FAILED, "c/2/say/1"), None, "of another run");
    // Without a word it is not done any more.
    let late = step(&version, &asked.run, None, &facts(), now + 121 * MINUTE);
    let first = version.node(late.visited[0]).expect("a node");
    assert_eq!(first.name, "by-hand");
    let communications::chains::Action::Do { step: Step::Webhook { .. }, too_late_after, .. } =
        asked.effects[0].action
    else {
        panic!("{:?}", asked.effects)
    };
    assert_eq!(too_late_after, now + 120 * MINUTE);
}

#[test]
fn a_ghost_waits_for_nothing() {
    let version = version(&document());
    let now = at("2026-03-01T10:00:00Z");
    let ghost = step(&version, &Run::begin(version.start, now, true), None, &facts(), now);
    assert!(matches!(ghost.run.stage, Stage::Waiting(_)), "{ghost:?}");
}

#[test]
fn a_simulation_does_what_it_is_asked() {
    let mut document = document();
    document["triggers"] = json!([{ "event": "complained" }]);
    let complained = event("2026-03-01T10:00:00Z", "complained", json!({}));
    let told = timeline(&simulated(&version(&document), vec![member("m", "UTC")], vec![complained]), "UTC");
    assert!(told.iter().any(|line| line.contains("goal told")), "{told:#?}");
    assert!(!told.iter().any(|line| line.contains("by-hand")), "{told:#?}");
}
