//! Uploads of members and attributes: received into a file, then applied in small batches, so that
//! memory stays flat and tills never wait long for the database.
//!
//! What a batch changes, what was wrong with its rows, and how far the import got are written
//! together: an import that was suspended, or whose host went down, goes on where it was.

mod attributes;
mod batches;
mod csv_quotes;
mod errors;
pub mod locks;
mod members;
mod options;
mod prepared;
mod run;
mod status;
mod upload;
mod upload_file;

pub use options::{Format, ImportKind, Options};
pub use run::{cancel, finish_what_was_begun, resume, suspend};
pub use status::{error_rows, status};

use serde_json::json;
use store::{AuditEntry, Import, ImportProgress, ImportState};
use tokio::task::JoinHandle;

use crate::audit::Actor;
use crate::changes::to_the_end;
use crate::clock::now;
use crate::error::Error;
use crate::state::App;
use crate::stream::ByteStream;
use batches::Batches;
use upload_file::UploadFile;

/// A call that uploads.
pub struct ImportCall {
    /// What the upload holds.
    pub kind: ImportKind,
    /// What is to be done with it.
    pub options: Options,
    /// Whose upload it is, and the key that names it, if one was sent.
    pub key: Option<(String, String)>,
    /// Whether the call waits for the import to end, for a while.
    pub waits: bool,
}

/// Takes an upload, and applies it. The same upload under the same key is taken once.
pub async fn import(app: App, call: ImportCall, body: ByteStream, actor: Actor) -> Result<Import, Error> {
    let id = id(call.kind, call.key.as_ref())?;
    let file = UploadFile::receive(&app, &id, call.options.format, body).await?;
    let ImportCall { kind, options, waits, .. } = call;
    let taken = take(app.clone(), id, (kind, options), file, actor);
    let AcceptedImport { import, working } = to_the_end(taken).await?;
    let Some(working) = working.filter(|_| waits) else { return Ok(import) };
    let most = std::time::Duration::from_secs(app.config.imports.wait_seconds);
    // Whether it ended or not, the import itself says.
    let _ = tokio::time::timeout(most, working).await;
    find(&app, kind, &import.id).await
}

/// An import that was stored, and what works on it unless it was there before.
struct AcceptedImport {
    import: Import,
    working: Option<JoinHandle<()>>,
}

async fn take(
    app: App,
    id: String,
    (kind, options): (ImportKind, Options),
    file: UploadFile,
    actor: Actor,
) -> Result<AcceptedImport, Error> {
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
        return Ok(AcceptedImport { import, working: None });
    }
    file.keep().await?;
    let working = Some(tokio::spawn(run::work(app.clone(), import.id.clone())));
    Ok(AcceptedImport { import, working })
}

/// Refuses an upload before anything of it is kept.
async fn check(app: &App, file: &UploadFile, (kind, options): (ImportKind, Options)) -> Result<(), Error> {
    match kind {
        ImportKind::Attributes => Batches::open(file.path(), (kind, options), ImportProgress::default()).map(drop),
        ImportKind::Members => members::check_all(app, file, options).await,
    }
}

fn begun(id: String, (kind, options): (ImportKind, Options), file: &UploadFile) -> Result<Import, Error> {
    let now = now();
    Ok(Import {
        id,
        kind: kind.name().to_owned(),
        state: ImportState::Running,
        options: serde_json::to_string(&options).map_err(|error| Error::internal(&error))?,
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

fn entry(actor: &Actor, import: &Import) -> Result<AuditEntry, Error> {
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
fn same(import: Import, file: &UploadFile) -> Result<Import, Error> {
    if import.fingerprint == file.fingerprint {
        return Ok(import);
    }
    let detail = format!("the Idempotency-Key belongs to another upload, import `{}`", import.id);
    Err(Error::State { code: "idempotency_key_reused", detail })
}

/// The import of a kind with an id.
pub async fn find(app: &App, kind: ImportKind, id: &str) -> Result<Import, Error> {
    let found = app.store.import(id).await?.filter(|import| import.kind == kind.name());
    found.ok_or_else(|| Error::NotFound(format!("import `{id}` of {}", kind.name())))
}

/// A new id; the same one for the same key.
fn id(kind: ImportKind, key: Option<&(String, String)>) -> Result<String, Error> {
    use sha2::Digest as _;

    let mut bytes = [0_u8; 10];
    match key {
        Some((caller, key)) => {
            let digest = sha2::Sha256::digest(format!("{}\0{caller}\0{key}", kind.name()));
            bytes.iter_mut().zip(digest).for_each(|(byte, digit)| *byte = digit);
        }
        None => getrandom::fill(&mut bytes).map_err(|error| Error::internal(&error))?,
    }
    Ok(hex::encode(bytes))
}
