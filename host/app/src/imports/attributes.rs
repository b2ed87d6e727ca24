//! Imports of attributes: each row names a member, an attribute and a value.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{decimal, id};
use serde_json::Value;
use store::MemberRow;
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};
use wire::{attribute, json, personal, recommendations};

use super::errors::{RowPlace, of_row};
use super::prepared::Prepared;
use super::upload::UploadRow;
use super::{Format, Options};
use crate::config::Recommendations;
use crate::error::Error;
use crate::live::Live;
use crate::state::App;

/// The columns of a CSV upload.
pub(super) const COLUMNS: &[&str] = &["identifier_kind", "identifier", "attribute", "value"];

/// The kind of identifier that is the member's own id.
const MEMBER_ID: &str = "member";

/// A row that could be read.
struct AttributeRow {
    place: RowPlace,
    kind: String,
    identifier: String,
    attribute: String,
    /// The new value; none removes it.
    value: Option<Value>,
}

/// Consecutive rows of one member: applied together or not at all.
#[derive(Default)]
struct MemberRows {
    rows: Vec<(RowPlace, Result<AttributeRow, Vec<Problem>>)>,
}

/// True if both rows can be read and name the same member.
pub(super) fn same_member(one: &UploadRow, other: &UploadRow) -> bool {
    fn name(row: &UploadRow) -> Option<(&Value, &Value)> {
        let content = row.content.as_ref().ok()?;
        Some((content.get("identifier_kind")?, content.get("identifier")?))
    }
    name(one).is_some() && name(one) == name(other)
}

/// Works out the writes of a batch.
pub(super) async fn prepare(app: &App, rows: &[UploadRow], options: &Options) -> Result<Prepared, Error> {
    let live = app.live.load_full();
    let types = types(app, rows).await?;
    let format = (options.format, app.config.limits.row_memory_bytes());
    let groups = groups(rows, &types, format);
    let members = members(app, &groups).await?;
    let mut prepared = Prepared::default();
    let mut values: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
    for group in groups {
        let Some((member, new_values)) =
            group.check(&members, (&live, &app.config.recommendations), &mut prepared)
        else {
            continue;
        };
        if options.check_only {
            continue;
        }
        let values = values.entry(member).or_default();
        for (attribute, value) in new_values {
            if values.insert(attribute, value).is_some() {
                // The earlier row counts as applied, although its value is never stored.
                prepared.superseded = prepared.superseded.saturating_add(1);
            }
        }
    }
    prepared.members = values
        .into_iter()
        .map(|(id, attributes)| MemberRow { id, profile: None, attributes: attributes.into_iter().collect() })
        .collect();
    Ok(prepared)
}

/// The types of the defined attributes that rows name, by name.
async fn types(app: &App, rows: &[UploadRow]) -> Result<HashMap<String, String>, Error> {
    let named = rows.iter().filter_map(|row| row.content.as_ref().ok()?.get("attribute")?.as_str());
    let named = named.filter(|name| id::check(name).is_ok());
    let mut types = HashMap::new();
    for name in named.collect::<BTreeSet<_>>() {
        if let Some(attribute) = app.store.attribute(name).await? {
            types.insert(name.to_owned(), attribute.kind);
        }
    }
    Ok(types)
}

fn groups(rows: &[UploadRow], types: &HashMap<String, String>, format: (Format, usize)) -> Vec<MemberRows> {
    let mut groups: Vec<MemberRows> = Vec::new();
    let mut previous: Option<&UploadRow> = None;
    for row in rows {
        let parsed = match &row.content {
            Ok(content) => read(content, row.place, types, format).map_err(Problems::listed),
            Err(problems) => Err(problems.clone().listed()),
        };
        if previous.is_none_or(|previous| !same_member(previous, row)) {
            groups.push(MemberRows::default());
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push((row.place, parsed));
        }
        previous = Some(row);
    }
    groups
}

