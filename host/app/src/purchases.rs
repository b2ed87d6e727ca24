//! The life of a purchase: calculated, then confirmed or cancelled, then perhaps returned.
//!
//! Every step reads the stored purchase, decides, and writes on condition that nothing has changed meanwhile; if
//! something has, it starts over. The answer of a step is stored with its effect.
//!
//! | file | holds |
//! |---|---|
//! | `calculation` | `calculate`: price, reserve, store |
//! | `transitions` | `confirm` and `cancel` |
//! | `returns` | creates, confirms and cancels returns; in its folder request, answer, events and limits of a return |
//! | `access` | which purchases a key may name, and the stored ids of those that a till names |
//! | `offline` | late receipts: `confirm` of the stored calculation if it is that sale, else `calculation`, then `confirm` |
//! | `earlier` | whether a late receipt is the sale that was calculated before |
//! | `preview` | prices of products without a receipt; stores nothing |
//! | `probe` | whether the till would pay an offer to a member, for what messages promise; stores nothing |
//! | `upkeep` | the expiry job |
//! | `replay` | the replay of one stored purchase |
//! | `search` | finds purchases of a member, a card, a store |
//! | `explanation` | why an offer gave something on a stored purchase, or nothing |
//! | `pricing` | the calculation of a receipt from its `Input`, without IO |
//! | `till_clock` | the till's clock beside the host's, and the date by which limits count |
//! | `named` | the calculation that a confirmation names, if it names one |
//! | `members`, `attributes`, `limits`, `coupons` | what `Input` has of the store: member, revisions of attributes, counters, codes of pools |
//! | `till_messages` | messages of communications that the member's next receipt gives |
//! | `validity` | the period in which earned points can be spent |
//! | `shadow` | the prices of shadow versions, beside those of the active ones |
//! | `inputs` | writes and reads the stored inputs of a calculation, for replay |
//! | `grants` | writes and reads the stored parts of limits of a calculation |
//! | `sold` | writes and reads the stored amounts of a purchase |
//! | `returned` | writes and reads the stored lines of a return |
//! | `legacy` | reads both from the texts of purchases and returns of releases that stored no amounts |
//! | `stored` | the amounts of any purchase or return: by `sold` and `returned`, else by `legacy` |
//! | `sums` | checked sums of stored amounts |
//! | `answer_text` | changes the state in the stored text of an answer |
//! | `attempts` | repeats stale attempts, and answers calls that are repeated under their `Idempotency-Key` |

pub mod access;
pub mod answer_text;
pub(crate) mod attempts;
mod attributes;
pub mod calculation;
mod coupons;
mod earlier;
pub mod explanation;
mod grants;
pub mod inputs;
mod legacy;
pub mod limits;
pub mod members;
mod named;
pub mod offline;
pub mod preview;
pub mod pricing;
pub mod probe;
pub mod replay;
mod returned;
pub mod returns;
pub mod search;
mod shadow;
mod sold;
mod stored;
mod sums;
mod till_clock;
pub mod till_messages;
pub mod transitions;
pub mod upkeep;
mod validity;

use store::{Purchase, PurchaseState, ReturnRecord, till_id};

use crate::error::Error;
use crate::state::App;

pub use limits::scopes_of_member;

/// The purchase, which must have been calculated, by its stored id, and the time of the database, by which it expires on all nodes.
async fn find_now(app: &App, id: &str) -> Result<(Purchase, i64), Error> {
    let (purchase, now) = tokio::try_join!(app.store.purchase(id), app.store.now())?;
    Ok((kept(purchase.ok_or_else(|| not_found(id))?)?, now))
}

/// The purchase, which must have been calculated.
async fn find(app: &App, id: &str) -> Result<Purchase, Error> {
    kept(app.store.purchase(id).await?.ok_or_else(|| not_found(id))?)
}

/// Refuses a purchase whose request, answer and amounts were removed.
pub fn kept(purchase: Purchase) -> Result<Purchase, Error> {
    if purchase.is_removed() {
        let id = till_id(&purchase.id);
        let detail = format!(
            "purchase `{id}` is confirmed, and so old that its receipt and its amounts were removed (see \
             retention.purchases_days); the points stay in the ledger"
        );
        return Err(Error::Gone { code: "purchase_removed", detail });
    }
    Ok(purchase)
}

fn not_found(id: &str) -> Error {
    Error::NotFound(format!("purchase `{}`", till_id(id)))
}

/// The answer of a purchase as a till gets it.
pub fn shown_answer(purchase: &Purchase) -> Result<String, Error> {
    answer_text::with_warnings(&purchase.answer, till_id(&purchase.id), purchase.warnings.as_deref())
}

/// The answer of a return as a till gets it: one past its time-out is shown as expired, whatever the stored text says.
pub fn shown_return(record: &ReturnRecord, now: i64) -> String {
    match state_at(record.state, record.expires_at, now) {
        PurchaseState::Expired => answer_text::expired_return(&record.answer),
        _ => record.answer.clone(),
    }
}

/// The state as of now: a calculation past its timeout has expired, also before the expiry job marks it.
pub fn state_at(state: PurchaseState, expires_at: Option<i64>, now: i64) -> PurchaseState {
    match state {
        PurchaseState::Calculated if expires_at.is_some_and(|end| end <= now) => PurchaseState::Expired,
        state => state,
    }
}

fn refuse(code: &'static str, detail: String) -> Error {
    Error::State { code, detail }
}
