//! `confirm` and `cancel`: the stored calculation is committed or dropped, never priced again.

use domain::decimal::format_scaled;
use domain::pricing::Warning;
use serde_json::Value;
use store::{
    Confirmation, ConfirmationTexts, Confirmed, Exceeded, Grant, Idempotent, Purchase, PurchaseState,
    PurchaseUpdate, StoreError, Written, till_id,
};
use wire::answer;
use wire::problem::Problems;

use super::attempts::{Attempt, repeated, until_done};
use super::named::Named;
use super::sold::Sold;
use super::{answer_text, find_now, grants, refuse, shown_answer, state_at, stored};
use crate::communications::feed;
use crate::error::Error;
use crate::state::App;

/// The words of a till that confirms.
#[derive(Debug, Default)]
pub struct Confirm {
    /// The body, if there is one: `calculation` and `payable` name what the customer saw.
    pub body: Option<Value>,
    /// True if the customer has paid already, so that there is no going back to another sum.
    pub paid: bool,
}

/// Commits the stored calculation, also after its time-out: what is paid is paid. `id` is the stored id.
pub async fn confirm(app: &App, id: &str, said: &Confirm, key: Option<Idempotent>) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || confirm_once(app, id, said, key)).await
}

async fn confirm_once(
    app: &App,
    id: &str,
    said: &Confirm,
    key: Option<&Idempotent>,
) -> Result<Attempt, Error> {
    let (purchase, now) = find_now(app, id).await?;
    let id = till_id(id);
    let late = match state_at(purchase.state, purchase.expires_at, now) {
        PurchaseState::Calculated => false,
        PurchaseState::Expired => true,
        PurchaseState::Confirmed => {
            if said.body.is_some() {
                check_named(said, &purchase, &stored::sold(app, &purchase)?)?;
            }
            return repeated(app, key, &shown_answer(&purchase)?, now).await;
        }
        PurchaseState::Cancelled => {
            return Err(refuse("purchase_cancelled", format!("purchase `{id}` is cancelled")));
        }
    };
    let sold = stored::sold(app, &purchase)?;
    let unused = check_named(said, &purchase, &sold)?;
    let (grants, grants_known) = if late { grants::of(app, &purchase).await? } else { (Vec::new(), true) };
    let update = update(&purchase, PurchaseState::Confirmed, key, now)?;
    let writer =
        Writer { purchase: &purchase, answer: &update.answer, sold: &sold, late, grants_known, unused };
    let late = late.then_some(grants.as_slice());
    let confirmation = Confirmation { update: &update, earned: sold.earned, late, paid: said.paid };
    match app.store.confirm(&confirmation, &|exceeded| writer.texts(exceeded)).await? {
        Confirmed::Done(answer) => {
            app.hint.give();
            Ok(Attempt::Done(answer))
        }
        Confirmed::Stale => Ok(Attempt::Stale),
        Confirmed::MemberBlocked => Err(member_blocked(id)),
    }
}

/// Refuses another calculation than the one that is named, and warns about fields that name nothing.
fn check_named(said: &Confirm, purchase: &Purchase, sold: &Sold) -> Result<Vec<Warning>, Error> {
    let Some(body) = &said.body else { return Ok(Vec::new()) };
    let refused = |problems: Problems| {
        let what = "the confirmation has problems";
        Error::Refused { code: "confirmation_refused", what, problems }
    };
    let named = Named::read(body, sold.scales).map_err(refused)?;
    named.check(purchase, sold)?;
    Ok(named.unused)
}

fn member_blocked(id: &str) -> Error {
    let detail = format!(
        "the member of purchase `{id}` has been blocked since it was calculated: calculate it again, without \
         the member's points and offers. If the customer has paid already, send the receipt to \
         /v1/receipts/offline, which commits what was calculated"
    );
    refuse("member_blocked", detail)
}

/// Writes the texts of a confirmation.
struct Writer<'a> {
    purchase: &'a Purchase,
    /// The stored answer in its new state.
    answer: &'a str,
    sold: &'a Sold,
    late: bool,
    grants_known: bool,
    /// Warnings about fields of the confirmation that are not used.
    unused: Vec<Warning>,
}

