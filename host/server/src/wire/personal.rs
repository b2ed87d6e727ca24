//! Personal terms: a member's attribute that carries targets, values, periods and acceptance.

use std::collections::BTreeSet;

use domain::mechanics::{Phase, TargetKind};
use domain::member::{PersonalAttribute, PersonalTerms};
use domain::offer::{Item, Target};
use domain::time::{Bound, Period};
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
        items: without_duplicates(known),
        unknown_targets: unknown.into_iter().map(|item| (item.target.kind(), item.target_text)).collect(),
    })
}

/// Of items for the same goods, at the same time and with the same conditions, the first by `order`
/// and then by place in the document stays; they are never summed.
fn without_duplicates(items: Vec<Item>) -> Vec<Item> {
    let mut by_order: Vec<_> = items.iter().enumerate().collect();
    by_order.sort_by_key(|(place, item)| (item.order, *place));
    let mut seen = BTreeSet::new();
    let first: BTreeSet<_> = by_order
        .into_iter()
        .filter(|(_, item)| seen.insert(sameness(item)))
        .map(|(place, _)| place)
        .collect();
    items.into_iter().enumerate().filter(|(place, _)| first.contains(place)).map(|(_, item)| item).collect()
}

type BoundKey = Option<(bool, i64)>;
type Sameness = (
    TargetKind,
    u32,
    Phase,
    (BoundKey, BoundKey),
    Option<bool>,
    Option<(i64, bool)>,
    Option<i64>,
    Option<i64>,
);

fn sameness(item: &Item) -> Sameness {
    let Period { start, end } = item.period;
    (
        item.target.kind(),
        item.target.number(),
        item.reward,
        (bound_key(start), bound_key(end)),
        item.accepted,
        item.threshold.map(|threshold| (threshold.sum, threshold.exclusive)),
        item.min_sum.map(|sum| sum.0),
        item.min_units.map(|units| units.0),
    )
}

fn bound_key(bound: Option<Bound>) -> BoundKey {
    bound.map(|bound| match bound {
        Bound::Instant(seconds) => (false, seconds),
        Bound::Local(seconds) => (true, seconds),
    })
}
