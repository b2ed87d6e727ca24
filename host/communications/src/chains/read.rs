//! Reads the document of a chain, with every problem.

use std::collections::BTreeMap;

use domain::quantities::Percent;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::document::{Control, Leave, NODES_MAX, NodeIndex, Place, Reentry, Trigger, Version};
use super::fields::{Fields, Problem, Problems, escaped};
use super::read_nodes;
use super::read_parts::{Names, date, event_match, percent, pointer};
use super::when::{Span, Unit};

const TRIGGERS_MAX: usize = 20;
/// The default of `attribution_days`, as of mailings, and its largest value.
const ATTRIBUTION_DEFAULT: u16 = 7;
const ATTRIBUTION_MAX: i64 = 90;

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
    let attribution_days = fields.whole("attribution_days", 1, ATTRIBUTION_MAX);
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
        attribution_days: attribution_days
            .and_then(|days| u16::try_from(days).ok())
            .unwrap_or(ATTRIBUTION_DEFAULT),
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
