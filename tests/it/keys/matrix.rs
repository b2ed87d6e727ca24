//! Every address, called with every kind of key: `access.txt` says who is let in. Addresses are those of the API
//! document, which is made from the routes, and of the pages beside it; one without a row fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::guests::raw::Raw;
use tests::workspace;

use super::client::{Client, Reply, bound_key, new_key};
use super::on_both_databases;
use crate::shop::{Database, Shop, reference};

on_both_databases!(every_address_lets_in_whom_the_table_says);

const TABLE: &str = include_str!("access.txt");

/// A row of the table: a call, and what each kind of key gets, in the order of the columns.
struct Row {
    call: &'static str,
    cells: Vec<&'static str>,
}

/// The columns after the address, and the rows.
fn table() -> (Vec<&'static str>, Vec<Row>) {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let columns = lines.next().expect("a header").split_whitespace().skip(2).collect();
    let row = |line: &'static str| {
        let (call, cells) = line.split_at(line.find("  ").expect("columns"));
        Row { call, cells: cells.split_whitespace().collect() }
    };
    (columns, lines.map(row).collect())
}

/// The calls of the host: method and address.
fn calls(client: &Client) -> BTreeSet<String> {
    let document = client.send("GET /openapi.json", &[], "").accepted();
    let paths = document["paths"].as_object().expect("paths");
    let documented = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    documented.chain(pages().into_iter().map(|page| format!("GET {page}"))).collect()
}

/// The addresses that are not in the API document: those of `Router::route` in the sources.
fn pages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files_below(&workspace::root().join("host/http/src/routes")) {
        let source = fs::read_to_string(file).expect("text");
        let routes = source.split(".route(\"").skip(1);
        found.extend(routes.map(|rest| rest.split('"').next().expect("an address").to_owned()));
    }
    assert!(found.contains("/admin"), "pages are routed otherwise now: {found:?}");
    found
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// A key with a word on it; none for calls without a key.
type Named = (String, Option<String>);

/// The keys of each column.
struct Keys {
    columns: Vec<(&'static str, Vec<Named>)>,
}

impl Keys {
    /// A shop in which the purchase `p-1` of store 1, the member `m-1` and the mechanic `raw` of a partner are there, and
    /// the keys of all columns.
    fn of(shop: &Shop, client: &Client) -> Self {
        let right = |role: &str| match role {
            "pos" => bound_key(shop, &["store-1"]),
            "partner" => new_key(shop, &["--role", "partner", "--name", "acme"]),
            _ => new_key(shop, &["--role", role, "--name", "right"]),
        };
        let (till, partner, integration) = (right("pos"), right("partner"), right("integration"));
        let token = |client: &Client, key: &str, member: &str| {
            let made = client.call(key, &format!("POST /v1/members/{member}/tokens"), "").accepted();
            made["token"].as_str().expect("a token").to_owned()
        };
        let row = json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}]});
        shop.import("/v1/members/imports", &row.to_string()).accepted();
        let component = Raw::declining("", "", 1).build().expect("a component");
        shop.upload_as(&partner, "raw/versions", &[], component).accepted();
        shop.as_admin("PUT", "/v1/mechanics/raw/rollout", r#"{"version":"1.0.0"}"#).accepted();
        client.call(&till, "POST /v1/purchases/p-1/calculate", &receipt()).accepted();
        client.call(&till, "POST /v1/purchases/p-1/confirm", "").accepted();
        client.call(&till, "POST /v1/purchases/p-1/returns", RETURN).accepted();

        let one = |key: &str| vec![(String::new(), Some(key.to_owned()))];
        let (expired, revoked) = (ended(shop, client, true), ended(shop, client, false));
        let columns = vec![
            ("none", vec![(String::new(), None)]),
            ("pos", one(&till)),
            ("member", one(&token(client, &integration, "m-1"))),
            ("partner", one(&partner)),
            ("integration", one(&integration)),
            ("admin", one(&right("admin"))),
            ("expired", expired),
            ("revoked", revoked),
            ("other_store", one(&bound_key(shop, &["store-2"]))),
            ("other_member", one(&token(client, &integration, "m-2"))),
            ("other_partner", one(&new_key(shop, &["--role", "partner", "--name", "other"]))),
        ];
        Self { columns }
    }
}

