//! What rules read of members from the database of tills.

use std::collections::BTreeMap;

use domain::audience::Value as Attribute;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::super::people;
use crate::error::Error;
use crate::state::App;

/// The tills' part of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tills {
    /// Name of the time zone.
    pub(super) zone: String,
    /// Points that can be spent, in the smallest step.
    pub(super) points: Option<i64>,
    /// Attributes by name, as JSON texts.
    pub(super) attributes: BTreeMap<String, String>,
}

/// Reads members by number. Those that the tills do not know have neither attributes nor points.
pub(super) async fn read(app: &App, numbers: &[u32]) -> Result<BTreeMap<u32, Tills>, Error> {
    let zone = default_zone(app);
    let unknown =
        |number: &u32| (*number, Tills { zone: zone.clone(), points: None, attributes: BTreeMap::new() });
    // Those that were erased have no id any more, and are left out.
    let members = app.communications.members_of(numbers).await?;
    let mut tills: BTreeMap<u32, Tills> = members.iter().map(|member| unknown(&member.number)).collect();
    for profile in people::of(app, numbers).await? {
        let texts = profile.attributes.into_iter().map(|(name, value)| (name, json(value).to_string()));
        let name = profile.zone.iana_name().unwrap_or(&zone).to_owned();
        let known = Tills { zone: name, points: profile.points, attributes: texts.collect() };
        tills.insert(profile.number.0, known);
    }
    Ok(tills)
}

/// The name of the zone of members of whom none is known.
pub(super) fn default_zone(app: &App) -> String {
    people::default_zone(app).iana_name().unwrap_or("UTC").to_owned()
}

/// A zone by its name; UTC if this machine does not know it any more.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

fn json(value: Attribute) -> Value {
    match value {
        Attribute::Bool(value) => Value::Bool(value),
        // Every decimal is written as a number of JSON.
        Attribute::Number(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        Attribute::Text(text) => Value::String(text),
        Attribute::List(values) => Value::Array(values.into_iter().map(json).collect()),
        Attribute::Record(fields) => {
            let fields: Map<String, Value> =
                fields.into_iter().map(|(name, field)| (name, json(field))).collect();
            Value::Object(fields)
        }
    }
}
