//! Imports of members: all rows are checked before the first is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use domain::caseless::folded_identifier;
use domain::decimal::format_scaled;
use serde_json::Value;
use store::{IdentifierOwner, MemberProfile, MemberRow};
use wire::attribute;
use wire::member::{self, MemberRecord};
use wire::problem::{Problem, Problems, UNKNOWN_FIELD};
use wire::reader::Scales;

use super::Options;
use super::errors::{RowPlace, of_row, refused};
use super::prepared::Prepared;
use super::upload::{UploadReader, UploadRow};
use super::upload_file::UploadFile;
use crate::error::Error;
use crate::state::App;

/// Problems after which a file is not checked any further: one with the wrong columns has one in each row.
const PROBLEMS_MAX: usize = 1_000;
/// Rows of one look-up in the database.
const LOOKED_UP: usize = 500;

/// Checks every row of an upload: alone, against the other rows, and against the stored members.
pub(super) async fn check_all(app: &App, file: &UploadFile, options: &Options) -> Result<(), Error> {
    let types: HashMap<String, String> =
        app.store.attributes().await?.into_iter().map(|attribute| (attribute.name, attribute.kind)).collect();
    let mut check = Check {
        scales: app.live.load().active.plan.scales(),
        types,
        first_rows: FirstRows::default(),
        waiting: Vec::new(),
        taken: Vec::new(),
        problems: Problems::default(),
    };
    let memory_bytes = app.config.limits.row_memory_bytes();
    let mut upload = UploadReader::open(file.path(), options.format, &[], (0, 0), memory_bytes)
        .map_err(|error| Error::internal(&error))?;
    let mut rows = 0_u64;
    while let Some(row) = upload.next().map_err(|error| Error::internal(&error))? {
        rows = rows.saturating_add(1);
        check.row(&row);
        if check.waiting.len() >= LOOKED_UP {
            check.look_up(app, options).await?;
        }
        if check.problems.len() >= PROBLEMS_MAX {
            break;
        }
        if rows.is_multiple_of(1_000) {
            // Let other tasks of this thread run.
            tokio::task::yield_now().await;
        }
    }
    check.look_up(app, options).await?;
    if rows == 0 && options.removes_others {
        let detail = "an empty import would remove every member; send at least one row";
        return Err(refused(Problems::of_document("empty_import", detail)));
    }
    check.finish()
}

/// Works out the writes of a batch, with a warning about the first of its rows that has a field of an unknown name. The
/// rows were checked, so one that cannot be read is a failure of the host.
pub(super) async fn prepare(app: &App, rows: &[UploadRow]) -> Result<Prepared, Error> {
    let scales = app.live.load().active.plan.scales();
    let mut members: BTreeMap<String, MemberRow> = BTreeMap::new();
    let mut places: BTreeMap<String, RowPlace> = BTreeMap::new();
    let mut warnings: Vec<(RowPlace, Problem)> = Vec::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        let damaged = || Error::damaged("row of an import that was checked");
        let content = row.content.as_ref().map_err(|_| damaged())?;
        let (member, found) = member::parse_stored(content, scales).map_err(|_| damaged())?;
        // Other systems send the same fields with every member.
        let found = found
            .into_iter()
            .filter(|problem| problem.code != UNKNOWN_FIELD || unknown.insert(problem.pointer.clone()));
        warnings.extend(found.map(|problem| (row.place, problem)));
        places.insert(member.id.clone(), row.place);
        members.insert(member.id.clone(), member_row(member, content, scales));
    }
    let mut prepared = Prepared { members: members.into_values().collect(), ..Prepared::default() };
    let ids: Vec<String> = places.keys().cloned().collect();
    let survivors = app.store.survivors(&ids).await?;
    let merged = survivors.iter();
    warnings.extend(merged.filter_map(|(id, survivor)| Some((*places.get(id)?, merged_into(id, survivor)))));
    warnings.sort_by_key(|(place, _)| place.row);
    let warned: BTreeSet<i64> = warnings.iter().map(|(place, _)| place.row).collect();
    prepared.warned = i64::try_from(warned.len()).unwrap_or(i64::MAX);
    prepared.errors.extend(warnings.iter().map(|(place, problem)| of_row(*place, false, problem)));
    Ok(prepared)
}

