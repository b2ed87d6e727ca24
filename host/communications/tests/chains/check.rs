use std::collections::BTreeSet;

use communications::chains::{Catalogue, Kind, check, read};
use serde_json::{Value, json};

use super::shop::{version, waiting};

fn problems(document: &Value) -> Vec<(String, String)> {
    let found = match read(document) {
        Ok(version) => check(&version, &Catalogue::default()),
        Err(problems) => problems,
    };
    for problem in &found {
        assert!(!problem.advice.is_empty(), "{problem}");
    }
    found.into_iter().map(|problem| (problem.pointer, problem.code.into_owned())).collect()
}

fn found(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[test]
fn a_good_chain_has_no_problem() {
    assert_eq!(problems(&waiting(&json!({ "for": "1h" }))), []);
}

/// A change of the good chain, and what is said of it.
#[test]
fn each_problem_has_its_place_and_code() {
    let cases: &[(&str, Value, &str, &str)] = &[
        ("/start", json!("nowhere"), "/start", "dangling_edge"),
        ("/nodes/say/next", json!("nowhere"), "/nodes/say/next", "dangling_edge"),
        ("/nodes/say/next", json!("say"), "/nodes/say/next", "circle_without_wait"),
        ("/nodes/lonely", json!({ "type": "exit" }), "/nodes/lonely", "unreachable_node"),
        ("/nodes/say/type", json!("shout"), "/nodes/say/type", "unknown_type"),
        ("/nodes/say/channel", Value::Null, "/nodes/say/channel", "no_channel"),
        ("/nodes/say/colour", json!("red"), "/nodes/say/colour", "unknown_field"),
        ("/nodes/say/category", json!("loud"), "/nodes/say/category", "unknown_category"),
        ("/nodes/say/too_late_after", json!("soon"), "/nodes/say/too_late_after", "not_read"),
        ("/nodes/wait/for", json!("0s"), "/nodes/wait/for", "not_read"),
        ("/nodes/wait/for", json!("6000d"), "/nodes/wait/for", "not_read"),
        ("/nodes/wait/for", Value::Null, "/nodes/wait", "waits_for_nothing"),
        ("/nodes/wait/until", json!("24:00"), "/nodes/wait/until", "not_read"),
        ("/nodes/wait/weekdays", json!(["mon"]), "/nodes/wait/weekdays", "weekdays_without_time"),
        ("/nodes/wait/weekdays", json!(["someday"]), "/nodes/wait/weekdays", "not_weekdays"),
        ("/nodes", json!({}), "/nodes", "not_nodes"),
        ("/nodes/Wait!", json!({ "type": "exit" }), "/nodes/Wait!", "bad_name"),
        ("/triggers", json!([]), "/triggers", "no_triggers"),
        ("/triggers/0/message", json!("say"), "/triggers/0/message", "message_of_no_run"),
        (
            "/triggers/0/where",
            json!([{ "field": "total", "exists": true }]),
            "/triggers/0/where/0/field",
            "not_a_pointer",
        ),
        ("/triggers/0/where", json!([{ "field": "/total" }]), "/triggers/0/where/0", "not_one_test"),
        (
            "/leave_when",
            json!([{ "event": "message_clicked", "message": "wait" }]),
            "/leave_when/0/message",
            "no_such_message",
        ),
        ("/reentry", json!("sometimes"), "/reentry", "unknown_reentry"),
        ("/control", json!({ "percent": "60", "salt": "s" }), "/control/percent", "not_a_percentage"),
        (
            "/nodes/end",
            json!({ "type": "branch", "rule": { "nonsense": 1 }, "yes": "wait", "no": "wait" }),
            "/nodes/end/rule/nonsense",
            "unknown_field",
        ),
    ];
    for (place, value, pointer, code) in cases {
        let mut document = waiting(&json!({ "for": "1h" }));
        let (parent, name) = place.rsplit_once('/').expect("a pointer");
        document.pointer_mut(parent).expect(place)[name] = value.clone();
        let told = problems(&document);
        assert!(told.contains(&found(pointer, code)[0]), "{place} = {value}: {told:?}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut document = waiting(&json!({ "for": "never" }));
    document["nodes"]["say"]["next"] = json!("nowhere");
    document["reentry"] = json!("sometimes");
    assert_eq!(problems(&document).len(), 3, "{:?}", problems(&document));
}

#[test]
fn a_date_that_may_be_over_is_no_wait_on_a_circle() {
    let date = json!({ "until_date": { "attribute": "a", "time": "10:00" } });
    let mut document = waiting(&date);
    document["nodes"]["say"]["next"] = json!("wait");
    document["nodes"]["end"] = Value::Null;
    document["nodes"].as_object_mut().expect("nodes").remove("end");
    assert_eq!(problems(&document)[0].1, "circle_without_wait");
    document["nodes"]["wait"] = json!({ "type": "wait", "for": "1d", "next": "say" });
    assert_eq!(problems(&document), []);
}

#[test]
fn shares_of_a_split_add_up() {
    let mut document = waiting(&json!({ "for": "1h" }));
    let way = |percent: &str| json!({ "percent": percent, "next": "end" });
    document["nodes"]["say"]["next"] = json!("draw");
    document["nodes"]["draw"] = json!({ "type": "split", "salt": "s", "ways": [way("33.33"), way("66.66")] });
    assert_eq!(problems(&document), found("/nodes/draw/ways", "shares_not_100"));
    document["nodes"]["draw"]["ways"][1]["percent"] = json!("66.67");
    assert_eq!(problems(&document), []);
}

#[test]
fn names_are_looked_up_where_they_are_known() {
    let version = version(&waiting(&json!({ "for": "1h" })));
    let mut catalogue = Catalogue::default();
    catalogue.0.insert(Kind::Template, BTreeSet::from(["hello".to_owned()]));
    let told = check(&version, &catalogue);
    let texts: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "/nodes/say/template: there is no template `t`; create the template first, or name one that exists: hello (unknown_template)"
        ]
    );
    catalogue.0.insert(Kind::Template, BTreeSet::from(["t".to_owned()]));
    assert_eq!(check(&version, &catalogue), []);
}

#[test]
fn the_digest_covers_the_content_and_not_its_spelling() {
    let one = r#"{"triggers":[{"event":"go"}],"start":"end","nodes":{"end":{"type":"exit"}}}"#;
    let other =
        r#"{ "nodes": {"end": { "type": "exit" } }, "start": "end", "triggers": [ {"event":"go"} ] }"#;
    let read = |text: &str| version(&serde_json::from_str(text).expect("JSON")).digest;
    assert_eq!(read(one), read(other));
    assert_ne!(read(one), read(&one.replace("go", "come")));
    assert_eq!(read(one).len(), 64);
}
