//! Runs imports: batch after batch, until the end, or until the import is suspended or cancelled.

use std::time::Duration;

use serde_json::json;
use store::{Import, ImportBatch, ImportProgress, ImportState, Revision};

use super::batches::Batches;
use super::{ImportKind, Options, attributes, coupons, find, generated, members, upload_file};
use crate::audit::Actor;
use crate::clock::now;
use crate::error::Error;
use crate::state::App;

/// Pause before the next attempt if the database is not available.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Members that are removed in one transaction.
const REMOVED_MAX: i64 = 500;
/// Members whose imported points are taken away in one transaction: each has some statements of its own.
const CLEARED_MAX: i64 = 50;

/// Resumes the imports that were running when this host stopped, if it has their uploads.
pub async fn resume_running(app: App) {
    match app.store.unfinished_imports().await {
        Ok(imports) => {
            for import in imports.into_iter().filter(|import| import.state == ImportState::Running) {
                if has_source(&app, &import) {
                    tracing::info!(import = import.id, kind = import.kind, "resuming an import");
                    tokio::spawn(work(app.clone(), import.id));
                }
            }
        }
        Err(error) => tracing::warn!(%error, "cannot resume unfinished imports before the next start"),
    }
}

/// True if this host can go on with an import: it has the upload, or the import generates codes.
fn has_source(app: &App, import: &Import) -> bool {
    Options::read(import).is_ok_and(|options| options.generate.is_some())
        || upload_file::path(&app.config, &import.id).exists()
}

/// Suspends an import after its current batch.
pub async fn suspend(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    change(app, kind, id, (ImportState::Running, ImportState::Suspended), &actor).await
}

/// Resumes a suspended import. Fails it if its upload is not on this host.
pub async fn resume(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    let import = change(app, kind, id, (ImportState::Suspended, ImportState::Running), &actor).await?;
    if !has_source(app, &import) {
        let detail = format!("the upload of import `{id}` is not on this host; send it again");
        let from_to = (ImportState::Running, ImportState::Failed);
        app.store.set_import_state(id, from_to, &detail, now()).await?;
        return Err(Error::State { code: "upload_missing", detail });
    }
    tokio::spawn(work(app.clone(), id.to_owned()));
    Ok(import)
}

/// Cancels an import. The batches that are applied stay.
pub async fn cancel(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    let from = find(app, kind, id).await?.state;
    let from = if from == ImportState::Suspended { from } else { ImportState::Running };
    let import = change(app, kind, id, (from, ImportState::Cancelled), &actor).await?;
    upload_file::remove(&upload_file::path(&app.config, id)).await;
    Ok(import)
}

/// Changes the state of an import, with an audit record. An import that has the state already stays as it is.
async fn change(
    app: &App,
    kind: ImportKind,
    id: &str,
    (from, to): (ImportState, ImportState),
    actor: &Actor,
) -> Result<Import, Error> {
    let before = find(app, kind, id).await?;
    let action = match to {
        ImportState::Suspended => "import.suspend",
        ImportState::Cancelled => "import.cancel",
        _ => "import.resume",
    };
    let entry = actor.entry(action, id, json!({"kind": kind.name(), "rows": before.progress.rows}));
    if before.state == to || app.store.set_import_state_audited(id, (from, to), &entry).await? {
        return find(app, kind, id).await;
    }
    let state = find(app, kind, id).await?.state.name();
    let detail =
        format!("import `{id}` is {state}; only one that is {} can become {}", from.name(), to.name());
    Err(Error::State { code: "import_not_running", detail })
}

/// Works on an import until it no longer runs. A second call for the same import returns at once.
pub(super) async fn work(app: App, id: String) {
    if !app.imports.at_work.lock().await.insert(id.clone()) {
        return;
    }
    loop {
        attempt(&app, &id).await;
        // Held while the state is read, so that a `resume` in between does not start a second task.
        let mut at_work = app.imports.at_work.lock().await;
        let running = app.store.import(&id).await.ok().flatten();
        if running.is_none_or(|import| import.state != ImportState::Running) {
            at_work.remove(&id);
            return;
        }
    }
}