/// The warning of a row whose member is merged into another.
fn merged_into(id: &str, survivor: &str) -> Problem {
    let detail = format!(
        "member `{id}` is merged into `{survivor}`: the points of this row count there, the rest of it is left out"
    );
    Problem { pointer: "/id".to_owned(), code: "merged_into".into(), detail }
}

/// The writes of one row. A field that the row does not have stays as it is.
fn member_row(member: MemberRecord, content: &Value, scales: Scales) -> MemberRow {
    let is_present = |name: &str| content.get(name).is_some_and(|value| !value.is_null());
    let profile = MemberProfile {
        state: is_present("state").then(|| member.state.name().to_owned()),
        points: is_present("points")
            .then(|| (format_scaled(member.points.0, scales.points), member.points.0)),
        identifiers: is_present("identifiers").then_some(member.identifiers),
        audiences: is_present("audiences").then(|| member.audiences.into_iter().collect()),
    };
    let text = |value: Value| (!value.is_null()).then(|| value.to_string());
    let attributes = member.attributes.into_iter().map(|(name, value)| (name, text(value)));
    MemberRow { id: member.id, profile: Some(profile), attributes: attributes.collect() }
}

/// The check of an upload, row by row.
struct Check {
    scales: Scales,
    types: HashMap<String, String>,
    first_rows: FirstRows,
    /// Rows whose identifiers are not checked yet.
    waiting: Vec<IdentifiersRow>,
    /// Identifiers of other members, who may come later in the upload: pointer and owner.
    taken: Vec<(String, IdentifierOwner)>,
    problems: Problems,
}

/// The identifiers of a row.
struct IdentifiersRow {
    row: i64,
    member: String,
    /// JSON pointer, kind and value of each.
    identifiers: Vec<(String, (String, String))>,
}

impl Check {
    fn row(&mut self, row: &UploadRow) {
        let index = row.place.index();
        let at = |pointer: &str| format!("/{index}{pointer}");
        let parsed = match &row.content {
            Ok(content) => member::parse(content, self.scales),
            Err(problems) => Err(problems.clone()),
        };
        let member = match parsed {
            Ok((member, _)) => member,
            Err(problems) => {
                let here = |problem: Problem| Problem { pointer: at(&problem.pointer), ..problem };
                self.problems.append(problems.map(here));
                return;
            }
        };
        if let Some(first) = self.first_rows.member(&member.id, row.place.row) {
            self.problem(at(""), "duplicate_id", format!("the member is already given in row {first}"));
        }
        let identifiers = member.identifiers.into_iter().enumerate();
        let identifiers =
            identifiers.map(|(ordinal, identifier)| (at(&format!("/identifiers/{ordinal}")), identifier));
        let identifiers = identifiers.collect();
        self.waiting.push(IdentifiersRow { row: row.place.row, member: member.id, identifiers });
        for (name, value) in member.attributes.iter().filter(|(_, value)| !value.is_null()) {
            let Some(kind) = self.types.get(name) else { continue };
            if let Err(problem) = attribute::check(kind, value) {
                let pointer = at(&wire::pointer::below("/attributes", name));
                self.problems.push(Problem { pointer, ..problem });
            }
        }
    }

