//! Personal terms: a member's attribute with targets, values, periods and acceptance.

pub(crate) mod item_id;
mod overlaps;

use std::collections::BTreeMap;

use domain::member::{PersonalAttribute, PersonalTerms};
use domain::offer::{Item, Target};
use serde_json::Value;

pub use item_id::item_id;

use super::json;
use super::offer::{BAD_DECISION, Context, ID_SPACES, ItemReader, KINDS, REWARDS};
use super::problem::{Problem, Problems};
use super::reader::{Node, Report};
use super::time;

/// The most problems of a malformed attribute, and the most bad decisions of another, that an answer names.
const PROBLEMS_TOLD: usize = 3;

/// A member's answers to items, by [`item_id()`]: true for accepted, false for declined.
pub type Answers = BTreeMap<String, bool>;

/// Stands in place of the name of an attribute for answers to offers as a whole, whose terms no attribute carries. No
/// attribute has an empty name.
pub const OFFERS: &str = "";

/// Reads an attribute: an object, or a text that holds one. The member's answers take precedence over
/// `accepted` of the attribute.
pub fn read(value: &Value, answers: &Answers, context: &Context<'_>) -> PersonalAttribute {
    match unpacked(value).and_then(|value| parse(&value, answers, context)) {
        Ok(read) => PersonalAttribute::Terms(read.terms),
        Err(problems) => {
            let told: Vec<_> = problems.iter().take(PROBLEMS_TOLD).map(Problem::to_string).collect();
            PersonalAttribute::Malformed(told.join("; "))
        }
    }
}

/// Checks an attribute: the warnings of one that can be used, or the problems of one that cannot.
pub fn check(value: &Value, context: &Context<'_>) -> Result<Vec<Problem>, Problems> {
    let value = unpacked(value)?;
    parse(&value, &Answers::new(), context).map(|read| read.warnings)
}

/// The attribute as an object.
pub fn unpacked(value: &Value) -> Result<Value, Problems> {
    match value {
        Value::String(text) => json::parse(text),
        _ => Ok(value.clone()),
    }
}

/// Personal terms as read.
pub struct ReadTerms {
    /// The terms; items with unknown targets are left out.
    pub terms: PersonalTerms,
    /// For each item of the terms, its index in `items` of the attribute.
    pub places: Vec<usize>,
    /// Oddities that do not prevent the use of the terms.
    pub warnings: Vec<Problem>,
}

/// Reads the normal form.
pub fn parse(value: &Value, answers: &Answers, context: &Context<'_>) -> Result<ReadTerms, Problems> {
    let report = Report::default();
    let terms = terms(report.root(value), answers, context);
    let ((mut terms, places), warnings) = report.finish(terms)?;
    let bad = warnings.iter().filter(|warning| warning.code == BAD_DECISION);
    terms.bad_decisions =
        bad.take(PROBLEMS_TOLD).map(|warning| format!("{}: {}", warning.pointer, warning.detail)).collect();
    Ok(ReadTerms { terms, places, warnings })
}

fn terms(
    node: Node<'_, '_>,
    answers: &Answers,
    context: &Context<'_>,
) -> Option<(PersonalTerms, Vec<usize>)> {
    let document = node.object()?;
    let kind = document.required("kind").and_then(Node::text);
    let description = kind.and_then(|kind| context.mechanic(kind)).map(|(_, description)| description);
    let own_kind = KINDS.iter().find(|(name, _)| Some(*name) == kind).map(|(_, kind)| *kind);
    let reader = ItemReader {
        context,
        description,
        kinds: description.map_or(own_kind.as_slice(), |description| &description.targets),
        id_space: document.choice("id_space", &ID_SPACES).unwrap_or_default(),
        reward: document.choice("reward", &REWARDS),
        // The systems that compute personal terms may send more than is used.
        strict: false,
    };
    let needs_acceptance = document.boolean("require_accept").unwrap_or(false);
    let period = time::period(&document);
    let mut place = 0..;
    let items = document.required("items")?.list()?.read(|node| {
        let place = place.next()?;
        let item = reader.personal(node, needs_acceptance)?;
        if let Target::Unknown(kind) = item.target {
            let kind = KINDS.iter().find(|(_, known)| *known == kind).map_or("target", |(name, _)| *name);
            let detail = format!("the catalogue has no {kind} `{}`; the item is ignored", item.target_text);
            node.warn("unknown_target", detail);
        }
        Some((place, answered(item, node.value(), answers)))
    });
    overlaps::warn(&document, &items);
    let (unknown, known): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|(_, item)| matches!(item.target, Target::Unknown(_)));
    let (places, items) = known.into_iter().unzip();
    let terms = PersonalTerms {
        kind: kind?.to_owned(),
        period,
        items,
        unknown_targets: unknown
            .into_iter()
            .map(|(_, item)| (item.target.kind(), item.target_text))
            .collect(),
        bad_decisions: Vec::new(),
    };
    Some((terms, places))
}

/// The item with the member's answer. An item that is declined gives nothing, also if it does not need
/// acceptance.
fn answered(item: Item, written: &Value, answers: &Answers) -> Item {
    if answers.is_empty() {
        return item;
    }
    match (answers.get(&item_id(written)), item.accepted) {
        (Some(false), _) => Item { accepted: Some(false), ..item },
        (Some(true), Some(_)) => Item { accepted: Some(true), ..item },
        _ => item,
    }
}
