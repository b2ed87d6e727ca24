//! `confirm` and `cancel`: the stored calculation is committed or dropped, never priced again.

use store::{Idempotent, Purchase, PurchaseState, PurchaseUpdate, Written};

use super::attempts::{Attempt, repeated, until_done};
use super::{answer_text, find, refuse, state_at, stored};
use crate::clock::now;
use crate::error::Error;
use crate::state::App;

/// Commits the stored calculation.
pub async fn confirm(app: &App, id: &str, key: Option<Idempotent>) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || confirm_once(app, id, key)).await
}

async fn confirm_once(app: &App, id: &str, key: Option<&Idempotent>) -> Result<Attempt, Error> {
    let (purchase, now) = (find(app, id).await?, now());
    match state_at(purchase.state, purchase.expires_at, now) {
        PurchaseState::Calculated => {}
        PurchaseState::Confirmed => return repeated(app, key, &purchase.answer, now).await,
        PurchaseState::Cancelled => {
            return Err(refuse("purchase_cancelled", format!("purchase `{id}` is cancelled")));
        }
        PurchaseState::Expired => return Err(expired(id)),
    }
    let earned = stored::sold(app, &purchase)?.earned;
    let update = update(&purchase, PurchaseState::Confirmed, key, now)?;
    match app.store.confirm(&update, earned).await? {
        Written::Done => Ok(Attempt::Done(update.answer)),
        Written::Stale => Ok(Attempt::Stale),
        Written::NoRoom => {
            let detail = format!("the points that purchase `{id}` spends are gone; calculate it again");
            Err(refuse("points_gone", detail))
        }
    }
}

/// Drops the stored calculation.
pub async fn cancel(app: &App, id: &str, key: Option<Idempotent>) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || cancel_once(app, id, key)).await
}

async fn cancel_once(app: &App, id: &str, key: Option<&Idempotent>) -> Result<Attempt, Error> {
    let purchase = find(app, id).await?;
    match purchase.state {
        PurchaseState::Calculated | PurchaseState::Expired => {}
        PurchaseState::Cancelled => return repeated(app, key, &purchase.answer, now()).await,
        PurchaseState::Confirmed => {
            let detail = format!("purchase `{id}` is confirmed; what was sold can be returned");
            return Err(refuse("purchase_confirmed", detail));
        }
    }
    let update = update(&purchase, PurchaseState::Cancelled, key, now())?;
    match app.store.cancel(&update).await? {
        Written::Done => Ok(Attempt::Done(update.answer)),
        Written::Stale | Written::NoRoom => Ok(Attempt::Stale),
    }
}

fn expired(id: &str) -> Error {
    let detail = format!(
        "the calculation of purchase `{id}` has expired, and what it reserved was released; calculate it again"
    );
    refuse("purchase_expired", detail)
}

fn update(
    purchase: &Purchase,
    state: PurchaseState,
    key: Option<&Idempotent>,
    at: i64,
) -> Result<PurchaseUpdate, Error> {
    let answer = answer_text::in_state(&purchase.answer, &purchase.id, state.name())?;
    let (id, key) = (purchase.id.clone(), key.cloned());
    Ok(PurchaseUpdate { id, version: purchase.version, answer, key, at, results: None })
}
