//! Writes a case file whose expectations are the answers of now, for a person to review.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use super::answer::{self, is_zero};
use super::document::{self, Case};
use super::toml_text;
use super::verdicts::{OfferVerdicts, Verdicts};

/// The table `expect` that an answer and the verdicts of mechanics meet.
pub fn expectation(answer: &Value, verdicts: &Verdicts) -> Value {
    let mut expect = Map::new();
    let mut put = |name: &str, value: Map<String, Value>| {
        if !value.is_empty() {
            expect.insert(name.to_owned(), Value::Object(value));
        }
    };
    let of = |field: fn(&OfferVerdicts) -> Option<Value>| {
        verdicts.0.iter().filter_map(|(offer, of_offer)| Some((offer.clone(), field(of_offer)?))).collect()
    };
    put("proposals", of(|offer| (!offer.proposals.is_empty()).then(|| json!(offer.proposals))));
    let declined = |offer: &OfferVerdicts| {
        let own = offer.codes.first().map(|code| json!(code));
        let reason = own.or_else(|| offer.declined.first().map(|kind| json!(kind)));
        reason.filter(|_| offer.proposals.is_empty())
    };
    put("declined", of(declined));
    put("failed", of(|offer| offer.failed.first().map(|(code, _)| json!(code))));
    put("lines", lines(answer));
    let totals = ["discount", "payable", "points_earned"]
        .map(|name| (name.to_owned(), Value::from(answer::text(answer, &format!("/totals/{name}")))));
    put("totals", totals.into_iter().collect());
    let pairs = |list: &str, fields: [&str; 2]| {
        let pair = |entry: &Value| {
            let [name, value] = fields.map(|field| answer::text(entry, field).to_owned());
            (name, Value::from(value))
        };
        answer::list(answer, list).iter().map(pair).collect::<Map<_, _>>()
    };
    put("not_applied", pairs("/not_applied", ["/offer", "/reason"]));
    let mut outcomes = pairs("/mechanics", ["/name", "/outcome"]);
    outcomes.retain(|_, outcome| outcome != "ok");
    put("mechanics", outcomes);
    let messages = answer.get("messages").and_then(Value::as_object).cloned().unwrap_or_default();
    put("messages", messages.into_iter().filter(|(_, list)| *list != json!([])).collect());
    let codes: Vec<&str> =
        answer::list(answer, "/warnings").iter().map(|entry| answer::text(entry, "/code")).collect();
    if !codes.is_empty() {
        expect.insert("warnings".to_owned(), json!(codes));
    }
    Value::Object(expect)
}

/// Lines with a discount or points, by position.
fn lines(answer: &Value) -> Map<String, Value> {
    let line = |line: &Value| {
        let sums = ["discount", "points_paid", "points_earned"]
            .map(|name| (name, answer::text(line, &format!("/{name}"))));
        let given: BTreeMap<&str, &str> = sums.into_iter().filter(|(_, sum)| !is_zero(sum)).collect();
        (!given.is_empty())
            .then(|| (line.get("position").map(Value::to_string).unwrap_or_default(), json!(given)))
    };
    answer::list(answer, "/lines").iter().filter_map(line).collect()
}

/// A case file that is being written.
#[derive(Debug)]
pub struct Draft {
    document: Map<String, Value>,
    /// The common parts that the file names.
    store: Value,
}

impl Draft {
    /// Starts from the plan and offers of `case`, with its receipts or the given ones. Common parts are copied into the
    /// file if `out` is in another folder, where their path would not lead to them.
    pub fn of(case: &Path, out: &Path, receipts: Option<Vec<Value>>) -> anyhow::Result<Self> {
        let Value::Object(mut document) = document::table(case)? else {
            bail!("{} is not a case: it is not a table", case.display())
        };
        let mut store = match Case::store_beside(case) {
            Some(store) => document::table(&store)?,
            None => json!({}),
        };
        let own = document.remove("receipts");
        let own = own.and_then(|own| own.as_array().cloned()).unwrap_or_default();
        let receipts = receipts.unwrap_or(own);
        let named = store.get("receipts").cloned().unwrap_or_default();
        let receipts = (1_usize..).zip(receipts).map(|(number, one)| receipt(number, one, &named));
        let receipts = receipts.collect::<Vec<_>>();
        if case.parent() != out.parent() {
            document.remove("store");
            if let Some(store) = store.as_object_mut() {
                store.remove("receipts");
            }
            document::merge(&mut store, Value::Object(document));
            let Value::Object(whole) = std::mem::replace(&mut store, json!({})) else {
                bail!("the common parts of {} are not a table", case.display());
            };
            document = whole;
        }
        document.insert("receipts".to_owned(), Value::Array(receipts));
        Ok(Self { document, store })
    }

    /// The draft, read as a case.
    pub fn case(&self, out: &Path) -> anyhow::Result<Case> {
        Case::build(&Value::Object(self.document.clone()), self.store.clone())
            .with_context(|| out.display().to_string())
    }

    /// Sets the table `expect` of a receipt, counted from 0.
    pub fn expect(&mut self, receipt: usize, expected: Value) {
        let receipts = self.document.get_mut("receipts");
        if let Some(Value::Object(receipt)) = receipts.and_then(|receipts| receipts.get_mut(receipt)) {
            receipt.insert("expect".to_owned(), expected);
        }
    }

    /// The text of the file: JSON if `out` ends so, otherwise TOML.
    pub fn text(&self, out: &Path) -> anyhow::Result<String> {
        if out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            return Ok(serde_json::to_string_pretty(&self.document)?);
        }
        Ok(toml_text::write(&self.document))
    }
}

/// The receipt without the keys that cases do not have, its lines in short form.
fn receipt(number: usize, receipt: Value, named: &Value) -> Value {
    let mut kept = Map::new();
    let Value::Object(receipt) = receipt else { return receipt };
    let title = receipt.get("title").or(receipt.get("purchase_id")).and_then(Value::as_str);
    kept.insert("title".to_owned(), title.map_or_else(|| format!("receipt {number}"), str::to_owned).into());
    let known = receipt.into_iter().filter(|(name, value)| document::is_of_receipt(name) && !value.is_null());
    kept.extend(known);
    if let Some(lines) = kept.get_mut("lines") {
        if let Some(of_store) = lines.as_str().and_then(|name| named.get(name)) {
            *lines = of_store.clone();
        }
        for (position, line) in (1_u64..).zip(lines.as_array_mut().into_iter().flatten()) {
            shorten(position, line);
        }
    }
    Value::Object(kept)
}

/// Shortens a line to `[goods, quantity, price, amount]` if it has no other fields and its position is the expected one.
fn shorten(position: u64, line: &mut Value) {
    let Value::Object(fields) = &*line else { return };
    if fields.get("position").and_then(Value::as_u64) != Some(position) {
        return;
    }
    let cells = ["goods_id", "quantity", "price", "amount"].map(|name| fields.get(name).cloned());
    if let [Some(goods), Some(quantity), Some(price), Some(amount)] = cells {
        *line = json!([goods, quantity, price, amount]);
    }
}
