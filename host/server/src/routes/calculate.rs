use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value};
use store::{MemberRecord, Purchase};

use crate::body::JsonBody;
use crate::changes::{members, now};
use crate::error::ApiError;
use crate::live::Live;
use crate::state::App;
use crate::wire;
use crate::wire::problem::Problems;
use crate::wire::receipt::Request;

/// Price a receipt.
///
/// Repeatable: each answer replaces the one before, and nothing is committed.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/calculate", tag = "Tills",
    params(("purchase_id" = String, Path, description = "The till's id of the purchase")),
    request_body(content = Object, description = "`at`, `pos`, `member`, `lines`, `coupons`, `pay_points`, `explain`"),
    responses(
        (status = 200, description = "The priced receipt", body = Object),
        (status = 422, description = "The receipt is malformed", body = crate::error::ProblemBody),
        (status = 503, description = "Busy; try again", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn calculate(
    State(app): State<App>,
    Path(purchase_id): Path<String>,
    body: JsonBody,
) -> Result<impl IntoResponse, ApiError> {
    let started = Instant::now();
    let live = app.live.load_full();
    let named = named_member(&body.value);
    let member = match &named {
        Some((kind, value)) => app.store.member_by_identifier(kind, value).await?,
        None => None,
    };
    let purchase = Purchase {
        id: purchase_id,
        state: "calculated".to_owned(),
        request: body.text,
        answer: String::new(),
        plan: live.plan.plan.hash.clone(),
        revision: live.revision,
        member_id: member.as_ref().map(|member| member.id.clone()),
        attributes: attribute_revisions(member.as_ref()),
    };
    let lines = body.value.get("lines").and_then(Value::as_array).map_or(0, Vec::len);
    let answer = price(&app, live, &purchase.id, body.value, named.zip(member)).await?;
    let purchase = Purchase { answer, ..purchase };
    app.store.put_purchase(&purchase, now()).await?;
    app.metrics.calculation(lines, started.elapsed());
    Ok(([(header::CONTENT_TYPE, "application/json")], purchase.answer))
}

type Found = ((String, String), MemberRecord);

async fn price(
    app: &App,
    live: Arc<Live>,
    purchase_id: &str,
    document: Value,
    found: Option<Found>,
) -> Result<String, ApiError> {
    let purchase_id = purchase_id.to_owned();
    let max_lines = app.config.limits.receipt_lines;
    let priced = app.threads.run(move || {
        let request = Request { max_lines, ..Request::new(&purchase_id) };
        let member =
            |kind: &str, value: &str| found.as_ref().and_then(|found| member(&live, found, kind, value));
        wire::price_receipt(&live.plan, &live.mechanics, member, request, &document)
    });
    let priced = priced.await.inspect_err(|error| {
        if matches!(error, ApiError::Overloaded) {
            app.metrics.overload();
        }
    })?;
    priced.map_err(|problems| ApiError::Refused {
        code: "receipt_refused",
        what: "the receipt has problems",
        problems,
    })
}

fn member(
    live: &Live,
    ((found_kind, found_value), member): &Found,
    kind: &str,
    value: &str,
) -> Option<Arc<domain::member::Member>> {
    if found_kind != kind || found_value != value {
        return None;
    }
    match members::restore(member, live.plan.scales()) {
        Ok(member) => Some(Arc::new(member.resolve(&live.plan))),
        Err(Problems(problems)) => {
            // The sale goes on without a member.
            tracing::error!(member = member.id, problems = problems.len(), "stored member is not readable");
            None
        }
    }
}

/// Whom the receipt names, before it is read as a whole: the member must be fetched first.
fn named_member(receipt: &Value) -> Option<(String, String)> {
    let member = receipt.get("member")?;
    let kind = member.get("kind")?.as_str()?;
    let value = match member.get("value")? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some((kind.to_owned(), value))
}

fn attribute_revisions(member: Option<&MemberRecord>) -> String {
    let attributes = member.map_or(&[][..], |member| &member.attributes);
    let revisions: Map<String, Value> =
        attributes.iter().map(|attribute| (attribute.name.clone(), attribute.revision.into())).collect();
    Value::Object(revisions).to_string()
}
