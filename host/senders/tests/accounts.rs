//! Documents of accounts, and the addresses that they may reach.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use senders::{Account, OpenError, Secrets, Sender, account_of, is_private};
use serde_json::{Value, json};

fn places(kind: &str, document: &Value) -> Vec<String> {
    account_of(kind, document).unwrap_err().into_iter().map(|problem| problem.place).collect()
}

#[test]
fn every_problem_of_an_account_is_told_with_its_place() {
    let document = json!({
        "port": 0, "security": "ssl", "from": "nobody", "user": "shop", "bounces": "x", "surprise": 1,
        "hello": "a\r\nMAIL FROM:<x@example.org>",
        "headers": {"Bcc": "all@example.org"}, "allow_private": "yes",
    });
    let mut found = places("smtp", &document);
    found.sort();
    found.dedup();
    let wanted = [
        "/allow_private",
        "/bounces",
        "/from",
        "/headers",
        "/hello",
        "/host",
        "/port",
        "/security",
        "/surprise",
        "/user",
    ];
    assert_eq!(found, wanted);

    let document = json!({
        "url": "http://user:pw@example.com/path", "ready": "fax", "path": "/{{ to", "method": "DELETE",
        "auth": {"scheme": "bearer"}, "id": "id", "rules": [{"means": "address"}, {"status": 1, "at": "/x", "means": "?"}],
        "form": true, "body": {"a": {"b": "{% if %}"}},
    });
    let mut found = places("http", &document);
    found.sort();
    found.dedup();
    let wanted = [
        "/auth/secret",
        "/body",
        "/id",
        "/method",
        "/path",
        "/ready",
        "/rules/0",
        "/rules/1/means",
        "/rules/1/status",
        "/url",
    ];
    assert_eq!(found, wanted);
    assert_eq!(places("fax", &json!({})), [""]);
    assert_eq!(places("smtp", &json!([])).first().map(String::as_str), Some(""));
}

#[test]
fn plain_connections_are_for_networks_of_ones_own() {
    let smtp = |more: Value| {
        let mut document = json!({"host": "mx.example.com", "from": "a@example.com"});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account_of("smtp", &document)
    };
    assert!(smtp(json!({"security": "none"})).is_err());
    assert!(smtp(json!({"security": "none", "allow_private": true})).is_ok());
    assert!(smtp(json!({})).is_ok());
    let http =
        |url: &str, allow: bool| account_of("http", &json!({"url": url, "allow_private": allow})).is_ok();
    assert!(http("https://api.example.com", false));
    assert!(!http("http://api.example.com", false));
    assert!(http("http://gateway.internal:8080", true));
    assert!(!http("ftp://api.example.com", true));
}

#[test]
fn a_secret_that_is_missing_is_named() {
    let auth = json!({"scheme": "bearer", "secret": "key"});
    let account = account_of("http", &json!({"url": "https://api.example.com", "auth": auth})).unwrap();
    assert_eq!(account.secrets(), ["key"]);
    let error = Sender::open(&account, &Secrets::new()).unwrap_err();
    assert_eq!(error, OpenError::MissingSecret("key".to_owned()));
    assert!(matches!(account, Account::Http(_)));
}

#[test]
fn what_is_not_of_the_internet_is_private() {
    let private = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "0.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "5f00::1",
        "100::1",
    ];
    for address in private {
        assert!(is_private(address.parse().unwrap()), "{address}");
    }
    let public = [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4010::1",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];
    for address in public {
        assert!(!is_private(address.parse().unwrap()), "{address}");
    }
}
