//! The recipes on a host: each is published with what it names, and a member goes through those that give and tell.

use communications::chains::RECIPES;
use serde_json::{Value, json};

use super::hooks::Hooks;
use super::{members, now_ms, open};
use crate::communications::profile;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::{until, wait_for};

on_both_databases!(every_recipe_is_published_and_walked,);

/// A host with all that the recipes name. Messages are kept for the app, where the test reads them.
fn shop(database: Database, desk: &Hooks) -> Shop {
    let shop = open(database, &[("COMMUNICATIONS__SEND_EVERY_MS", "20")]);
    members(&shop, 3);
    for (name, kind) in [
        ("birthday", "date"),
        ("gone", "bool"),
        ("coffee-lover", "bool"),
        ("sorry", "json"),
        ("back", "json"),
    ] {
        shop.put(&format!("/v1/attributes/{name}"), &json!({ "type": kind }).to_string()).accepted();
    }
    shop.run_offer("sorry-15", &json!({"mechanic": "receipt", "attribute": "sorry"}));
    shop.run_offer("come-back-20", &json!({"mechanic": "receipt", "attribute": "back"}));
    for channel in ["email", "push", "sms"] {
        shop.put(&format!("/v1/channels/{channel}"), r#"{"kind":"in_app"}"#).accepted();
    }
    let account = json!({"url": format!("http://127.0.0.1:{}", desk.port), "allow_private": true});
    let desk = json!({"kind": "http", "account": account});
    shop.put("/v1/channels/service-desk", &desk.to_string()).accepted();
    for (name, event) in [("lost", "stays_away"), ("unhappy", "is_unhappy")] {
        let segment = json!({"title": name, "rule": {"event": event}});
        shop.put(&format!("/v1/segments/{name}"), &segment.to_string()).accepted();
    }
    let survey = json!({"language": "en", "title": "Your visit", "thanks": "Thanks", "questions": [
        {"id": "nps", "kind": "scale", "from": 0, "to": 10, "text": "Recommend us?", "required": true},
    ]});
    shop.put("/v1/surveys/how-was-it", &survey.to_string()).accepted();
    let consents: Vec<String> = (0..3)
        .map(|member| {
            json!({"member": {"id": format!("p-{member}")}, "channel": "*", "topic": "*", "state": "granted",
                   "at": now_ms() - 60_000, "source": "test", "text_version": "1"})
            .to_string()
        })
        .collect();
    shop.import("/v1/consents", &consents.join("\n")).accepted();
    shop
}

/// The names that fields of a recipe's nodes have.
fn named<'a>(document: &'a Value, field: &str) -> Vec<&'a str> {
    let nodes = document["nodes"].as_object().expect("nodes");
    nodes.values().filter_map(|node| node[field].as_str()).collect()
}

/// Stores what a recipe says with a template for each name, and publishes it.
fn publish(shop: &Shop, name: &str, document: &Value) {
    for template in named(document, "template") {
        let text = match template {
            "sorry-offer" => "Sorry: {{ offer('sorry-15').title }}",
            "survey" => "How was it? {{ survey('how-was-it') }}",
            other => other,
        };
        let topic = if template == "order-cancelled" { "transactional" } else { "marketing" };
        let template_document = json!({
            "channel": "in_app", "category": topic, "topic": "news", "language": "en",
            "languages": {"en": {"subject": template, "text": text}},
        });
        shop.put(&format!("/v1/message-templates/{template}"), &template_document.to_string()).accepted();
    }
    let put = shop.put(&format!("/v1/chains/{name}"), &document.to_string()).accepted();
    assert_eq!(put["problems"], json!([]), "{name}");
    shop.as_integration("POST", &format!("/v1/chains/{name}/publish"), "{}").accepted();
}

fn statistics(shop: &Shop, name: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/chains/{name}/statistics"), "").accepted()
}

fn send(shop: &Shop, member: usize, id: &str, kind: &str, payload: &Value) {
    let member = json!({"id": format!("p-{member}")});
    let event = json!({"id": id, "source": "erp", "member": member, "kind": kind, "at": now_ms(), "payload": payload});
    shop.import("/v1/events", &event.to_string()).accepted();
}

/// Waits until the one member of a chain is at a node, and ends its wait there, as if the time had come.
fn pass(shop: &Shop, name: &str, node: &str) {
    until(&format!("{name} is at {node}"), || statistics(shop, name)["waiting"][0]["node"] == json!(node));
    let runs = shop.as_integration("GET", &format!("/v1/chains/{name}/runs"), "").accepted();
    let run = &runs["runs"][0];
    let now = now_ms();
    shop.communications_sql(&format!(
        "UPDATE chain_runs SET wake_at = {now}, state = 'w0,{},{now}' WHERE id = {}",
        run["steps"], run["run"]
    ));
}

