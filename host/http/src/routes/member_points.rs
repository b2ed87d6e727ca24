//! `/v1/members/{member_id}/points`: balance and ledger of a member.

use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use domain::decimal::format_scaled;
use serde_json::{Value, json};
use store::{scope_of, till_id};

use crate::error::ApiError;

/// The most entries of the ledger that are shown.
const ENTRIES_MAX: i64 = 100;

/// A member's points.
///
/// The points that are available, pending, reserved and spent, when points expire, and the latest entries of
/// the ledger, newest first.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/points", tag = "Members",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 200, description = "The points", body = Object),
        (status = 404, description = "There is no such member", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn member_points(
    State(app): State<App>,
    Path(member_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if !app.store.has_member(&member_id).await? {
        return Err(Error::NotFound(format!("member `{member_id}`")).into());
    }
    let places = app.live.load().active.plan.scales().points;
    let points = |points: i64| format_scaled(points, places);
    let time = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).ok();
    let balance = app.store.balance(&member_id, "", app.store.now().await?).await?;
    let entries = app.store.point_entries(&member_id, ENTRIES_MAX).await?;
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|entry| {
            let mut shown = json!({
                "number": entry.number,
                "kind": entry.kind,
                "points": points(entry.points),
                "purchase_id": entry.purchase_id.as_deref().map(till_id),
                "return_id": entry.return_id.as_deref().map(till_id),
                "at": time(entry.created_at),
                "active_from": time(entry.active_from),
                "expires_at": entry.expires_at.and_then(time),
            });
            let scope = entry.purchase_id.as_deref().and_then(scope_of);
            if let (Some(scope), Some(shown)) = (scope, shown.as_object_mut()) {
                shown.insert("scope".to_owned(), scope.into());
            }
            shown
        })
        .collect();
    let expiring: Vec<Value> = balance
        .expiring
        .iter()
        .map(|&(at, amount)| json!({"at": time(at), "points": points(amount)}))
        .collect();
    Ok(Json(json!({
        "member_id": member_id,
        "available": points(balance.available),
        "pending": points(balance.pending),
        "reserved": points(balance.reserved),
        "accrued": points(balance.accrued),
        "spent": points(balance.spent),
        "expired": points(balance.expired),
        "expiring": expiring,
        "entries": entries,
    })))
}
