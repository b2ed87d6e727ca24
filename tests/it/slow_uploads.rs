//! Uploads that take their time: nobody else waits for them.

mod compiling;

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::json;

use crate::shop::{Database, Shop, member, path, reference};

/// Connections that stop half-way, at each door: more than work on anything at a time.
const STUCK: usize = 3;
/// Bytes that their heads promise.
const PROMISED: usize = 100_000;

/// Sends the head and the first bytes of a body, and nothing more.
fn stop_half_way(
    shop: &Shop,
    key: &str,
    (method, path): (&str, &str),
    media_type: &str,
    body: &[u8],
) -> TcpStream {
    let address = shop.address();
    let mut connection = TcpStream::connect(address.trim_start_matches("http://")).expect("the host listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {key}\r\nContent-Type: {media_type}\r\n\
         Idempotency-Key: stuck\r\nContent-Length: {PROMISED}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).expect("the head is sent");
    connection.write_all(body).expect("the first bytes are sent");
    connection
}

#[test]
fn clients_that_stop_half_way_are_in_nobodys_way() {
    let shop = Shop::open(Database::Sqlite);
    let (admin, till) = (shop.named_key("admin", "stuck"), shop.named_key("pos", "stuck"));
    shop.put("/v1/audiences/all", r#"{"title":"all"}"#).accepted();
    shop.put("/v1/attributes/visits", r#"{"type":"int"}"#).accepted();
    let offer = json!({"title": "spring", "mechanic": "product", "params": {"items": [
        {"target": "G1", "method": "percent", "value": "1"}]}});
    shop.put("/v1/offers/spring", &offer.to_string()).accepted();
    shop.put("/v1/coupon-pools/spring", r#"{"offer":"spring"}"#).accepted();
    let component = tests::guests::product_version("1.234.567").expect("a version");
    let wasm = component.get(..10_000).expect("a part");
    let (ndjson, json_type) = ("application/x-ndjson", "application/json");
    let doors: [((&str, &str), &str, &[u8]); 11] = [
        (("POST", "/v1/mechanics/product/versions"), "application/wasm", wasm),
        (("POST", "/v1/catalog/imports"), ndjson, b"{\"type\":\"product\",\"id\":\"X1\"}\n{"),
        (("POST", "/v1/offers/imports"), ndjson, b"{\"external_id\":\"spring\",\"title\":\"a\"}\n{"),
        (("PUT", "/v1/offers/spring"), json_type, b"{\"title\":"),
        (("POST", "/v1/members/imports"), ndjson, b"{\"id\":\"m-1\"}\n{"),
        (
            ("POST", "/v1/attributes/imports"),
            "text/csv",
            b"identifier_kind,identifier,attribute,value\ncard,1,",
        ),
        (("POST", "/v1/coupon-pools/spring/codes"), ndjson, b"{\"code\":\"AAAA\"}\n{"),
        (("POST", "/v1/audiences/all/members"), ndjson, b"{\"member\":\"m-1\"}\n{"),
        (("POST", "/v1/backtests"), json_type, b"{\"candidate\":"),
        (("POST", "/v1/receipts/offline"), ndjson, b"{\"purchase_id\":\"p-1\"}\n{"),
        (("POST", "/v1/purchases/p-1/calculate"), json_type, b"{\"lines\":["),
    ];
    let mut stuck = Vec::new();
    for (call, media_type, body) in doors {
        let is_till = call.1.contains("receipts") || call.1.contains("purchases");
        let key = if is_till { &till } else { &admin };
        stuck.extend((0..STUCK).map(|_| stop_half_way(&shop, key, call, media_type, body)));
    }

    for step in ["calculate", "confirm"] {
        shop.post(&path("p-1", step), step, &reference().to_string()).accepted();
    }
    let product =
        json!({"type": "product", "id": "X1", "goods_code": "X1", "name": "One", "category": "COFFEE"});
    shop.import("/v1/catalog/imports", &product.to_string()).accepted();
    shop.import("/v1/members/imports", &member("7.00").to_string()).accepted();
    let headers = [("Content-Type", "text/csv")];
    let rows = "identifier_kind,identifier,attribute,value\ncard,1,visits,1\n";
    shop.call(("POST", "/v1/attributes/imports"), "integration", &headers, rows).accepted();
    shop.import("/v1/coupon-pools/spring/codes", r#"{"code":"BBBB"}"#).accepted();
    shop.import("/v1/audiences/all/members", r#"{"member":"m-1"}"#).accepted();
    shop.run_offer("spring", &offer);
    shop.upload("product", component).accepted();
    let rollout = r#"{"version":"1.234.567"}"#;
    shop.as_admin("PUT", "/v1/mechanics/product/rollout", rollout).accepted();
    for step in ["calculate", "confirm"] {
        shop.post(&path("p-2", step), &format!("{step}-2"), &reference().to_string()).accepted();
    }
    drop(stuck);
}
