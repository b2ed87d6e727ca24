//! Tokens of members: each opens one member, for a short time.

use serde_json::{Value, json};

use super::client::{Client, new_key};
use super::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(a_token_opens_its_own_member);

fn a_token_opens_its_own_member(database: Database) {
    let shop = Shop::open(database);
    shop.import("/v1/members/imports", &json!({"id": "m 2", "points": "5.00"}).to_string()).accepted();
    let client = Client::of(&shop);
    let integration = shop.integration_key();
    let made = client.call(integration, "POST /v1/members/m%202/tokens", "");
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.accepted();
    let token = made["token"].as_str().expect("a token");
    assert!(made["expires_at"].is_string(), "{made}");

    assert_eq!(client.call(token, "GET /v1/members/m%202/points", "").accepted()["available"], "5.00");
    client.call(token, "GET /v1/members/m%202/offers", "").accepted();
    client.call(token, "GET /v1/members/m%202/recommendations", "").accepted();
    for call in [
        "GET /v1/members/m-1/points",
        "GET /v1/members/m-1/offers",
        "GET /v1/members/m-1/recommendations",
        "POST /v1/members/m-1/offers/i/accept",
        "GET /v1/members/none/points",
    ] {
        assert_eq!(client.call(token, call, "").refused(), (403, "not_your_member".to_owned()), "{call}");
    }
    for call in ["GET /v1/members/m%202", "POST /v1/members/m%202/tokens", "GET /v1/offers"] {
        assert_eq!(client.call(token, call, "").refused(), (403, "forbidden".to_owned()), "{call}");
    }
    assert_eq!(client.call(integration, "POST /v1/members/none/tokens", "").refused().0, 404);

    // A key of the role opens no member any more.
    let key = new_key(&shop, &["--role", "member", "--name", "app"]);
    let refused = client.call(&key, "GET /v1/members/m-1/points", "").refused();
    assert_eq!(refused, (403, "member_token_needed".to_owned()));

    // A token ends by itself, and with the key that made it.
    shop.sql("UPDATE member_tokens SET expires_at = created_at");
    let own = "GET /v1/members/m%202/points";
    assert_eq!(client.call(token, own, "").refused(), (401, "token_expired".to_owned()));
    let app = new_key(&shop, &["--role", "integration", "--name", "app"]);
    let token = client.call(&app, "POST /v1/members/m-1/tokens", "").accepted()["token"].clone();
    let token = token.as_str().expect("a token");
    client.call(token, "GET /v1/members/m-1/points", "").accepted();
    let keys = shop.as_admin("GET", "/v1/keys", "").accepted();
    let is_app = |key: &&Value| key["name"] == "app" && key["role"] == "integration";
    let id = keys["keys"].as_array().expect("keys").iter().find(is_app).expect("the key")["id"].clone();
    let id = id.as_str().expect("an id");
    shop.as_admin("DELETE", &format!("/v1/keys/{id}"), "").accepted();
    assert_eq!(
        client.call(token, "GET /v1/members/m-1/points", "").refused(),
        (401, "token_unknown".to_owned())
    );
}
