//! Uploads of the members of an audience. Rows are staged in the database first, and take effect in one
//! transaction.

use serde_json::{Value, json};
use store::{AuditEntry, ListEffect, ListedMember, Revision};
use wire::audience::{MemberName, Upload, parse_row, parse_upload};
use wire::json;
use wire::problem::{Problem, Problems};

use super::{known, unknown};
use crate::audit::Actor;
use crate::clock::now;
use crate::error::Error;
use crate::state::App;
use crate::stream::Lines;

/// Rows that are staged in one transaction.
const BATCH: usize = 2_000;

/// Result of an upload.
pub struct UploadedMembers {
    /// The new revision.
    pub revision: Revision,
    /// Number of rows in the upload.
    pub rows: usize,
    /// Number of uploaded members of the audience afterwards.
    pub size: i64,
    /// Rows that were left out.
    pub skipped: Skipped,
}

/// Rows that were left out, with their problems.
#[derive(Debug, Default)]
pub struct Skipped {
    /// Number of rows.
    pub rows: usize,
    /// Their problems.
    pub problems: Problems,
}

impl Skipped {
    fn add(&mut self, problems: Problems) {
        self.rows = self.rows.saturating_add(1);
        self.problems.append(problems);
    }
}

/// Uploads members as NDJSON, one row a line. With `skips` bad rows are left out; otherwise one of them
/// refuses the upload.
pub async fn rows(
    app: App,
    name: String,
    effect: ListEffect,
    skips: bool,
    mut lines: Lines,
    actor: Actor,
) -> Result<UploadedMembers, Error> {
    check(&app, &name).await?;
    let mut list = StagedList::begin(&app, &name).await?;
    if let Err(error) = list.fill(&mut lines).await {
        list.give_up().await?;
        return Err(error);
    }
    if !skips && list.skipped.rows > 0 {
        let skipped = list.give_up().await?;
        return Err(refused(skipped.problems));
    }
    let entry = list.entry(&actor.sending(lines.digest()), &name, effect);
    let applied = app.store.apply_audience_list(list.number, effect, &entry).await?;
    let revision = applied.ok_or_else(|| unknown(&name))?;
    let size = app.store.audience_size(&name).await?;
    tracing::info!(revision, audience = name, size, "members of an audience uploaded");
    Ok(UploadedMembers { revision, rows: list.rows, size, skipped: list.skipped })
}

/// Uploads members as one JSON document: a whole list, or members to add and to remove.
pub async fn document(
    app: App,
    name: String,
    skips: bool,
    body: Value,
    actor: Actor,
) -> Result<UploadedMembers, Error> {
    apply(app, name, skips, parse_upload(&body).map_err(refused)?, actor).await
}

/// As [`document`], of an upload that was read.
pub async fn apply(
    app: App,
    name: String,
    skips: bool,
    upload: Upload,
    actor: Actor,
) -> Result<UploadedMembers, Error> {
    let Upload { members, add, remove } = upload;
    check(&app, &name).await?;
    let parts = match members {
        Some(members) => vec![(ListEffect::Replace, members)],
        None => vec![(ListEffect::Add, add), (ListEffect::Remove, remove)],
    };
    let mut lists = Vec::new();
    let mut skipped = Skipped::default();
    let mut rows = 0_usize;
    for (effect, members) in parts {
        if members.is_empty() && effect != ListEffect::Replace {
            continue;
        }
        let mut list = StagedList::begin(&app, &name).await?;
        list.take(members).await?;
        rows = rows.saturating_add(list.rows);
        skipped.rows = skipped.rows.saturating_add(list.skipped.rows);
        skipped.problems.append(std::mem::take(&mut list.skipped.problems));
        lists.push((effect, list));
    }
    if !skips && skipped.rows > 0 {
        for (_, list) in lists {
            list.give_up().await?;
        }
        return Err(refused(skipped.problems));
    }
    let mut revision = app.store.revision().await?;
    for (effect, list) in lists {
        let entry = list.entry(&actor, &name, effect);
        let applied = app.store.apply_audience_list(list.number, effect, &entry).await?;
        revision = applied.ok_or_else(|| unknown(&name))?;
    }
    let size = app.store.audience_size(&name).await?;
    Ok(UploadedMembers { revision, rows, size, skipped })
}

