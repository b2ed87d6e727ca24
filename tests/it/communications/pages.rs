//! Pages that members open from a message, also where there is nothing any more.

use serde_json::json;

use super::now_ms;
use super::tracking::{call, shop, token};
use crate::browser::Browser;
use crate::shop::{Database, Shop, on_both_databases};

on_both_databases!(a_dead_link_answers_people_with_a_page);

/// As a browser asks.
const BROWSER: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

fn a_dead_link_answers_people_with_a_page(database: Database) {
    let shop = shop(database);
    let mut flipped = token("u", 0);
    flipped.replace_range(..1, "B");
    for (method, path) in [
        ("GET", format!("/u/{flipped}")),
        ("POST", format!("/u/{flipped}")),
        ("GET", format!("/u/{}", token("t", 1))),
        ("GET", format!("/t/{}", token("u", 0))),
        ("GET", format!("/t/{}", token("t", 9))),
        ("GET", "/t/x".to_owned()),
    ] {
        let german = format!("{BROWSER}Accept-Language: pt, de-AT;q=0.9, en;q=0.1\r\n");
        let page = call(&shop, method, &path, &german, "");
        assert_eq!(
            (page.status, page.header("content-type")),
            (404, Some("text/html; charset=utf-8")),
            "{path}"
        );
        let text = String::from_utf8(page.body.clone()).expect("text");
        assert!(
            text.contains("<html lang=\"de\">") && text.contains("Dieser Link funktioniert nicht"),
            "{text}"
        );
        assert!(!text.contains("<form") && !text.contains("unknown_link"), "{text}");
        for program in ["", "Accept: */*\r\n", "Accept: application/json\r\n"] {
            let answer = call(&shop, method, &path, program, "");
            let found = (answer.status, answer.header("content-type"));
            assert_eq!(found, (404, Some("application/problem+json")), "{path} {program}");
            assert!(String::from_utf8_lossy(&answer.body).contains("unknown_link"), "{path}");
        }
    }
    // Bytes that are no text are no token either; a survey that is not there has a page of its own.
    let page = call(&shop, "GET", "/u/%FF", BROWSER, "");
    assert_eq!(page.status, 400);
    assert!(String::from_utf8_lossy(&page.body).contains("This link does not work"));
    let page = call(&shop, "GET", "/s/x", &format!("{BROWSER}Accept-Language: fr\r\n"), "");
    assert_eq!(page.status, 404);
    assert!(String::from_utf8_lossy(&page.body).contains("<html lang=\"fr\">"));
    // Nothing was ended, and the page that ends messages speaks the reader's language.
    let page = call(&shop, "GET", &format!("/u/{}", token("u", 0)), "Accept-Language: kk\r\n", "");
    assert!(String::from_utf8_lossy(&page.body).contains("Жазылымнан бас тарту"));
    assert_eq!(super::profile(&shop, "m-1")["consents"], json!([]));
}

/// The addresses of each page that there is.
fn addresses(shop: &Shop) -> Vec<String> {
    let survey = json!({"language": "en", "title": "Your visit", "intro": "It takes a minute.", "questions": [
        {"id": "nps", "kind": "scale", "from": 0, "to": 10, "text": "Would you recommend us?", "required": true},
        {"id": "where", "kind": "choice", "many": true, "text": "Where?", "options": [
            {"value": "shop", "text": "In a shop that is far away from everything else that there is in this town"},
            {"value": "site", "text": "Online"},
        ]},
        {"id": "why", "kind": "text", "text": "Why?"},
    ]});
    shop.put("/v1/surveys/visit", &survey.to_string()).accepted();
    let number = super::profile(shop, "m-1")["number"].as_i64().expect("a number");
    let at = now_ms();
    shop.communications_sql(&format!(
        "INSERT INTO survey_links (token, survey, version, number, message_id, language, created_at)
         VALUES ('t0', 'visit', 1, {number}, 'm0', 'de', {at})"
    ));
    ["/s/t0", "/s/none", "/t/none"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("/u/{}", token("u", 0))])
        .collect()
}

#[test]
fn pages_can_be_read_on_a_phone_and_in_the_dark() {
    let shop = shop(Database::Sqlite);
    let addresses = addresses(&shop);
    for more in [&[][..], &["--blink-settings=preferredColorScheme=0"]] {
        let browser = Browser::open_with(more, &json!({}));
        for address in &addresses {
            browser.go_to(&format!("{}{address}", shop.address()));
            let is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches");
            assert_eq!(is_dark, json!(!more.is_empty()));
            assert_eq!(browser.reading_problems(), Vec::<String>::new(), "{address} {more:?}");
        }
        for address in &addresses {
            let page = shop.call(("GET", address), "", &[("Accept", "text/html")], "");
            for width in [320, 390, 1_280] {
                assert_eq!(
                    browser.layout_problems(&page.text, width),
                    Vec::<String>::new(),
                    "{address} {width}"
                );
            }
        }
    }
    // A person answers: what is required is asked for by the browser, and the answers are stored.
    let browser = Browser::open();
    browser.go_to(&format!("{}/s/t0", shop.address()));
    browser.click("button");
    assert_eq!(browser.count("form"), 1, "the browser sends nothing without what is required");
    browser.click("input[name=nps][value='9']");
    browser.write("textarea", "Because");
    browser.click("button");
    assert_eq!(browser.read("[role=status]"), "Vielen Dank! Ihre Antworten sind gespeichert.");
    // And ends messages.
    browser.go_to(&format!("{}/u/{}", shop.address(), token("u", 0)));
    browser.click("input[name=all]");
    browser.click("button");
    assert_eq!(browser.read("[role=status]"), "You will get no more messages this way.");
    assert_eq!(super::profile(&shop, "m-1")["consents"][0]["topic"], "*");
}
