//! The pricing pipeline: the fixed order in which a receipt becomes an answer.
//!
//! `classify lines → candidate offers → exclusive discounts → cumulative discounts → caps → burn →
//! accrual → messages → answer`.

mod answer;

pub use answer::*;

use crate::mechanics::Mechanics;
use crate::member::Member;
use crate::plan::Plan;
use crate::receipt::Receipt;

/// Everything one calculation reads.
#[derive(Clone, Copy)]
pub struct Calculation<'a> {
    /// The snapshot.
    pub plan: &'a Plan,
    /// The rules.
    pub mechanics: &'a dyn Mechanics,
    /// What the till sent.
    pub receipt: &'a Receipt,
    /// Who buys; absent if nobody was named or the name is unknown.
    pub member: Option<&'a Member>,
}

/// Prices one receipt. Never fails: what goes wrong costs rewards and leaves a reason.
pub fn price(_calculation: Calculation<'_>) -> PricedReceipt {
    todo!()
}
