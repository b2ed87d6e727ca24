//! `calculate`: price, reserve, store.

use std::sync::Arc;
use std::time::Instant;

use domain::member::Member;
use domain::offer::MemberState;
use domain::plan::Plan;
use domain::pricing::{NotApplied, Warning};
use domain::quantities::Points;
use domain::time::Moment;
use store::{Idempotent, MemberRecord, Purchase, PurchaseState, Results, Written, till_id};
use wire::answer::{self, AnswerWarning};
use wire::json::Document;
use wire::receipt::{self, ReadReceipt, Request};
use wire::rollout::Sale;

use super::attempts::{Attempt, until_done};
use super::coupons::ReceiptCoupons;
use super::inputs::Inputs;
use super::pricing::{self, Input, Output};
use super::sold::{Document as SoldDocument, Sold};
use super::validity::validity;
use super::{
    answer_text, attributes, grants, limits, members, refuse, search, shadow, state_at, till_clock,
    till_messages,
};
use crate::error::Error;
use crate::live::{Live, PlanVariant};
use crate::state::App;

/// A receipt to calculate.
pub struct Call {
    /// The till's id of the purchase.
    pub purchase_id: String,
    /// The id under which it is stored.
    pub stored_id: String,
    /// The receipt.
    pub body: Document,
    /// The key, if the till sent one.
    pub key: Option<Idempotent>,
    /// True if the purchase was made while the till had no connection to the host.
    pub offline: bool,
    /// Warnings of the host about the call.
    pub warnings: Vec<Warning>,
}

/// Prices a receipt and stores the result in place of the one before.
pub async fn calculate(app: &App, live: Arc<Live>, call: &Call) -> Result<String, Error> {
    let started = Instant::now();
    let request = Request {
        max_lines: app.config.limits.receipt_lines,
        max_coupons: app.config.coupons.receipt_codes,
        ..Request::new(&call.purchase_id)
    };
    let read = receipt::read(&call.body.value, &live.active.plan, request).map_err(pricing::refused)?;
    let read = Arc::new(read);
    until_done(app, call.key.as_ref(), || calculate_once(app, &live, &read, call, started)).await
}

async fn calculate_once(
    app: &App,
    live: &Arc<Live>,
    read: &Arc<ReadReceipt>,
    call: &Call,
    started: Instant,
) -> Result<Attempt, Error> {
    let (before, now) = to_replace(app, &call.stored_id).await?;
    if !call.offline {
        till_clock::check(&app.config.purchases, &read.receipt.at, now)?;
        refuse_outdated(before.as_ref(), read.sequence)?;
    }
    let version = before.as_ref().map_or(0, |before| before.version);
    let draft = Draft::price(app, live, read, call, (before.as_ref(), now)).await?;
    let (purchase, grants) = draft.at(version, now.saturating_add(app.config.purchases.timeout_seconds));
    match app.store.put_calculation(&purchase, &grants, call.key.as_ref(), now).await? {
        Written::Done => {
            app.metrics.calculation(read.receipt.lines.len(), started.elapsed());
            Ok(Attempt::Done(purchase.answer))
        }
        // No room: others took the points or the last uses, so that there is less to price with.
        Written::Stale | Written::NoRoom => Ok(Attempt::Stale),
    }
}

/// Refuses a calculation that the till has replaced already. One of the same count is a new one: with the same
/// receipt the answer may be another, since what the member accepts and what others take counts at once.
fn refuse_outdated(before: Option<&Purchase>, sequence: Option<i64>) -> Result<(), Error> {
    match (before.and_then(|before| before.sequence), sequence) {
        (Some(stored), Some(sent)) if sent < stored => {
            let detail = format!(
                "calculation {sent} of the till comes after its calculation {stored}, which stands; nothing is \
                 replaced"
            );
            Err(refuse("calculation_outdated", detail))
        }
        _ => Ok(()),
    }
}

/// The purchase whose calculation is replaced, unless it is the first, and the time of the database.
async fn to_replace(app: &App, id: &str) -> Result<(Option<Purchase>, i64), Error> {
    let (before, now) = tokio::try_join!(app.store.purchase(id), app.store.now())?;
    let Some(before) = before else { return Ok((None, now)) };
    let id = till_id(id);
    match state_at(before.state, before.expires_at, now) {
        state @ (PurchaseState::Calculated | PurchaseState::Expired) => {
            Ok((Some(Purchase { state, ..before }), now))
        }
        PurchaseState::Confirmed => {
            let detail = format!("purchase `{id}` is confirmed; a new receipt needs a new purchase id");
            Err(refuse("purchase_confirmed", detail))
        }
        PurchaseState::Cancelled => {
            let detail = format!("purchase `{id}` is cancelled; a new receipt needs a new purchase id");
            Err(refuse("purchase_cancelled", detail))
        }
    }
}

/// A calculation that is not stored yet.
struct Draft {
    purchase: Purchase,
    grants: Vec<store::Grant>,
}

