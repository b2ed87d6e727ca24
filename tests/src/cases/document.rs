//! A case file as it is written, and the plan and receipts that it stands for.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::expected::Expected;
use crate::workspace;

/// When and where a receipt is made that does not say so: a Sunday morning.
const USUAL_TIME: &str = "2026-11-22T10:15:00+03:00";
const USUAL_POS: &str = "store-77/till-3";
const USUAL_STORE: &str = "reference";

/// A case, ready to run.
#[derive(Debug)]
pub struct Case {
    /// The plan file: that of the store with what the case adds.
    pub plan: Value,
    /// Problems for which the plan must be refused, as `pointer code`.
    pub refused: Vec<String>,
    /// What is priced.
    pub receipts: Vec<CaseReceipt>,
}

/// A receipt of a case.
#[derive(Debug)]
pub struct CaseReceipt {
    /// What it shows.
    pub title: String,
    /// The body of `calculate`.
    pub document: Value,
    /// What must come of it.
    pub expected: Expected,
}

impl Case {
    /// Reads a case file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        Self::build(table(file)?).with_context(|| file.display().to_string())
    }

    fn build(mut document: Map<String, Value>) -> anyhow::Result<Self> {
        for required in ["title", "rule"] {
            ensure!(
                document.remove(required).is_some_and(|text| text.is_string()),
                "`{required}` is missing"
            );
        }
        let store = match document.remove("store") {
            None => USUAL_STORE.to_owned(),
            Some(Value::String(name)) => name,
            Some(other) => bail!("`store` names a file in tests/cases/stores, not {other}"),
        };
        let mut store = table(&workspace::root().join("tests/cases/stores").join(format!("{store}.toml")))?;
        let named_receipts = store.remove("receipts").unwrap_or_default();
        let refused = match document.remove("refused") {
            Some(problems) => serde_json::from_value(problems).context("refused")?,
            None => Vec::new(),
        };
        let receipts = match document.remove("receipts") {
            Some(Value::Array(receipts)) => receipts,
            _ if !refused.is_empty() => Vec::new(),
            _ => bail!("a case needs [[receipts]]"),
        };
        let mut plan = Value::Object(store);
        merge(&mut plan, Value::Object(document));
        let receipts = receipts
            .into_iter()
            .enumerate()
            .map(|(index, receipt)| {
                CaseReceipt::build(receipt, &named_receipts).with_context(|| format!("receipts[{index}]"))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { plan, refused, receipts })
    }
}

impl CaseReceipt {
    fn build(document: Value, named: &Value) -> anyhow::Result<Self> {
        let Value::Object(mut document) = document else { bail!("not a table") };
        let title = match document.remove("title") {
            Some(Value::String(title)) => title,
            _ => "the receipt".to_owned(),
        };
        let expected = document.remove("expect").unwrap_or_else(|| json!({}));
        let lines = match document.remove("lines") {
            Some(Value::String(name)) => {
                named.get(&name).cloned().with_context(|| format!("no receipt {name}"))?
            }
            Some(lines) => lines,
            None => bail!("`lines` are missing"),
        };
        let Value::Array(lines) = lines else { bail!("`lines` is not a list") };
        let lines = (1_u32..)
            .zip(lines)
            .map(|(position, line)| self::line(position, line))
            .collect::<Result<_, _>>()?;
        document.insert("lines".to_owned(), Value::Array(lines));
        document.entry("at").or_insert_with(|| USUAL_TIME.into());
        document.entry("pos").or_insert_with(|| USUAL_POS.into());
        document.entry("explain").or_insert(Value::Bool(true));
        if let Some(Value::String(card)) = document.get("member") {
            let member = json!({"kind": "card", "value": card});
            document.insert("member".to_owned(), member);
        }
        Ok(Self { title, document: Value::Object(document), expected: serde_json::from_value(expected)? })
    }
}

/// A line is a table as tills send it, or `[goods, quantity, price, amount]`; the amount may be
/// left out for one unit.
fn line(position: u32, line: Value) -> anyhow::Result<Value> {
    let Value::Array(cells) = line else { return Ok(line) };
    let (goods, quantity, price, amount) = match cells.as_slice() {
        [goods, quantity, price, amount] => (goods, quantity, price, amount),
        [goods, quantity, price] if quantity == "1" => (goods, quantity, price, price),
        _ => bail!(
            "line {position}: write [goods, quantity, price, amount]; only for quantity 1 without amount"
        ),
    };
    Ok(
        json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount}),
    )
}

fn table(file: &Path) -> anyhow::Result<Map<String, Value>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    toml::from_str(&text).with_context(|| file.display().to_string())
}

/// Tables are merged, lists are joined, anything else is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}