/// Applies the rest of an import; an error fails it, unless it may pass.
async fn attempt(app: &App, id: &str) {
    match apply(app, id).await {
        Ok(()) => {}
        Err(Error::Unavailable | Error::Overloaded) => tokio::time::sleep(RETRY_PAUSE).await,
        Err(error) => {
            tracing::error!(import = id, %error, "an import failed");
            let from_to = (ImportState::Running, ImportState::Failed);
            if let Err(error) = app.store.set_import_state(id, from_to, &error.to_string(), now()).await {
                tracing::error!(import = id, %error, "cannot store that an import failed");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }
}

/// Applies the batches that are left.
async fn apply(app: &App, id: &str) -> Result<(), Error> {
    let running = app.store.import(id).await?.filter(|import| import.state == ImportState::Running);
    let Some(import) = running else { return Ok(()) };
    let kind = ImportKind::from_name(&import.kind).ok_or_else(|| Error::damaged("kind of an import"))?;
    let options = Options::read(&import)?;
    let _lock = app.imports.of(kind).lock().await;
    if let Some(order) = options.generate {
        return generated::apply(app, &import, options.pool()?, order).await;
    }
    let path = upload_file::path(&app.config, id);
    let mut batches = Batches::open(&path, (kind, &options), import.progress)?;
    let mut progress = import.progress;
    loop {
        let (rows, is_last) = batches.next().map_err(|error| Error::internal(&error))?;
        let prepared = match kind {
            ImportKind::Attributes => attributes::prepare(app, &rows, &options).await?,
            ImportKind::Coupons => coupons::prepare(app, &rows, &options).await?,
            ImportKind::Members => members::prepare(app, &rows).await?,
        };
        let begins_at = progress.bytes;
        let next = ImportProgress {
            rows: progress.rows.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
            bytes: rows.last().map_or(progress.bytes, |row| row.ends_at),
            applied: progress.applied.saturating_add(prepared.superseded),
            unchanged: progress.unchanged.saturating_add(prepared.unchanged),
            refused: progress.refused.saturating_add(prepared.refused),
            warned: progress.warned.saturating_add(prepared.warned),
        };
        let batch = ImportBatch {
            members: prepared.members,
            coupons: prepared.coupons,
            errors: prepared.errors,
            begins_at,
            progress: next,
            is_last: is_last && !options.removes_others,
        };
        match app.store.apply_import(id, &batch, now()).await? {
            Some(applied) => progress = applied,
            // Suspended, cancelled, or resumed by another host.
            None => return Ok(()),
        }
        if is_last {
            break;
        }
    }
    if options.removes_others && !remove_others(app, id).await? {
        return Ok(());
    }
    upload_file::remove(&path).await;
    tracing::info!(
        import = id,
        kind = import.kind,
        rows = progress.rows,
        refused = progress.refused,
        "imported"
    );
    Ok(())
}

/// Removes members that were not written since a revision, or takes away what imports gave to those that stay: ids that
/// were merged, and survivors that were named by them. Returns how many were dealt with.
async fn remove_before(app: &App, first: Revision) -> Result<u64, Error> {
    let removed = app.store.remove_members_before(first, REMOVED_MAX, now()).await?;
    if removed > 0 {
        return Ok(removed);
    }
    Ok(app.store.clear_balances_before(first, CLEARED_MAX, now()).await?)
}

/// Removes the members that the import did not name. False if it was suspended or cancelled meanwhile.
async fn remove_others(app: &App, id: &str) -> Result<bool, Error> {
    loop {
        let import = app.store.import(id).await?;
        let Some(import) = import.filter(|import| import.state == ImportState::Running) else {
            return Ok(false);
        };
        let first = import.revisions.map(|(first, _)| first);
        let done = match first {
            Some(first) => remove_before(app, first).await?,
            None => 0,
        };
        if done == 0 {
            let from_to = (ImportState::Running, ImportState::Done);
            return Ok(app.store.set_import_state(id, from_to, "", now()).await?);
        }
    }
}
