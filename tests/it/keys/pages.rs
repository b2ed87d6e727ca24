//! Pages and headers: who may read the pages, and what browsers are told.

use super::client::{Client, bound_key, new_key};
use crate::shop::{Database, Shop};

/// The header of basic authentication with any name and this key as password.
fn basic(key: &str) -> String {
    // Base64 of `a:KEY`, by hand: the tests need it nowhere else.
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = format!("a:{key}").into_bytes();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            (0..3).fold(0_usize, |sum, place| sum << 8 | usize::from(*chunk.get(place).unwrap_or(&0)));
        for place in 0..4 {
            let digit = char::from(DIGITS[number >> (18 - 6 * place) & 63]);
            text.push(if place > chunk.len() { '=' } else { digit });
        }
    }
    format!("Basic {text}")
}

#[test]
fn the_console_needs_a_key() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let client = Client::of(&shop);
    let admin = new_key(&shop, &["--role", "admin", "--name", "me"]);
    for page in ["GET /admin", "GET /admin/mechanics/product", "GET /admin/mechanic.js"] {
        let refused = client.send(page, &[], "");
        assert_eq!(refused.refused(), (401, "unauthorized".to_owned()), "{page}");
        let asked: Vec<_> = refused.headers.get_all("www-authenticate").iter().collect();
        assert!(
            asked.iter().any(|asked| asked.as_bytes().starts_with(b"Basic ")),
            "a browser asks: {asked:?}"
        );
        client.send(page, &[("Authorization", &basic(&admin))], "").accepted();
        client.call(shop.integration_key(), page, "").accepted();
        assert_eq!(client.call(&bound_key(&shop, &["s"]), page, "").refused().0, 403, "{page}");
        let wrong = client.send(page, &[("Authorization", "Basic %%%")], "");
        assert_eq!(wrong.refused().0, 401);
    }
    // Browsers send basic credentials with every request to the host, also from pages of others.
    let forged = client.send("GET /v1/offers", &[("Authorization", &basic(&admin))], "");
    assert_eq!(forged.refused().0, 401, "not to calls that change something");
    assert_eq!(forged.header("www-authenticate"), "Bearer");
}

#[test]
fn metrics_and_documents_may_need_a_key() {
    let shop = Shop::empty(Database::Sqlite, &[("SERVER__METRICS", "key"), ("SERVER__DOCS", "key")]);
    let client = Client::of(&shop);
    let till = bound_key(&shop, &["store-1"]);
    for (page, for_till) in [("GET /metrics", 403), ("GET /docs", 200), ("GET /openapi.json", 200)] {
        assert_eq!(client.send(page, &[], "").status, 401, "{page}");
        assert_eq!(client.call(&till, page, "").status, for_till, "{page}");
        client.call(shop.integration_key(), page, "").accepted();
        client.send(page, &[("Authorization", &basic(shop.integration_key()))], "").accepted();
    }
    for page in ["GET /healthz", "GET /readyz"] {
        assert_eq!(client.send(page, &[], "").status, 200, "{page} is for load balancers");
    }
}

#[test]
fn operations_may_have_an_address_of_their_own() {
    // An address that no other process of this machine takes: loopback has millions.
    let [high, low, ..] = std::process::id().to_be_bytes()[2..] else { panic!("four bytes") };
    let address = format!("127.77.{high}.{low}:18089");
    let shop = Shop::empty(Database::Sqlite, &[("SERVER__OPERATIONS_LISTEN", &address)]);
    let (main, operations) = (Client::of(&shop), Client::at(&format!("http://{address}")));
    for page in ["GET /metrics", "GET /docs", "GET /openapi.json"] {
        assert_eq!(operations.send(page, &[], "").status, 200, "{page}");
        assert_eq!(main.send(page, &[], "").refused(), (404, "not_found".to_owned()), "{page}");
    }
    for page in ["GET /healthz", "GET /readyz"] {
        assert_eq!(
            (operations.send(page, &[], "").status, main.send(page, &[], "").status),
            (200, 200),
            "{page}"
        );
    }
    assert_eq!(operations.call(shop.integration_key(), "GET /v1/offers", "").refused().0, 404, "no calls");
    shop.signal("TERM");
}

#[test]
fn every_answer_tells_browsers_what_to_keep_to() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let client = Client::of(&shop);
    for (call, is_page) in [
        ("GET /v1/offers", false),
        ("GET /v1/nothing", false),
        ("DELETE /v1/offers", false),
        ("POST /v1/catalog/imports?mode=half", false),
        ("GET /healthz", false),
        ("GET /openapi.json", false),
        ("GET /docs", true),
        ("GET /admin", true),
        ("GET /admin/mechanics/product", true),
    ] {
        let reply = client.call(shop.integration_key(), call, "");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(name), value, "{name} of {call}");
        }
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{call}: {policy}"
        );
        assert_eq!(policy.contains("script-src 'self'"), is_page, "{call}: {policy}");
        assert!(
            !reply.text.contains("<script>") && !reply.text.contains("onsubmit="),
            "scripts are files: {call}"
        );
    }
}
