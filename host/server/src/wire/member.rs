//! Members: rows of the import, and what pricing knows of one.

use std::collections::{BTreeMap, BTreeSet};

use domain::mechanics::{FactValue, Unit};
use domain::member::Member;
use domain::offer::MemberState;
use domain::quantities::Points;
use serde_json::{Map, Value};

use super::offer::MEMBER_STATES;
use super::personal;
use super::plan::BuiltPlan;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};

/// A member as written.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRecord {
    /// The member's id.
    pub id: String,
    /// Kind and value of everything that identifies the member.
    pub identifiers: Vec<(String, String)>,
    /// Full, anonymous or blocked.
    pub state: MemberState,
    /// Points that can be spent.
    pub points: Points,
    /// The audiences the member is in.
    pub audiences: BTreeSet<String>,
    /// Name to value; terms of personal offers among them.
    pub attributes: Map<String, Value>,
    /// Answers to personal offers, by the attribute that carries them.
    pub answers: BTreeMap<String, personal::Answers>,
}

impl MemberRecord {
    /// The member as pricing needs it: the attributes that offers of the plan take terms from are
    /// read against its catalogue.
    pub fn resolve(&self, plan: &BuiltPlan) -> Member {
        let context = plan.context();
        let named = plan.personal_attributes().filter_map(|name| Some((name, self.attributes.get(name)?)));
        Member {
            id: self.id.clone(),
            state: self.state,
            points_available: self.points,
            audiences: self.audiences.clone(),
            personal: named
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| {
                    (name.to_owned(), personal::read(value, self.answers_to(name), &context))
                })
                .collect(),
            facts: facts(self.attributes.iter().filter(|(name, _)| !plan.is_personal(name))),
        }
    }

    /// The answers to the personal offers of an attribute.
    pub fn answers_to(&self, attribute: &str) -> &personal::Answers {
        static NONE: personal::Answers = personal::Answers::new();
        self.answers.get(attribute).unwrap_or(&NONE)
    }
}

/// Reads a member that is a document of its own; with the warnings.
pub fn parse(document: &Value, scales: Scales) -> Result<(MemberRecord, Vec<Problem>), Problems> {
    let report = Report::default();
    let member = read(report.root(document), scales);
    report.finish(member)
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
            if let Some(first) = identifiers.insert(identifier.clone(), node.pointer()) {
                let (kind, value) = identifier;
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
        identifiers: row.each("identifiers", identifier),
        state: row.choice("state", &MEMBER_STATES).unwrap_or_default(),
        points: Points(row.measure("points", Unit::Points, scales).unwrap_or(0)),
        audiences: row.each("audiences", |field| field.text().map(str::to_owned)).into_iter().collect(),
        attributes: row
            .object("attributes")
            .and_then(|object| object.node().value().as_object().cloned())
            .unwrap_or_default(),
        answers: BTreeMap::new(),
    };
    row.warn_unknown();
    Some(MemberRecord { id: id?.into_owned(), ..member })
}

/// Plain attributes, for mechanics that ask for them.
pub fn facts<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> BTreeMap<String, FactValue> {
    attributes.into_iter().filter_map(|(name, value)| Some((name.clone(), fact(value)?))).collect()
}

/// Kind and value of an identifier.
pub(super) fn identifier(node: Node<'_, '_>) -> Option<(String, String)> {
    let identifier = node.object()?;
    let kind = identifier.required("kind").and_then(Node::text);
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
