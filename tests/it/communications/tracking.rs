//! Links of messages: only a form or the one click of RFC 8058 ends anything, and only people count.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::channels::{number, sent};
use super::{events_of, kinds, now_ms};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::{until, wait_for};

on_both_databases!(
    links_lead_where_the_message_says,
    only_a_post_ends_messages,
    people_proxies_and_scanners_are_told_apart,
);

const ID: &str = "00112233445566778899aabbccddeeff";
const KEY: &str = "0b0b0b0b";

/// A host whose key of links is known to the test, with a message that has two links and a hidden one.
pub(super) fn shop(database: Database) -> Shop {
    let shop = Shop::open_with(
        database,
        &[("COMMUNICATIONS__PUBLIC_URL", "https://m.example"), ("COMMUNICATIONS__JUDGE_AFTER_MS", "1500")],
    );
    let number = number(&shop);
    sent(&shop, ID, "mail", number);
    let urls = json!(["https://shop.example/a?utm_source=mail&x=1", "https://shop.example/b", ""]);
    let at = now_ms();
    shop.communications_sql(&format!(
        "INSERT INTO link_keys (place, secret, created_at) VALUES (1, '{KEY}', {at})"
    ));
    shop.communications_sql(&format!(
        "INSERT INTO message_links (message_id, number, urls, created_at) VALUES ('{ID}', {number}, '{urls}', {at})"
    ));
    shop
}

/// The token of a link; `door` is `t`, `o` or `u`.
pub(super) fn token(door: &str, link: u16) -> String {
    let purpose = match door {
        "t" => communications::tokens::Purpose::Click,
        "o" => communications::tokens::Purpose::Open,
        _ => communications::tokens::Purpose::Unsubscribe,
    };
    let token = communications::tokens::Token { message_id: ID.to_owned(), link };
    communications::tokens::sign(&hex::decode(KEY).expect("a key"), purpose, &token).expect("a token")
}

/// An answer with its head, which redirects are looked at in.
pub(super) struct Raw {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Raw {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| {
            let start = line.get(..prefix.len())?;
            start.eq_ignore_ascii_case(&prefix).then(|| line.get(prefix.len()..))?
        })
    }
}

pub(super) fn call(shop: &Shop, method: &str, path: &str, headers: &str, body: &str) -> Raw {
    let address = shop.address();
    let address = address.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("a host");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: m.example\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    Raw { status, head, body: answer[end + 4..].to_vec() }
}

fn get(shop: &Shop, path: &str) -> Raw {
    call(shop, "GET", path, "", "")
}

fn of_kind(shop: &Shop, kind: &str) -> Vec<Value> {
    events_of(shop, "m-1").into_iter().filter(|event| event["kind"] == kind).collect()
}

fn links_lead_where_the_message_says(database: Database) {
    let shop = shop(database);
    let answer = get(&shop, &format!("/t/{}", token("t", 1)));
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), Some("https://shop.example/a?utm_source=mail&x=1"));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(get(&shop, &format!("/t/{}", token("t", 3))).status, 204);
    // Neither another link, nor a token for something else, nor one that was changed.
    let mut changed = token("t", 1);
    changed.replace_range(..1, "B");
    for wrong in [token("t", 4), token("t", 0), token("o", 1), changed, "x".to_owned()] {
        assert_eq!(get(&shop, &format!("/t/{wrong}")).status, 404, "{wrong}");
    }
    for token in [token("o", 0), "x".to_owned()] {
        let picture = get(&shop, &format!("/o/{token}"));
        assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/gif")));
        assert!(picture.body.starts_with(b"GIF89a"));
        assert_eq!(picture.header("cache-control"), Some("no-store"));
    }
}

