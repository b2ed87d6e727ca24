//! `confirm` and `cancel`: the stored calculation is committed or dropped, never worked out again.

use store::{Idempotent, Purchase, PurchaseState, PurchaseUpdate, Validity, Written};

use super::{ATTEMPTS, find, idempotency, life, refuse, state_at};
use crate::clock::now;
use crate::error::Error;
use crate::state::App;

/// Commits the stored calculation.
pub async fn confirm(app: &App, id: &str, key: Option<Idempotent>) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = idempotency::answered(app, key.as_ref()).await? {
            return Ok(answer);
        }
        let (purchase, now) = (find(app, id).await?, now());
        match state_at(purchase.state, purchase.expires_at, now) {
            PurchaseState::Calculated => {}
            PurchaseState::Confirmed => {
                match idempotency::repeated(app, key.as_ref(), &purchase.answer, now).await? {
                    Some(answer) => return Ok(answer),
                    None => continue,
                }
            }
            PurchaseState::Cancelled => {
                return Err(refuse("purchase_cancelled", format!("purchase `{id}` is cancelled")));
            }
            PurchaseState::Expired => return Err(expired(id)),
        }
        let earned = match life::stored_receipt(app, &purchase) {
            Some(read) => life::validity(app, &read),
            None => Validity { active_from: now, expires_at: None },
        };
        let step = step(&purchase, "confirmed", key.clone(), now)?;
        match app.store.confirm(&step, earned).await? {
            Written::Done => return Ok(step.answer),
            Written::Stale => {}
            Written::NoRoom => {
                let detail = format!("the points that purchase `{id}` spends are gone; calculate it again");
                return Err(refuse("points_gone", detail));
            }
        }
    }
    Err(Error::Unavailable)
}

/// Drops the stored calculation.
pub async fn cancel(app: &App, id: &str, key: Option<Idempotent>) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = idempotency::answered(app, key.as_ref()).await? {
            return Ok(answer);
        }
        let purchase = find(app, id).await?;
        match purchase.state {
            PurchaseState::Calculated | PurchaseState::Expired => {}
            PurchaseState::Cancelled => {
                match idempotency::repeated(app, key.as_ref(), &purchase.answer, now()).await? {
                    Some(answer) => return Ok(answer),
                    None => continue,
                }
            }
            PurchaseState::Confirmed => {
                let detail = format!("purchase `{id}` is confirmed; what was sold can be returned");
                return Err(refuse("purchase_confirmed", detail));
            }
        }
        let step = step(&purchase, "cancelled", key.clone(), now())?;
        match app.store.cancel(&step).await? {
            Written::Done => return Ok(step.answer),
            Written::Stale | Written::NoRoom => {}
        }
    }
    Err(Error::Unavailable)
}

fn expired(id: &str) -> Error {
    let detail = format!(
        "the calculation of purchase `{id}` has expired, and what it reserved was released; calculate it again"
    );
    refuse("purchase_expired", detail)
}

fn step(purchase: &Purchase, state: &str, key: Option<Idempotent>, at: i64) -> Result<PurchaseUpdate, Error> {
    let answer = in_state(&purchase.answer, &purchase.id, state)?;
    Ok(PurchaseUpdate { id: purchase.id.clone(), version: purchase.version, answer, key, at, results: None })
}

/// The stored answer, byte for byte, but for the state.
pub fn in_state(answer: &str, id: &str, state: &str) -> Result<String, Error> {
    let id = serde_json::Value::from(id);
    let head = |state: &str| format!("{{\"purchase_id\":{id},\"state\":\"{state}\"");
    let rest = answer.strip_prefix(&head(PurchaseState::Calculated.name()));
    let rest = rest.ok_or_else(|| Error::damaged(&format!("the answer of purchase {id}")))?;
    Ok(head(state) + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_state_changes() {
        let answer = r#"{"purchase_id":"a\"b","state":"calculated","plan":"\"state\":\"calculated\""}"#;
        let confirmed = r#"{"purchase_id":"a\"b","state":"confirmed","plan":"\"state\":\"calculated\""}"#;
        assert_eq!(in_state(answer, "a\"b", "confirmed").ok().as_deref(), Some(confirmed));
        assert!(in_state("{}", "a", "confirmed").is_err());
    }
}
