//! Parts of a chain's document that several of its readers read.

use std::collections::BTreeMap;

use domain::quantities::Percent;
use rust_decimal::Decimal;
use serde_json::Value;

use super::document::{Condition, Date, Match, NodeIndex, Test};
use super::fields::Fields;
use super::when::Clock;

const CONDITIONS_MAX: usize = 50;
const VALUES_MAX: usize = 1_000;

/// Names of nodes, while they are read.
pub(super) struct Names<'a>(pub(super) BTreeMap<&'a str, NodeIndex>);

impl Names<'_> {
    /// The node that a field leads to.
    pub(super) fn edge(&self, fields: &Fields<'_>, name: &'static str) -> Option<NodeIndex> {
        let to = fields.needed_text(name)?;
        self.find(fields, name, to)
    }

    pub(super) fn edge_or(
        &self,
        fields: &Fields<'_>,
        name: &'static str,
        or: Option<NodeIndex>,
    ) -> Option<NodeIndex> {
        if fields.has(name) { self.edge(fields, name) } else { fields.get(name).map_or(or, |_| None) }
    }

    fn find(&self, fields: &Fields<'_>, name: &'static str, to: &str) -> Option<NodeIndex> {
        let found = self.0.get(to).copied();
        if found.is_none() {
            let near: Vec<&str> = self.0.keys().copied().take(20).collect();
            let advice = format!("add such a node, or lead to one of: {}", near.join(", "));
            fields.problem(name, "dangling_edge", format!("leads to `{to}`, which is no node"), &advice);
        }
        found
    }
}

pub(super) fn date(fields: &Fields<'_>) -> Option<Date> {
    let attribute = fields.needed_text("attribute");
    let days = fields.whole("days", -366, 366).and_then(|days| i32::try_from(days).ok()).unwrap_or(0);
    let yearly = fields.flag("yearly").unwrap_or(false);
    let time: Option<Clock> = fields.needed_parsed("time");
    Some(Date { attribute: attribute?.to_owned(), days, yearly, time: time? })
}

/// Reads `event`, `message` and `where` among the fields of an object.
pub(super) fn event_match(fields: &Fields<'_>) -> Option<Match> {
    let event = fields.needed_text("event");
    let message = fields.text("message").map(str::to_owned);
    let conditions = fields.list("where");
    if conditions.len() > CONDITIONS_MAX {
        let detail = format!("must be at most {CONDITIONS_MAX} conditions");
        fields.problem("where", "too_many_conditions", detail, "use a list of values in one condition");
    }
    let conditions: Option<Vec<Condition>> = conditions
        .into_iter()
        .map(|(at, value)| {
            let fields = Fields::of(value, at, fields.problems())?;
            let condition = condition(&fields);
            fields.done();
            condition
        })
        .collect();
    Some(Match { event: event?.to_owned(), message, conditions: conditions? })
}

fn condition(fields: &Fields<'_>) -> Option<Condition> {
    fields.needed("field")?;
    let field = pointer(fields, "field");
    let values = fields.list("in");
    let at_least = fields.get("at_least").map(|value| decimal(fields, "at_least", value));
    let at_most = fields.get("at_most").map(|value| decimal(fields, "at_most", value));
    let exists = fields.flag("exists");
    let said = [fields.has("in"), at_least.is_some(), at_most.is_some(), exists.is_some()];
    if said.iter().filter(|said| **said).count() != 1 || exists == Some(false) {
        fields.problem(
            "",
            "not_one_test",
            "must have one of in, at_least, at_most, exists: true",
            "keep one, and write another condition for the other",
        );
        return None;
    }
    let test = if let Some(bound) = at_least {
        Test::AtLeast(bound?)
    } else if let Some(bound) = at_most {
        Test::AtMost(bound?)
    } else if exists == Some(true) {
        Test::Exists
    } else {
        let texts: Option<Vec<String>> = values.iter().map(|(_, value)| single(value)).collect();
        let fits = texts.filter(|texts| !texts.is_empty() && texts.len() <= VALUES_MAX);
        if fits.is_none() {
            let detail = format!("must be 1 to {VALUES_MAX} texts or numbers");
            fields.problem("in", "not_values", detail, "write them in [ ]");
        }
        Test::In(fits?)
    };
    Some(Condition { field: field?, test })
}

/// A single value as the text that it is compared by; a number as its digits, without zeros at the end.
pub(super) fn single(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(
            number
                .to_string()
                .parse::<Decimal>()
                .map_or_else(|_| number.to_string(), |number| number.normalize().to_string()),
        ),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn decimal(fields: &Fields<'_>, name: &'static str, value: &Value) -> Option<Decimal> {
    let number = single(value).and_then(|text| text.parse().ok());
    if number.is_none() {
        fields.problem(name, "not_a_decimal", "must be a number", "write it with a point, such as 12.50");
    }
    number
}

pub(super) fn pointer(fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let text = fields.text(name)?;
    if !text.starts_with('/') {
        let detail = format!("must be a JSON pointer into the payload; found `{text}`");
        fields.problem(name, "not_a_pointer", detail, "begin it with /, such as /lines/*/product");
        return None;
    }
    Some(text.to_owned())
}

/// The field `percent`: more than 0, at most `most`.
pub(super) fn percent(fields: &Fields<'_>, most: Percent) -> Option<Percent> {
    let value = fields.needed("percent")?;
    let hundredths = single(value)
        .and_then(|text| text.parse::<Decimal>().ok())
        .and_then(|number| number.checked_mul(Decimal::ONE_HUNDRED))
        .filter(|number| number.is_integer())
        .and_then(|number| i32::try_from(number.mantissa() / 10_i128.checked_pow(number.scale())?).ok())
        .filter(|number| (1..=most.0).contains(number));
    if hundredths.is_none() {
        let detail = format!("must be from 0.01 to {}, with two decimals at most", most.0 / 100);
        fields.problem("percent", "not_a_percentage", detail, "write it such as \"12.5\"");
    }
    hundredths.map(Percent)
}
