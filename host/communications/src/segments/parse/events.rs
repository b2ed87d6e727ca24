//! Tests of events: `{"event":"purchase","sum":{"at_least":100000},"of":"total","where":{"channel":"app"},"within_days":30}`.

use std::collections::BTreeMap;

use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

use super::super::bounds::Bounds;
use super::super::measure::{Filter, Measure};
use super::super::rule::{EventTest, Fold};
use super::super::{ENTERED, LEFT, RFM_ENTERED};
use super::bounds;

/// The longest window, ten years.
const DAYS_MAX: i64 = 3_660;
/// Filters of one test.
const FILTERS_MAX: usize = 10;
/// Values of one filter.
const VALUES_MAX: usize = 200;
/// Names of one path.
const PATH_MAX: usize = 8;
/// The numbers that can be made of events.
const FOLDS: [&str; 4] = ["count", "sum", "last", "first"];

/// Reads the fields of a test; `event` has the kind.
pub(super) fn read(document: &Object<'_, '_>, event: Node<'_, '_>) -> Option<EventTest> {
    let measure = measure(document, event);
    let within_days = match document.field("within_days") {
        None => Some(None),
        Some(node) => days(node).map(Some),
    };
    let fold = fold(document);
    let (measure, within_days, fold) = (measure?, within_days?, fold?);
    Some(EventTest { measure, within_days, fold })
}

impl Measure {
    /// Reads a measure as [`Measure::document`] wrote it.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let report = Report::of_new();
        let read = |node: Node<'_, '_>| {
            let document = node.object()?;
            let measure = measure(&document, document.required("event")?);
            document.refuse_unknown();
            measure
        };
        let measure = read(report.root(document));
        report.finish(measure).map(|(measure, _)| measure)
    }
}

fn measure(document: &Object<'_, '_>, event: Node<'_, '_>) -> Option<Measure> {
    let kind = kind(event);
    let of = match document.field("of") {
        None => Some(None),
        Some(node) => node.text().and_then(|text| path(&node, text)).map(Some),
    };
    let filters = match document.field("where") {
        None => Some(BTreeMap::new()),
        Some(node) => filters(node),
    };
    Some(Measure { kind: kind?, of: of?, filters: filters? })
}

fn kind(node: Node<'_, '_>) -> Option<String> {
    let kind = node.id()?;
    if [ENTERED, LEFT, RFM_ENTERED].contains(&kind.as_ref()) {
        return node.refuse(
            "event_of_segments",
            "is written by segments themselves: name the segment with `segment`, or the cell with `rfm`",
        );
    }
    Some(kind.into_owned())
}

fn days(node: Node<'_, '_>) -> Option<i64> {
    let days = node.integer()?;
    if (1..=DAYS_MAX).contains(&days) {
        return Some(days);
    }
    node.refuse("out_of_range", format!("must be from 1 (today alone) to {DAYS_MAX}"))
}

fn path(node: &Node<'_, '_>, text: &str) -> Option<String> {
    let names = text.split('.').count();
    if names > PATH_MAX || text.split('.').any(str::is_empty) {
        let detail = format!("must be up to {PATH_MAX} names with dots between them, as in `lines.amount`");
        return node.refuse("bad_path", detail);
    }
    Some(text.to_owned())
}

fn filters(node: Node<'_, '_>) -> Option<BTreeMap<String, Filter>> {
    let document = node.object()?;
    let mut filters = BTreeMap::new();
    let mut given = 0_usize;
    for (name, node) in document.entries() {
        given = given.saturating_add(1);
        if given > FILTERS_MAX {
            return node.refuse("too_many_filters", format!("at most {FILTERS_MAX} filters are taken"));
        }
        if let (Some(path), Some(filter)) = (path(&node, name), filter(node)) {
            filters.insert(path, filter);
        }
    }
    (filters.len() == given).then_some(filters)
}

fn filter(node: Node<'_, '_>) -> Option<Filter> {
    match node.value() {
        Value::Object(_) => bounds(node).map(|Bounds { least, most }| Filter::Between(least, most)),
        Value::Array(_) => {
            let list = node.list()?;
            if list.is_empty() || list.len() > VALUES_MAX {
                return node.refuse("out_of_range", format!("must have 1 to {VALUES_MAX} values"));
            }
            let mut values = list.read(scalar);
            let is_read = values.len() == list.len();
            values.sort_unstable();
            values.dedup();
            is_read.then_some(Filter::OneOf(values))
        }
        _ => scalar(node).map(|value| Filter::OneOf(vec![value])),
    }
}

fn scalar(node: Node<'_, '_>) -> Option<String> {
    match node.value() {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            node.refuse("wrong_type", "must be a text, a number, true, false, a list of them, or bounds")
        }
    }
}

fn fold(document: &Object<'_, '_>) -> Option<Fold> {
    let [count, sum, last, first] = FOLDS.map(|name| document.field(name));
    let has_value = document.node().value().get("of").is_some();
    match (count, sum, last, first) {
        (None, None, None, None) if !has_value => {
            // "Some" is what a test of events without bounds says.
            Some(Fold::Count(Bounds { least: 1, ..Bounds::ALL }))
        }
        (Some(node), None, None, None) => {
            if has_value {
                return node.refuse("contradiction", "`count` counts events and reads nothing `of` them");
            }
            bounds(node).map(Fold::Count)
        }
        (None, Some(node), None, None) => {
            if !has_value {
                return node
                    .refuse("missing_field", "`sum` needs `of`: what is added up, as in `lines.amount`");
            }
            bounds(node).map(Fold::Sum)
        }
        (None, None, Some(node), None) => {
            bounds(node).map(if has_value { Fold::LastValue } else { Fold::LastDays })
        }
        (None, None, None, Some(node)) => {
            bounds(node).map(if has_value { Fold::FirstValue } else { Fold::FirstDays })
        }
        _ => document.node().refuse("contradiction", "exactly one of count, sum, last and first is taken"),
    }
}
