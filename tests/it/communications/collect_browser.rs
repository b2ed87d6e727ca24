//! `collect.js` in a real browser, on a page of another origin.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::events_of;
use crate::browser::Browser;
use crate::shop::{Database, Shop};
use crate::waiting::until;

/// A site that has one page, and its host. Both end with the test.
fn site() -> (Shop, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let shop = Shop::open_with(Database::Sqlite, &[("COLLECT__SITES", &format!("shop {origin}"))]);
    let page = format!(
        "<!doctype html><title>Coffee</title><script>var failures = [];
        addEventListener('error', function (event) {{ failures.push(event.message) }});
        addEventListener('unhandledrejection', function (event) {{ failures.push(String(event.reason)) }});
        </script><script src=\"{}/collect.js\" data-site=\"shop\" async></script>",
        shop.address()
    );
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = BufReader::new(stream);
            // The head ends with an empty line.
            for line in stream.by_ref().lines().map_while(Result::ok) {
                if line.is_empty() {
                    break;
                }
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
            // A browser may have gone.
            let _ = write!(stream.get_mut(), "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    (shop, origin)
}

fn go_to(browser: &Browser, url: &str) {
    browser.go_to(url);
    until("the script is there", || browser.run("return typeof offerHost") == "object");
}

fn track(browser: &Browser, kind: &str, payload: &Value) {
    browser.run(&format!("offerHost.track('{kind}', {payload})"));
}

fn sign_in(shop: &Shop, browser: &Browser, member: &str) {
    let made = shop.as_integration("POST", &format!("/v1/members/{member}/tokens"), "").accepted();
    browser.run(&format!("offerHost.signIn({})", made["token"]));
}

/// How many events of a kind a member has.
fn count(shop: &Shop, member: &str, kind: &str) -> usize {
    events_of(shop, member).iter().filter(|event| event["kind"] == kind).count()
}

#[test]
fn what_a_browser_tells_is_the_visitors_and_then_the_members() {
    let (shop, origin) = site();
    let row = json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}]});
    shop.import("/v1/members/imports", &row.to_string()).accepted();
    let browser = Browser::open();
    go_to(&browser, &format!("{origin}/coffee?secret=1"));
    track(&browser, "product_viewed", &json!({"product": "G4"}));
    track(&browser, "cart_changed", &json!({"items": [{"product": "G4", "quantity": 2}]}));
    // Another page of the site, on which the visitor says who it is.
    go_to(&browser, &format!("{origin}/cart"));
    assert_eq!(events_of(&shop, "m-1"), Vec::<Value>::new(), "nobody's yet");
    sign_in(&shop, &browser, "m-1");
    track(&browser, "section_viewed", &json!({"section": "COFFEE"}));
    until("all are the member's", || events_of(&shop, "m-1").len() == 5);
    let events = events_of(&shop, "m-1");
    let of = |kind: &str| events.iter().filter(|event| event["kind"] == kind).collect::<Vec<_>>();
    let mut urls: Vec<_> = of("page_viewed").iter().map(|event| event["payload"]["url"].clone()).collect();
    urls.sort_by_key(Value::to_string);
    assert_eq!(urls, [json!(format!("{origin}/cart")), json!(format!("{origin}/coffee"))]);
    assert_eq!(of("product_viewed")[0]["payload"], json!({"product": "G4"}));
    assert_eq!(of("cart_changed")[0]["payload"]["items"][0]["quantity"], 2);
    assert!(events.iter().all(|event| event["visitor"] == events[0]["visitor"]), "{events:?}");

    // A later member under that id is somebody else.
    browser.run("offerHost.signOut()");
    track(&browser, "product_viewed", &json!({"product": "G1"}));
    sign_in(&shop, &browser, "m-2");
    until("it is the other member's", || count(&shop, "m-2", "product_viewed") == 1);
    assert_eq!((events_of(&shop, "m-1").len(), events_of(&shop, "m-2").len()), (5, 1));
    assert_eq!(browser.run("return failures"), json!([]));
}

#[test]
fn a_browser_that_stores_nothing_tells_all_the_same() {
    let (shop, origin) = site();
    let blocked = json!({"profile.default_content_setting_values.cookies": 2});
    let browser = Browser::open_with(&[], &blocked);
    go_to(&browser, &origin);
    let stores =
        browser.run("try { localStorage.setItem('a', 'b'); return true } catch (refused) { return false }");
    assert_eq!(stores, json!(false), "the browser blocks it");
    track(&browser, "product_viewed", &json!({"product": "G4"}));
    sign_in(&shop, &browser, "m-1");
    until("both are the member's", || events_of(&shop, "m-1").len() == 2);
    browser.run("offerHost.signOut()");
    assert_eq!(browser.run("return failures"), json!([]));
}
