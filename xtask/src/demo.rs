//! `cargo xtask demo`: a host with a small store, and one receipt priced over HTTP.

mod table;

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::client::Client;
use crate::host::{Program, empty, target_directory};
use crate::toolchain;

const PREFERRED: &str = "127.0.0.1:8080";

const USAGE: &str = "usage: cargo xtask demo [--once]
  --once   exit after the receipt";

const CATALOG: &str = include_str!("../demo/catalog.ndjson");
const MEMBERS: &str = include_str!("../demo/members.ndjson");
const OFFERS: &str = include_str!("../demo/offers.json");
const RECEIPT: &str = include_str!("../demo/receipt.json");

const PURCHASE: &str = "demo-1";

/// Builds and starts the host, loads the store, prices the receipt, and goes on serving.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let once = match arguments {
        [] => false,
        [flag] if flag == "--once" => true,
        _ => bail!("{USAGE}"),
    };
    toolchain::ensure_wasm_target()?;
    say("building the mechanics and the host; the first time takes some minutes")?;
    let program = build()?;
    let mut host = program.serve(free_address()?)?;
    say(&format!("the host serves on {}, with a fresh store", host.address()))?;

    let console_key = program.create_key("integration")?;
    let integration = Client::new(host.address(), console_key.clone());
    load(&integration)?;
    let till_key = program.create_key("pos")?;
    let till = Client::new(host.address(), till_key.clone());
    let answer = till.post(&format!("/v1/purchases/{PURCHASE}/calculate"), RECEIPT)?;
    table::print(&serde_json::from_str(RECEIPT)?, &answer)?;
    check(&answer)?;
    if once {
        return Ok(ExitCode::SUCCESS);
    }
    say(&invitation(host.address(), &till_key, &console_key))?;
    host.wait()
}

/// Builds the binary, and empties the folder of the demo.
fn build() -> anyhow::Result<Program> {
    // Not a release build: that takes longer, and a first look needs no speed.
    let status = toolchain::cargo().args(["build", "--package", "cli"]).status()?;
    ensure!(status.success(), "the build failed; see above");
    let target = target_directory()?;
    let folder = target.join("demo");
    empty(&folder)?;
    let settings = vec![
        ("OFFER_HOST__DATABASE__URL", "sqlite://store.sqlite".to_owned()),
        // The receipt of the demo has a fixed time.
        ("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS", "100000000000".to_owned()),
    ];
    Ok(Program { binary: target.join("debug").join("offer-host"), folder, settings })
}

/// The usual address, or any free one if that is taken.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(PREFERRED).or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    Ok(listener.local_addr()?)
}

fn load(integration: &Client) -> anyhow::Result<()> {
    let catalog = integration.post_rows("/v1/catalog/imports", CATALOG)?;
    integration.put("/v1/attributes/my-offers", r#"{"type":"json"}"#)?;
    integration.post_rows("/v1/members/imports", MEMBERS)?;
    let offers: Vec<Value> = serde_json::from_str(OFFERS)?;
    for offer in &offers {
        let id = offer.get("external_id").and_then(Value::as_str).context("an offer has no external_id")?;
        integration.put(&format!("/v1/offers/{id}"), &offer.to_string())?;
        integration.post(&format!("/v1/offers/{id}/run"), "")?;
    }
    let rows = catalog.get("counts").map(Value::to_string).unwrap_or_default();
    say(&format!("loaded the catalogue {rows}, a member and {} offers", offers.len()))
}

/// The demo is a check as well: a mechanic that failed must not go unnoticed.
fn check(answer: &Value) -> anyhow::Result<()> {
    let mechanics =
        answer.get("mechanics").and_then(Value::as_array).context("no mechanics in the answer")?;
    ensure!(!mechanics.is_empty(), "no mechanic was called");
    for mechanic in mechanics {
        ensure!(
            mechanic.get("outcome").and_then(Value::as_str) == Some("ok"),
            "a mechanic failed: {mechanic}"
        );
    }
    Ok(())
}

fn invitation(address: &str, key: &str, console_key: &str) -> String {
    let receipt: String = RECEIPT.lines().map(str::trim).collect();
    format!(
        "\nconsole   {address}/admin\n          any name; password {console_key}\nAPI docs  {address}/docs\n\nprice it again:\n\n  \
         curl -s {address}/v1/purchases/{PURCHASE}/calculate \\\n    \
         -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n    \
         -d '{receipt}'\n\nCtrl-C stops the host."
    )
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
