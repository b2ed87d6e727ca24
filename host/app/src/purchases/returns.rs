//! Returns: from the confirmed purchase, never from today's offers.

mod answer;
mod limits;
mod request;
mod results;
mod undone;

use domain::quantities::{Money, Points};
use domain::returns::{ReturnedLine, points_to_give_back, return_line};
use store::{Idempotent, Purchase, PurchaseState, PurchaseUpdate, Results, ReturnRecord, TakeBack, Written};
use wire::json::Document;
use wire::problem::{Problem, Problems};

use self::answer::{Amounts, write};
use self::undone::Undone;
use super::sold::{Sold, returned};
use super::{ATTEMPTS, find, idempotency, refuse, state_at};
use crate::clock::now;
use crate::config::TakeBackPolicy;
use crate::error::Error;
use crate::state::App;

/// Works out what comes back for some units, and stores it.
pub async fn create(
    app: &App,
    purchase_id: &str,
    body: &Document,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = idempotency::answered(app, key.as_ref()).await? {
            return Ok(answer);
        }
        let (purchase, now) = (confirmed(app, purchase_id).await?, now());
        let returns = app.store.returns(purchase_id).await?;
        let draft = draft(app, &purchase, &returns, body, now)?;
        match app.store.put_return(&draft, purchase.version, key.as_ref(), now).await? {
            Written::Done => return Ok(draft.answer),
            Written::Stale | Written::NoRoom => {}
        }
    }
    Err(Error::Unavailable)
}

fn draft(
    app: &App,
    purchase: &Purchase,
    returns: &[ReturnRecord],
    body: &Document,
    now: i64,
) -> Result<ReturnRecord, Error> {
    let live = app.live.load();
    let sold = Sold::read(app, purchase)?;
    let before = returned(app, returns, true, now)?;
    let (rounding, points_rounding) =
        (live.active.plan.plan.currency.rounding, live.active.plan.plan.points.rounding);
    let mut lines: Vec<ReturnedLine> = Vec::new();
    let mut problems = Vec::new();
    let mut points_paid_before = Money::ZERO;
    for line in before.values() {
        points_paid_before.0 = points_paid_before.0.saturating_add(line.points_paid.0);
    }
    for asked in request::read(&body.value).map_err(refused)? {
        let Some(line) = sold.lines.iter().find(|line| line.sold.position == asked.position) else {
            problems.push(Problem {
                pointer: format!("{}/position", asked.pointer),
                code: "unknown_position".into(),
                detail: format!("the purchase has no line {}", asked.position),
            });
            continue;
        };
        let so_far = before.get(&asked.position).copied().unwrap_or_default();
        let order = app.config.returns.order();
        match return_line(&line.sold, &so_far, asked.quantity, order, rounding, points_rounding) {
            Ok(line) => lines.push(line),
            Err(error) => problems.push(Problem {
                pointer: format!("{}/quantity", asked.pointer),
                code: error.code().into(),
                detail: error.to_string(),
            }),
        }
    }
    if !problems.is_empty() {
        return Err(refused(Problems(problems)));
    }
    lines.sort_by_key(|line| line.position);
    let points_paid = Money(lines.iter().map(|line| line.points_paid.0).sum());
    // So far, less what earlier returns give back: it adds up even if one of those was cancelled.
    let so_far = Money(points_paid_before.0.saturating_add(points_paid.0));
    let so_far =
        points_to_give_back(sold.points_spent, sold.points_paid, Money::ZERO, so_far, points_rounding);
    let already: i64 = counted(returns, now).map(|record| record.points_back).sum();
    let points_back = Points(so_far.0.saturating_sub(already).max(0));
    let points_taken = Points(lines.iter().map(|line| line.points_earned.0).sum());
    let number = returns.iter().map(|record| record.number).max().unwrap_or(0).saturating_add(1);
    let mut record = ReturnRecord {
        id: format!("{}-r{number}", purchase.id),
        purchase_id: purchase.id.clone(),
        number,
        state: PurchaseState::Calculated,
        request: body.text.clone(),
        answer: String::new(),
        points_back: points_back.0,
        points_taken: points_taken.0,
        expires_at: Some(now.saturating_add(app.config.purchases.timeout_seconds)),
    };
    let amounts = Amounts { lines: &lines, points_back, points_taken };
    record.answer = write(&record, "calculated", &amounts, live.active.plan.scales())?;
    Ok(record)
}

