//! The status of an import as a document, and the list of its problems.

use bytes::Bytes;
use futures_util::Stream;
use serde_json::{Value, json};
use store::{Import, ImportError, ImportProgress, StoreError};

use super::{ImportKind, Options};
use crate::error::Error;
use crate::state::App;

/// The most problems in the status; all of them are at `…/errors`.
const PROBLEMS_LISTED: i64 = 20;
/// Problems of one read from the database.
const PAGE: i64 = 1_000;

/// The status of an import.
pub async fn status(app: &App, import: &Import) -> Result<Value, Error> {
    let options = Options::read(import)?;
    let kind = ImportKind::from_name(&import.kind).ok_or_else(|| Error::damaged("kind of an import"))?;
    let ImportProgress { rows, bytes, applied, unchanged, refused, warned } = import.progress;
    let errors = app.store.import_errors(&import.id, 0, PROBLEMS_LISTED).await?;
    let errors: Vec<Value> = errors.iter().map(|(_, error)| row_problem(error)).collect();
    let time = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).ok();
    let mut status = json!({
        "id": import.id,
        "kind": import.kind,
        "state": import.state.name(),
        "format": options.format,
        "mode": if options.check_only { "validate" } else { "apply" },
        "rows_total": import.rows_total,
        "rows": rows,
        "applied": applied,
        "unchanged": unchanged,
        "refused": refused,
        "warnings": warned,
        "bytes_total": import.bytes_total,
        "bytes": bytes,
        "revision": import.revisions.map(|(_, last)| last),
        "detail": import.detail,
        "node": Some(&import.node).filter(|node| !node.is_empty()),
        "errors": errors,
        "errors_url": format!("{}/{}/errors", kind.path(), import.id),
        "created_at": time(import.created_at),
        "updated_at": time(import.updated_at),
    });
    if let Some((pool, fields)) = options.pool.zip(status.as_object_mut()) {
        fields.insert("pool".to_owned(), json!(pool));
    }
    Ok(status)
}

/// All problems of an import as NDJSON, read page by page.
pub fn error_rows(app: App, id: String) -> impl Stream<Item = Result<Bytes, StoreError>> {
    futures_util::stream::try_unfold((app, id, 0), |(app, id, after)| async move {
        let page = app.store.import_errors(&id, after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        let last = *last;
        let mut text = String::new();
        for (_, error) in &page {
            text.push_str(&row_problem(error).to_string());
            text.push('\n');
        }
        Ok(Some((Bytes::from(text), (app, id, last))))
    })
}

fn row_problem(error: &ImportError) -> Value {
    json!({
        "row": error.row,
        "line": error.line,
        "severity": if error.is_error { "error" } else { "warning" },
        "pointer": error.pointer,
        "code": error.code,
        "detail": error.detail,
    })
}
