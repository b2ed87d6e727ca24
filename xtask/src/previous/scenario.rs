//! Calls that the last release must go on answering, before, while and after a newer one migrates its database, and after that one has
//! served.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::host::{Host, Program};

/// The hosts, and where they are run.
pub(super) struct Hosts<'a> {
    pub(super) previous: &'a Path,
    pub(super) current: &'a Path,
    pub(super) folder: &'a Path,
    pub(super) database: &'a str,
}

impl Hosts<'_> {
    fn program(&self, binary: &Path) -> Program {
        let settings = vec![
            ("OFFER_HOST__DATABASE__URL", self.database.to_owned()),
            ("OFFER_HOST__MECHANICS__CACHE", "code".to_owned()),
        ];
        Program { binary: binary.to_owned(), folder: self.folder.to_owned(), settings }
    }
}

/// The keys of a store.
struct Keys {
    till: String,
    integration: String,
}

/// `demo` is the folder of the store that the last release has for its own demo.
pub(super) fn run(hosts: &Hosts<'_>, demo: &Path) -> anyhow::Result<()> {
    let (previous, current) = (hosts.program(hosts.previous), hosts.program(hosts.current));
    let read =
        |name: &str| std::fs::read_to_string(demo.join(name)).with_context(|| format!("reading {name}"));
    let receipt = receipt(&read("receipt.json")?)?;

    let host = previous.serve(free_address()?)?;
    let keys = Keys { till: previous.create_key("pos")?, integration: previous.create_key("integration")? };
    let integration = Client::new(host.address(), keys.integration.clone());
    integration.post_rows("/v1/catalog/imports", &read("catalog.ndjson")?)?;
    integration.put("/v1/attributes/my-offers", r#"{"type":"json"}"#)?;
    integration.post_rows("/v1/members/imports", &read("members.ndjson")?)?;
    for offer in serde_json::from_str::<Vec<Value>>(&read("offers.json")?)? {
        let id = offer.get("external_id").and_then(Value::as_str).context("an offer has no external_id")?;
        integration.put(&format!("/v1/offers/{id}"), &offer.to_string())?;
        integration.post(&format!("/v1/offers/{id}/run"), "")?;
    }
    sell(&host, &keys, "p-1", &receipt)?;

    // As where nodes are brought up to date one after another.
    current.run(&["migrate"])?;
    sell(&host, &keys, "p-2", &receipt)?;
    give_back(&host, &keys, "p-1")?;
    drop(host);

    let host = previous.serve(free_address()?)?;
    sell(&host, &keys, "p-3", &receipt)?;
    give_back(&host, &keys, "p-2")?;
    let integration = Client::new(host.address(), keys.integration.clone());
    integration.post_rows("/v1/members/imports", &read("members.ndjson")?)?;
    integration.post_rows("/v1/catalog/imports", &read("catalog.ndjson")?)?;
    drop(host);

    let host = current.serve(free_address()?)?;
    sell(&host, &keys, "p-4", &receipt)?;
    give_back(&host, &keys, "p-3")?;
    drop(host);
    current.run(&["replay", "p-1", "p-2", "p-3", "p-4"])?;

    // As where the newer release is taken back.
    let host = previous.serve(free_address()?)?;
    sell(&host, &keys, "p-5", &receipt)?;
    give_back(&host, &keys, "p-4")?;
    drop(host);
    current.run(&["ledger", "verify"])?;
    Ok(())
}

/// The receipt of the demo, as of now: a host takes no other from a till.
fn receipt(demo: &str) -> anyhow::Result<String> {
    let mut receipt: Value = serde_json::from_str(demo)?;
    let now = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().context("running date")?;
    let object = receipt.as_object_mut().context("the receipt of the demo is no object")?;
    object.insert("at".to_owned(), json!(String::from_utf8(now.stdout)?.trim()));
    // One purchase after another finds fewer points.
    object.insert("pay_points".to_owned(), json!("1.00"));
    Ok(receipt.to_string())
}

fn sell(host: &Host<'_>, keys: &Keys, id: &str, receipt: &str) -> anyhow::Result<()> {
    let till = Client::new(host.address(), keys.till.clone());
    let calculated = till.post(&format!("/v1/purchases/{id}/calculate"), receipt)?;
    let discount = calculated.pointer("/totals/discount").and_then(Value::as_str);
    ensure!(discount.is_some_and(|discount| discount != "0.00"), "{id} has no discount: {calculated}");
    till.post(&format!("/v1/purchases/{id}/confirm"), "")?;
    let stored = till.get(&format!("/v1/purchases/{id}"))?;
    ensure!(stored.get("state").and_then(Value::as_str) == Some("confirmed"), "{id}: {stored}");
    Ok(())
}

fn give_back(host: &Host<'_>, keys: &Keys, id: &str) -> anyhow::Result<()> {
    let till = Client::new(host.address(), keys.till.clone());
    let line = json!({"lines": [{"position": 1, "quantity": "1"}]}).to_string();
    let made = till.post(&format!("/v1/purchases/{id}/returns"), &line)?;
    let number = made.get("return_id").and_then(Value::as_str).context("a return has no id")?;
    till.post(&format!("/v1/purchases/{id}/returns/{number}/confirm"), "")?;
    Ok(())
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