/// Commits a return.
pub async fn confirm(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = idempotency::answered(app, key.as_ref()).await? {
            return Ok(answer);
        }
        let (purchase, now) = (confirmed(app, purchase_id).await?, now());
        let returns = app.store.returns(purchase_id).await?;
        let record = named(&returns, return_id)?;
        match state_at(record.state, record.expires_at, now) {
            PurchaseState::Calculated => {}
            PurchaseState::Confirmed => {
                match idempotency::repeated(app, key.as_ref(), &record.answer, now).await? {
                    Some(answer) => return Ok(answer),
                    None => continue,
                }
            }
            state @ (PurchaseState::Cancelled | PurchaseState::Expired) => {
                let code =
                    if state == PurchaseState::Cancelled { "return_cancelled" } else { "return_expired" };
                let detail = format!("return `{return_id}` is {}; make a new one", state.name());
                return Err(refuse(code, detail));
            }
        }
        let undone = Undone::read(app, &purchase, &returns, record, now)?;
        let grants = limits::given_back(app, &purchase, &undone).await?;
        let scales = app.live.load().active.plan.scales();
        let events =
            results::write(&undone, record, scales).map_err(|problems| Error::internal(&problems))?;
        let text = record.answer.clone();
        let answer = move |taken: i64| answer::confirmed(&text, Points(taken), scales);
        let step = PurchaseUpdate {
            id: return_id.to_owned(),
            version: purchase.version,
            answer: String::new(),
            key: key.clone(),
            at: now,
            results: Some(Results { at: now, events }),
        };
        let policy = match app.config.returns.take_back {
            TakeBackPolicy::Block => TakeBack::Block,
            TakeBackPolicy::Negative => TakeBack::Negative,
            TakeBackPolicy::Left => TakeBack::Left,
        };
        match app.store.confirm_return(&step, policy, &grants, &answer).await? {
            Written::Done => {
                let returns = app.store.returns(purchase_id).await?;
                return named(&returns, return_id).map(|record| record.answer.clone());
            }
            Written::Stale => {}
            Written::NoRoom => {
                let detail = "the member has already spent points that this return takes back; the settings \
                              (returns.take_back) forbid it";
                return Err(refuse("points_already_spent", detail.to_owned()));
            }
        }
    }
    Err(Error::Unavailable)
}

/// Drops a return that is not confirmed.
pub async fn cancel(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = idempotency::answered(app, key.as_ref()).await? {
            return Ok(answer);
        }
        let purchase = confirmed(app, purchase_id).await?;
        let returns = app.store.returns(purchase_id).await?;
        let record = named(&returns, return_id)?;
        match record.state {
            PurchaseState::Calculated | PurchaseState::Expired => {}
            PurchaseState::Cancelled => {
                match idempotency::repeated(app, key.as_ref(), &record.answer, now()).await? {
                    Some(answer) => return Ok(answer),
                    None => continue,
                }
            }
            PurchaseState::Confirmed => {
                return Err(refuse("return_confirmed", format!("return `{return_id}` is confirmed")));
            }
        }
        let answer = answer::in_state(&record.answer, "cancelled");
        let step = PurchaseUpdate {
            id: return_id.to_owned(),
            version: purchase.version,
            answer,
            key: key.clone(),
            at: now(),
            results: None,
        };
        match app.store.cancel_return(&step).await? {
            Written::Done => return Ok(step.answer),
            Written::Stale | Written::NoRoom => {}
        }
    }
    Err(Error::Unavailable)
}

async fn confirmed(app: &App, purchase_id: &str) -> Result<Purchase, Error> {
    let purchase = find(app, purchase_id).await?;
    if purchase.state == PurchaseState::Confirmed {
        return Ok(purchase);
    }
    let state = state_at(purchase.state, purchase.expires_at, now());
    let detail = format!("purchase `{purchase_id}` is {}, not confirmed: nothing was sold", state.name());
    Err(refuse("purchase_not_confirmed", detail))
}

/// The returns that are confirmed, or may still be.
fn counted(returns: &[ReturnRecord], now: i64) -> impl Iterator<Item = &ReturnRecord> {
    returns.iter().filter(move |record| {
        let state = state_at(record.state, record.expires_at, now);
        matches!(state, PurchaseState::Calculated | PurchaseState::Confirmed)
    })
}

fn named<'a>(returns: &'a [ReturnRecord], id: &str) -> Result<&'a ReturnRecord, Error> {
    returns
        .iter()
        .find(|record| record.id == id)
        .ok_or_else(|| Error::NotFound(format!("return `{id}` of this purchase")))
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "return_refused", what: "the return has problems", problems }
}
