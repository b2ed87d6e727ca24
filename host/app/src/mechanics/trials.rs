//! Trials of a mechanic on made-up offers, which are read as the host reads any other, and hints from the author's cases, as
//! they are sent with an upload.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::mechanics::{FactSource, FactValue, TargetKind};
use domain::plan::Mechanic;
use engine::{Component, Hint, HintFact, Trial};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::offer;
use wire::plan::PlanBase;

/// The longest header with hints, in bytes of base64.
const HEADER_BYTES_MAX: usize = 4096;
/// The most hints of one upload.
pub const HINTS_MAX: usize = 16;
/// The most facts of one hint.
const FACTS_MAX: usize = 64;

/// The most goods of each kind that parameters are about.
const GOODS_MAX: usize = 200;
/// Internal id of the first product and category whose external id is no number.
const FIRST_ID: u32 = 1_000_000;

const SOURCES: [(FactSource, &str); 4] = [
    (FactSource::Product, "product"),
    (FactSource::Receipt, "receipt"),
    (FactSource::Member, "member"),
    (FactSource::Line, "line"),
];

/// The trials of a mechanic: see [`Component::trials`].
pub fn of(component: &Component, hints: &[Hint]) -> Vec<Trial> {
    let description = component.description();
    let mechanics = [Mechanic {
        name: description.name.clone(),
        description: description.clone(),
        digest: component.inspected().digest.clone(),
        previous: None,
    }];
    component.trials(hints, |params| {
        let params: Value = serde_json::from_str(params).ok()?;
        // It is good for reading offers also with problems, as of an id that nothing may have.
        let plan = PlanBase::read(&plan_for(&params, &description.targets)).ok()?;
        let context = plan.base.context(&mechanics);
        let document = json!({"external_id": "made-up", "mechanic": description.name, "params": params});
        let (read, _) = offer::parse(&document, &context).ok()?;
        let (_, text) = read.params?;
        Some(offer::validation_call(&read.offer, 0, &text))
    })
}

