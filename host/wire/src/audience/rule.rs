//! Rules of computed audiences.

use domain::audience::{Range, Rule, Test, Value as Literal, parse_date};
use domain::decimal;
use serde_json::Value;

use crate::reader::{Node, Object};

/// The owner of the name in a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Attributes of the member.
    Member,
    /// Fields of an element of a list.
    Element,
}

const COMBINATIONS: [&str; 3] = ["all", "any", "not"];
const BOUNDS: [&str; 4] = ["from", "above", "to", "below"];
const AGE_MAX: i64 = 200;
/// Half a year on either side covers every day.
const DAYS_AROUND_MAX: i64 = 182;

/// Reads a rule about a member.
pub(super) fn read(node: Node<'_, '_>) -> Option<Rule> {
    rule(node, Scope::Member)
}

fn rule(node: Node<'_, '_>, scope: Scope) -> Option<Rule> {
    let document = node.object()?;
    let is_combination = COMBINATIONS.iter().any(|name| node.value().get(name).is_some());
    let read = if is_combination { combination(&document, scope) } else { comparison(&document, scope) };
    document.refuse_unknown();
    read
}

fn combination(document: &Object<'_, '_>, scope: Scope) -> Option<Rule> {
    if let Some(node) = document.field("all") {
        return rules(node, scope).map(Rule::All);
    }
    if let Some(node) = document.field("any") {
        return rules(node, scope).map(Rule::Any);
    }
    document.required("not").and_then(|node| rule(node, scope)).map(not)
}

fn rules(node: Node<'_, '_>, scope: Scope) -> Option<Vec<Rule>> {
    let list = node.list()?;
    if list.is_empty() {
        return node.refuse("empty", "must not be empty");
    }
    let rules = list.read(|node| rule(node, scope));
    (rules.len() == list.len()).then_some(rules)
}

fn not(rule: Rule) -> Rule {
    Rule::Not(Box::new(rule))
}

/// A name with one or more conditions, all of which must hold.
fn comparison(document: &Object<'_, '_>, scope: Scope) -> Option<Rule> {
    let name = match scope {
        Scope::Member => Some(document.required("attribute").and_then(Node::text)),
        Scope::Element => document.field("field").map(Node::text),
    };
    let conditions = conditions(document)?;
    if conditions.is_empty() {
        document.node().problem(
            "missing_condition",
            "a condition is required: is, is_not, in, not_in, from, above, to, below, contains, exists, \
             birthday_month, birthday_within, age or some",
        );
    }
    let name = match name {
        Some(name) => Some(name?.to_owned()),
        None => None,
    };
    let rules = conditions.into_iter().map(|Condition { test, negated }| {
        let rule = Rule::Field { name: name.clone(), test };
        if negated { not(rule) } else { rule }
    });
    Some(Rule::All(rules.collect()))
}

struct Condition {
    test: Test,
    negated: bool,
}

impl From<Test> for Condition {
    fn from(test: Test) -> Self {
        Self { test, negated: false }
    }
}

impl Condition {
    fn negated(test: Test) -> Self {
        Self { test, negated: true }
    }
}

/// The conditions of a comparison; nothing if one cannot be read, which is reported.
fn conditions(document: &Object<'_, '_>) -> Option<Vec<Condition>> {
    let read = [
        document.field("is").map(|node| equal(node).map(Condition::from)),
        document.field("is_not").map(|node| equal(node).map(Condition::negated)),
        document.field("in").map(|node| any_of(node).map(Condition::from)),
        document.field("not_in").map(|node| any_of(node).map(Condition::negated)),
        document.field("contains").map(|node| literal(node).map(Test::Contains).map(Condition::from)),
        document.field("exists").map(|node| {
            let negated = !node.boolean()?;
            Some(Condition { test: Test::Exists, negated })
        }),
        BOUNDS
            .iter()
            .any(|name| document.node().value().get(name).is_some())
            .then(|| range(document).map(Condition::from)),
        document.field("birthday_month").map(|node| month(node).map(Condition::from)),
        document.field("birthday_within").map(|node| birthday(node).map(Condition::from)),
        document.field("age").map(|node| age(node).map(Condition::from)),
        document.field("some").map(|node| {
            rule(node, Scope::Element).map(|rule| Test::Some(Box::new(rule))).map(Condition::from)
        }),
    ];
    read.into_iter().flatten().collect()
}

fn equal(node: Node<'_, '_>) -> Option<Test> {
    Some(Test::In(vec![literal(node)?]))
}

