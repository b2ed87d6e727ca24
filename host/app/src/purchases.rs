//! The life of a purchase: calculated, then confirmed or given up, then perhaps returned.
//!
//! Every step reads what is stored, decides, and writes on condition that nothing has changed
//! meanwhile; if something has, it starts over. What a step answers is stored with its effect.

mod attributes;
pub mod calculation;
pub mod idempotency;
pub mod inputs;
mod life;
mod limits;
pub mod offline;
pub mod preview;
pub mod pricing;
pub mod replay;
pub mod returns;
pub mod settle;
mod shadow;
mod sold;
pub mod upkeep;

use store::{Purchase, PurchaseState};

use crate::error::Error;
use crate::state::App;

pub use limits::scopes_of_member;

/// How often a step starts over before it asks the client to come back later.
const ATTEMPTS: usize = 64;

/// The purchase, which must have been calculated.
async fn find(app: &App, id: &str) -> Result<Purchase, Error> {
    app.store.purchase(id).await?.ok_or_else(|| Error::NotFound(format!("purchase `{id}`")))
}

/// The state as of now: a calculation whose time is over has expired, also before the expiry job
/// comes by.
pub fn state_at(state: PurchaseState, expires_at: Option<i64>, now: i64) -> PurchaseState {
    match state {
        PurchaseState::Calculated if expires_at.is_some_and(|end| end <= now) => PurchaseState::Expired,
        state => state,
    }
}

fn refuse(code: &'static str, detail: String) -> Error {
    Error::State { code, detail }
}
