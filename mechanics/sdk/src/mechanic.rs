//! The trait that a mechanic implements.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use crate::bindings::exports::loyalty::mechanic::rules::Guest;
use crate::{Checks, Description, Fact, Failure, Offer, Problem, Receipt, Verdict};

/// A rule behind offers. It keeps no state: all it may know comes with the call.
pub trait Mechanic {
    /// Says what the mechanic is; always the same. See [`crate::DescriptionBuilder`].
    fn describe() -> Description;

    /// Proposes rewards for one offer, or says why there are none.
    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict;

    /// Answers all offers of one receipt and phase, one verdict for each, in the same order. Worth
    /// overriding if offers share work, or look at each other.
    fn evaluate(receipt: &Receipt, offers: &[Offer], facts: &[Fact]) -> Vec<Verdict> {
        offers.iter().map(|offer| Self::evaluate_offer(receipt, offer, facts)).collect()
    }

    /// Checks an offer's parameters at configuration time: what the schema and the common rules
    /// cannot say. `params` is their JSON text; the offer holds all items, in the order of the
    /// text, with empty scopes. By default only what makes sense for every rule; see [`Checks`].
    fn validate(params: &str, offer: &Offer) -> Vec<Problem> {
        let _ = params;
        Checks::new(offer).finish()
    }
}

/// Reports a failure of one offer in good order. The other offers of the call are not touched, as
/// they would be by a panic.
pub fn fail(code: &str, detail: impl Into<String>) -> Verdict {
    Verdict::Failed(Failure {
        code: code.to_owned(),
        detail: detail.into(),
        #[cfg(feature = "contract-1-1")]
        message: None,
    })
}

/// Reports a failure as [`fail`] does, with a message for the author of the mechanic: the host shows it to
/// the mechanic's partner and to admins, never at a till, and counts a fault of this version.
#[cfg(feature = "contract-1-1")]
pub fn fail_with(code: &str, detail: impl Into<String>, message: impl Into<String>) -> Verdict {
    let message = Some(message.into());
    Verdict::Failed(Failure { code: code.to_owned(), detail: detail.into(), message })
}

/// Stands between a [`Mechanic`] and the contract's functions.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported<M>(PhantomData<M>);

impl<M: Mechanic> Guest for Exported<M> {
    fn describe() -> Description {
        M::describe()
    }

    fn validate(params: String, offer: Offer) -> Vec<Problem> {
        M::validate(&params, &offer)
    }

    fn evaluate(receipt: Receipt, offers: Vec<Offer>, facts: Vec<Fact>) -> Vec<Verdict> {
        // Never dropped: the arena does not reuse memory, so walking the lists is lost time.
        let (receipt, offers, facts) =
            (ManuallyDrop::new(receipt), ManuallyDrop::new(offers), ManuallyDrop::new(facts));
        M::evaluate(&receipt, &offers, &facts)
    }
}
