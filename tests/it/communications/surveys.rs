//! Surveys over HTTP: put as versions, answered once on a page without a key, told as events.

use serde_json::{Value, json};

use super::{events_of, now_ms, profile};
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    versions_and_problems_of_surveys,
    a_member_answers_once_on_the_page,
    an_old_address_leads_nowhere,
    a_message_asks_for_the_page,
);

fn survey() -> Value {
    json!({
        "language": "en", "title": {"en": "Your visit", "ru": "Ваш визит"}, "thanks": "Thanks <3",
        "questions": [
            {"id": "nps", "kind": "scale", "from": 0, "to": 10, "text": "Recommend us?", "required": true},
            {"id": "where", "kind": "choice", "many": true, "text": "Where?", "options": [
                {"value": "shop", "text": "In a <shop>"}, {"value": "site", "text": {"en": "Online", "ru": "На сайте"}},
            ]},
            {"id": "why", "kind": "text", "text": "Why?", "characters": 20},
        ],
    })
}

fn put(shop: &Shop, survey: &Value) -> Answer {
    shop.put("/v1/surveys/visit", &survey.to_string())
}

/// A host with the survey, and an address of its page that was sent to the member at a time.
fn shop(database: Database, sent_at: i64) -> Shop {
    let shop = Shop::open(database);
    let mut survey = survey();
    survey["questions"][0]["attribute"] = json!("nps");
    let refused = put(&shop, &survey);
    assert_eq!(refused.json()["errors"][0]["code"], "unknown_attribute", "{}", refused.text);
    shop.put("/v1/attributes/nps", r#"{"type":"date"}"#).accepted();
    assert_eq!(put(&shop, &survey).refused(), (422, "survey_refused".to_owned()));
    shop.put("/v1/attributes/nps", r#"{"type":"int"}"#).accepted();
    put(&shop, &survey).accepted();
    let event =
        json!({"id": "1", "source": "shop", "member": {"id": "m-1"}, "kind": "seen", "at": now_ms() - 1000});
    shop.import("/v1/events", &event.to_string()).accepted();
    let number = profile(&shop, "m-1")["number"].as_i64().expect("a number");
    shop.communications_sql(&format!(
        "INSERT INTO survey_links (token, survey, version, number, message_id, language, created_at)
         VALUES ('t0', 'visit', 1, {number}, 'm0', 'ru-RU', {sent_at})"
    ));
    shop
}

fn send(shop: &Shop, form: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    shop.call(("POST", "/s/t0"), "", &headers, form)
}

fn versions_and_problems_of_surveys(database: Database) {
    let shop = Shop::open(database);
    assert_eq!(put(&shop, &survey()).status, 201);
    assert_eq!(put(&shop, &survey()).status, 200);
    let mut other = survey();
    other["title"] = json!("Another");
    assert_eq!(put(&shop, &other).accepted()["version"], 2);
    let shown = shop.as_integration("GET", "/v1/surveys/visit", "").accepted();
    assert_eq!((&shown["version"], &shown["survey"]), (&json!(2), &other));
    let unknown = shop.as_integration("GET", "/v1/surveys/none", "");
    assert_eq!(unknown.refused(), (404, "unknown_survey".to_owned()));
    let wrong = json!({"language": "en", "title": {"de": "Titel"}, "colour": 1, "questions": [
        {"id": "a", "kind": "scale", "from": 5, "to": 1, "text": "?"},
        {"id": "a", "kind": "choice", "text": "?", "options": [{"value": "x", "text": "x"}]},
        {"id": "b", "kind": "song", "text": "?"},
    ]});
    let refused = put(&shop, &wrong);
    assert_eq!(refused.refused(), (422, "survey_refused".to_owned()));
    let problems = refused.json()["errors"].as_array().expect("problems").clone();
    let has = |code: &str| problems.iter().any(|problem| problem["code"] == code);
    for code in ["language_without_texts", "unknown_field", "bad_scale", "number_of_options", "unknown_kind"]
    {
        assert!(has(code), "{code} in {problems:?}");
    }
}

fn a_member_answers_once_on_the_page(database: Database) {
    let shop = shop(database, now_ms());
    let page = shop.call(("GET", "/s/t0"), "", &[], "");
    assert_eq!(page.status, 200);
    for part in
        ["<html lang=\"ru-RU\">", "<h1>Ваш визит</h1>", "На сайте", "In a &#60;shop&#62;", "Отправить"]
    {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert_eq!(page.text.matches("type=\"radio\"").count(), 11);
    assert!(events_of(&shop, "m-1").len() == 1, "looking changes nothing");

    let wrong = send(&shop, "nps=11&where=shop&why=%D0%B4%D0%B0+<");
    assert_eq!(wrong.status, 422);
    for part in ["Выберите из предложенного.", "value=\"shop\" checked", "да &#60;</textarea>"]
    {
        assert!(wrong.text.contains(part), "{part} in {}", wrong.text);
    }
    let sent = send(&shop, "nps=9&where=shop&where=site&why=%D0%B4%D0%B0&other=1");
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert!(sent.text.contains("Thanks &#60;3") && !sent.text.contains("<form"), "{}", sent.text);
    let again = send(&shop, "nps=1");
    assert_eq!(again.status, 409);

    let events = events_of(&shop, "m-1");
    let answered: Vec<&Value> = events.iter().filter(|event| event["kind"] == "survey_answered").collect();
    assert_eq!(answered.len(), 1);
    let payload = &answered[0]["payload"];
    assert_eq!((&payload["survey"], &payload["version"]), (&json!("visit"), &json!(1)));
    assert_eq!(payload["answers"], json!({"nps": 9, "where": ["shop", "site"], "why": "да"}));
    assert_eq!(profile(&shop, "m-1")["attributes"]["nps"], 9);
    assert!(!shop.call(("GET", "/s/t0"), "", &[], "").text.contains("<form"), "it was answered");
}

fn an_old_address_leads_nowhere(database: Database) {
    let shop = shop(database, 0);
    for address in ["/s/t0", "/s/none"] {
        let page = shop.call(("GET", address), "", &[], "");
        assert_eq!((page.status, page.text.contains("There is no survey")), (404, true), "{address}");
    }
    assert_eq!(send(&shop, "nps=1").status, 404);
}

fn a_message_asks_for_the_page(database: Database) {
    let shop = shop(database, now_ms());
    let template = |survey: &str| {
        let text = format!("{{{{ survey(\"{survey}\") }}}}");
        json!({"channel": "sms", "category": "transactional", "language": "en", "languages": {"en": {"text": text}}})
    };
    let preview = |survey: &str| {
        shop.put("/v1/message-templates/ask", &template(survey).to_string()).accepted();
        let headers = [("Content-Type", "application/json")];
        shop.call(
            ("POST", "/v1/message-templates/ask/preview"),
            "integration",
            &headers,
            r#"{"member_id":"m-1"}"#,
        )
    };
    assert_eq!(preview("visit").accepted()["text"], "/s/preview");
    let refused = preview("none");
    assert_eq!(refused.refused(), (422, "message_not_rendered".to_owned()));
    assert_eq!(refused.json()["errors"][0]["code"], "unknown_survey");
}