/// Refuses an audience that is not defined, or is computed.
async fn check(app: &App, name: &str) -> Result<(), Error> {
    let audience = known(app, name).await?;
    if audience.rule.is_none() {
        return Ok(());
    }
    let detail = wire::audience::computed_detail(name);
    Err(Error::State { code: "audience_is_computed", detail })
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "upload_refused", what: "the upload has problems", problems }
}

/// Members that are staged in the database, and not in the audience yet.
struct StagedList<'a> {
    app: &'a App,
    number: i64,
    /// Members of the next batch, with the pointers of their rows.
    waiting: Vec<(String, MemberName)>,
    rows: usize,
    skipped: Skipped,
}

impl<'a> StagedList<'a> {
    async fn begin(app: &'a App, audience: &str) -> Result<Self, Error> {
        let number = app.store.begin_audience_list(audience, now()).await?;
        Ok(Self { app, number, waiting: Vec::new(), rows: 0, skipped: Skipped::default() })
    }

    async fn fill(&mut self, lines: &mut Lines) -> Result<(), Error> {
        let mut number = 0_usize;
        while let Some(line) = lines.next().await? {
            if !line.trim_ascii().is_empty() {
                self.row(number, &line);
            }
            number = number.saturating_add(1);
            if self.waiting.len() >= BATCH {
                self.store_waiting().await?;
            }
        }
        self.store_waiting().await
    }

    fn row(&mut self, number: usize, line: &[u8]) {
        self.rows = self.rows.saturating_add(1);
        let memory_bytes = self.app.config.limits.document_memory_bytes;
        match json::parse_bytes(line, memory_bytes).and_then(|row| parse_row(&row)) {
            Ok(member) => self.waiting.push((format!("/{number}"), member)),
            Err(problems) => self.skipped.add(problems.in_row(number)),
        }
    }

    async fn take(&mut self, members: Vec<(String, MemberName)>) -> Result<(), Error> {
        self.rows = members.len();
        for (pointer, member) in members {
            self.waiting.push((pointer, member));
            if self.waiting.len() >= BATCH {
                self.store_waiting().await?;
            }
        }
        self.store_waiting().await
    }

    async fn store_waiting(&mut self) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let (pointers, members): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|(pointer, member)| (pointer, listed(member))).unzip();
        for place in self.app.store.extend_audience_list(self.number, &members).await? {
            let pointer = pointers.get(place).cloned().unwrap_or_default();
            let detail = members.get(place).map(unknown_member).unwrap_or_default();
            self.skipped.add(Problem { pointer, code: "unknown_member".into(), detail }.into());
        }
        Ok(())
    }

    fn entry(&self, actor: &Actor, audience: &str, effect: ListEffect) -> AuditEntry {
        let effect = match effect {
            ListEffect::Add => "add",
            ListEffect::Remove => "remove",
            ListEffect::Replace => "replace",
        };
        let detail = json!({"effect": effect, "rows": self.rows, "skipped": self.skipped.rows});
        actor.entry("audience.members", audience, detail)
    }

    async fn give_up(self) -> Result<Skipped, Error> {
        self.app.store.drop_audience_list(self.number).await?;
        Ok(self.skipped)
    }
}

fn listed(member: MemberName) -> ListedMember {
    match member {
        MemberName::Id(id) => ListedMember::Id(id),
        MemberName::Identifier(kind, value) => ListedMember::Identifier(kind, value),
    }
}

fn unknown_member(member: &ListedMember) -> String {
    match member {
        ListedMember::Id(id) => format!("there is no member `{id}`; import members first"),
        ListedMember::Identifier(kind, value) => format!("no member has the {kind} `{value}`"),
    }
}