fn read(
    content: &Value,
    place: RowPlace,
    types: &HashMap<String, String>,
    format: (Format, usize),
) -> Result<AttributeRow, Problems> {
    let report = Report::of_new();
    let parsed = read_row(report.root(content), place, types, format);
    report.finish(parsed).map(|(parsed, _)| parsed)
}

fn read_row(
    node: Node<'_, '_>,
    place: RowPlace,
    types: &HashMap<String, String>,
    format: (Format, usize),
) -> Option<AttributeRow> {
    let row = node.object()?;
    let kind = row.required("identifier_kind").and_then(Node::name);
    let identifier = row.required("identifier").and_then(Node::id);
    let attribute = row.required("attribute").and_then(|field| {
        let name = field.name()?;
        let kind = types.get(name);
        if kind.is_none() {
            field.problem(
                "unknown_attribute",
                format!("attribute `{name}` is not defined; PUT /v1/attributes/{name} defines it"),
            );
        }
        Some((name, kind?))
    });
    let value = match node.value().get("value") {
        None => {
            row.required("value");
            None
        }
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) if text.is_empty() && format.0 == Format::Csv => Some(None),
        Some(sent) => attribute.and_then(|(_, kind)| match typed(sent, kind, format) {
            Ok(value) => Some(Some(value)),
            Err(problems) => {
                for problem in problems.listed() {
                    node.adopt("/value", problem);
                }
                None
            }
        }),
    };
    Some(AttributeRow {
        place,
        kind: kind?.to_owned(),
        identifier: identifier?.into_owned(),
        attribute: attribute?.0.to_owned(),
        value: value?,
    })
}

/// The value in the type of its attribute. CSV has only texts; a value of type `json` may be sent as text.
fn typed(sent: &Value, kind: &str, (format, memory_bytes): (Format, usize)) -> Result<Value, Problems> {
    let value = match (kind, sent) {
        ("json", Value::String(text)) => json::parse_within(text, memory_bytes)?,
        ("bool", Value::String(text)) if format == Format::Csv => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => sent.clone(),
        },
        ("int", Value::String(text)) if format == Format::Csv => {
            text.parse::<i64>().map_or_else(|_| sent.clone(), Value::from)
        }
        // The digits exactly as they are written, but always as a text.
        ("decimal", Value::Number(number)) if decimal::parse_scaled(number.as_str(), 9).is_ok() => {
            Value::from(number.as_str())
        }
        _ => sent.clone(),
    };
    attribute::check(kind, &value).map(|()| value).map_err(Problems::from)
}

/// The members that rows name.
#[derive(Default)]
struct NamedMembers {
    /// Their ids, by kind and value of an identifier.
    ids: HashMap<(String, String), String>,
    /// Those that are merged into others: id → survivor.
    survivors: HashMap<String, String>,
}

/// Looks up the members that rows name.
async fn members(app: &App, groups: &[MemberRows]) -> Result<NamedMembers, Error> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for parsed in groups.iter().flat_map(|group| &group.rows).filter_map(|(_, parsed)| parsed.as_ref().ok()) {
        named.entry(&parsed.kind).or_default().insert(&parsed.identifier);
    }
    let mut members = NamedMembers::default();
    for (kind, values) in named {
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        if kind == MEMBER_ID {
            let known = app.store.known_members(&values).await?;
            members.ids.extend(known.into_iter().map(|id| ((kind.to_owned(), id.clone()), id)));
            members.survivors = app.store.survivors(&values).await?;
        } else {
            let known = app.store.members_of(kind, &values).await?;
            members.ids.extend(known.into_iter().map(|(value, id)| ((kind.to_owned(), value), id)));
        }
    }
    Ok(members)
}

/// Attribute and new value; none removes it.
type NewValues = Vec<(String, Option<String>)>;

