//! Templates of messages over HTTP: versions, refusals, and messages as they would be sent.

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use super::{events_of, now_ms};
use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    versions_never_change,
    every_problem_of_a_template_is_told,
    a_preview_is_the_message_of_a_member,
    what_is_missing_or_without_end_is_named,
    only_what_the_till_would_pay_is_promised,
    a_promise_is_worth_what_the_member_would_save,
);

const PAGE: &str = r#"<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello, {{ member.name }}! You have {{ points().balance | number }} points.</mj-text>
<mj-image src="{{ product("coffee-15").picture }}" alt="{{ product("coffee-15").name }}" />
<mj-text>{% if offer("coffee-15") %}{{ offer("coffee-15").title }}: {{ offer("coffee-15").text }}{% endif %}</mj-text>
<mj-text>{{ values.greeting | default("Bye") }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

fn document(texts: &Value) -> Value {
    json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": texts}, "stand_in_picture": "https://shop.example/none.png",
    })
}

fn put(shop: &Shop, name: &str, texts: &Value) -> Answer {
    shop.put(&format!("/v1/message-templates/{name}"), &document(texts).to_string())
}

fn preview(shop: &Shop, name: &str, asked: &Value) -> Answer {
    let headers = [("Content-Type", "application/json")];
    let path = format!("/v1/message-templates/{name}/preview");
    shop.call(("POST", &path), "integration", &headers, &asked.to_string())
}

fn text_of(shop: &Shop, text: &str) -> Answer {
    put(shop, "text", &json!({"subject": "s", "text": text})).accepted();
    preview(shop, "text", &json!({"member_id": "m-1"}))
}

/// The code of the problem that a preview is refused with.
fn problem(answer: &Answer) -> String {
    assert_eq!(answer.refused(), (422, "message_not_rendered".to_owned()));
    answer.json()["errors"][0]["code"].as_str().expect("a code").to_owned()
}