fn any_of(node: Node<'_, '_>) -> Option<Test> {
    let list = node.list()?;
    if list.is_empty() {
        return node.refuse("empty", "must not be empty");
    }
    let values = list.read(literal);
    (values.len() == list.len()).then_some(Test::In(values))
}

fn literal(node: Node<'_, '_>) -> Option<Literal> {
    match node.value() {
        Value::Bool(value) => Some(Literal::Bool(*value)),
        Value::Number(number) => match decimal::parse(number.as_str()) {
            Ok(number) => Some(Literal::Number(number)),
            Err(error) => node.refuse(error.code(), error.to_string()),
        },
        Value::String(text) => Some(Literal::Text(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            node.refuse("wrong_type", "must be a string, a number, true or false")
        }
    }
}

/// Bounds that are all dates or all numbers.
fn range(document: &Object<'_, '_>) -> Option<Test> {
    let bounds = BOUNDS.map(|name| document.field(name).map(literal));
    // A bound that is not a literal is reported already.
    if bounds.iter().flatten().any(Option::is_none) {
        return None;
    }
    let bounds = bounds.map(Option::flatten);
    let test = as_dates(&bounds).or_else(|| as_numbers(&bounds));
    let node = document.node();
    match &test {
        None => node
            .refuse("not_comparable", "bounds must be all decimal numbers, or all dates such as 2026-11-22"),
        Some(Test::Number(range)) if range.is_empty() => node.refuse("empty_range", EMPTY_RANGE),
        Some(Test::Date(range)) if range.is_empty() => node.refuse("empty_range", EMPTY_RANGE),
        Some(_) => test,
    }
}

const EMPTY_RANGE: &str = "no value is within these bounds";

fn as_dates(bounds: &[Option<Literal>; 4]) -> Option<Test> {
    let dates = all(bounds, |bound| match bound {
        Literal::Text(text) => parse_date(text),
        _ => None,
    });
    dates.map(Test::Date)
}

fn as_numbers(bounds: &[Option<Literal>; 4]) -> Option<Test> {
    let numbers = all(bounds, |bound| match bound {
        Literal::Number(number) => Some(*number),
        Literal::Text(text) => decimal::parse(text).ok(),
        _ => None,
    });
    numbers.map(Test::Number)
}

fn all<T>(bounds: &[Option<Literal>; 4], read: impl Fn(&Literal) -> Option<T>) -> Option<Range<T>> {
    let [from, above, to, below] = bounds;
    let read = |bound: &Option<Literal>| match bound {
        Some(bound) => read(bound).map(Some),
        None => Some(None),
    };
    Some(Range { from: read(from)?, above: read(above)?, to: read(to)?, below: read(below)? })
}

fn month(node: Node<'_, '_>) -> Option<Test> {
    if node.value() == "receipt" {
        return Some(Test::Month(None));
    }
    let month = node.value().as_i64().filter(|month| (1..=12).contains(month));
    match month.and_then(|month| u8::try_from(month).ok()) {
        Some(month) => Some(Test::Month(Some(month))),
        None => node.refuse(
            "out_of_range",
            "must be a month from 1 to 12, or \"receipt\" for the month of the receipt",
        ),
    }
}

fn birthday(node: Node<'_, '_>) -> Option<Test> {
    let document = node.object()?;
    let days = |name: &'static str| match document.field(name) {
        None => Some(0),
        Some(node) => whole_number(node, DAYS_AROUND_MAX),
    };
    let (before, after) = (days("days_before"), days("days_after"));
    document.refuse_unknown();
    Some(Test::Birthday { days_before: before?, days_after: after? })
}

fn age(node: Node<'_, '_>) -> Option<Test> {
    let document = node.object()?;
    let bound = |name: &'static str| match document.field(name) {
        None => Some(None),
        Some(node) => Some(i32::try_from(whole_number(node, AGE_MAX)?).ok()),
    };
    let [from, above, to, below] = BOUNDS.map(bound);
    document.refuse_unknown();
    let range = Range { from: from?, above: above?, to: to?, below: below? };
    if range == (Range { from: None, above: None, to: None, below: None }) {
        return node.refuse("missing_condition", "a bound is required: from, above, to or below");
    }
    if range.is_empty() {
        return node.refuse("empty_range", EMPTY_RANGE);
    }
    Some(Test::Age(range))
}

fn whole_number(node: Node<'_, '_>, most: i64) -> Option<i64> {
    let number = node.integer()?;
    if (0..=most).contains(&number) {
        return Some(number);
    }
    node.refuse("out_of_range", format!("must be from 0 to {most}"))
}
