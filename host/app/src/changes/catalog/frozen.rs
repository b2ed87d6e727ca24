//! Frozen groups: their members are worked out when they are imported, and written into their row, so that a
//! plan stays a function of its documents.

use std::collections::BTreeMap;

use domain::catalog::{Catalog, GroupId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wire::problem::{Problem, Problems};

use crate::error::Error;
use crate::live::{CatalogDocuments, Origin, read_goods};
use crate::state::App;

const GROUP: &str = "group";

/// A group of the request that asks to be frozen.
#[derive(Clone)]
struct FreezeRequest {
    key: String,
    row: usize,
    /// Time as of which it is frozen, in seconds since 1970; none for now.
    at: Option<i64>,
    /// The time as text, as the row will have it.
    written: String,
}

/// Writes the members into the groups of the request that ask to be frozen.
pub(super) async fn freeze(
    app: &App,
    documents: &mut CatalogDocuments,
    now: i64,
) -> Result<Result<(), Problems>, Error> {
    let mut problems = Problems::default();
    let mut requests: BTreeMap<Option<i64>, Vec<FreezeRequest>> = BTreeMap::new();
    for found in freeze_requests(documents, now) {
        match found {
            Ok(request) => requests.entry(request.at).or_default().push(request),
            Err(found) => problems.push(found),
        }
    }
    for (at, requests) in requests {
        let goods = match at {
            None => documents.clone(),
            Some(at) => match goods_at(app, documents, at, &requests).await? {
                Ok(goods) => goods,
                Err(found) => {
                    problems.append(found);
                    continue;
                }
            },
        };
        match members(app, goods).await? {
            Ok(members) => requests.iter().for_each(|request| write(documents, request, &members)),
            Err(found) => problems.append(found),
        }
    }
    Ok(problems.or(()))
}

fn freeze_requests(documents: &CatalogDocuments, now: i64) -> Vec<Result<FreezeRequest, Problem>> {
    let groups = documents.0.iter().filter(|((kind, _), _)| kind == GROUP);
    groups
        .filter_map(|((_, key), (body, origin))| {
            let Origin::Row(row) = origin else { return None };
            request(key, *row, body.get("frozen")?, now)
        })
        .collect()
}

/// None if the row lists the members itself, does not freeze the group, or is malformed, which its reader
/// reports.
fn request(key: &str, row: usize, frozen: &Value, now: i64) -> Option<Result<FreezeRequest, Problem>> {
    let request = |at, written| FreezeRequest { key: key.to_owned(), row, at, written };
    if *frozen == Value::Bool(true) {
        let now = Timestamp::from_second(now).ok()?;
        return Some(Ok(request(None, now.to_string())));
    }
    if frozen.get("products").is_some() {
        return None;
    }
    let text = frozen.get("at")?.as_str()?;
    let refuse = |code: &'static str, detail: String| {
        Err(Problem { pointer: format!("/{row}/frozen/at"), code: code.into(), detail })
    };
    Some(match instant(text) {
        None => refuse("not_a_time", format!("`{text}` is not a date, nor a time with offset")),
        Some(at) if at > now => refuse("out_of_range", format!("`{text}` is not in the past")),
        Some(at) => Ok(request(Some(at), text.to_owned())),
    })
}

/// Seconds since 1970 of a time with offset, or of the first moment of a date in UTC: a catalogue has no
/// store and no clock.
fn instant(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text)?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The catalogue as it was stored at a time, with the groups to freeze as of then.
async fn goods_at(
    app: &App,
    documents: &CatalogDocuments,
    at: i64,
    requests: &[FreezeRequest],
) -> Result<Result<CatalogDocuments, Problems>, Error> {
    let revision = app.store.revision_at(at).await?;
    let rows = app.store.catalog_rows_at(revision).await?;
    if rows.is_empty() {
        let problem = |request: &FreezeRequest| Problem {
            pointer: format!("/{}/frozen/at", request.row),
            code: "no_catalog_then".into(),
            detail: format!("there was no catalogue at {}", request.written),
        };
        return Ok(Err(requests.iter().map(problem).collect()));
    }
    let mut goods = CatalogDocuments::stored(rows).map_err(|_| Error::damaged("catalogue row"))?;
    // Groups of that time may be frozen themselves: the groups of the request replace them.
    for request in requests {
        let id = (GROUP.to_owned(), request.key.clone());
        if let Some((body, origin)) = documents.0.get(&id) {
            let mut body = body.clone();
            if let Some(fields) = body.as_object_mut() {
                fields.remove("frozen");
            }
            goods.0.insert(id, (body, origin.clone()));
        }
    }
    Ok(Ok(goods))
}

/// The goods codes of each group, by the group's code.
type GroupMembers = BTreeMap<String, Vec<String>>;

/// The members of all groups. Problems are returned only if they are about the request's own rows: the import
/// reports the others when it reads the catalogue.
async fn members(app: &App, goods: CatalogDocuments) -> Result<Result<GroupMembers, Problems>, Error> {
    let settings = std::sync::Arc::clone(&app.live.load().parts.settings);
    let read = move || read_goods(goods, &settings);
    let read = tokio::task::spawn_blocking(read).await.map_err(|lost| Error::internal(&lost))?;
    Ok(match read {
        Ok((goods, problems)) => {
            let own = problems.iter().filter(|problem| !problem.pointer.is_empty()).cloned();
            own.collect::<Problems>().or(()).map(|()| by_group(goods.base().catalog()))
        }
        Err(found) => Err(found),
    })
}

fn by_group(catalog: &Catalog) -> GroupMembers {
    let mut members: BTreeMap<GroupId, Vec<String>> = BTreeMap::new();
    for product in catalog.products() {
        for group in &product.groups {
            members.entry(*group).or_default().push(product.code.clone());
        }
    }
    let named =
        members.into_iter().filter_map(|(group, codes)| Some((catalog.group(group)?.code.clone(), codes)));
    named.collect()
}

fn write(documents: &mut CatalogDocuments, request: &FreezeRequest, members: &GroupMembers) {
    let group = documents.0.get_mut(&(GROUP.to_owned(), request.key.clone()));
    if let Some(fields) = group.and_then(|(body, _)| body.as_object_mut()) {
        let products = members.get(&request.key).cloned().unwrap_or_default();
        fields.insert("frozen".to_owned(), json!({"at": request.written, "products": products}));
    }
}
