//! A caller that hangs up before it has its answer: the change that it has asked for is made as a whole.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::lock::Lock;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(a_change_is_in_the_audit_log_though_its_caller_hung_up);

fn a_change_is_in_the_audit_log_though_its_caller_hung_up(database: Database) {
    let shop = Shop::empty(
        database,
        &[
            ("DATABASE__LOCK_SECONDS", "200"),
            ("DATABASE__STATEMENT_SECONDS", "200"),
            ("CONNECTIONS__REQUEST_SECONDS", "250"),
        ],
    );
    let chain = json!({
        "triggers": [{"event": "cart_abandoned"}], "start": "end", "nodes": {"end": {"type": "exit"}},
    });
    let lock = Lock::of_the_audit_log(&shop, database);
    let mut caller = asking(&shop, "PUT", "/v1/chains/cart", &chain);
    // The chain is there, and the audit log cannot tell of it yet.
    until("the chain is put", || {
        let chains = shop.as_integration("GET", "/v1/chains", "").accepted();
        chains["chains"].as_array().is_some_and(|chains| chains.len() == 1)
    });
    caller.flush().expect("it is sent");
    drop(caller);
    // Long enough for the host to see that nobody waits any more; it may take longer and does no harm then.
    std::thread::sleep(Duration::from_millis(500));
    lock.end(&shop);
    until("the audit log tells of it", || shop.as_admin("GET", "/v1/audit", "").text.contains("chain.put"));
}

/// Sends a request, and does not wait for its answer.
fn asking(shop: &Shop, method: &str, path: &str, body: &Value) -> TcpStream {
    let (address, body) = (shop.address(), body.to_string());
    let host = address.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(host).expect("the host is there");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        shop.integration_key(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("it is sent");
    stream
}
