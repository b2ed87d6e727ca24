//! Returns: computed from the amounts of the confirmed purchase, never from today's offers.

mod answer;
mod limits;
mod request;
mod results;
mod undone;

use std::collections::BTreeMap;

use domain::quantities::{Money, Points};
use domain::returns::{
    RefundOrder, ReturnError, ReturnedLine, ReturnedSoFar, points_to_give_back, return_line,
};
use store::{
    Idempotent, Purchase, PurchaseState, PurchaseUpdate, Results, ReturnRecord, StoreError, TakeBack,
    Written, till_id,
};
use wire::json::Document;
use wire::problem::{Problem, Problems};

use self::answer::Amounts;
use self::request::Asked;
use self::undone::Undone;
use super::attempts::{Attempt, repeated, until_done};
use super::sold::Sold;
use super::sums::sum;
use super::{find_now, refuse, returned, state_at, stored};
use crate::config::TakeBackPolicy;
use crate::error::Error;
use crate::state::App;

/// Computes the return of some units, and stores it. Here and below `purchase_id` is the stored id of the purchase, and
/// `return_id` is what the till calls the return.
pub async fn create(
    app: &App,
    purchase_id: &str,
    body: &Document,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || create_once(app, purchase_id, body, key)).await
}

async fn create_once(
    app: &App,
    purchase_id: &str,
    body: &Document,
    key: Option<&Idempotent>,
) -> Result<Attempt, Error> {
    let (purchase, now) = confirmed(app, purchase_id).await?;
    let returns = app.store.returns(purchase_id).await?;
    let draft = draft(app, &purchase, &returns, body, now)?;
    match app.store.put_return(&draft, purchase.version, key, now).await? {
        Written::Done => Ok(Attempt::Done(draft.answer)),
        Written::Stale | Written::NoRoom => Ok(Attempt::Stale),
    }
}

fn draft(
    app: &App,
    purchase: &Purchase,
    returns: &[ReturnRecord],
    body: &Document,
    now: i64,
) -> Result<ReturnRecord, Error> {
    let sold = stored::sold(app, purchase)?;
    let before = stored::returned_so_far(returns, sold.scales, true, now)?;
    let (asked, unused) = request::read(&body.value).map_err(refused)?;
    let others: Vec<&ReturnRecord> = counted(returns, now).collect();
    let lines = lines(&sold, &before, asked, app.config.returns.order(), &others)?;
    let paid_before = Money(sum(before.values().map(|line| line.points_paid.0))?);
    let points_back = points_back(&sold, paid_before, &lines, &others)?;
    let points_taken = Points(sum(lines.iter().map(|line| line.points_earned.0))?);
    let number = returns.iter().map(|record| record.number).max().unwrap_or(0).saturating_add(1);
    let mut record = ReturnRecord {
        id: format!("{}-r{number}", purchase.id),
        purchase_id: purchase.id.clone(),
        number,
        state: PurchaseState::Calculated,
        request: body.text.clone(),
        answer: String::new(),
        lines: Some(returned::write(&lines)?),
        points_back: points_back.0,
        points_taken: points_taken.0,
        expires_at: Some(now.saturating_add(app.config.purchases.timeout_seconds)),
    };
    let amounts = Amounts { lines: &lines, points_taken, scales: sold.scales, unused: &unused };
    record.answer = answer::write(&record, record.state, amounts)?;
    Ok(record)
}