impl Draft {
    async fn price(
        app: &App,
        live: &Arc<Live>,
        read: &Arc<ReadReceipt>,
        call: &Call,
        (before, now): (Option<&Purchase>, i64),
    ) -> Result<Self, Error> {
        let found = match &read.receipt.identifier {
            Some((kind, value)) => app.store.member_for_sale(kind, value, &call.stored_id, now).await?,
            None => None,
        };
        let (record, available) = match found {
            Some((record, available)) => {
                (Some(attributes::as_first_read(app, &live.active, before, record).await?), available)
            }
            None => (None, 0),
        };
        let variant = live.variant_for(Sale {
            member: record.as_ref().map(|record| record.id.as_str()),
            purchase_id: &call.purchase_id,
            pos: &read.receipt.pos,
        });
        let plan = &variant.plan.plan;
        let known = |record| known_member(variant, record, &read.receipt.at, Points(available.max(0)));
        let member = record.as_ref().and_then(known);
        // A blocked member has no account here: nothing is counted, spent or earned.
        let account = member.as_ref().filter(|member| member.state != MemberState::Blocked);
        let account = account.map(|member| member.id.clone());
        let sale = (&read.receipt, call.offline);
        let date = till_clock::date_of_limits(&app.config.purchases, &variant.plan, sale, now);
        let stored_at = (call.stored_id.as_str(), now);
        let (coupons, messages) = tokio::try_join!(
            ReceiptCoupons::read(app, plan, &read.receipt, account.as_deref(), stored_at),
            till_messages::read(app, account.as_deref(), call.offline, stored_at)
        )?;
        let message_texts = till_messages::texts(&messages);
        let subjects = limits::Subjects { member: account.as_deref(), coupons: &coupons.read };
        let scopes = limits::Scopes::new(plan, &read.receipt, subjects, date);
        let mut usage = scopes.usage(app, &call.stored_id, now).await?;
        usage.set_coupons(coupons.read.clone());
        let (variant, read) = (Arc::clone(variant), Arc::clone(read));
        let is_active = Arc::ptr_eq(&variant, &live.active);
        let input = Input {
            variant,
            read: Arc::clone(&read),
            member,
            usage,
            offline: call.offline,
            messages: till_messages::filled(&message_texts),
        };
        let input = Arc::new(input);
        let Output { priced, answer, events, open_circuits } = pricing::run(app, Arc::clone(&input)).await?;
        if is_active {
            shadow::compare(app, &live.shadows, &input, &priced, &call.stored_id);
        }
        if let Some(failed) = &priced.failed {
            return Err(required_offer_failed(plan, failed));
        }
        let limit_date =
            (!scopes.is_empty() && date != read.receipt.at.local.date()).then(|| date.to_string());
        let inputs = Inputs::of(&input, live.today, record.as_ref(), &open_circuits);
        let inputs = Inputs { limit_date, messages: message_texts, ..inputs }.write()?;
        let earned = validity(app.config.points.life(), &input.variant.plan, &read.receipt);
        let sold = Sold::of(&input, &priced, earned, account.is_some())?;
        let digest = answer_text::digest(&answer, &call.purchase_id);
        let grants = scopes.grants(plan, &priced.limit_uses);
        let kept_grants = grants::write(digest.clone(), &grants)?;
        let sold = SoldDocument::new(digest, sold).write()?;
        let of_account = |points: Points| if account.is_some() { points.0 } else { 0 };
        let purchase = Purchase {
            id: call.stored_id.clone(),
            state: PurchaseState::Calculated,
            version: 0,
            request: call.body.text.clone(),
            answer,
            plan: plan.hash.clone(),
            revision: live.revision,
            attributes: attributes::revisions(record.as_ref()),
            inputs: Some(inputs),
            sold: Some(sold),
            sequence: read.sequence.max(before.and_then(|before| before.sequence)),
            grants: Some(kept_grants),
            warnings: warnings(app, call, &read, now)?,
            points_spent: of_account(priced.totals.points_spent),
            points_earned: of_account(priced.totals.points_earned),
            member_id: account,
            pos: Some(read.receipt.pos.clone()),
            card: Some(search::card(read.receipt.identifier.as_ref())),
            expires_at: None,
            coupons: coupons.claims(plan, &read.receipt, &priced),
            messages: messages.into_iter().map(|message| message.id).collect(),
            results: Some(Results { at: read.receipt.at.instant, events }),
        };
        Ok(Self { purchase, grants })
    }

    fn at(self, version: i64, expires_at: i64) -> (Purchase, Vec<store::Grant>) {
        (Purchase { version, expires_at: Some(expires_at), ..self.purchase }, self.grants)
    }
}

/// The warnings of the host, as JSON text.
fn warnings(app: &App, call: &Call, read: &ReadReceipt, now: i64) -> Result<Option<String>, Error> {
    let of_clock = till_clock::warning(&app.config.purchases, &read.receipt.at, now);
    let all: Vec<AnswerWarning<'_>> =
        call.warnings.iter().chain(of_clock.as_ref().filter(|_| call.offline)).map(answer::warning).collect();
    if all.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&all).map(Some).map_err(|error| Error::internal(&error))
}

/// The refusal of a receipt because an offer with `on_fault: fail` has failed.
fn required_offer_failed(plan: &Plan, failed: &NotApplied) -> Error {
    let offer = plan.offer(failed.offer).map_or("", |offer| offer.external_id.as_str());
    Error::NotPriced(format!("offer `{offer}` failed, and its `on_fault` is `fail`: {}", failed.detail))
}

/// The member as pricing needs it. None if the stored member cannot be read: then the sale goes on without a member.
fn known_member(
    variant: &PlanVariant,
    record: &MemberRecord,
    at: &Moment,
    points_available: Points,
) -> Option<Arc<Member>> {
    match members::restore(record, variant.plan.scales()) {
        Ok(member) => Some(Arc::new(Member { points_available, ..member.resolve(&variant.plan, at) })),
        Err(problems) => {
            tracing::error!(member = record.id, problems = problems.len(), "stored member cannot be read");
            None
        }
    }
}
