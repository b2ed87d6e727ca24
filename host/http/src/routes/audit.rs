//! `/v1/audit`: the audit log.

use app::state::App;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::AuditRecord;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::query::Query;

/// Records of a page whose call gives no limit.
const LIMIT: i64 = 100;
/// The most records of a page.
const LIMIT_MAX: i64 = 1_000;

/// The part of the log to read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// The number of the last record that was read; from the start if absent.
    after: Option<i64>,
    /// The most records: 1 to 1,000, 100 if absent.
    limit: Option<i64>,
}

/// A part of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// In their order.
    items: Vec<AuditShown>,
    head: Head,
}

/// The last record of the whole log. A copy that is kept elsewhere shows later that the log was cut off.
#[derive(Debug, Serialize, ToSchema)]
struct Head {
    /// 0 before the first.
    number: i64,
    hash: String,
}

/// A change, with the key that made it.
#[derive(Debug, Serialize, ToSchema)]
struct AuditShown {
    /// From 1, without gaps.
    number: i64,
    at: Option<String>,
    /// Name and first digits of the digest of a key, or a part of the host.
    actor: String,
    role: String,
    action: String,
    subject: String,
    #[schema(value_type = Object)]
    detail: Box<RawValue>,
    /// The change that it was written with, if that has one.
    revision: Option<i64>,
    /// The hash of the record before.
    previous: String,
    hash: String,
}

/// Read the audit log.
///
/// A record for each change of what is live, oldest first. Every record holds the hash of the one before;
/// `offer-host audit verify` checks them all.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Operation",
    params(AuditQuery),
    responses(
        (status = 200, description = "A part of the log, and its head", body = AuditPage),
        (status = 400, description = "The limit is out of range", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn list_audit(
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::MalformedQuery(format!("`limit` must be 1 to {LIMIT_MAX}, got `{limit}`")));
    }
    let records = app.store.audit(query.after.unwrap_or(0), limit).await?;
    let head = app.store.audit_head().await?;
    Ok(Json(AuditPage {
        items: records.into_iter().map(show).collect::<Result<_, _>>()?,
        head: Head { number: head.number, hash: head.hash },
    }))
}

fn show(record: AuditRecord) -> Result<AuditShown, ApiError> {
    let AuditRecord { number, entry, revision, previous, hash } = record;
    let detail = RawValue::from_string(entry.detail).map_err(|_| ApiError::damaged("audit record"))?;
    Ok(AuditShown {
        number,
        at: Timestamp::from_second(entry.at).map(|time| time.to_string()).ok(),
        actor: entry.actor,
        role: entry.role,
        action: entry.action,
        subject: entry.subject,
        detail,
        revision,
        previous,
        hash,
    })
}