/// The message with this title, once it is there.
fn message(shop: &Shop, member: usize, title: &str) -> Value {
    wait_for(title, || {
        let path = format!("/v1/members/p-{member}/messages");
        let list = shop.as_integration("GET", &path, "").accepted();
        let messages = list["messages"].as_array().expect("messages");
        messages.iter().find(|message| message["title"] == json!(title)).cloned()
    })
}

/// The letters of an address up to the first that is not part of a token.
fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect()
}

/// How many items a member is shown of an offer.
fn shown(shop: &Shop, member: usize, offer: &str) -> usize {
    let list = shop.as_integration("GET", &format!("/v1/members/p-{member}/offers"), "").accepted();
    let items = list["items"].as_array().expect("items");
    items.iter().filter(|item| item["offer"] == json!(offer)).count()
}

fn every_recipe_is_published_and_walked(database: Database) {
    let desk = Hooks::open(|_| Some("200 OK"));
    let shop = shop(database, &desk);
    assert_eq!(RECIPES.len(), 8);
    for recipe in RECIPES {
        let mut document: Value = serde_json::from_str(recipe.document).expect("a document");
        // Everybody gets it, by the way that gives an offer.
        document["control"] = Value::Null;
        if recipe.name == "lost" {
            for way in [0, 1] {
                document["nodes"]["draw"]["ways"][way]["next"] = json!("offer");
            }
            let nodes = document["nodes"].as_object_mut().expect("nodes");
            nodes.remove("points");
            nodes.remove("tell-points");
        }
        publish(&shop, recipe.name, &document);
    }
    cancelled_order(&shop);
    lost(&shop);
    survey(&shop, &desk);
}

fn cancelled_order(shop: &Shop) {
    send(shop, 0, "x-1", "cancelled", &json!({"purchase_id": "o-1"}));
    message(shop, 0, "order-cancelled");
    pass(shop, "cancelled_order", "next-day");
    // The promised things are there when the message is made.
    let told = message(shop, 0, "sorry-offer");
    assert!(told.to_string().contains("Sorry: sorry-15"), "{told}");
    assert_eq!(shown(shop, 0, "sorry-15"), 1);
    pass(shop, "cancelled_order", "wait");
    until("it has left", || statistics(shop, "cancelled_order")["left"] == json!({ "exit": 1 }));
    assert_eq!(statistics(shop, "cancelled_order")["effects"][0]["state"], json!("done"));
}

fn lost(shop: &Shop) {
    until("the segment is worked out", || {
        shop.as_integration("GET", "/v1/segments/lost", "").accepted()["state"] == json!("ready")
    });
    send(shop, 1, "x-2", "stays_away", &json!({}));
    pass(shop, "lost", "thursday");
    message(shop, 1, "lost-offer");
    assert_eq!(shown(shop, 1, "come-back-20"), 1);
    pass(shop, "lost", "three-weeks");
    until("it is marked", || profile(shop, "p-1")["attributes"]["gone"] == json!(true));
    until("it has left", || statistics(shop, "lost")["left"] == json!({ "exit": 1 }));
}

fn survey(shop: &Shop, desk: &Hooks) {
    send(shop, 2, "x-3", "is_unhappy", &json!({}));
    until("it is unhappy", || {
        profile(shop, "p-2")["segments"].as_array().expect("segments").contains(&json!("unhappy"))
    });
    send(shop, 2, "x-4", "purchase", &json!({"net": "300000"}));
    pass(shop, "survey", "next-day");
    let asked = message(shop, 2, "survey").to_string();
    // The link is counted: it leads on to the page.
    let link = word(asked.split("/t/").nth(1).expect("an address"));
    let agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let answer = agent.get(format!("{}/t/{link}", shop.address())).call().expect("an answer");
    let page = answer.headers()["location"].to_str().expect("a text").to_owned();
    let token = word(page.split("/s/").nth(1).expect("the page"));
    until("it listens", || statistics(shop, "survey")["waiting"][0]["node"] == json!("answer"));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answered = shop.call(("POST", &format!("/s/{token}")), "", &form, "nps=2");
    assert_eq!(answered.status, 200, "{}", answered.text);
    until("the desk is told", || !desk.calls().is_empty());
    let told = desk.calls()[0].json();
    assert_eq!((&told["member_id"], &told["body"]), (&json!("p-2"), &json!({ "about": "how-was-it" })));
    assert_eq!(told["event"]["answers"], json!({ "nps": 2 }));
    until("all is done", || {
        let statistics = statistics(shop, "survey");
        let effects = statistics["effects"].as_array().expect("effects").clone();
        effects.len() == 2 && effects.iter().all(|effect| effect["state"] == json!("done"))
    });
    assert_eq!(desk.calls().len(), 1);
}
