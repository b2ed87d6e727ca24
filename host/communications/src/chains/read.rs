//! Reads the document of a chain, with every problem.

use std::collections::BTreeMap;

use domain::quantities::Percent;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::document::{
    Condition, Control, Date, Leave, Match, NODES_MAX, NodeIndex, Place, Reentry, Test, Trigger, Version,
};
use super::fields::{Fields, Problem, Problems, escaped};
use super::read_nodes;
use super::when::{Clock, Span, Unit};

const CONDITIONS_MAX: usize = 50;
const TRIGGERS_MAX: usize = 20;
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

/// Reads a chain. What its names refer to outside is for [`super::check()`].
pub fn read(document: &Value) -> Result<Version, Vec<Problem>> {
    let problems = Problems::default();
    let version = read_version(document, &problems);
    match version {
        Some(version) if problems.is_empty() => Ok(version),
        _ => Err(problems.listed()),
    }
}

fn read_version(document: &Value, problems: &Problems) -> Option<Version> {
    let fields = Fields::of(document, String::new(), problems)?;
    fields.text("description");
    let triggers = triggers(&fields);
    let reentry = reentry(&fields);
    let entry_key = pointer(&fields, "entry_key");
    let control = fields.get("control").and_then(|value| control(value, problems));
    let leave_when: Vec<Leave> = fields
        .list("leave_when")
        .into_iter()
        .filter_map(|(at, value)| {
            let fields = Fields::of(value, at, problems)?;
            let goal = fields.text("goal").map(str::to_owned);
            let of = event_match(&fields)?;
            fields.done();
            Some(Leave { of, goal })
        })
        .collect();
    let too_late_after = if fields.has("too_late_after") {
        fields.parsed("too_late_after")
    } else {
        fields.get("too_late_after");
        Span::new(1, Unit::Days)
    };
    let nodes = nodes(&fields)?;
    let names = Names(names(nodes));
    let start = names.edge(&fields, "start");
    fields.done();
    let nodes: Vec<Option<Place>> =
        nodes.iter().map(|(name, value)| read_nodes::place(name, value, &names, problems)).collect();
    Some(Version {
        digest: digest(document),
        triggers: triggers?,
        reentry: reentry?,
        entry_key,
        control,
        leave_when,
        too_late_after: too_late_after?,
        start: start?,
        nodes: nodes.into_iter().collect::<Option<_>>()?,
    })
}

fn nodes<'a>(fields: &Fields<'a>) -> Option<&'a Map<String, Value>> {
    let value = fields.needed("nodes")?;
    let nodes = value.as_object().filter(|nodes| !nodes.is_empty() && nodes.len() <= NODES_MAX);
    if nodes.is_none() {
        let detail = format!("must be an object of 1 to {NODES_MAX} nodes by name");
        fields.problem("nodes", "not_nodes", detail, "write { \"name\": { \"type\": … } }");
    }
    for name in nodes.into_iter().flat_map(Map::keys) {
        let letters = name.bytes().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, b'-' | b'_')
        });
        if !letters || name.is_empty() || name.len() > 40 {
            let at = format!("{}/{}", fields.at("nodes"), escaped(name));
            let detail = "the name must be 1 to 40 of a to z, 0 to 9, - and _";
            fields.problems().push(at, "bad_name", detail, "rename the node");
        }
    }
    nodes
}

fn names(nodes: &Map<String, Value>) -> BTreeMap<&str, NodeIndex> {
    let mut names: Vec<&str> = nodes.keys().map(String::as_str).collect();
    names.sort_unstable();
    (0_u16..).zip(names).map(|(place, name)| (name, NodeIndex(place))).collect()
}

fn triggers(fields: &Fields<'_>) -> Option<Vec<Trigger>> {
    fields.needed("triggers")?;
    let found = fields.list("triggers");
    if found.is_empty() || found.len() > TRIGGERS_MAX {
        let detail = format!("must be 1 to {TRIGGERS_MAX} triggers");
        fields.problem("triggers", "no_triggers", detail, "say what lets members in");
        return None;
    }
    found.into_iter().map(|(at, value)| trigger(&Fields::of(value, at, fields.problems())?)).collect()
}

fn trigger(fields: &Fields<'_>) -> Option<Trigger> {
    let trigger = if let Some(value) = fields.get("date") {
        let inner = Fields::of(value, fields.at("date"), fields.problems())?;
        let date = date(&inner)?;
        inner.done();
        Trigger::Date(date)
    } else if let Some(value) = fields.get("points_expire") {
        let inner = Fields::of(value, fields.at("points_expire"), fields.problems())?;
        let days = inner.needed("days_before").and_then(|_| inner.whole("days_before", 0, 366));
        let at_least = inner.whole("at_least", 1, i64::MAX).unwrap_or(1);
        let time = inner.needed_parsed("time");
        inner.done();
        Trigger::PointsExpire { days_before: u32::try_from(days?).ok()?, at_least, time: time? }
    } else {
        let number = fields.whole("number", 1, 1_000_000).and_then(|number| u32::try_from(number).ok());
        Trigger::Event { of: event_match(fields)?, number }
    };
    fields.done();
    Some(trigger)
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

fn pointer(fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let text = fields.text(name)?;
    if !text.starts_with('/') {
        let detail = format!("must be a JSON pointer into the payload; found `{text}`");
        fields.problem(name, "not_a_pointer", detail, "begin it with /, such as /lines/*/product");
        return None;
    }
    Some(text.to_owned())
}

fn reentry(fields: &Fields<'_>) -> Option<Reentry> {
    match fields.text("reentry") {
        None if fields.has("reentry") => None,
        None | Some("once") => Some(Reentry::Once),
        Some("after_exit") => Some(Reentry::AfterExit),
        Some("always") => Some(Reentry::Always),
        Some("restart") => Some(Reentry::Restart),
        Some(other) => {
            let detail = format!("must be once, after_exit, always or restart; found `{other}`");
            fields.problem("reentry", "unknown_reentry", detail, "choose one of them");
            None
        }
    }
}

fn control(value: &Value, problems: &Problems) -> Option<Control> {
    let fields = Fields::of(value, "/control".to_owned(), problems)?;
    let percent = percent(&fields, Percent(5_000));
    let salt = fields.needed_text("salt").map(str::to_owned);
    fields.done();
    Some(Control { percent: percent?, salt: salt? })
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

/// The document with its keys in order and without spaces: the same chain, the same bytes.
pub fn canonical(document: &Value) -> String {
    match document {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_unstable();
            let fields: Vec<String> = keys
                .into_iter()
                .filter_map(|key| {
                    Some(format!("{}:{}", Value::from(key.as_str()), canonical(object.get(key)?)))
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        single => single.to_string(),
    }
}

/// SHA-256 of a document in its canonical form, in hex.
pub fn digest(document: &Value) -> String {
    hex::encode(Sha256::digest(canonical(document)))
}