impl MemberRows {
    /// The member and its new values; none if a row has an error. Errors and warnings go to `prepared`.
    fn check(
        self,
        members: &NamedMembers,
        known: (&Live, &Recommendations),
        prepared: &mut Prepared,
    ) -> Option<(String, NewValues)> {
        let count = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        let mut found: Vec<(RowPlace, Vec<Problem>)> = Vec::new();
        let mut member = None;
        let mut new_values = NewValues::new();
        let mut places = Vec::new();
        let mut attributes = BTreeSet::new();
        for (place, parsed) in self.rows {
            places.push(place);
            let checked = parsed.and_then(|parsed| {
                let id = member_of(&parsed, members)?;
                if !attributes.insert(parsed.attribute.clone()) {
                    return Err(vec![problem(
                        "/attribute",
                        "duplicate_row",
                        format!("the member already has a row for attribute `{}`", parsed.attribute),
                    )]);
                }
                let warnings = check_use(&parsed, known)?;
                Ok((id, parsed, warnings))
            });
            match checked {
                Ok((id, parsed, warnings)) => {
                    prepared.warned = prepared.warned.saturating_add(i64::from(!warnings.is_empty()));
                    prepared
                        .errors
                        .extend(warnings.iter().map(|warning| of_row(parsed.place, false, warning)));
                    member = Some(id);
                    new_values.push((parsed.attribute, parsed.value.map(|value| value.to_string())));
                }
                Err(problems) => found.push((place, problems)),
            }
        }
        if found.is_empty() {
            return Some((member?, new_values));
        }
        prepared.refused = prepared.refused.saturating_add(count);
        report(&found, &places, prepared);
        None
    }
}

/// Reports the errors of a member's rows. One bad row refuses all of them: terms that were computed together
/// must not be applied in part.
fn report(found: &[(RowPlace, Vec<Problem>)], places: &[RowPlace], prepared: &mut Prepared) {
    let first = found.first().map_or(0, |(place, _)| place.row);
    for place in places {
        match found.iter().find(|(bad, _)| bad == place) {
            Some((_, problems)) => {
                prepared.errors.extend(problems.iter().map(|problem| of_row(*place, true, problem)));
            }
            None => {
                let detail = format!("not taken, because row {first} of the same member has an error");
                prepared.errors.push(of_row(*place, true, &problem("", "other_row_refused", detail)));
            }
        }
    }
}

fn member_of(parsed: &AttributeRow, members: &NamedMembers) -> Result<String, Vec<Problem>> {
    let AttributeRow { kind, identifier, .. } = parsed;
    let refused = |code, detail| vec![problem("/identifier", code, detail)];
    let id = members
        .ids
        .get(&(kind.clone(), identifier.clone()))
        .ok_or_else(|| refused("unknown_member", format!("no member has {kind} `{identifier}`")))?;
    match members.survivors.get(id) {
        None => Ok(id.clone()),
        Some(survivor) => {
            let detail = format!("member `{id}` is merged into `{survivor}`; name that one");
            Err(refused("merged_into", detail))
        }
    }
}

/// Checks values that the host itself uses: recommendations, and terms of personal offers, by the reader that receipts
/// use. Returns warnings, or else errors.
fn check_use(
    parsed: &AttributeRow,
    (live, settings): (&Live, &Recommendations),
) -> Result<Vec<Problem>, Vec<Problem>> {
    let Some(value) = &parsed.value else { return Ok(Vec::new()) };
    let plan = &live.active.plan;
    let looks_like_terms = value.get("kind").is_some() && value.get("items").is_some();
    let checked = if looks_like_terms || plan.is_personal(&parsed.attribute) {
        personal::check(value, &plan.context())
    } else if parsed.attribute == settings.attribute {
        recommendations::check(value, plan, settings.most())
    } else {
        return Ok(Vec::new());
    };
    let below = |problems: Vec<Problem>| {
        let below = |found: Problem| Problem { pointer: format!("/value{}", found.pointer), ..found };
        problems.into_iter().map(below).collect()
    };
    match checked {
        Ok(warnings) => Ok(below(warnings)),
        Err(problems) => Err(below(problems.listed())),
    }
}

fn problem(pointer: &str, code: &'static str, detail: String) -> Problem {
    Problem { pointer: pointer.to_owned(), code: code.into(), detail }
}
