//! Late receipts, of tills that were cut off. A receipt that was calculated before the till was cut off, and paid as it
//! was answered, is confirmed with that result; any other is priced as of its own time, without discount or burning,
//! and confirmed at once.

use std::sync::Arc;

use domain::id;
use serde_json::{Value, json};
use store::{Purchase, PurchaseState};
use wire::answer;
use wire::json::Document;

use super::access::Access;
use super::calculation::{Call, calculate};
use super::earlier::{self, Sale};
use super::transitions::{self, Confirm};
use super::{kept, shown_answer};
use crate::error::Error;
use crate::live::Live;
use crate::live::source::SourceError;
use crate::nodes;
use crate::state::App;

/// Takes one row of an upload and returns its row of the answer. An error only if the row has to be sent again.
pub async fn take(app: &App, access: &Access, number: usize, row: Value) -> Result<String, Error> {
    let purchase_id = match row.get("purchase_id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        _ => {
            return Ok(json!({
                "row": number,
                "purchase_id": null,
                "status": "refused",
                "code": "missing_field",
                "detail": "`purchase_id` is missing",
                "errors": [{"pointer": "/purchase_id", "code": "missing_field", "detail": "must be given"}],
            })
            .to_string());
        }
    };
    if let Err(error) = id::check(&purchase_id) {
        let detail = format!("`purchase_id` {error}");
        return Ok(json!({
            "row": number,
            "purchase_id": purchase_id,
            "status": "refused",
            "code": error.code(),
            "detail": detail,
            "errors": [{"pointer": "/purchase_id", "code": error.code(), "detail": error.to_string()}],
        })
        .to_string());
    }
    match accept(app, access, &purchase_id, row).await {
        Ok((status, answer)) => {
            // The stored answer is passed on byte for byte.
            let id = Value::from(purchase_id);
            Ok(format!(r#"{{"row":{number},"purchase_id":{id},"status":"{status}","result":{answer}}}"#))
        }
        // Not the row's fault: the till must send it again.
        Err(
            error @ (Error::Overloaded
            | Error::Unavailable
            | Error::Fenced(_)
            | Error::NotPriced(_)
            | Error::Internal),
        ) => Err(error),
        Err(error) => Ok(json!({
            "row": number,
            "purchase_id": purchase_id,
            "status": "refused",
            "code": error.code(),
            "detail": error.to_string(),
            "errors": error.problems(),
        })
        .to_string()),
    }
}

async fn accept(app: &App, access: &Access, id: &str, row: Value) -> Result<(&'static str, String), Error> {
    let text = row.to_string();
    let mut warnings = Vec::new();
    let stored_id = access.of_receipt(&app.store, id, &row).await?;
    if let Some(before) = app.store.purchase(&stored_id).await? {
        let before = kept(before)?;
        if before.state == PurchaseState::Confirmed && before.request == text {
            return duplicate(&before);
        }
        match (before.state, earlier::compare(app, &before, &row)?) {
            (PurchaseState::Confirmed, Sale::Same) => return duplicate(&before),
            (PurchaseState::Confirmed, Sale::Other(_)) => {
                let detail = format!("purchase `{id}` is confirmed already, with another receipt");
                return Err(Error::State { code: "purchase_confirmed", detail });
            }
            (PurchaseState::Cancelled, _) => {}
            (PurchaseState::Calculated | PurchaseState::Expired, Sale::Same) => {
                return paid_as_calculated(app, &before).await;
            }
            (PurchaseState::Calculated | PurchaseState::Expired, Sale::Other(dropped)) => {
                warnings.push(dropped);
            }
        }
    }
    let live = live_then(app, &row).await?;
    let body = Document { text: text.clone(), value: row };
    let call = Call { purchase_id: id.to_owned(), stored_id, body, key: None, offline: true, warnings };
    match calculate(app, live, &call).await {
        Ok(_) => {}
        // The row was sent twice at the same time.
        Err(Error::State { code: "purchase_confirmed", detail }) => {
            return match app.store.purchase(&call.stored_id).await? {
                Some(before) if before.request == text => duplicate(&before),
                _ => Err(Error::State { code: "purchase_confirmed", detail }),
            };
        }
        Err(error) => return Err(error),
    }
    let said = Confirm { body: None, paid: true };
    transitions::confirm(app, &call.stored_id, &said, None).await.map(|answer| ("accepted", answer))
}

/// Commits the stored calculation: the till was cut off between the calculation and its confirmation.
async fn paid_as_calculated(app: &App, before: &Purchase) -> Result<(&'static str, String), Error> {
    // Names the calculation that was compared, so that no other one is committed.
    let body = answer::calculation_of(&before.answer).map(|calculation| json!({"calculation": calculation}));
    let said = Confirm { body, paid: true };
    match transitions::confirm(app, &before.id, &said, None).await {
        Ok(answer) => Ok(("accepted", answer)),
        // Another call of the till came in between: the row is compared with its result.
        Err(Error::Mismatch { .. }) => Err(Error::Unavailable),
        Err(error) => Err(error),
    }
}

fn duplicate(before: &Purchase) -> Result<(&'static str, String), Error> {
    Ok(("duplicate", shown_answer(before)?))
}

/// The plan with the offers of the receipt's time: those that were running then, at the version of
/// then, and those that were written later, whose period says whether they are meant. Goods and
/// mechanics are those of today: what a till sold offline may have reached the catalogue since.
async fn live_then(app: &App, row: &Value) -> Result<Arc<Live>, Error> {
    let live = nodes::serving(app).await?;
    let Some(at) = row.get("at").and_then(Value::as_str).and_then(instant) else { return Ok(live) };
    if at >= app.store.now().await? {
        return Ok(live);
    }
    let revision = app.store.revision_at(at).await?;
    if revision >= live.revision {
        return Ok(live);
    }
    let cached = app.past.lock().await.get(&(live.revision, revision)).cloned();
    if let Some(past) = cached {
        return Ok(past);
    }
    let past = app.source().late(&live, revision).await.or_else(|error| match error {
        SourceError::Refused(problems) => {
            // An old offer may name goods that are gone: then today's offers price the receipt.
            let problems = problems.0.len();
            tracing::warn!(
                revision,
                problems,
                "the plan of a late receipt cannot be built; the live plan is used"
            );
            Ok(Arc::clone(&live))
        }
        error => Err(error),
    })?;
    let mut cache = app.past.lock().await;
    if cache.len() >= PAST_PLANS_KEPT {
        cache.clear();
    }
    cache.insert((live.revision, revision), Arc::clone(&past));
    Ok(past)
}

const PAST_PLANS_KEPT: usize = 16;

fn instant(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
