//! Reads rules of segments: every problem at once, each with its place.

mod events;

use std::cell::{Cell as Counter, RefCell};
use std::collections::BTreeSet;

use serde_json::Value;
use wire::audience::read_rule;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

use super::bounds::Bounds;
use super::rule::{AttributeTest, RfmTest, Rule};
use crate::rfm::{Cell, SCORES};

/// How large a rule may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of combinations.
    pub depth: usize,
    /// Conditions that are no combinations.
    pub conditions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 16, conditions: 100 }
    }
}

/// A rule that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The rule.
    pub rule: Rule,
    /// The segments that it names, with their places.
    pub references: Vec<Reference>,
    /// The attributes that it names, with their places.
    pub attributes: Vec<Reference>,
}

/// A place in a rule that names a segment or an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// JSON pointer.
    pub pointer: String,
    /// The name.
    pub name: String,
}

/// Reads a rule.
pub fn parse(document: &Value, limits: Limits) -> Result<Parsed, Problems> {
    let report = Report::of_new();
    let parsed = read(report.root(document), limits);
    report.finish(parsed).map(|(parsed, _)| parsed)
}

/// Reads a rule that is a part of a document. Problems go to the report of the document.
pub fn read(node: Node<'_, '_>, limits: Limits) -> Option<Parsed> {
    let reader = Reader {
        limits,
        conditions: Counter::new(0),
        references: RefCell::default(),
        attributes: RefCell::default(),
    };
    let rule = reader.rule(node, 1);
    let (references, attributes) = (reader.references.into_inner(), reader.attributes.into_inner());
    Some(Parsed { rule: rule?, references, attributes })
}

struct Reader {
    limits: Limits,
    /// Conditions so far.
    conditions: Counter<usize>,
    references: RefCell<Vec<Reference>>,
    attributes: RefCell<Vec<Reference>>,
}

impl Reader {
    fn rule(&self, node: Node<'_, '_>, depth: usize) -> Option<Rule> {
        if depth > self.limits.depth {
            let detail = format!("has more than {} levels of all, any and not", self.limits.depth);
            return node.refuse("rule_too_deep", detail);
        }
        if node.value().get("attribute").is_some() {
            self.count(node)?;
            let test = attribute(node)?;
            let pointer = format!("{}/attribute", node.pointer());
            self.attributes.borrow_mut().push(Reference { pointer, name: test.name.clone() });
            return Some(Rule::Attribute(test));
        }
        let document = node.object()?;
        let rule = self.one(&document, depth);
        // What comes after too many conditions is not looked at.
        if self.conditions.get() <= self.limits.conditions {
            document.refuse_unknown();
        }
        rule
    }

    fn one(&self, document: &Object<'_, '_>, depth: usize) -> Option<Rule> {
        if let Some(node) = document.field("all") {
            return self.rules(node, depth).map(Rule::All);
        }
        if let Some(node) = document.field("any") {
            return self.rules(node, depth).map(Rule::Any);
        }
        if let Some(node) = document.field("not") {
            return self.rule(node, depth.saturating_add(1)).map(|rule| Rule::Not(Box::new(rule)));
        }
        self.count(*document.node())?;
        if let Some(node) = document.field("event") {
            return events::read(document, node).map(Rule::Events);
        }
        if let Some(node) = document.field("points") {
            return bounds(node).map(Rule::Points);
        }
        if let Some(node) = document.field("rfm") {
            return rfm(node).map(Rule::Rfm);
        }
        if let Some(node) = document.field("segment") {
            let name = node.id()?.into_owned();
            let reference = Reference { pointer: node.pointer(), name: name.clone() };
            self.references.borrow_mut().push(reference);
            return Some(Rule::Segment(name));
        }
        // It is read elsewhere; a refusal names it with the others that are known.
        let _known = document.field("attribute");
        document.node().refuse(
            "missing_condition",
            "a condition is required: all, any, not, attribute, event, points, rfm or segment",
        )
    }

    fn rules(&self, node: Node<'_, '_>, depth: usize) -> Option<Vec<Rule>> {
        let list = node.list()?;
        if list.is_empty() {
            return node.refuse("empty", "must not be empty");
        }
        let rules = list.read(|node| self.rule(node, depth.saturating_add(1)));
        (rules.len() == list.len()).then_some(rules)
    }

