//! Imports of members, attributes and coupon codes: an upload is received into a file, then applied in small batches, so
//! that memory stays flat and tills never wait long for the database.
//!
//! The changes of a batch, the problems of its rows and the progress of the import are written in one
//! transaction: an import that was suspended, whose host was stopped, or whose database was away goes on after its last
//! batch.

mod attributes;
mod batches;
mod control;
mod coupons;
mod csv_quotes;
mod errors;
mod generated;
pub mod leftovers;
pub mod locks;
mod members;
mod options;
mod order;
mod prepared;
mod run;
mod status;
mod takeover;
mod upload;
mod upload_file;
mod watch;

pub use control::{cancel, resume, suspend};
pub use options::{Format, Generate, ImportKind, Options};
pub use order::{GenerateCall, generate};
pub use status::{error_rows, status};
pub(crate) use upload_file::folder;
pub use watch::{look, resume_own};

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
pub use upload_file::folder as upload_folder;

/// A request to import an upload.
pub struct ImportCall {
    /// The type of the upload's rows.
    pub kind: ImportKind,
    /// Format and options.
    pub options: Options,
    /// Digest of the caller's key, and the `Idempotency-Key`, if one was sent.
    pub key: Option<(String, String)>,
    /// True to wait for the end of the import, at most `imports.wait_seconds`.
    pub waits: bool,
}

/// Receives an upload and starts its import. The same upload under the same key is imported once.
pub async fn import(app: App, call: ImportCall, body: ByteStream, actor: Actor) -> Result<Import, Error> {
    let id = id(call.kind, call.key.as_ref())?;
    let file = UploadFile::receive(&app, &id, call.options.format, body).await?;
    let ImportCall { kind, options, waits, .. } = call;
    let accepted = accept(app.clone(), id, (kind, options), file, actor);
    let AcceptedImport { import, worker } = to_the_end(accepted).await?;
    let Some(worker) = worker.filter(|_| waits) else { return Ok(import) };
    let limit = std::time::Duration::from_secs(app.config.imports.wait_seconds);
    // The state of the import says whether it ended in time.
    let _ = tokio::time::timeout(limit, worker).await;
    find(&app, kind, &import.id).await
}

/// An import that is stored, and the task that applies it; none if it was accepted before.
struct AcceptedImport {
    import: Import,
    worker: Option<JoinHandle<()>>,
}

/// Stores a new import and starts its task, or finds the one that the key stands for.
async fn accept(
    app: App,
    id: String,
    (kind, options): (ImportKind, Options),
    file: UploadFile,
    actor: Actor,
) -> Result<AcceptedImport, Error> {
    // Held from before the import is stored until it ends: nobody takes it for one that no task works on.
    let at_work = app.imports.begin(&id);
    let import = match app.store.import(&id).await? {
        Some(before) => check_same(before, &file.fingerprint, &options)?,
        None => {
            check(&app, &file, (kind, &options)).await?;
            let totals = (file.rows, file.bytes);
            let import = new_import((id, &app.node.id), (kind, &options), &file.fingerprint, totals)?;
            create(&app, kind, import, &options, &actor).await?
        }
    };
    let Some(at_work) = at_work else { return Ok(AcceptedImport { import, worker: None }) };
    let import = revive(&app, kind, import, &actor).await?;
    if import.state == ImportState::Running {
        // An upload that is sent again replaces one that was lost with its host.
        file.keep().await?;
    }
    let worker = takeover::start(&app, &import, at_work).await?;
    Ok(AcceptedImport { import, worker })
}

/// Stores a new import; returns the stored one if another call with the same key was faster.
async fn create(
    app: &App,
    kind: ImportKind,
    import: Import,
    options: &Options,
    actor: &Actor,
) -> Result<Import, Error> {
    if app.store.create_import(&import, &entry(actor, &import)?).await? {
        return Ok(import);
    }
    check_same(find(app, kind, &import.id).await?, &import.fingerprint, options)
}

/// Lets an import that has failed go on where it stood, since it was sent again. Others stay as they are.
async fn revive(app: &App, kind: ImportKind, import: Import, actor: &Actor) -> Result<Import, Error> {
    if import.state != ImportState::Failed {
        return Ok(import);
    }
    let detail = json!({"kind": import.kind, "rows": import.progress.rows});
    let entry = actor.entry("import.resume", &import.id, detail);
    let from_to = (ImportState::Failed, ImportState::Running);
    // False if another call was faster.
    app.store.set_import_state_audited(&import.id, from_to, &entry).await?;
    find(app, kind, &import.id).await
}

/// Refuses an upload before anything of it is kept.
async fn check(app: &App, file: &UploadFile, (kind, options): (ImportKind, &Options)) -> Result<(), Error> {
    let memory_bytes = app.config.limits.row_memory_bytes();
    let open = || Batches::open(file.path(), (kind, options), ImportProgress::default(), memory_bytes);
    match kind {
        ImportKind::Attributes => open().map(drop),
        ImportKind::Coupons => {
            open()?;
            coupons::check_room(app, options.pool()?, file.rows).await
        }
        ImportKind::Members => members::check_all(app, file, options).await,
    }
}

/// A new import, before its first row.
fn new_import(
    (id, node): (String, &str),
    (kind, options): (ImportKind, &Options),
    fingerprint: &str,
    (rows_total, bytes_total): (i64, i64),
) -> Result<Import, Error> {
    let now = now();
    Ok(Import {
        id,
        kind: kind.name().to_owned(),
        state: ImportState::Running,
        options: serde_json::to_string(options).map_err(|error| Error::internal(&error))?,
        fingerprint: fingerprint.to_owned(),
        rows_total,
        bytes_total,
        progress: ImportProgress::default(),
        revisions: None,
        detail: String::new(),
        node: node.to_owned(),
        silent_ms: 0,
        created_at: now,
        updated_at: now,
    })
}

fn entry(actor: &Actor, import: &Import) -> Result<AuditEntry, Error> {
    let Options { check_only, removes_others, pool, .. } = Options::read(import)?;
    let mut detail = json!({
        "kind": import.kind,
        "check_only": check_only,
        "removes_others": removes_others,
        "rows": import.rows_total,
    });
    if let Some((pool, fields)) = pool.zip(detail.as_object_mut()) {
        fields.insert("pool".to_owned(), json!(pool));
    }
    let actor = actor.clone().sending(format!("sha256:{}", import.fingerprint));
    Ok(actor.entry("import.start", &import.id, detail))
}

/// The import that a key stands for already. Refused if the upload differs, or its pool.
fn check_same(import: Import, fingerprint: &str, options: &Options) -> Result<Import, Error> {
    if import.fingerprint == fingerprint && Options::read(&import)?.same_target(options) {
        return Ok(import);
    }
    let detail = format!("the Idempotency-Key belongs to another upload, import `{}`", import.id);
    Err(Error::State { code: "idempotency_key_reused", detail })
}

/// The import with an id. Not found if it is of another kind.
pub async fn find(app: &App, kind: ImportKind, id: &str) -> Result<Import, Error> {
    let found = app.store.import(id).await?.filter(|import| import.kind == kind.name());
    found.ok_or_else(|| Error::NotFound(format!("import `{id}` of {}", kind.name())))
}

/// The id of an import: random, or derived from the key if there is one.
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
