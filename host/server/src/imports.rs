//! Uploads of members and attributes: received into a file, then applied in small batches, so that
//! memory stays flat and tills never wait long for the database.
//!
//! What a batch changes, what was wrong with its rows, and how far the import got are written
//! together: an import that was suspended, or whose host went down, goes on where it was.

mod attributes;
mod batches;
mod csv_quotes;
mod errors;
mod members;
mod run;
mod status;
mod upload;
mod upload_file;

pub use run::{cancel, finish_what_was_begun, resume, suspend};
pub use status::{error_rows, status};

use std::collections::BTreeSet;

use axum::body::Body;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{AuditEntry, Import, ImportMode, ImportProgress, ImportState};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::audit::Actor;
use crate::auth::hexadecimal;
use crate::changes::{now, to_the_end};
use crate::error::ApiError;
use crate::state::App;
use batches::Batches;
use upload_file::UploadFile;

/// What an upload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Attributes of members: identifier, attribute, value.
    Attributes,
    /// Members.
    Members,
}

impl Kind {
    /// The name in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Members => "members",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Attributes, Self::Members].into_iter().find(|kind| kind.name() == name)
    }
}

/// How an upload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// JSON, one object a line.
    Ndjson,
}

/// What is to be done with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How it is written.
    pub format: Format,
    /// Whether rows are only checked.
    pub check_only: bool,
    /// Whether members that it does not name are removed.
    pub removes_others: bool,
}

impl Options {
    /// Those of an import of members.
    pub fn of_members(mode: ImportMode) -> Self {
        Self { format: Format::Ndjson, check_only: false, removes_others: mode == ImportMode::Full }
    }

    fn read(import: &Import) -> Result<Self, ApiError> {
        serde_json::from_str(&import.options).map_err(|error| ApiError::internal(&error))
    }
}

/// What the imports of one process share.
#[derive(Debug, Default)]
pub struct Turns {
    /// One import of a kind at a time: the next one waits.
    attributes: Mutex<()>,
    members: Mutex<()>,
    /// Imports that this process is at work on.
    at_work: Mutex<BTreeSet<String>>,
}

impl Turns {
    fn of(&self, kind: Kind) -> &Mutex<()> {
        match kind {
            Kind::Attributes => &self.attributes,
            Kind::Members => &self.members,
        }
    }
}

/// A call that uploads.
pub struct Call {
    /// What the upload holds.
    pub kind: Kind,
    /// What is to be done with it.
    pub options: Options,
    /// Whose upload it is, and the key that names it, if one was sent.
    pub key: Option<(String, String)>,
    /// Whether the call waits for the import to end, for a while.
    pub waits: bool,
}

/// Takes an upload, and applies it. The same upload under the same key is taken once.
pub async fn import(app: App, call: Call, body: Body, actor: Actor) -> Result<Import, ApiError> {
    let id = id(call.kind, call.key.as_ref())?;
    let file = UploadFile::receive(&app, &id, call.options.format, body).await?;
    let Call { kind, options, waits, .. } = call;
    let taken = take(app.clone(), id, (kind, options), file, actor);
    let Taken { import, working } = to_the_end(taken).await?;
    let Some(working) = working.filter(|_| waits) else { return Ok(import) };
    let most = std::time::Duration::from_secs(app.config.imports.wait_seconds);
    // Whether it ended or not, the import itself says.
    let _ = tokio::time::timeout(most, working).await;
    find(&app, kind, &import.id).await
}

/// An import that was stored, and what works on it unless it was there before.
struct Taken {
    import: Import,
    working: Option<JoinHandle<()>>,
}

async fn take(
    app: App,
    id: String,
    (kind, options): (Kind, Options),
    file: UploadFile,
    actor: Actor,
) -> Result<Taken, ApiError> {
    let import = match app.store.import(&id).await? {
        Some(before) => same(before, &file)?,
        None => {
            check(&app, &file, (kind, options)).await?;
            let import = begun(id, (kind, options), &file)?;
            // False if another call with the key was a moment quicker.
            let is_new = app.store.create_import(&import, &entry(&actor, &import)?).await?;
            if is_new { import } else { same(find(&app, kind, &import.id).await?, &file)? }
        }
    };
    // Whoever sends an upload again also brings back one that was lost with its host.
    if import.state != ImportState::Running || file.is_kept() {
        return Ok(Taken { import, working: None });
    }
    file.keep().await?;
    let working = Some(tokio::spawn(run::work(app.clone(), import.id.clone())));
    Ok(Taken { import, working })
}

/// Refuses an upload before anything of it is kept.
async fn check(app: &App, file: &UploadFile, (kind, options): (Kind, Options)) -> Result<(), ApiError> {
    match kind {
        Kind::Attributes => Batches::open(file.path(), (kind, options), ImportProgress::default()).map(drop),
        Kind::Members => members::check_all(app, file, options).await,
    }
}

fn begun(id: String, (kind, options): (Kind, Options), file: &UploadFile) -> Result<Import, ApiError> {
    let now = now();
    Ok(Import {
        id,
        kind: kind.name().to_owned(),
        state: ImportState::Running,
        options: serde_json::to_string(&options).map_err(|error| ApiError::internal(&error))?,
        fingerprint: file.fingerprint.clone(),
        rows_total: file.rows,
        bytes_total: file.bytes,
        progress: ImportProgress::default(),
        revisions: None,
        detail: String::new(),
        created_at: now,
        updated_at: now,
    })
}

fn entry(actor: &Actor, import: &Import) -> Result<AuditEntry, ApiError> {
    let Options { check_only, removes_others, .. } = Options::read(import)?;
    let detail = json!({
        "kind": import.kind,
        "check_only": check_only,
        "removes_others": removes_others,
        "rows": import.rows_total,
    });
    let actor = actor.clone().sending(format!("sha256:{}", import.fingerprint));
    Ok(actor.entry("import.start", &import.id, detail))
}

/// The import that the key stands for already.
fn same(import: Import, file: &UploadFile) -> Result<Import, ApiError> {
    if import.fingerprint == file.fingerprint {
        return Ok(import);
    }
    let detail = format!("the Idempotency-Key belongs to another upload, import `{}`", import.id);
    Err(ApiError::State { code: "idempotency_key_reused", detail })
}

/// The import of a kind with an id.
pub async fn find(app: &App, kind: Kind, id: &str) -> Result<Import, ApiError> {
    let found = app.store.import(id).await?.filter(|import| import.kind == kind.name());
    found.ok_or_else(|| ApiError::NotFound(format!("import `{id}` of {}", kind.name())))
}

/// A new id; the same one for the same key.
fn id(kind: Kind, key: Option<&(String, String)>) -> Result<String, ApiError> {
    use sha2::Digest as _;

    let mut bytes = [0_u8; 10];
    match key {
        Some((caller, key)) => {
            let digest = sha2::Sha256::digest(format!("{}\0{caller}\0{key}", kind.name()));
            bytes.iter_mut().zip(digest).for_each(|(byte, digit)| *byte = digit);
        }
        None => getrandom::fill(&mut bytes).map_err(|error| ApiError::internal(&error))?,
    }
    Ok(hexadecimal(&bytes))
}