/// The parts of the lines that are asked for.
fn lines(
    sold: &Sold,
    before: &BTreeMap<u32, ReturnedSoFar>,
    asked: Vec<Asked>,
    order: RefundOrder,
    others: &[&ReturnRecord],
) -> Result<Vec<ReturnedLine>, Error> {
    let mut lines: Vec<ReturnedLine> = Vec::new();
    let mut held: Option<Holders> = None;
    let mut problems = Problems::default();
    for asked in asked {
        let Some(line) = sold.lines.iter().find(|line| line.sold.position == asked.position) else {
            problems.push(Problem {
                pointer: format!("{}/position", asked.pointer),
                code: "unknown_position".into(),
                detail: format!("the purchase has no line {}", asked.position),
            });
            continue;
        };
        let so_far = before.get(&asked.position).copied().unwrap_or_default();
        let (rounding, points_rounding) = (sold.rounding, sold.points_rounding);
        match return_line(&line.sold, &so_far, asked.quantity, order, rounding, points_rounding) {
            Ok(line) => lines.push(line),
            Err(error) => problems.push(Problem {
                pointer: format!("{}/quantity", asked.pointer),
                code: error.code().into(),
                detail: match error {
                    ReturnError::Nothing => error.to_string(),
                    ReturnError::TooMuch { .. } => {
                        let known = match held.take() {
                            Some(known) => known,
                            None => Holders::read(sold, others)?,
                        };
                        format!("{error}{}", held.insert(known).told(asked.position))
                    }
                },
            }),
        }
    }
    problems.or(()).map_err(refused)?;
    lines.sort_by_key(|line| line.position);
    Ok(lines)
}

/// The most returns that a refusal names.
const HOLDERS_TOLD: usize = 10;

/// The other returns that have units of the lines, by position.
struct Holders(BTreeMap<u32, Vec<String>>);

impl Holders {
    fn read(sold: &Sold, others: &[&ReturnRecord]) -> Result<Self, Error> {
        let mut holders: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for record in others {
            for line in stored::lines(record, sold.scales)? {
                holders.entry(line.position).or_default().push(format!("`{}`", till_id(&record.id)));
            }
        }
        Ok(Self(holders))
    }

    /// The end of a refusal; empty if no other return has units of the line.
    fn told(&self, position: u32) -> String {
        let Some(names) = self.0.get(&position) else { return String::new() };
        let told: Vec<&str> = names.iter().map(String::as_str).take(HOLDERS_TOLD).collect();
        let more = if names.len() > HOLDERS_TOLD { " and others" } else { "" };
        format!("; see {}{more}", told.join(", "))
    }
}

/// The burned points that these lines give back: those of all returns so far, less those that the other returns
/// give back. So they add up even if a return in between was cancelled.
fn points_back(
    sold: &Sold,
    paid_before: Money,
    lines: &[ReturnedLine],
    others: &[&ReturnRecord],
) -> Result<Points, Error> {
    let points_paid = lines.iter().map(|line| line.points_paid.0);
    let paid = Money(sum(points_paid.chain([paid_before.0]))?);
    let (spent, rounding) = (sold.points_spent, sold.points_rounding);
    let so_far = points_to_give_back(spent, sold.points_paid, Money::ZERO, paid, rounding);
    let already = sum(others.iter().map(|record| record.points_back))?;
    Ok(Points(sum([so_far.0, -already])?.max(0)))
}

/// Commits a return.
pub async fn confirm(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || confirm_once(app, purchase_id, return_id, key)).await
}