fn only_a_post_ends_messages(database: Database) {
    let shop = shop(database);
    let page = format!("/u/{}", token("u", 0));
    for method in ["GET", "HEAD", "GET"] {
        let answer = call(&shop, method, &page, "Accept-Language: ru-RU\r\n", "");
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{method}");
        let text = String::from_utf8(answer.body).expect("text");
        assert_eq!(text.contains("Отписаться"), method == "GET");
        assert!(answer.head.to_lowercase().contains("form-action 'self'"), "{}", answer.head);
    }
    for method in ["PUT", "DELETE"] {
        assert_eq!(call(&shop, method, &page, "", "").status, 405, "{method}");
    }
    assert_eq!(call(&shop, "POST", &format!("/u/{}", token("t", 1)), "", "").status, 404);
    assert!(of_kind(&shop, "message_unsubscribed").is_empty());
    assert_eq!(super::profile(&shop, "m-1")["consents"], json!([]));

    // As mail programs do it: no cookie, no redirect, and more than once.
    for _ in 0..2 {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = call(&shop, "POST", &page, form, "List-Unsubscribe=One-Click");
        assert_eq!(
            (answer.status, answer.header("location"), answer.header("set-cookie")),
            (200, None, None)
        );
    }
    assert_eq!(of_kind(&shop, "message_unsubscribed").len(), 1);
    let consents = super::profile(&shop, "m-1")["consents"].as_array().expect("a list").clone();
    assert_eq!(consents.len(), 1, "doing it again changes nothing");
    let consent = consents[0].clone();
    assert_eq!(
        (&consent["channel"], &consent["topic"], &consent["state"]),
        (&json!("mail"), &json!("news"), &json!("withdrawn"))
    );
    call(&shop, "POST", &page, "", "all=on");
    let consents = super::profile(&shop, "m-1")["consents"].as_array().expect("a list").clone();
    assert!(consents.iter().any(|consent| consent["topic"] == "*"), "{consents:?}");

    // An ended consent stays so, though the clock of the shop that has asked before is ahead.
    let yes = json!({"member": {"id": "m-1"}, "channel": "mail", "topic": "news", "state": "granted",
                     "at": now_ms() + 120_000, "source": "form", "text_version": "1"});
    shop.import("/v1/consents", &yes.to_string()).accepted();
    call(&shop, "POST", &page, "", "");
    let latest = super::profile(&shop, "m-1")["consents"][0].clone();
    assert_eq!((&latest["topic"], &latest["state"]), (&json!("news"), &json!("withdrawn")));
}

fn people_proxies_and_scanners_are_told_apart(database: Database) {
    let shop = shop(database);
    // A mail service's proxy, and a program that only asks whether the address is there.
    call(&shop, "GET", &format!("/o/{}", token("o", 0)), "User-Agent: x GoogleImageProxy\r\n", "");
    call(&shop, "HEAD", &format!("/t/{}", token("t", 2)), "", "");
    let opened = wait_for("the open is judged", || of_kind(&shop, "message_opened").pop());
    assert_eq!(opened["payload"]["verdict"], "proxy");
    assert_eq!(opened["payload"]["message"], ID);
    // A person follows one link.
    get(&shop, &format!("/t/{}", token("t", 2)));
    let clicked = wait_for("the click is judged", || of_kind(&shop, "message_clicked").pop());
    let payload = &clicked["payload"];
    assert_eq!((&payload["verdict"], &payload["link"]), (&json!("human"), &json!(2)));
    assert_eq!(payload["url"], "https://shop.example/b");
    assert_eq!(of_kind(&shop, "message_clicked").len(), 1, "HEAD is no click");

    // Whoever follows the hidden link, follows them all as a program.
    let number = super::profile(&shop, "m-1")["number"].as_i64().expect("a number");
    let other = "ffeeddccbbaa99887766554433221100";
    sent(&shop, other, "mail", number);
    let at = now_ms();
    shop.communications_sql(&format!(
        "INSERT INTO message_links (message_id, number, urls, created_at)
         VALUES ('{other}', {number}, '[\"https://shop.example/a\",\"\"]', {at})"
    ));
    let of_other = |link: u16| {
        let token = communications::tokens::Token { message_id: other.to_owned(), link };
        let key = hex::decode(KEY).expect("a key");
        communications::tokens::sign(&key, communications::tokens::Purpose::Click, &token).expect("a token")
    };
    // The hidden one first: however long the next takes, it is judged with it.
    get(&shop, &format!("/t/{}", of_other(2)));
    get(&shop, &format!("/t/{}", of_other(1)));
    until("the scanner is judged", || of_kind(&shop, "message_clicked").len() == 2);
    let verdicts: Vec<Value> =
        of_kind(&shop, "message_clicked").iter().map(|event| event["payload"]["verdict"].clone()).collect();
    assert!(verdicts.contains(&json!("scanner")), "{verdicts:?}");
    assert_eq!(kinds(&of_kind(&shop, "message_opened")), ["message_opened"]);
}