    /// Checks the identifiers of the rows that wait. A row of a merged member gives it none, so that it may name those
    /// of its survivor.
    async fn look_up(&mut self, app: &App, options: &Options) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.waiting);
        let members: Vec<String> = waiting.iter().map(|row| row.member.clone()).collect();
        let survivors = app.store.survivors(&members).await?;
        let mut by_kind: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
        for IdentifiersRow { row, member, identifiers } in waiting {
            let survivor = survivors.get(&member);
            for (pointer, identifier) in identifiers {
                let person = survivor.unwrap_or(&member);
                if let Some(first) = self.first_rows.identifier(&identifier, person, row) {
                    let detail = format!("the identifier is already given in row {first}");
                    self.problem(pointer.clone(), "duplicate_identifier", detail);
                }
                // Others lose what a full import gives to a member.
                if survivor.is_none() && !options.removes_others {
                    let (kind, value) = identifier;
                    by_kind.entry(kind).or_default().push((member.clone(), pointer, value));
                }
            }
        }
        for (kind, look_ups) in by_kind {
            let values: Vec<String> = look_ups.iter().map(|(_, _, value)| value.clone()).collect();
            let owners = app.store.identifier_owners(&kind, &values).await?;
            for (member, pointer, value) in look_ups {
                if let Some(owner) = owners.get(&value).filter(|owner| owner.member_id != member) {
                    self.taken.push((pointer, owner.clone()));
                }
            }
        }
        Ok(())
    }

    fn problem(&mut self, pointer: String, code: &'static str, detail: String) {
        self.problems.push(Problem { pointer, code: code.into(), detail });
    }

    fn finish(mut self) -> Result<(), Error> {
        for (pointer, owner) in std::mem::take(&mut self.taken) {
            // An owner in the same upload gives the identifier away there, unless it got it by a merger: its row says
            // nothing of that.
            let IdentifierOwner { member_id, given_to } = owner;
            let detail = match given_to {
                Some(merged) => {
                    format!("belongs to member `{member_id}`, into whom its owner `{merged}` was merged")
                }
                None if self.first_rows.has_member(&member_id) => continue,
                None => format!("belongs to member `{member_id}`"),
            };
            self.problem(pointer, "identifier_taken", detail);
        }
        self.problems.or(()).map_err(|problems| {
            if problems.len() < PROBLEMS_MAX {
                return refused(problems);
            }
            let what = "the import has a thousand problems, and was not checked to its end";
            Error::Refused { code: "import_refused", what, problems }
        })
    }
}

/// The first row of each member and identifier, by fingerprints of 128 bits: a million members take about
/// 50 MB.
struct FirstRows {
    hashers: (RandomState, RandomState),
    /// The latest row of each, and a fingerprint of the person whose row it was.
    first: HashMap<(u64, u64), (u32, u32)>,
    members: HashSet<(u64, u64)>,
}

impl Default for FirstRows {
    fn default() -> Self {
        Self {
            hashers: (RandomState::new(), RandomState::new()),
            first: HashMap::new(),
            members: HashSet::new(),
        }
    }
}

impl FirstRows {
    /// Records the row of a member; returns the earlier row that has it, if there is one.
    fn member(&mut self, id: &str, row: i64) -> Option<u32> {
        let print = self.print(("member", "", id));
        self.members.insert(print);
        self.record(print, 0, row).map(|(row, _)| row)
    }

    fn has_member(&self, id: &str) -> bool {
        self.members.contains(&self.print(("member", "", id)))
    }

    /// Records the row of an identifier; returns the earlier row of another person that has it, or of the same member
    /// if it names the identifier twice, if there is one. A merged member and its survivor are one person.
    fn identifier(&mut self, (kind, value): &(String, String), person: &str, row: i64) -> Option<u32> {
        let (kind, value) = folded_identifier(kind, value);
        let print = self.print(("identifier", &kind, &value));
        let person = self.hashers.0.hash_one(person).to_be_bytes();
        let [a, b, c, d, ..] = person;
        let person = u32::from_be_bytes([a, b, c, d]);
        let (earlier, of) = self.record(print, person, row)?;
        (of != person || i64::from(earlier) == row).then_some(earlier)
    }

    fn record(&mut self, print: (u64, u64), person: u32, row: i64) -> Option<(u32, u32)> {
        self.first.insert(print, (u32::try_from(row).unwrap_or(u32::MAX), person))
    }

    fn print(&self, of: (&str, &str, &str)) -> (u64, u64) {
        (self.hashers.0.hash_one(of), self.hashers.1.hash_one(of))
    }
}