/// The goods that parameters are about: ids of products, categories and groups.
#[derive(Default)]
struct Goods {
    products: BTreeSet<String>,
    categories: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Goods {
    /// The targets of items, and the lists of sets of goods; `usual` is the kind of a target that does not say its kind.
    fn collect(&mut self, params: &Value, usual: TargetKind) {
        match params {
            Value::Array(entries) => entries.iter().for_each(|entry| self.collect(entry, usual)),
            Value::Object(fields) => {
                let kind = match fields.get("target_kind").and_then(Value::as_str) {
                    Some("product") => TargetKind::Product,
                    Some("category") => TargetKind::Category,
                    Some("group") => TargetKind::Group,
                    _ => usual,
                };
                self.add(kind, fields.get("target"));
                for (kind, list) in [
                    (TargetKind::Product, "products"),
                    (TargetKind::Category, "categories"),
                    (TargetKind::Group, "groups"),
                ] {
                    let ids = fields.get(list).and_then(Value::as_array).into_iter().flatten();
                    ids.for_each(|id| self.add(kind, Some(id)));
                }
                fields.values().for_each(|field| self.collect(field, usual));
            }
            _ => {}
        }
    }

    fn add(&mut self, kind: TargetKind, id: Option<&Value>) {
        let ids = match kind {
            TargetKind::Product => &mut self.products,
            TargetKind::Category => &mut self.categories,
            TargetKind::Group => &mut self.groups,
            TargetKind::Receipt => return,
        };
        let id = match id {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return,
        };
        if ids.len() < GOODS_MAX {
            ids.insert(id);
        }
    }
}

/// A plan with the goods that parameters are about: an offer for a category that the catalogue does not have is refused.
fn plan_for(params: &Value, targets: &[TargetKind]) -> Value {
    let usual = targets.iter().find(|kind| **kind != TargetKind::Receipt);
    let mut goods = Goods::default();
    goods.collect(params, usual.copied().unwrap_or(TargetKind::Receipt));
    let numbered = |ids: &BTreeSet<String>, code: &str| -> Vec<Value> {
        let row = |(number, id): (u32, &String)| json!({"id": id.parse::<u32>().unwrap_or(number), code: id, "name": id});
        (FIRST_ID..).zip(ids).map(row).collect()
    };
    let groups = goods.groups.iter().map(|id| json!({"id": id, "name": id, "include": {"products": []}}));
    json!({
        "currency": {"code": "EUR", "exponent": 2},
        "catalog": {
            "products": numbered(&goods.products, "goods_code"),
            "categories": numbered(&goods.categories, "code"),
            "groups": groups.collect::<Vec<_>>(),
        },
    })
}

/// A hint as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HintDocument {
    /// Date and time on the store's clock, as `2026-11-23T16:30:00`.
    time: String,
    /// True if a member is identified.
    member: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    facts: Vec<FactDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactDocument {
    /// `product`, `receipt`, `member` or `line`.
    source: String,
    name: String,
    /// A whole number or a text.
    value: Value,
}

/// Writes hints as the header `Mechanic-Rehearsal`: a list in JSON, in base64. As many as have room in it, from the first one
/// on; none if there are none.
pub fn to_header(hints: &[Hint]) -> Option<String> {
    let mut documents: Vec<Value> = Vec::new();
    let mut header = None;
    for hint in hints.iter().take(HINTS_MAX) {
        documents.push(document(hint)?);
        let text = BASE64_STANDARD.encode(Value::Array(documents.clone()).to_string());
        if text.len() > HEADER_BYTES_MAX {
            break;
        }
        header = Some(text);
    }
    header
}

/// Reads the header `Mechanic-Rehearsal`. Fails with a sentence that says what it must be.
pub fn from_header(header: &str) -> Result<Vec<Hint>, String> {
    if header.len() > HEADER_BYTES_MAX {
        return Err(format!("it has {} bytes; the limit is {HEADER_BYTES_MAX}", header.len()));
    }
    let bytes = BASE64_STANDARD.decode(header).map_err(|error| format!("it is not base64: {error}"))?;
    let documents: Vec<HintDocument> =
        serde_json::from_slice(&bytes).map_err(|error| format!("it is not a list of hints: {error}"))?;
    if documents.len() > HINTS_MAX {
        return Err(format!("it has {} hints; the limit is {HINTS_MAX}", documents.len()));
    }
    documents.into_iter().map(hint).collect()
}

fn document(hint: &Hint) -> Option<Value> {
    let time = hint.time;
    let number = |value: u8| i8::try_from(value).ok();
    let time = DateTime::new(
        i16::try_from(time.year).ok()?,
        number(time.month)?,
        number(time.day)?,
        number(time.hour)?,
        number(time.minute)?,
        number(time.second)?,
        0,
    );
    let fact = |fact: &HintFact| {
        let (_, source) = SOURCES.iter().find(|(source, _)| *source == fact.source)?;
        let value = match &fact.value {
            FactValue::Number(number) => json!(number),
            FactValue::Text(text) => json!(text),
        };
        Some(FactDocument { source: (*source).to_owned(), name: fact.name.clone(), value })
    };
    let params = hint.params.as_deref().map(serde_json::from_str).transpose().ok()?;
    let facts = hint.facts.iter().filter_map(fact).collect();
    let time = time.ok()?.to_string();
    serde_json::to_value(HintDocument { time, member: hint.has_member, facts, params }).ok()
}

fn hint(document: HintDocument) -> Result<Hint, String> {
    let HintDocument { time, member, facts, params } = document;
    if facts.len() > FACTS_MAX {
        return Err(format!("a hint has {} facts; the limit is {FACTS_MAX}", facts.len()));
    }
    let facts = facts.into_iter().map(|FactDocument { source, name, value }| {
        let found = SOURCES.iter().find(|(_, named)| *named == source);
        let (source, _) =
            found.ok_or_else(|| format!("`{source}` is not `product`, `receipt`, `member` or `line`"))?;
        let value = match value {
            Value::String(text) => FactValue::Text(text),
            Value::Number(number) if number.is_i64() => {
                FactValue::Number(number.as_i64().unwrap_or_default())
            }
            other => return Err(format!("the fact `{name}` is a whole number or a text, got {other}")),
        };
        Ok(HintFact { source: *source, name, value })
    });
    let at: DateTime = time.parse().map_err(|error| format!("`{time}` is not a date and time: {error}"))?;
    Ok(Hint {
        time: at.into(),
        has_member: member,
        facts: facts.collect::<Result<_, String>>()?,
        params: params.map(|params| params.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_come_back_from_their_header() {
        let time = DateTime::constant(2026, 11, 23, 16, 30, 0, 0).into();
        let facts = vec![
            HintFact {
                source: FactSource::Member,
                name: "tier".to_owned(),
                value: FactValue::Text("золото".to_owned()),
            },
            HintFact { source: FactSource::Product, name: "stock".to_owned(), value: FactValue::Number(7) },
        ];
        let hint = Hint { time, has_member: true, facts, params: Some(r#"{"every":5}"#.to_owned()) };
        let header = to_header(std::slice::from_ref(&hint)).unwrap();
        assert_eq!(from_header(&header), Ok(vec![hint.clone()]));
        assert_eq!(to_header(&[]), None);
        let many = vec![hint; 1000];
        let short = to_header(&many).unwrap();
        assert!(short.len() <= HEADER_BYTES_MAX && from_header(&short).unwrap().len() > 5);
        for wrong in ["?", "e30=", &BASE64_STANDARD.encode(r#"[{"time":"noon","member":true}]"#)] {
            assert!(from_header(wrong).is_err(), "{wrong}");
        }
    }
}
