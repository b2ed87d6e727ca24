//! Bodies that the host does not want, and bodies that do not come to their end.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::raw::{Answer, Sockets, header};
use crate::shop::{Database, Shop};
use crate::waiting::until;

const WASM: (&str, &str) = ("Content-Type", "application/wasm");
const ROWS: (&str, &str) = ("Content-Type", "application/x-ndjson");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Such a client does not look for an answer before it has sent everything.
#[test]
fn a_refusal_reaches_clients_that_are_still_sending() {
    let shop = Shop::empty(Database::Sqlite, &[("LIMITS__IMPORT_BYTES", "1000000")]);
    let sockets = Sockets::of(&shop);
    let body = "x".repeat(12 << 20);
    let length = body.len().to_string();
    let valid = format!("Bearer {}", shop.named_key("admin", "me"));
    for (call, key, expected) in [
        ("POST /v1/mechanics/m/versions", "Bearer oh_1", (401, "key_unknown")),
        ("POST /elsewhere", valid.as_str(), (404, "not_found")),
        ("POST /v1/mechanics/m/versions", valid.as_str(), (413, "body_too_large")),
    ] {
        let headers = [("Authorization", key), WASM, ("Content-Length", length.as_str())];
        let expected = (expected.0, expected.1.to_owned());
        let mut connection = sockets.connect(1);
        connection.say(&header(call, &headers));
        connection.say(&body);
        assert_eq!(Answer::whole(&connection.rest()).refused(), expected, "{call}");
        // One that asks first is not told to go on.
        let mut polite = sockets.connect(1);
        polite.say(&header(call, &[&headers[..], &[("Expect", "100-continue")]].concat()));
        let answer = Answer::whole(&polite.rest());
        assert_eq!(answer.refused(), expected, "{call}");
        assert!(answer.head.to_lowercase().contains("connection: close"), "{answer:?}");
    }
}

#[test]
fn headers_that_cannot_be_read_are_answered_with_problem_documents() {
    let shop = Shop::empty(Database::Sqlite, &[("CONNECTIONS__HEADER_BYTES", "8192")]);
    let sockets = Sockets::of(&shop);
    let large = format!("GET /healthz HTTP/1.1\r\nHost: host\r\nX-Large: {}\r\n\r\n", "x".repeat(20_000));
    let long = format!("GET /{} HTTP/1.1\r\nHost: host\r\n\r\n", "x".repeat(70_000));
    for (asked, expected) in [
        ("hello\r\n\r\n", (400, "malformed_request")),
        ("GET /healthz HTTP/1.1\r\nno header\r\n\r\n", (400, "malformed_request")),
        (large.as_str(), (431, "header_too_large")),
        (long.as_str(), (431, "header_too_large")),
    ] {
        let mut connection = sockets.connect(1);
        connection.say(asked);
        let refused = Answer::whole(&connection.rest()).refused();
        assert_eq!(refused, (expected.0, expected.1.to_owned()));
        // After an answer as well.
        let mut connection = sockets.connect(1);
        connection.ask("GET /healthz", &[], "");
        assert_eq!(connection.answer().body, "ok\n");
        connection.say(asked);
        assert_eq!(Answer::whole(&connection.rest()).refused().1, expected.1);
    }
}

/// Tills and partners that lose their power or their network half-way.
#[test]
fn nothing_is_taken_of_a_body_that_breaks_off() {
    let shop = Shop::open(Database::Sqlite);
    let sockets = Sockets::of(&shop);
    let admin = format!("Bearer {}", shop.named_key("admin", "me"));
    let half = json!({"type": "product", "id": 900, "goods_code": "HALF", "name": "Half"}).to_string();
    let late = json!({"purchase_id": "half", "receipt": {}}).to_string();
    let revision = || shop.as_integration("GET", "/v1/plan", "").accepted()["revision"].clone();
    let imports = || {
        let listed = shop.as_integration("GET", "/v1/members/imports", "").accepted();
        listed["imports"].as_array().expect("imports").len()
    };
    let (before, imports_before) = (revision(), imports());
    let closed = || {
        let metrics = shop.call(("GET", "/metrics"), "", &[], "").text;
        let counts = metrics.lines().filter(|line| line.starts_with("offer_host_connections_closed_total{"));
        let counts = counts.map(|line| line.rsplit(' ').next().expect("a count").parse::<u64>());
        counts.map(|count| count.expect("a number")).sum::<u64>()
    };
    for (call, media_type, start) in [
        ("PUT /v1/offers/half", JSON, "{\"title\":"),
        ("POST /v1/purchases/half/calculate", JSON, "{\"at\":"),
        ("POST /v1/catalog/imports", ROWS, half.as_str()),
        ("POST /v1/offers/imports", ROWS, "{\"external_id\":\"half\"}\n{"),
        ("POST /v1/receipts/offline", ROWS, late.as_str()),
        ("POST /v1/members/imports", ROWS, "{\"id\":\"half\"}\n{"),
        ("POST /v1/mechanics/half/versions", WASM, "\0asm"),
    ] {
        let headers = [
            ("Authorization", admin.as_str()),
            media_type,
            ("Content-Length", "100000"),
            ("Idempotency-Key", call),
            ("Expect", "100-continue"),
        ];
        let ended = closed();
        let mut connection = sockets.connect_to_be_reset(1);
        connection.say(&header(call, &headers));
        // The host waits for the body from here on.
        connection.hear("HTTP/1.1 100 Continue\r\n\r\n");
        connection.say(start);
        drop(connection);
        until(call, || closed() > ended);
    }
    assert_eq!((revision(), imports()), (before, imports_before));
    assert_eq!(shop.as_integration("GET", "/v1/offers/half", "").status, 404);
    assert_eq!(shop.as_integration("GET", "/v1/members/half", "").status, 404);
    assert_eq!(shop.get("/v1/purchases/half").status, 404);
    assert_eq!(shop.as_admin("GET", "/v1/mechanics/half", "").status, 404);
    shop.verify();
}

#[test]
fn a_body_that_comes_too_slowly_is_refused_although_it_never_stops() {
    let shop = Shop::empty(Database::Sqlite, &[("CONNECTIONS__BODY_SECONDS", "1")]);
    let mut connection = Sockets::of(&shop).connect(1);
    connection.begin_upload(shop.integration_key(), 1 << 30);
    let mut sender = connection.sender();
    // A tenth of the least rate, until the connection ends.
    let sending = thread::spawn(move || {
        while sender.try_say("x") {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let heard = connection.rest();
    assert_eq!(Answer::whole(&heard).refused(), (408, "body_timeout".to_owned()));
    connection.end();
    sending.join().expect("the sender ends");
    assert_eq!(shop.as_integration("GET", "/v1/members/imports", "").accepted()["imports"], json!([]));
}