/// A host whose member has a name.
fn shop(database: Database) -> Shop {
    // Receipts of tests are old.
    let shop = Shop::open_with(
        database,
        &[("COMMUNICATIONS__EVENTS_DAYS", "0"), ("COMMUNICATIONS__PUBLIC_URL", "https://mail.example")],
    );
    shop.put("/v1/attributes/name", r#"{"type":"string"}"#).accepted();
    let row =
        json!({"identifier_kind": "member", "identifier": "m-1", "attribute": "name", "value": "Ann & Bob"});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted();
    shop
}

fn versions_never_change(database: Database) {
    let shop = Shop::open(database);
    let first = put(&shop, "news", &json!({"subject": "One", "text": "1"}));
    assert_eq!((first.status, first.json()["version"].as_i64()), (201, Some(1)));
    let again = put(&shop, "news", &json!({"subject": "One", "text": "1"}));
    assert_eq!((again.status, again.json()["version"].as_i64()), (200, Some(1)));
    assert_eq!(again.json()["digest"], first.json()["digest"]);
    let second = put(&shop, "news", &json!({"subject": "Two", "text": "2"})).accepted();
    assert_eq!(second["version"], 2);
    assert_ne!(second["digest"], first.json()["digest"]);

    let get = |query: &str| shop.as_integration("GET", &format!("/v1/message-templates/news{query}"), "");
    let shown = get("?version=1").accepted();
    assert_eq!(shown["template"], document(&json!({"subject": "One", "text": "1"})));
    assert_eq!(get("").accepted()["template"]["languages"]["en"]["subject"], "Two");
    assert_eq!(get("?version=3").refused(), (404, "unknown_message_template".to_owned()));
    let listed = shop.as_integration("GET", "/v1/message-templates", "").accepted();
    assert_eq!(listed["message_templates"][0]["version"], 2);
    assert_eq!(listed["message_templates"].as_array().expect("a list").len(), 1);
    let made = preview(&shop, "news", &json!({"member_id": "m-1", "version": 1})).accepted();
    assert_eq!((&made["subject"], &made["text"], &made["html"]), (&json!("One"), &json!("1"), &Value::Null));
}

fn every_problem_of_a_template_is_told(database: Database) {
    let shop = Shop::open(database);
    let texts = json!({
        "subject": "{{ member.name",
        "mjml": "<mjml><mj-body>\n<mj-nothing/></mj-body></mjml>",
        "text": "a\n{{ weather() }}",
    });
    let answer = put(&shop, "bad", &texts);
    assert_eq!(answer.refused(), (422, "message_template_refused".to_owned()));
    let problems = answer.json()["errors"].as_array().expect("problems").clone();
    let told: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| (problem["pointer"].as_str().unwrap_or(""), problem["code"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        told,
        [
            ("/languages/en/subject", "expression_not_closed"),
            ("/languages/en/text", "unknown_macro"),
            ("/languages/en/mjml", "bad_mjml"),
        ]
    );
    assert!(
        problems[2]["detail"].as_str().is_some_and(|detail| detail.starts_with("line 2: ")),
        "{problems:?}"
    );
    let wrong =
        json!({"channel": "pigeon", "category": "news", "language": 1, "languages": [], "colour": "red"});
    let answer = shop.put("/v1/message-templates/bad", &wrong.to_string());
    let codes = answer.json()["errors"].as_array().map_or(0, Vec::len);
    assert!(answer.status == 422 && codes >= 5, "{}", answer.text);
    let missing = shop.as_integration("GET", "/v1/message-templates/bad", "");
    assert_eq!(missing.refused(), (404, "unknown_message_template".to_owned()));
}

fn a_preview_is_the_message_of_a_member(database: Database) {
    let shop = shop(database);
    let taken = put(&shop, "coffee", &json!({"subject": "For {{ member.name }}", "mjml": PAGE})).accepted();
    assert_eq!(taken["warnings"], json!([]));
    assert_eq!(taken["needs"]["offers"], json!(["coffee-15"]));
    let made =
        preview(&shop, "coffee", &json!({"member_id": "m-1", "values": {"greeting": "Servus"}})).accepted();
    assert_eq!(made["subject"], "For Ann & Bob");
    assert_eq!(
        made["text"],
        "Hello, Ann & Bob! You have 1,000 points.\nCoffee, ground, 250 g\ncoffee-15: 15 %\n\
         Servus Unsubscribe <https://mail.example/u/preview>\n"
    );
    let html = made["html"].as_str().expect("a page");
    assert!(
        html.contains("Hello, Ann &amp; Bob!") && html.contains("https://shop.example/none.png"),
        "{html}"
    );
    assert_eq!(made["links"], json!(["https://mail.example/u/preview"]));

    // The same values give the same bytes, whoever brings them.
    let given = preview(&shop, "coffee", &json!({"facts": made["values"]})).accepted();
    assert_eq!(given, made);
    let unknown = preview(&shop, "coffee", &json!({"member_id": "nobody"}));
    assert_eq!(unknown.refused(), (404, "unknown_member".to_owned()));
    assert_eq!(preview(&shop, "coffee", &json!({})).refused(), (422, "preview_refused".to_owned()));
}

fn what_is_missing_or_without_end_is_named(database: Database) {
    let shop = shop(database);
    let missing = text_of(&shop, "Hello\n{{ member.nick }}");
    assert_eq!(problem(&missing), "missing_value");
    let told = missing.json()["errors"][0].clone();
    assert_eq!(told["pointer"], "/languages/en/text");
    let advice = "line 2: `member.nick` is missing; fill it, or write what stands instead";
    assert!(told["detail"].as_str().is_some_and(|detail| detail.starts_with(advice)), "{told}");
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let work = text_of(&shop, endless);
    assert_eq!(problem(&work), "too_much_work");
    assert!(
        work.text.contains("communications.render_steps") && work.text.contains("line 1: "),
        "{}",
        work.text
    );
    let large = format!("{{% for a in range(6000) %}}{}{{% endfor %}}", "x".repeat(100));
    let long = text_of(&shop, &large);
    assert_eq!(problem(&long), "output_too_large");
    assert!(long.text.contains("communications.render_bytes"), "{}", long.text);
    let longer = put(&shop, "text", &json!({"subject": "s", "text": "x".repeat(600_000)}));
    assert_eq!(longer.json()["errors"][0]["code"], "text_too_long", "{}", longer.text);
    assert_eq!(text_of(&shop, "{{ member.name }}").accepted()["text"], "Ann & Bob");
}

fn only_what_the_till_would_pay_is_promised(database: Database) {
    let shop = shop(database);
    let text = "{% if offer('coffee-15') %}yes{% else %}no{% endif %}";
    assert_eq!(text_of(&shop, text).accepted()["text"], "yes");
    let open = shop.as_integration("GET", "/v1/offers/coffee-15/promises", "").accepted();
    assert_eq!((&open["open"], &open["until"]), (&json!(0), &Value::Null), "a preview promises nothing");
    let hour = 60 * 60 * 1000;
    for (message, number, ends_at) in
        [("a", 0, now_ms() + hour), ("b", 0, now_ms() - hour), ("c", 1, now_ms() + 2 * hour)]
    {
        shop.communications_sql(&format!(
            "INSERT INTO promises (message_id, offer, number, offer_version, discount, points, granted_at, ends_at)
             VALUES ('{message}', 'coffee-15', {number}, 1, 100, 0, 0, {ends_at})"
        ));
    }
    let open = shop.as_integration("GET", "/v1/offers/coffee-15/promises", "").accepted();
    assert_eq!((&open["open"], &open["members"], &open["without_end"]), (&json!(2), &json!(2), &json!(0)));
    assert!(open["until"].is_string(), "{open}");
    let unknown = shop.as_integration("GET", "/v1/offers/nothing/promises", "");
    assert_eq!(unknown.refused(), (404, "not_found".to_owned()));

    let stop = |choice: &str| shop.as_integration("POST", &format!("/v1/offers/coffee-15/stop{choice}"), "");
    assert_eq!(stop("").refused(), (409, "open_promises".to_owned()));
    assert_eq!(stop("?promises=break").accepted()["open_promises"], 2, "it breaks these");
    assert_eq!(text_of(&shop, text).accepted()["text"], "no");
    assert_eq!(problem(&text_of(&shop, "{{ offer('coffee-15').title }}")), "promise_void");

    // From the second unit on, above a sum, and for a member outside the control group.
    let second = json!({"items": [{"target": "G1", "method": "percent", "value": "5", "min_units": "2"}]});
    shop.run_offer(
        "second",
        &json!({"mechanic": "product", "params": second,
        "filters": {"receipt": {"from": "3000"}}}),
    );
    assert_eq!(text_of(&shop, &text.replace("coffee-15", "second")).accepted()["text"], "yes");
    for is_measured in [true, false] {
        let offer = json!({"mechanic": "product", "control_group": {"percent": "50", "salt": salt(is_measured)},
            "params": {"items": [{"target": "G1", "method": "percent", "value": "5"}]}});
        shop.run_offer("measured", &offer);
        let expected = if is_measured { "no" } else { "yes" };
        assert_eq!(text_of(&shop, &text.replace("coffee-15", "measured")).accepted()["text"], expected);
    }

    // With a public code; and once for each member.
    let half = json!({"items": [{"target": "G1", "method": "percent", "value": "50"}]});
    shop.run_offer(
        "once",
        &json!({"mechanic": "product", "params": half, "limits": [{"per": "member", "uses": 1}],
            "filters": {"coupons": ["HALF"]}}),
    );
    let text = text.replace("coffee-15", "once");
    assert_eq!(text_of(&shop, &text).accepted()["text"], "yes");
    let mut receipt = reference();
    receipt["coupons"] = json!(["half"]);
    shop.post(&path("p-1", "calculate"), "p-1", &receipt.to_string()).accepted();
    shop.post(&path("p-1", "confirm"), "p-1-c", "").accepted();
    assert_eq!(text_of(&shop, &text).accepted()["text"], "no", "it was used up");
}

/// A salt with which the member is, or is not, in a control group of half of all members.
fn salt(is_measured: bool) -> String {
    let group = |salt: &u32| ControlGroup { percent: Percent(5_000), salt: salt.to_string() };
    (0..).find(|salt| group(salt).contains("m-1") == is_measured).expect("a salt").to_string()
}

fn a_promise_is_worth_what_the_member_would_save(database: Database) {
    let shop = shop(database);
    let text = "{{ offer('coffee-15').value | default('unknown') }}";
    assert_eq!(text_of(&shop, text).accepted()["text"], "unknown", "nobody knows what this member pays");
    shop.post(&path("p-1", "calculate"), "p-1", &reference().to_string()).accepted();
    shop.post(&path("p-1", "confirm"), "p-1-c", "").accepted();
    until("the purchase is an event", || {
        events_of(&shop, "m-1").iter().any(|event| event["kind"] == "purchase")
    });
    // 15 % of 349.90 for a pack, which is what the till gives.
    let promised = text_of(&shop, text).accepted()["text"].clone();
    assert_eq!(promised, "52.49");
    let mut receipt = reference();
    receipt["lines"] =
        json!([{"position": 1, "goods_id": "G1", "quantity": "1", "price": "349.90", "amount": "349.90"}]);
    let sold = shop.post(&path("p-2", "calculate"), "p-2", &receipt.to_string()).accepted();
    assert_eq!(sold["lines"][0]["discount"], promised);
}
