//! Members: rows of the import, and the member as pricing needs it.

mod resolve;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::caseless::folded_identifier;
use domain::mechanics::FactValue;
use domain::offer::MemberState;
use domain::quantities::Points;
use serde_json::{Map, Value};

use super::attribute;
use super::offer::MEMBER_STATES;
use super::personal;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};

/// A member as written.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRecord {
    /// The member's id.
    pub id: String,
    /// Kind and value of everything that identifies the member, as written, each once.
    pub identifiers: Vec<(String, String)>,
    /// Normal, anonymous or blocked.
    pub state: MemberState,
    /// The balance; below zero if the member owes points.
    pub points: Points,
    /// The audiences the member is in.
    pub audiences: BTreeSet<String>,
    /// Attributes by name, those with terms of personal offers included.
    pub attributes: Map<String, Value>,
    /// Answers to personal offers, by the attribute with their terms.
    pub answers: BTreeMap<String, personal::Answers>,
}

impl MemberRecord {
    /// The answers to the personal offers of an attribute; none if there are none.
    pub fn answers_to(&self, attribute: &str) -> &personal::Answers {
        static NONE: personal::Answers = personal::Answers::new();
        self.answers.get(attribute).unwrap_or(&NONE)
    }
}

/// Ids that addresses below `/v1/members` have other uses for.
const RESERVED: [&str; 1] = ["imports"];

/// Reads the document of one member that is sent to be stored. The result has the warnings beside it.
pub fn parse(document: &Value, scales: Scales) -> Result<(MemberRecord, Vec<Problem>), Problems> {
    let id = document.get("id").and_then(Value::as_str).filter(|id| RESERVED.contains(id));
    if let Some(id) = id {
        let detail = format!("`{id}` is reserved: addresses below /v1/members/{id} have another use");
        let problem = Problem { pointer: "/id".to_owned(), code: "reserved_id".into(), detail };
        return Err(problem.into());
    }
    parse_with(Report::of_new(), document, scales)
}

/// Reads the document of one member that is stored already, whatever its ids are.
pub fn parse_stored(document: &Value, scales: Scales) -> Result<(MemberRecord, Vec<Problem>), Problems> {
    parse_with(Report::default(), document, scales)
}

fn parse_with(
    report: Report,
    document: &Value,
    scales: Scales,
) -> Result<(MemberRecord, Vec<Problem>), Problems> {
    let member = read(report.root(document), scales);
    report.finish(member)
}

/// Reads `{"state":"blocked"}`.
pub fn parse_state(document: &Value) -> Result<MemberState, Problems> {
    let report = Report::default();
    let state = report.root(document).object().and_then(|body| {
        let state = body.required("state").and_then(|field| field.choice(&MEMBER_STATES));
        body.refuse_unknown();
        state
    });
    report.finish(state).map(|(state, _)| state)
}

/// Reads `{"into":"m-2"}`.
pub fn parse_survivor(document: &Value) -> Result<String, Problems> {
    let report = Report::of_new();
    let survivor = report.root(document).object().and_then(|body| {
        let survivor = body.required("into").and_then(Node::id).map(Cow::into_owned);
        body.refuse_unknown();
        survivor
    });
    report.finish(survivor).map(|(survivor, _)| survivor)
}

/// Reads the list `members` of a plan.
pub fn read_all(plan: &Object<'_, '_>, scales: Scales) -> Vec<MemberRecord> {
    let mut ids = BTreeMap::new();
    let mut identifiers = BTreeMap::new();
    plan.each("members", |node| {
        let member = read(node, scales)?;
        if let Some(first) = ids.insert(member.id.clone(), node.pointer()) {
            node.problem("duplicate_id", format!("member `{}` is already given at {first}", member.id));
        }
        for identifier in &member.identifiers {
            let (kind, value) = identifier;
            if let Some(first) = identifiers.insert(folded_identifier(kind, value), node.pointer()) {
                let detail = format!("the identifier {kind} `{value}` is already given at {first}");
                node.problem("duplicate_identifier", detail);
            }
        }
        Some(member)
    })
}

/// Reads one member.
pub fn read(node: Node<'_, '_>, scales: Scales) -> Option<MemberRecord> {
    let row = node.object()?;
    row.tolerate(&["type"]);
    let id = row.required("id").and_then(Node::id);
    let member = MemberRecord {
        id: String::new(),
        identifiers: identifiers(&row),
        state: row.choice("state", &MEMBER_STATES).unwrap_or_default(),
        points: Points(row.field("points").and_then(|field| field.balance(scales)).unwrap_or(0)),
        audiences: row.each("audiences", |field| field.name().map(str::to_owned)).into_iter().collect(),
        attributes: attributes(&row),
        answers: BTreeMap::new(),
    };
    row.warn_unknown();
    Some(MemberRecord { id: id?.into_owned(), ..member })
}

/// The identifiers, without those that compare as one before them.
fn identifiers(row: &Object<'_, '_>) -> Vec<(String, String)> {
    let mut places = BTreeMap::new();
    row.each("identifiers", |node| {
        let (kind, value) = identifier(node)?;
        let form = folded_identifier(&kind, &value);
        if let Some(first) = places.get(&form) {
            node.warn("duplicate_identifier", format!("is the same identifier as the one at {first}"));
            return None;
        }
        places.insert(form, node.pointer());
        Some((kind, value))
    })
}

/// The attributes, with the field `birth_date` of the member as one of them.
fn attributes(row: &Object<'_, '_>) -> Map<String, Value> {
    let attributes = row.object("attributes");
    if let Some(attributes) = &attributes {
        attributes.check_names();
    }
    let mut attributes =
        attributes.and_then(|object| object.node().value().as_object().cloned()).unwrap_or_default();
    let Some(field) = row.field(BIRTH_DATE) else { return attributes };
    if let Err(Problem { code, detail, .. }) = attribute::check("date", field.value()) {
        field.problem(code, detail);
    } else if attributes.get(BIRTH_DATE).is_some_and(|other| other != field.value()) {
        field.problem("contradiction", "differs from the attribute `birth_date`");
    }
    attributes.insert(BIRTH_DATE.to_owned(), field.value().clone());
    attributes
}

const BIRTH_DATE: &str = "birth_date";

/// Attributes as facts for mechanics. Nulls, lists and objects are left out.
pub fn facts<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> BTreeMap<String, FactValue> {
    attributes.into_iter().filter_map(|(name, value)| Some((name.clone(), fact(value)?))).collect()
}

/// Kind and value of an identifier.
pub(super) fn identifier(node: Node<'_, '_>) -> Option<(String, String)> {
    let identifier = node.object()?;
    let kind = identifier.required("kind").and_then(Node::name);
    let value = identifier.required("value").and_then(Node::id);
    Some((kind?.to_owned(), value?.into_owned()))
}

fn fact(value: &Value) -> Option<FactValue> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(FactValue::Text(text.clone())),
        Value::Number(number) => {
            Some(number.as_i64().map_or_else(|| FactValue::Text(number.to_string()), FactValue::Number))
        }
        Value::Bool(value) => Some(FactValue::Text(value.to_string())),
    }
}
