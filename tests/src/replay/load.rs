//! Imports the plan over the API of the integration.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::host::Client;
use crate::retail::uploads::{self, COUPON_TEMPLATE};
use crate::retail::{self, CAMPAIGNS, Retail};

/// Sends catalogue, members, campaigns as audiences and personal offers, and the offers of all coupons.
pub(super) fn load(client: &Client, retail: &Retail) -> anyhow::Result<()> {
    client.import("/v1/catalog/imports", &rows_of_catalog(&retail::plan_file(retail))?)?;
    upload(client, "/v1/members/imports", &uploads::members(retail))?;
    for audience in uploads::audiences(retail) {
        let path = format!("/v1/audiences/{}", audience.name);
        client.put(&path, &json!({"title": audience.title}).to_string())?;
        let uploaded = parsed(&client.import(&format!("{path}/members"), &lines(&audience.members))?)?;
        ensure!(uploaded["size"] == audience.members.len(), "{uploaded}");
    }
    client.put(&format!("/v1/attributes/{CAMPAIGNS}"), r#"{"type":"json"}"#)?;
    upload(client, "/v1/attributes/imports", &uploads::personal_offers(retail))?;
    let template = uploads::coupon_template().to_string();
    client.put(&format!("/v1/offer-templates/{COUPON_TEMPLATE}"), &template)?;
    let offers = uploads::offers(retail);
    let imported = parsed(&client.import("/v1/offers/imports?run=true", &lines(&offers))?)?;
    ensure!(imported["counts"]["taken"] == offers.len(), "not every offer runs: {}", imported["counts"]);
    Ok(())
}

/// Uploads rows. Fails if any of them has a problem.
fn upload(client: &Client, path: &str, rows: &[Value]) -> anyhow::Result<()> {
    let import = parsed(&client.import(path, &lines(rows))?)?;
    ensure!(import["state"] == "done" && import["rows"] == rows.len(), "{path}: {import}");
    ensure!(import["errors"] == json!([]), "{path}: {import}");
    Ok(())
}

/// The catalogue of a plan file as the rows of an import.
fn rows_of_catalog(plan: &Value) -> anyhow::Result<String> {
    let lists = [
        ("category", "/catalog/categories"),
        ("class", "/catalog/classes"),
        ("product", "/catalog/products"),
        ("group", "/catalog/groups"),
        ("pos", "/catalog/pos"),
    ];
    let mut rows = Vec::new();
    for (kind, pointer) in lists {
        for row in list(plan, pointer)? {
            let mut row = row.clone();
            row.as_object_mut().context("a row is an object")?.insert("type".to_owned(), json!(kind));
            rows.push(row);
        }
    }
    Ok(lines(&rows))
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

fn parsed(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).with_context(|| format!("{text:.500}"))
}

fn list<'a>(plan: &'a Value, pointer: &str) -> anyhow::Result<&'a Vec<Value>> {
    plan.pointer(pointer).and_then(Value::as_array).with_context(|| format!("the plan has no {pointer}"))
}