async fn confirm_once(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<&Idempotent>,
) -> Result<Attempt, Error> {
    let (purchase, now) = confirmed(app, purchase_id).await?;
    let returns = app.store.returns(purchase_id).await?;
    let record = named(&returns, return_id)?;
    match state_at(record.state, record.expires_at, now) {
        PurchaseState::Calculated => {}
        PurchaseState::Confirmed => return repeated(app, key, &record.answer, now).await,
        state @ (PurchaseState::Cancelled | PurchaseState::Expired) => return Err(ended(record, state)),
    }
    let undone = Undone::read(app, &purchase, &returns, record, now)?;
    // Whatever clocks have said before: a unit comes back once. The write is on condition that the purchase is as read.
    if let Some(position) = undone.returned_before() {
        let detail = format!(
            "the units of line {position} that return `{return_id}` brings back have come back with another \
             return meanwhile; cancel it, and make a new one of what is left"
        );
        return Err(refuse("already_returned", detail));
    }
    let grants = limits::given_back(app, &purchase, &undone).await?;
    let coupons = match undone.is_everything() {
        true => app.store.coupons_of_purchase(purchase_id).await?,
        false => Vec::new(),
    };
    let events = results::write(&undone, record, &coupons)?;
    let update = PurchaseUpdate {
        id: record.id.clone(),
        version: purchase.version,
        answer: String::new(),
        key: key.cloned(),
        at: now,
        results: Some(Results { at: now, events }),
        gives_back_coupons: !coupons.is_empty(),
    };
    let written = {
        let (record, lines, scales) = (record.clone(), undone.lines.clone(), undone.sold.scales);
        let answer = move |taken: i64| {
            let amounts = Amounts { lines: &lines, points_taken: Points(taken), scales, unused: &[] };
            let text = answer::write(&record, PurchaseState::Confirmed, amounts);
            text.map_err(|error| StoreError::Answer(error.to_string()))
        };
        app.store.confirm_return(&update, take_back(app), &grants, &answer).await?
    };
    match written {
        Written::Done => {
            let returns = app.store.returns(purchase_id).await?;
            named(&returns, return_id).map(|record| Attempt::Done(record.answer.clone()))
        }
        Written::Stale => Ok(Attempt::Stale),
        Written::NoRoom => {
            let detail = "the member has already spent points that this return takes back; the settings \
                          (returns.take_back) forbid it";
            Err(refuse("points_already_spent", detail.to_owned()))
        }
    }
}

fn ended(record: &ReturnRecord, state: PurchaseState) -> Error {
    let code = if state == PurchaseState::Cancelled { "return_cancelled" } else { "return_expired" };
    refuse(code, format!("return `{}` is {}; make a new one", till_id(&record.id), state.name()))
}

fn take_back(app: &App) -> TakeBack {
    match app.config.returns.take_back {
        TakeBackPolicy::Block => TakeBack::Block,
        TakeBackPolicy::Negative => TakeBack::Negative,
        TakeBackPolicy::Left => TakeBack::Left,
    }
}

/// Drops a return that is not confirmed.
pub async fn cancel(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<Idempotent>,
) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || cancel_once(app, purchase_id, return_id, key)).await
}

async fn cancel_once(
    app: &App,
    purchase_id: &str,
    return_id: &str,
    key: Option<&Idempotent>,
) -> Result<Attempt, Error> {
    let (purchase, now) = confirmed(app, purchase_id).await?;
    let returns = app.store.returns(purchase_id).await?;
    let record = named(&returns, return_id)?;
    match record.state {
        PurchaseState::Calculated | PurchaseState::Expired => {}
        PurchaseState::Cancelled => return repeated(app, key, &record.answer, now).await,
        PurchaseState::Confirmed => {
            return Err(refuse("return_confirmed", format!("return `{return_id}` is confirmed")));
        }
    }
    let scales = stored::sold(app, &purchase)?.scales;
    let lines = stored::lines(record, scales)?;
    let points_taken = Points(record.points_taken);
    let amounts = Amounts { lines: &lines, points_taken, scales, unused: &[] };
    let answer = answer::write(record, PurchaseState::Cancelled, amounts)?;
    let update = PurchaseUpdate {
        id: record.id.clone(),
        version: purchase.version,
        answer,
        key: key.cloned(),
        at: now,
        results: None,
        gives_back_coupons: false,
    };
    match app.store.cancel_return(&update).await? {
        Written::Done => Ok(Attempt::Done(update.answer)),
        Written::Stale | Written::NoRoom => Ok(Attempt::Stale),
    }
}

/// The purchase, which must be confirmed, and the time of the database.
async fn confirmed(app: &App, purchase_id: &str) -> Result<(Purchase, i64), Error> {
    let (purchase, now) = find_now(app, purchase_id).await?;
    if purchase.state == PurchaseState::Confirmed {
        return Ok((purchase, now));
    }
    let state = state_at(purchase.state, purchase.expires_at, now);
    let detail =
        format!("purchase `{}` is {}, not confirmed: nothing was sold", till_id(purchase_id), state.name());
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
        .find(|record| till_id(&record.id) == id)
        .ok_or_else(|| Error::NotFound(format!("return `{id}` of this purchase")))
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "return_refused", what: "the return has problems", problems }
}
