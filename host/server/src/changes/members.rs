//! Imports of members, and members on their way back to pricing.

use std::collections::{BTreeMap, BTreeSet};

use domain::decimal::format_scaled;
use serde_json::{Map, Value, json};
use store::{AttributeValue, ImportMode, MemberChange, Revision};

use super::now;
use crate::body::{RowsBody, in_row};
use crate::error::ApiError;
use crate::state::App;
use crate::wire::member::{self, MemberRecord};
use crate::wire::problem::{Problem, Problems};
use crate::wire::reader::Scales;

/// What an import did.
pub struct Imported {
    /// The new revision.
    pub revision: Revision,
    /// How many members it named.
    pub members: usize,
    /// What is odd, but not in the way.
    pub warnings: Problems,
}

/// Takes all members, or none.
pub async fn import(app: App, mode: ImportMode, body: RowsBody) -> Result<Imported, ApiError> {
    let scales = app.live.load().plan.scales();
    let read = read(body, scales).map_err(refused)?;
    let _turn = app.changes.lock().await;
    if mode == ImportMode::Delta {
        taken_identifiers(&app, &read.members).await?;
    }
    let members: Vec<_> = read.members.into_iter().map(|(_, member)| stored(member, scales)).collect();
    let count = members.len();
    let revision = app.store.change_members(&MemberChange { mode, members }, now()).await?;
    tracing::info!(revision, members = count, "members imported");
    Ok(Imported { revision, members: count, warnings: Problems(read.warnings) })
}

/// A stored member as the plan file would write it, read back.
pub fn restore(member: &store::MemberRecord, scales: Scales) -> Result<MemberRecord, Problems> {
    let mut attributes = Map::new();
    for AttributeValue { name, value, .. } in &member.attributes {
        attributes.insert(name.clone(), crate::wire::json::parse(value)?);
    }
    let identifiers: Vec<_> =
        member.identifiers.iter().map(|(kind, value)| json!({"kind": kind, "value": value})).collect();
    let document = json!({
        "id": member.id,
        "state": member.state,
        "points": member.points,
        "identifiers": identifiers,
        "audiences": member.audiences,
        "attributes": attributes,
    });
    member::parse(&document, scales).map(|(member, _)| member)
}

struct Read {
    /// With the number of the row.
    members: Vec<(usize, MemberRecord)>,
    warnings: Vec<Problem>,
}

fn read(body: RowsBody, scales: Scales) -> Result<Read, Problems> {
    let mut read = Read { members: Vec::new(), warnings: Vec::new() };
    let mut problems = Vec::new();
    let mut ids = BTreeMap::new();
    let mut identifiers = BTreeMap::new();
    for (number, value) in body.rows {
        match member::parse(&value, scales) {
            Ok((member, warnings)) => {
                read.warnings.extend(in_row(number, Problems(warnings)));
                if let Some(first) = ids.insert(member.id.clone(), number) {
                    problems.push(duplicate(number, "duplicate_id", "the member", first));
                }
                for identifier in &member.identifiers {
                    if let Some(first) = identifiers.insert(identifier.clone(), number) {
                        problems.push(duplicate(number, "duplicate_identifier", "an identifier", first));
                    }
                }
                read.members.push((number, member));
            }
            Err(found) => problems.extend(in_row(number, found)),
        }
    }
    if problems.is_empty() { Ok(read) } else { Err(Problems(problems)) }
}

/// Identifiers that belong to members which the import leaves alone.
async fn taken_identifiers(app: &App, members: &[(usize, MemberRecord)]) -> Result<(), ApiError> {
    let imported: BTreeSet<&str> = members.iter().map(|(_, member)| member.id.as_str()).collect();
    let mut problems = Vec::new();
    for (number, member) in members {
        for (ordinal, (kind, value)) in member.identifiers.iter().enumerate() {
            let owner = app.store.identifier_owner(kind, value).await?;
            if let Some(owner) = owner.filter(|owner| !imported.contains(owner.as_str())) {
                problems.push(Problem {
                    pointer: format!("/{number}/identifiers/{ordinal}"),
                    code: "identifier_taken".into(),
                    detail: format!("belongs to member `{owner}`"),
                });
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(refused(Problems(problems))) }
}

fn stored(member: MemberRecord, scales: Scales) -> store::MemberRecord {
    store::MemberRecord {
        id: member.id,
        state: member.state.name().to_owned(),
        points: format_scaled(member.points.0, scales.points),
        points_imported: member.points.0,
        identifiers: member.identifiers,
        audiences: member.audiences.into_iter().collect(),
        attributes: member
            .attributes
            .into_iter()
            .map(|(name, value): (String, Value)| AttributeValue {
                name,
                value: value.to_string(),
                revision: 0,
            })
            .collect(),
    }
}

fn duplicate(number: usize, code: &'static str, what: &str, first: usize) -> Problem {
    let detail = format!("{what} is already given in row {first}");
    Problem { pointer: format!("/{number}"), code: code.into(), detail }
}

fn refused(problems: Problems) -> ApiError {
    ApiError::Refused { code: "import_refused", what: "the import has problems", problems }
}
