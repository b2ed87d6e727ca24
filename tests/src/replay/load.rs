//! The plan, sent through the doors of the integration.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::host::Client;
use crate::retail::{self, CAMPAIGN_OFFER, CLUB_OFFER, Retail};

/// Leaves the offers out whose coupon nobody shows.
pub(super) fn leave_idle_coupons_out(plan: &mut Value, retail: &Retail) -> anyhow::Result<()> {
    let shown = retail.redemptions.iter().map(|shown| retail::coupon_offer(shown.campaign, shown.coupon));
    let mut kept: BTreeSet<String> = shown.collect();
    kept.extend([CAMPAIGN_OFFER, CLUB_OFFER].map(str::to_owned));
    let offers = plan.pointer_mut("/offers").and_then(Value::as_array_mut).context("the plan has offers")?;
    offers
        .retain(|offer| offer.get("external_id").and_then(Value::as_str).is_some_and(|id| kept.contains(id)));
    Ok(())
}

/// Sends catalogue, members and offers.
pub(super) fn load(client: &Client, plan: &Value) -> anyhow::Result<()> {
    client.import("/v1/catalog/imports", &rows_of_catalog(plan)?)?;
    for attribute in attributes_of_offers(plan)? {
        client.put(&format!("/v1/attributes/{attribute}"), r#"{"type":"json"}"#)?;
    }
    let members: Vec<String> = list(plan, "/members")?.iter().map(Value::to_string).collect();
    client.import("/v1/members/imports", &members.join("\n"))?;
    let offers = list(plan, "/offers")?;
    for offer in offers {
        let id = offer.get("external_id").and_then(Value::as_str).context("an offer has an id")?;
        let path = format!("/v1/offers/{id}");
        client.put(&path, &offer.to_string())?;
        client.post(&format!("{path}/run"), None, "")?;
    }
    let live: Value = serde_json::from_str(&client.get("/v1/offers")?)?;
    let running = list(&live, "/offers")?
        .iter()
        .filter(|offer| offer.get("state").is_some_and(|state| state == "running"));
    ensure!(running.count() == offers.len(), "not every offer runs");
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
            rows.push(row.to_string());
        }
    }
    Ok(rows.join("\n"))
}

/// The attributes that carry terms of offers.
fn attributes_of_offers(plan: &Value) -> anyhow::Result<BTreeSet<&str>> {
    let offers = list(plan, "/offers")?.iter();
    Ok(offers.filter_map(|offer| offer.get("attribute").and_then(Value::as_str)).collect())
}

fn list<'a>(plan: &'a Value, pointer: &str) -> anyhow::Result<&'a Vec<Value>> {
    plan.pointer(pointer).and_then(Value::as_array).with_context(|| format!("the plan has no {pointer}"))
}
