//! Late receipts, of tills that were cut off. A receipt that was calculated before the till was cut off, and paid as it
//! was answered, is confirmed with that result; any other is priced as of its own time, without discount or burning,
//! and confirmed at once.

pub mod upload;

use std::sync::Arc;

use domain::id;
use serde_json::{Value, json};
use store::{Purchase, PurchaseState};
use wire::answer;
use wire::json::Document;
use wire::problem::{Problem, Problems};

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

/// The answer to a row.
enum Answer {
    /// `accepted` or `duplicate`, with the stored answer of the purchase.
    Taken { purchase_id: String, status: &'static str, result: String },
    /// A row that is wrong; without an id if it has none.
    Refused { purchase_id: Option<String>, code: &'static str, detail: String, problems: Problems },
    /// A row that is not wrong: what is stored of its purchase cannot be read, which somebody has to mend first.
    Again { purchase_id: String, code: &'static str, detail: String },
}

/// Takes one row of an upload. An error only if the row has to be sent again.
async fn take(app: &App, access: &Access, row: Value) -> Result<Answer, Error> {
    let refused_id = |purchase_id, code: &'static str, detail, of_field: String| {
        let problem = Problem { pointer: "/purchase_id".to_owned(), code: code.into(), detail: of_field };
        Answer::Refused { purchase_id, code, detail, problems: problem.into() }
    };
    let purchase_id = match row.get("purchase_id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        _ => {
            let detail = "`purchase_id` is missing".to_owned();
            return Ok(refused_id(None, "missing_field", detail, "must be given".to_owned()));
        }
    };
    if let Err(error) = id::check(&purchase_id) {
        let detail = format!("`purchase_id` {error}");
        return Ok(refused_id(Some(purchase_id), error.code(), detail, error.to_string()));
    }
    match accept(app, access, &purchase_id, row).await {
        Ok((status, result)) => Ok(Answer::Taken { purchase_id, status, result }),
        // Not the row's fault: the till must send it again.
        Err(
            error @ (Error::Overloaded
            | Error::Unavailable
            | Error::Fenced(_)
            | Error::NotPriced(_)
            | Error::Internal),
        ) => Err(error),
        // The other rows are not concerned.
        Err(error @ Error::Damaged) => {
            Ok(Answer::Again { purchase_id, code: error.code(), detail: error.to_string() })
        }
        Err(error) => Ok(Answer::Refused {
            purchase_id: Some(purchase_id),
            code: error.code(),
            detail: error.to_string(),
            problems: error.problems().cloned().unwrap_or_default(),
        }),
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
            let problems = problems.len();
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