    /// Counts a condition; refuses the first that is too many, and says nothing of those after it.
    fn count(&self, node: Node<'_, '_>) -> Option<()> {
        let before = self.conditions.get();
        self.conditions.set(before.saturating_add(1));
        if before == self.limits.conditions {
            let detail =
                format!("is condition {} of the rule; at most {before} are taken", before.saturating_add(1));
            return node.refuse("too_many_conditions", detail);
        }
        (before < self.limits.conditions).then_some(())
    }
}

fn attribute(node: Node<'_, '_>) -> Option<AttributeTest> {
    let rule = read_rule(node)?;
    let name = (*rule.names().first()?).to_owned();
    Some(AttributeTest { name, rule })
}

/// Reads bounds of whole numbers.
fn bounds(node: Node<'_, '_>) -> Option<Bounds> {
    let document = node.object()?;
    let mut is_whole = true;
    let mut given = Vec::new();
    for name in ["at_least", "at_most", "more_than", "less_than", "exactly"] {
        if let Some(node) = document.field(name) {
            match whole(node) {
                Some(number) => given.push(bound(name, number)),
                None => is_whole = false,
            }
        }
    }
    document.refuse_unknown();
    if !is_whole {
        return None;
    }
    if given.is_empty() {
        return node.refuse(
            "missing_condition",
            "a bound is required: at_least, at_most, more_than, less_than or exactly",
        );
    }
    let both = given.into_iter().fold(Bounds::ALL, |both, one| Bounds {
        least: both.least.max(one.least),
        most: both.most.min(one.most),
    });
    if both.least > both.most {
        return node.refuse("empty_range", "no number is within these bounds");
    }
    Some(both)
}

fn bound(name: &str, number: i64) -> Bounds {
    match name {
        "at_least" => Bounds { least: number, ..Bounds::ALL },
        "at_most" => Bounds { most: number, ..Bounds::ALL },
        "more_than" => Bounds { least: number.saturating_add(1), ..Bounds::ALL },
        "less_than" => Bounds { most: number.saturating_sub(1), ..Bounds::ALL },
        _ => Bounds { least: number, most: number },
    }
}

/// A whole number, also one that is written as a text, as amounts are in events.
fn whole(node: Node<'_, '_>) -> Option<i64> {
    match node.value() {
        Value::String(text) => match text.parse() {
            Ok(number) => Some(number),
            Err(_) => {
                node.refuse("not_an_integer", "must be a whole number, in the smallest step of its unit")
            }
        },
        _ => node.integer(),
    }
}

/// `["champions"]`, or `{"cells":[…],"recency":{"at_least":4}}`.
fn rfm(node: Node<'_, '_>) -> Option<RfmTest> {
    let scores = Bounds { least: 1, most: i64::from(SCORES) };
    let mut test = RfmTest { cells: BTreeSet::new(), recency: scores, frequency: scores, monetary: scores };
    if node.value().is_array() {
        test.cells = cells(node)?;
        return Some(test);
    }
    let document = node.object()?;
    let mut is_read = true;
    if let Some(node) = document.field("cells") {
        match cells(node) {
            Some(cells) => test.cells = cells,
            None => is_read = false,
        }
    }
    for (name, score) in
        [("recency", &mut test.recency), ("frequency", &mut test.frequency), ("monetary", &mut test.monetary)]
    {
        if let Some(node) = document.field(name) {
            match bounds(node) {
                Some(bounds) => *score = bounds,
                None => is_read = false,
            }
        }
    }
    let is_empty =
        !["cells", "recency", "frequency", "monetary"].iter().any(|name| node.value().get(name).is_some());
    document.refuse_unknown();
    if is_empty {
        return node.refuse("missing_condition", "give cells, or bounds of recency, frequency or monetary");
    }
    is_read.then_some(test)
}

fn cells(node: Node<'_, '_>) -> Option<BTreeSet<Cell>> {
    let list = node.list()?;
    if list.is_empty() {
        return node.refuse("empty", "must not be empty");
    }
    let names = Cell::ALL.map(|cell| (cell.name(), cell));
    let cells = list.read(|node| node.choice(&names));
    (cells.len() == list.len()).then(|| cells.into_iter().collect())
}
