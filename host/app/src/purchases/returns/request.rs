//! The body of a return: `{"lines":[{"position":1,"quantity":"1"}]}`.

use std::collections::BTreeMap;

use domain::mechanics::Unit;
use domain::pricing::Warning;
use domain::quantities::Quantity;
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Report, Scales};
use wire::receipt::UnusedFields;

/// A line to return.
pub(super) struct Asked {
    pub pointer: String,
    pub position: u32,
    pub quantity: Quantity,
}

/// Not used: quantities have the same places in all currencies.
const SCALES: Scales = Scales { money: 2, points: 2 };

/// The lines, and warnings about fields that are not used.
pub(super) fn read(document: &Value) -> Result<(Vec<Asked>, Vec<Warning>), Problems> {
    let (report, unused) = (Report::default(), UnusedFields::default());
    let lines = lines(report.root(document), &unused);
    let (lines, _) = report.finish(lines)?;
    Ok((lines, unused.warnings().collect()))
}

fn lines<'v>(node: Node<'v, '_>, unused: &UnusedFields<'v>) -> Option<Vec<Asked>> {
    let document = node.object()?;
    let list = document.required("lines").and_then(Node::list)?;
    unused.note(&document, "");
    if list.is_empty() {
        return list.node().refuse("nothing_returned", "name at least one line");
    }
    let mut seen = BTreeMap::new();
    Some(list.read(|node| {
        let line = node.object()?;
        let position = line.required("position").and_then(|field| {
            let number = field.integer()?;
            u32::try_from(number).ok().or_else(|| field.refuse("out_of_range", "is not a position"))
        });
        let quantity = line.required("quantity").and_then(|field| field.measure(Unit::Quantity, SCALES));
        unused.note(&line, "lines[].");
        let (position, quantity) = (position?, quantity?);
        if let Some(first) = seen.insert(position, node.pointer()) {
            let detail = format!("position {position} is already given at {first}");
            node.problem("duplicate_position", detail);
        }
        Some(Asked { pointer: node.pointer(), position, quantity: Quantity(quantity) })
    }))
}
