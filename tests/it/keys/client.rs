//! Calls with any key, and with whatever a browser sends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::HeaderMap;

use crate::shop::Shop;

/// Calls to one address.
pub(super) struct Client {
    address: String,
    agent: Agent,
    calls: AtomicUsize,
}

/// Status, headers and body of an answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    /// The document of a call that must succeed.
    #[track_caller]
    pub(super) fn accepted(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text);
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub(super) fn refused(&self) -> (u16, String) {
        assert!(self.status >= 400, "{}: {}", self.status, self.text);
        (self.status, self.code())
    }

    /// The code of a problem document; empty if it is none.
    pub(super) fn code(&self) -> String {
        let document: Value = serde_json::from_str(&self.text).unwrap_or_default();
        document["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

impl Client {
    pub(super) fn of(shop: &Shop) -> Self {
        Self::at(&shop.address())
    }

    pub(super) fn at(address: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self { address: address.to_owned(), agent, calls: AtomicUsize::new(0) }
    }

    /// A call with a bearer key; `call` is method and path. Each has an `Idempotency-Key` of its own.
    pub(super) fn call(&self, key: &str, call: &str, body: &str) -> Reply {
        self.send(call, &[("Authorization", &format!("Bearer {key}"))], body)
    }

    /// A call with any headers.
    pub(super) fn send(&self, call: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let (method, path) = call.split_once(' ').expect("a method and a path");
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if method == "GET" || method == "DELETE" {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            let rows = path.ends_with("/offline") || path.ends_with("/imports");
            let media_type = match path {
                path if path.ends_with("/versions") => "application/wasm",
                _ if rows => "application/x-ndjson",
                _ => "application/json",
            };
            request = request
                .header("Content-Type", media_type)
                .header("Idempotency-Key", format!("call-{number}"));
            self.agent.run(request.body(body.as_bytes().to_vec()).expect("a request"))
        };
        let mut response = response.expect("an answer");
        let headers = response.headers().clone();
        // Pictures are answered, too.
        let body = response.body_mut().read_to_vec().expect("a body");
        let text = String::from_utf8_lossy(&body).into_owned();
        Reply { status: response.status().as_u16(), headers, text }
    }
}

/// A new key, by what follows `offer-host key create`.
pub(super) fn new_key(shop: &Shop, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["key", "create"].iter().chain(arguments).copied().collect();
    let output = shop.command(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A new key of a till that is bound to places.
pub(super) fn bound_key(shop: &Shop, places: &[&str]) -> String {
    let mut arguments = vec!["--role", "pos", "--name", "till"];
    for place in places {
        arguments.extend(["--pos", place]);
    }
    new_key(shop, &arguments)
}
