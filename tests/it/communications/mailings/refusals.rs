//! What cannot be meant is refused before anything is sent, in words that say where and what to do.

use serde_json::{Value, json};

use super::{channel, mailing, members, open, put};
use crate::communications::mailings::sink::Sink;
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    a_state_or_parameter_that_is_not_known_is_told,
    a_template_for_another_kind_of_channel_is_refused,
    an_attribute_that_is_not_defined_is_refused_wherever_a_rule_names_it,
);

/// Place, code and text of each problem.
fn problems(answer: &Answer) -> Vec<(String, String, String)> {
    let document = answer.json();
    let errors = document["errors"].as_array().expect("errors").clone();
    let text = |error: &Value, name: &str| error[name].as_str().expect("a text").to_owned();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"), text(error, "detail"))).collect()
}

/// The only problem: its place and code; its text has the given parts.
fn one(answer: &Answer, parts: &[&str]) -> (String, String) {
    let found = problems(answer);
    assert_eq!(found.len(), 1, "{found:?}");
    let (pointer, code, detail) = found.into_iter().next().expect("a problem");
    for part in parts {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    (pointer, code)
}

fn at(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

fn shop(database: Database) -> Shop {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..2, |_| true);
    shop
}

fn a_state_or_parameter_that_is_not_known_is_told(database: Database) {
    let shop = shop(database);
    put(&shop, &mailing(&json!({}))).accepted();
    let listed =
        |query: &str| shop.as_integration("GET", &format!("/v1/mailings/spring/messages{query}"), "");
    assert_eq!(listed("?state=planned").accepted()["messages"], json!([]));
    for (query, parts) in [
        ("?state=lost", ["`state` must be `planned`, `held`", "or `ghost`, got `lost`"]),
        ("", ["the parameter `state` is missing", "add `state=…`"]),
        ("?state=planned&page=2", ["there is no parameter `page`", "known: `state` or `after`"]),
        ("?state=planned&state=held", ["`state` is there more than once", "leave one"]),
    ] {
        let answer = listed(query);
        assert_eq!(answer.refused(), (400, "malformed_query".to_owned()), "{query}");
        for part in parts {
            assert!(answer.text.contains(part), "{query}: {}", answer.text);
        }
    }
}

fn a_template_for_another_kind_of_channel_is_refused(database: Database) {
    let shop = shop(database);
    shop.put("/v1/channels/app", r#"{"kind":"in_app"}"#).accepted();
    let text = |kind: &str| {
        let template = json!({
            "channel": kind, "category": "marketing", "topic": "news", "language": "en",
            "languages": {"en": {"subject": "News", "text": "News"}},
        });
        shop.put("/v1/message-templates/text", &template.to_string()).accepted();
    };
    text("sms");
    let wrong = put(&shop, &mailing(&json!({"template": "text"})));
    assert_eq!(wrong.refused(), (422, "mailing_refused".to_owned()));
    let told = ["template `text` is made for sms", "`mail` takes email", "name a template"];
    assert_eq!(one(&wrong, &told), at("/template", "template_of_another_channel"));
    let variants = json!([{"name": "a", "share": 1}, {"name": "b", "share": 1, "template": "text"}]);
    let wrong = put(&shop, &mailing(&json!({"variants": variants})));
    assert_eq!(one(&wrong, &told), at("/variants/1/template", "template_of_another_channel"));
    // Since it was saved the template has got a version for another channel.
    text("in_app");
    put(&shop, &mailing(&json!({"template": "text", "channel": "app"}))).accepted();
    text("push");
    let started = shop.as_integration("POST", "/v1/mailings/spring/start", "");
    assert_eq!(one(&started, &["made for push"]), at("/template", "template_of_another_channel"));

    let chain = |channels: Value| {
        let document = json!({
            "triggers": [{"event": "joined"}], "start": "say",
            "nodes": {
                "say": {"type": "message", "template": "text", "topic": "news", "next": "end", "channels": channels},
                "end": {"type": "exit"},
            },
        });
        let put = shop.put("/v1/chains/join", &document.to_string()).accepted();
        (put["problems"].clone(), shop.as_integration("POST", "/v1/chains/join/publish", "{}"))
    };
    let (told, published) = chain(json!([{"channel": "app", "ttl": "1h"}, {"channel": "mail"}]));
    assert_eq!(told[0]["code"], json!("template_of_another_channel"), "a draft says so");
    assert_eq!(published.refused(), (422, "chain_refused".to_owned()));
    let told = ["made for push", "`app` takes in_app", "`mail` takes email"];
    assert_eq!(one(&published, &told), at("/nodes/say/template", "template_of_another_channel"));
    // Of a cascade it must fit one channel: the others take what they can.
    text("in_app");
    let (told, published) = chain(json!([{"channel": "mail", "ttl": "1h"}, {"channel": "app"}]));
    assert_eq!(told, json!([]));
    published.accepted();
}

fn an_attribute_that_is_not_defined_is_refused_wherever_a_rule_names_it(database: Database) {
    let shop = shop(database);
    let rule = json!({"all": [{"attribute": "group", "in": ["even"]}, {"not": {"attribute": "grup", "is": "even"}}]});
    let told = ["attribute `grup` is not defined", "PUT /v1/attributes/grup", "Defined: email, group, name"];
    let wrong = put(&shop, &mailing(&json!({"audience": {"rule": rule}})));
    assert_eq!(wrong.refused(), (422, "mailing_refused".to_owned()));
    assert_eq!(one(&wrong, &told), at("/audience/rule/all/1/not/attribute", "unknown_attribute"));
    let segment = shop.put("/v1/segments/even", &json!({"rule": rule}).to_string());
    assert_eq!(segment.refused(), (422, "segment_refused".to_owned()));
    assert_eq!(one(&segment, &told), at("/rule/all/1/not/attribute", "unknown_attribute"));
    let headers = [("Content-Type", "application/json")];
    let preview = |rule: &Value| {
        let body = json!({"rule": rule}).to_string();
        shop.call(("POST", "/v1/segments/preview"), "integration", &headers, &body)
    };
    assert_eq!(one(&preview(&rule), &told), at("/rule/all/1/not/attribute", "unknown_attribute"));
    // A segment that is not there, likewise.
    let of_segment = json!({"any": [{"segment": "none"}]});
    let wrong = put(&shop, &mailing(&json!({"audience": {"rule": of_segment}})));
    assert_eq!(
        one(&wrong, &["there is no segment `none`"]),
        at("/audience/rule/any/0/segment", "unknown_segment")
    );
    shop.put("/v1/attributes/grup", r#"{"type":"string"}"#).accepted();
    put(&shop, &mailing(&json!({"audience": {"rule": rule}}))).accepted();
    shop.put("/v1/segments/even", &json!({"rule": rule}).to_string()).accepted();
    preview(&rule).accepted();
}
