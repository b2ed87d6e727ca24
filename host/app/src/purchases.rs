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
//! | `offline` | late receipts: `calculation`, then `confirm` |
//! | `preview` | prices of products without a receipt; stores nothing |
//! | `upkeep` | the expiry job |
//! | `replay` | the replay of one stored purchase |
//! | `pricing` | the calculation of a receipt from its `Input`, without IO |
//! | `members`, `attributes`, `limits` | what `Input` has of the store: member, revisions of attributes, counters |
//! | `validity` | the period in which earned points can be spent |
//! | `shadow` | the prices of shadow versions, beside those of the active ones |
//! | `inputs` | writes and reads the stored inputs of a calculation, for replay |
//! | `sold` | writes and reads the stored amounts of a purchase |
//! | `returned` | writes and reads the stored lines of a return |
//! | `legacy` | reads both from the texts of purchases and returns of releases that stored no amounts |
//! | `stored` | the amounts of any purchase or return: by `sold` and `returned`, else by `legacy` |
//! | `answer_text` | changes the state in the stored text of an answer |
//! | `attempts` | repeats stale attempts, and answers calls that are repeated under their `Idempotency-Key` |

pub mod answer_text;
mod attempts;
mod attributes;
pub mod calculation;
pub mod inputs;
mod legacy;
pub mod limits;
pub mod members;
pub mod offline;
pub mod preview;
pub mod pricing;
pub mod replay;
mod returned;
pub mod returns;
mod shadow;
mod sold;
mod stored;
pub mod transitions;
pub mod upkeep;
mod validity;

use store::{Purchase, PurchaseState};

use crate::error::Error;
use crate::state::App;

pub use limits::scopes_of_member;

/// The purchase, which must have been calculated.
async fn find(app: &App, id: &str) -> Result<Purchase, Error> {
    app.store.purchase(id).await?.ok_or_else(|| Error::NotFound(format!("purchase `{id}`")))
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
