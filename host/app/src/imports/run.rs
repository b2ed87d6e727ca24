//! Runs imports: batch after batch, until the end, or until the import is suspended or cancelled.

use std::time::Duration;

use store::{Import, ImportBatch, ImportProgress, ImportState, Revision};

use super::batches::Batches;
use super::locks::AtWork;
use super::{ImportKind, Options, attributes, coupons, generated, members, upload_file};
use crate::clock::now;
use crate::error::Error;
use crate::outage::Outage;
use crate::state::App;

/// Members that are removed in one transaction.
const REMOVED_MAX: i64 = 500;
/// Members whose imported points are taken away in one transaction: each has some statements of its own.
const CLEARED_MAX: i64 = 50;

/// Works on an import until it no longer runs, or another node has taken it over.
pub(super) async fn work(app: App, at_work: AtWork) {
    let id = at_work.id();
    let mut outage = Outage::none_yet(Duration::from_secs(app.config.nodes.outage_seconds));
    loop {
        let Err(error) = apply(&app, id, &mut outage).await else { return };
        if let Err(error) = outage.wait(error).await {
            return give_up(&app, id, &error).await;
        }
    }
}

/// Fails an import, however long it takes until the database can store that.
async fn give_up(app: &App, id: &str, error: &Error) {
    let detail = match error {
        Error::Unavailable | Error::Overloaded => format!(
            "the database did not answer for {} s (nodes.outage_seconds); resume the import, or send it again under the \
             same Idempotency-Key",
            app.config.nodes.outage_seconds
        ),
        error => error.to_string(),
    };
    tracing::error!(import = id, %error, "an import is given up");
    let mut outage = Outage::none_yet(Duration::MAX);
    while let Err(error) = app.store.fail_import(id, &app.node.id, &detail, now()).await {
        if let Err(error) = outage.wait(error.into()).await {
            return tracing::error!(import = id, %error, "cannot store that an import failed");
        }
    }
}

/// Applies the batches that are left.
async fn apply(app: &App, id: &str, outage: &mut Outage) -> Result<(), Error> {
    let Some(import) = own(app, id).await? else { return Ok(()) };
    let kind = ImportKind::from_name(&import.kind).ok_or_else(|| Error::damaged("kind of an import"))?;
    let options = Options::read(&import)?;
    let _lock = match app.imports.of(kind).try_lock() {
        Ok(lock) => lock,
        Err(_) => {
            let lock = app.imports.of(kind).lock().await;
            // To wait for another import is no outage.
            outage.is_over();
            lock
        }
    };
    if let Some(order) = options.generate {
        return generated::apply(app, &import, options.pool()?, order, outage).await;
    }
    let path = upload_file::path(&app.config, id);
    let mut batches =
        Batches::open(&path, (kind, &options), import.progress, app.config.limits.row_memory_bytes())?;
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
        match app.store.apply_import((id, &app.node.id), &batch, now()).await? {
            Some(applied) => progress = applied,
            // Suspended, cancelled, or taken over by another node.
            None => return Ok(()),
        }
        outage.is_over();
        if is_last {
            break;
        }
    }
    if options.removes_others && !remove_others(app, id, outage).await? {
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

/// The import, if it runs and is this node's.
async fn own(app: &App, id: &str) -> Result<Option<Import>, Error> {
    let is_own = |import: &Import| import.state == ImportState::Running && import.node == app.node.id;
    Ok(app.store.import(id).await?.filter(is_own))
}

/// Removes the members that the import did not name. False if it was suspended, cancelled or taken over meanwhile.
async fn remove_others(app: &App, id: &str, outage: &mut Outage) -> Result<bool, Error> {
    loop {
        let Some(import) = own(app, id).await? else { return Ok(false) };
        outage.is_over();
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