impl Writer<'_> {
    fn texts(&self, exceeded: &Exceeded) -> Result<ConfirmationTexts, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Answer(error.to_string());
        let mut warnings: Vec<Value> = match &self.purchase.warnings {
            Some(stored) => serde_json::from_str(stored).map_err(|error| failed(&error))?,
            None => Vec::new(),
        };
        for warning in self.warnings(exceeded) {
            let warning = serde_json::to_value(answer::warning(&warning)).map_err(|error| failed(&error))?;
            warnings.push(warning);
        }
        let warnings = (!warnings.is_empty()).then(|| Value::Array(warnings).to_string());
        let answer = answer_text::with_warnings(self.answer, till_id(&self.purchase.id), warnings.as_deref())
            .map_err(|error| failed(&error))?;
        Ok(ConfirmationTexts { answer, warnings })
    }

    fn warnings(&self, exceeded: &Exceeded) -> Vec<Warning> {
        let mut warnings = self.unused.clone();
        if self.late || exceeded.points > 0 {
            warnings.push(Warning { code: "late_confirm", detail: self.late_confirm(exceeded) });
        }
        if exceeded.blocked {
            let detail = "the member has been blocked since the calculation; what was paid stands".to_owned();
            warnings.push(Warning { code: "member_blocked", detail });
        }
        warnings
    }

    fn late_confirm(&self, exceeded: &Exceeded) -> String {
        let mut parts: Vec<String> = exceeded.grants.iter().map(|grant| self.beyond(grant)).collect();
        parts
            .extend(exceeded.coupons.iter().map(|code| format!("coupon `{code}`, which was used meanwhile")));
        if exceeded.points > 0 {
            let points = format_scaled(exceeded.points, self.sold.scales.points);
            parts.push(format!("{points} points more than the member had left"));
        }
        if !self.grants_known {
            parts.push(
                "an earlier release calculated it, so that limits are counted only as far as known".into(),
            );
        }
        let taken = "confirmed after the time-out, with the stored result";
        if parts.is_empty() { taken.to_owned() } else { format!("{taken}; beyond: {}", parts.join(", ")) }
    }

    fn beyond(&self, grant: &Grant) -> String {
        let (taken, scales) = (grant.taken, self.sold.scales);
        let counts = [
            (taken.uses, format!("{} use(s)", taken.uses)),
            (taken.money, format!("{} money", format_scaled(taken.money, scales.money))),
            (taken.points, format!("{} points", format_scaled(taken.points, scales.points))),
        ];
        let counts: Vec<String> =
            counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
        format!("a limit of offer `{}` by {}", grant.offer, counts.join(" and "))
    }
}

/// Drops the stored calculation. `id` is the stored id.
pub async fn cancel(app: &App, id: &str, key: Option<Idempotent>) -> Result<String, Error> {
    let key = key.as_ref();
    until_done(app, key, || cancel_once(app, id, key)).await
}

async fn cancel_once(app: &App, id: &str, key: Option<&Idempotent>) -> Result<Attempt, Error> {
    let (purchase, now) = find_now(app, id).await?;
    let id = till_id(id);
    match purchase.state {
        PurchaseState::Calculated | PurchaseState::Expired => {}
        PurchaseState::Cancelled => return repeated(app, key, &purchase.answer, now).await,
        PurchaseState::Confirmed => {
            let detail = format!("purchase `{id}` is confirmed; what was sold can be returned");
            return Err(refuse("purchase_confirmed", detail));
        }
    }
    let update = update(&purchase, PurchaseState::Cancelled, key, now)?;
    match app.store.cancel(&update).await? {
        Written::Done => {
            if let Some(member) = purchase.member_id {
                tell_cancelled(app, member, purchase.id);
            }
            Ok(Attempt::Done(update.answer))
        }
        Written::Stale | Written::NoRoom => Ok(Attempt::Stale),
    }
}

/// Tells communications, which the till does not wait for.
fn tell_cancelled(app: &App, member: String, purchase: String) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = feed::tell_cancelled(&app, member, &purchase).await {
            tracing::warn!(purchase, %error, "communications were not told of a cancelled purchase");
        }
    });
}

fn update(
    purchase: &Purchase,
    state: PurchaseState,
    key: Option<&Idempotent>,
    at: i64,
) -> Result<PurchaseUpdate, Error> {
    let answer = answer_text::in_state(&purchase.answer, till_id(&purchase.id), state.name())?;
    let (id, key) = (purchase.id.clone(), key.cloned());
    Ok(PurchaseUpdate {
        id,
        version: purchase.version,
        answer,
        key,
        at,
        results: None,
        gives_back_coupons: false,
    })
}