/// Keys of every role, and a token, that ended.
fn ended(shop: &Shop, client: &Client, by_time: bool) -> Vec<Named> {
    let mut keys = Vec::new();
    for role in ["pos", "member", "partner", "integration", "admin"] {
        let mut arguments = vec!["--role", role, "--name", "ended"];
        if role == "pos" {
            arguments.extend(["--pos", "store-1"]);
        }
        keys.push((role.to_owned(), Some(new_key(shop, &arguments))));
    }
    let integration = keys[3].1.as_deref().expect("a key");
    let token = client.call(integration, "POST /v1/members/m-1/tokens", "").accepted();
    keys.push(("token".to_owned(), token["token"].as_str().map(str::to_owned)));
    if by_time {
        shop.sql("UPDATE api_keys SET expires_at = 1 WHERE name = 'ended' AND revoked_at IS NULL");
        shop.sql("UPDATE member_tokens SET expires_at = 1");
    } else {
        let listed = shop.as_admin("GET", "/v1/keys", "").accepted();
        let is_meant = |key: &&Value| key["name"] == "ended" && key["state"] == "active";
        for key in listed["keys"].as_array().expect("keys").iter().filter(is_meant) {
            let id = key["id"].as_str().expect("an id");
            shop.as_admin("DELETE", &format!("/v1/keys/{id}"), "").accepted();
        }
    }
    keys
}

const RETURN: &str = r#"{"lines":[{"position":4,"quantity":"1"}]}"#;

fn receipt() -> String {
    let mut receipt = reference();
    receipt["pos"] = json!("store-1/till-1");
    receipt.to_string()
}

/// The body of a call that names a point of sale in its body. All others have an empty object: whether they are let
/// in shows before it is read.
fn body(call: &str) -> String {
    match call {
        "POST /v1/purchases/{purchase_id}/calculate" => receipt(),
        "POST /v1/purchases/{purchase_id}/returns" => RETURN.to_owned(),
        "POST /v1/prices" => {
            json!({"pos": "store-1/till-1", "products": [{"goods_id": "G1", "price": "1.00"}]}).to_string()
        }
        "POST /v1/receipts/offline" => {
            let mut receipt: Value = serde_json::from_str(&receipt()).expect("a receipt");
            receipt["purchase_id"] = json!("p-late");
            receipt.to_string()
        }
        _ => "{}".to_owned(),
    }
}

/// The names in addresses of things that are there.
const THERE: [(&str, &str); 4] = [
    ("{purchase_id}", "p-1"),
    ("{return_id}", "p-1-r1"),
    ("{member_id}", "m-1"),
    ("/mechanics/{name}", "/mechanics/raw"),
];

/// A call with the names of things that are there.
fn of_what_is_there(call: &str) -> String {
    THERE.iter().fold(call.to_owned(), |call, (name, value)| call.replace(name, value))
}

fn address(call: &str) -> String {
    let call = of_what_is_there(call);
    // Whatever else an address names need not be there.
    let mut parts = call.split('{');
    let first = parts.next().expect("a method").to_owned();
    parts.fold(first, |call, part| call + "00000000" + part.split_once('}').expect("an end").1)
}

/// The outcome of a call, in the words of the table.
fn got(call: &str, reply: &Reply) -> String {
    // A thing that is there for those who may know of it.
    let there = of_what_is_there(call);
    let is_there = there != call && !there.contains('{');
    match reply.status {
        200 if reply.text.contains(r#""code":"pos_not_allowed""#) => "403".to_owned(),
        status @ (401 | 403 | 405) => status.to_string(),
        // The caller before it has erased the member.
        404 if reply.text.contains(r#""code":"nothing_to_erase""#) => "yes".to_owned(),
        404 if is_there => "404".to_owned(),
        status if status >= 500 => format!("{status}: {}", reply.text),
        _ => "yes".to_owned(),
    }
}

fn every_address_lets_in_whom_the_table_says(database: Database) {
    let shop = Shop::open(database);
    let client = Client::of(&shop);
    let (columns, rows) = table();
    let written: BTreeSet<String> = rows.iter().map(|row| row.call.to_owned()).collect();
    assert_eq!(written.len(), rows.len(), "an address has two rows");
    let there = calls(&client);
    let missing: Vec<_> = there.difference(&written).collect();
    assert!(missing.is_empty(), "write into tests/it/keys/access.txt whom these let in: {missing:#?}");
    let gone: Vec<_> = written.difference(&there).collect();
    assert!(gone.is_empty(), "tests/it/keys/access.txt has rows of nothing: {gone:#?}");

    let keys = Keys::of(&shop, &client);
    assert_eq!(columns, keys.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for Row { call, cells } in &rows {
        assert_eq!(cells.len(), columns.len(), "{call} needs a cell for each column");
        let (address, body) = (address(call), body(call));
        for ((column, keys), expected) in keys.columns.iter().zip(cells) {
            for (which, key) in keys {
                let reply = match key {
                    Some(key) => client.call(key, &address, &body),
                    None => client.send(&address, &[], &body),
                };
                let got = got(call, &reply);
                if got != *expected {
                    wrong.push(format!("{call}, {column} {which}: {expected} is written, got {got}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "tests/it/keys/access.txt says otherwise:\n{}", wrong.join("\n"));
}
