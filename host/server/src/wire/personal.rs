//! Personal terms: a member's attribute that carries targets, values, periods and acceptance.

use domain::member::{PersonalAttribute, PersonalTerms};
use domain::offer::Target;
use serde_json::Value;

use super::json;
use super::offer::{Context, ID_SPACES, ItemReader, KINDS, REWARDS};
use super::problem::{Problem, Problems};
use super::reader::{Node, Report};
use super::time;

/// How many problems of a malformed attribute are told.
const PROBLEMS_TOLD: usize = 3;

/// Reads an attribute: an object, or a text that holds one.
pub fn read(value: &Value, context: &Context<'_>) -> PersonalAttribute {
    let terms = match value {
        Value::String(text) => json::parse(text).and_then(|value| parse(&value, context)),
        _ => parse(value, context),
    };
    match terms {
        Ok(terms) => PersonalAttribute::Terms(terms),
        Err(Problems(problems)) => {
            let told: Vec<_> = problems.iter().take(PROBLEMS_TOLD).map(Problem::to_string).collect();
            PersonalAttribute::Malformed(told.join("; "))
        }
    }
}

/// Reads the normal form.
pub fn parse(value: &Value, context: &Context<'_>) -> Result<PersonalTerms, Problems> {
    let report = Report::default();
    let terms = terms(report.root(value), context);
    report.finish(terms).map(|(terms, _)| terms)
}

fn terms(node: Node<'_, '_>, context: &Context<'_>) -> Option<PersonalTerms> {
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
        // Whoever computes these terms may send more than is used.
        strict: false,
    };
    let needs_acceptance = document.boolean("require_accept").unwrap_or(false);
    let period = time::period(&document);
    let items = document.required("items")?.list()?.read(|item| reader.personal(item, needs_acceptance));
    let (unknown, known): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| matches!(item.target, Target::Unknown(_)));
    Some(PersonalTerms {
        kind: kind?.to_owned(),
        period,
        items: known,
        unknown_targets: unknown.into_iter().map(|item| (item.target.kind(), item.target_text)).collect(),
    })
}
