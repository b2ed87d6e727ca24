//! Imports of the catalogue.

mod frozen;

use std::collections::BTreeMap;

use domain::id;
use serde_json::{Value, json};
use store::{CatalogChange, CatalogRow, ImportMode, Revision};
use wire::catalog::{ROW_TYPES, RowType};
use wire::problem::{Problem, Problems};

use super::ProposedPlans;
use super::lock;
use crate::audit::Actor;
use crate::clock::now;
use crate::error::Error;
use crate::live::{CatalogDocuments, Origin};
use crate::rows::{self, BadRows, ReadRows};
use crate::state::App;
use crate::stream::ByteStream;

/// Rows that an import may take, before they are compared with what is stored.
pub struct SentRows {
    rows: Vec<SentRow>,
    digest: String,
}

/// Result of an import.
pub struct ImportedCatalog {
    /// The new revision.
    pub revision: Revision,
    /// Rows by type.
    pub counts: BTreeMap<String, usize>,
    /// Oddities that do not prevent the import.
    pub warnings: Vec<Problem>,
}

/// A row of the request, and its number from 0.
struct SentRow {
    number: usize,
    kind: &'static str,
    key: String,
    body: Value,
}

/// Imports all rows, or none if one of them is refused.
pub async fn import(
    app: App,
    mode: ImportMode,
    sent: SentRows,
    actor: Actor,
) -> Result<ImportedCatalog, Error> {
    let SentRows { rows, digest } = sent;
    let actor = actor.sending(digest);
    let mut counts = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.kind.to_owned()).or_insert(0) += 1;
    }
    let _lock = lock::acquire(&app).await?;
    let stored = match mode {
        ImportMode::Full => Vec::new(),
        ImportMode::Delta => app.store.catalog_rows().await?,
    };
    let documents = tokio::task::spawn_blocking(move || documents(stored, rows));
    let mut documents = documents.await.map_err(|lost| Error::internal(&lost))?.map_err(refused)?;
    frozen::freeze(&app, &mut documents, now()).await?.map_err(refused)?;
    let change = CatalogChange { mode, rows: rows_of_request(&documents) };
    let proposed = ProposedPlans::with_catalog(&app, documents).await?.map_err(refused)?;
    let warnings = proposed.warnings();
    let mode = if mode == ImportMode::Full { "full" } else { "delta" };
    let entry = actor.entry("catalog.import", "catalog", json!({"mode": mode, "rows": counts}));
    let revision = app.store.change_catalog(&change, &entry).await?;
    proposed.go_live(&app, revision).await?;
    Ok(ImportedCatalog { revision, counts, warnings })
}

fn documents(stored: Vec<CatalogRow>, rows: Vec<SentRow>) -> Result<CatalogDocuments, Problems> {
    let mut documents = CatalogDocuments::stored(stored)?;
    let rows =
        rows.into_iter().map(|row| ((row.kind.to_owned(), row.key), (row.body, Origin::Row(row.number))));
    documents.0.extend(rows);
    Ok(documents)
}

/// The rows of the request, in the form in which they are stored.
fn rows_of_request(documents: &CatalogDocuments) -> Vec<CatalogRow> {
    let sent = documents.0.iter().filter(|(_, (_, origin))| origin.is_of_request());
    sent.map(|((kind, key), (body, _))| CatalogRow {
        kind: kind.clone(),
        key: key.clone(),
        body: body.to_string(),
    })
    .collect()
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "import_refused", what: "the import has problems", problems }
}

/// Reads the rows of a request as they arrive.
pub async fn read(app: &App, body: ByteStream) -> Result<SentRows, Error> {
    let mut first_rows = BTreeMap::new();
    let check = |number: usize, value: Value| -> Result<SentRow, Problems> {
        let row = row(number, value)?;
        match first_rows.insert((row.kind, row.key.clone()), number) {
            None => Ok(row),
            Some(first) => {
                let detail = format!("{} `{}` is already given in row {first}", row.kind, row.key);
                Err(problem(number, "", "duplicate_id", detail).into())
            }
        }
    };
    let ReadRows { rows, refused: problems, digest, .. } =
        rows::read(body, &app.config.limits, BadRows::RefuseAll, check).await?;
    problems.or(()).map_err(refused)?;
    Ok(SentRows { rows: rows.into_iter().map(|(_, row)| row).collect(), digest })
}

fn row(number: usize, mut body: Value) -> Result<SentRow, Problem> {
    let wrong_type = || problem(number, "", "wrong_type", "must be an object with a `type`".to_owned());
    let fields = body.as_object_mut().ok_or_else(wrong_type)?;
    // The type is kept beside the row, so that rows of an import and of a plan file are the same.
    let kind = fields.remove("type").ok_or_else(wrong_type)?;
    let known = ROW_TYPES.iter().find(|row_type| kind.as_str() == Some(row_type.name));
    let &RowType { name: kind, id_fields, .. } = known.ok_or_else(|| {
        let names = ROW_TYPES.map(|row_type| row_type.name).join(", ");
        problem(number, "/type", "unknown_type", format!("{kind} is none of {names}"))
    })?;
    let key = id_fields.iter().find_map(|name| fields.get(*name)).and_then(id_of).ok_or_else(|| {
        let name = id_fields.first().copied().unwrap_or_default();
        problem(number, "", "missing_field", format!("a {kind} needs a `{name}`: a string or a whole number"))
    })?;
    if let Err(error) = id::check(&key) {
        let name = id_fields.iter().find(|name| fields.get(**name).and_then(id_of).is_some());
        let place = format!("/{}", name.copied().unwrap_or_default());
        return Err(problem(number, &place, error.code(), error.to_string()));
    }
    Ok(SentRow { number, kind, key, body })
}

fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

fn problem(number: usize, place: &str, code: &'static str, detail: String) -> Problem {
    Problem { pointer: format!("/{number}{place}"), code: code.into(), detail }
}
