//! The SDK for mechanics of the loyalty host.
//!
//! A mechanic is a type that implements [`Mechanic`], handed to [`export!`]:
//!
//! ```
//! use mechanic_sdk::{
//!     DescriptionBuilder, Declined, Description, Fact, Mechanic, Offer, Receipt, TargetKind, Verdict,
//! };
//!
//! /// Rewards an item once its lines reach the item's conditions.
//! struct Product;
//!
//! impl Mechanic for Product {
//!     fn describe() -> Description {
//!         DescriptionBuilder::new("product", "1.0.0")
//!             .targets([TargetKind::Product])
//!             .reason(1, &[("en", "{value} off {target}")])
//!             .build()
//!     }
//!
//!     fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
//!         offer.reward_each(receipt, |_| 1)
//!     }
//! }
//!
//! mechanic_sdk::export!(Product);
//! ```
//!
//! The types ([`Receipt`], [`Offer`], [`Proposal`] and the rest) are those of the contract in `wit/`;
//! their numbers are exact integers. The SDK adds helpers: conditions and sums ([`Receipt::tally`],
//! [`Item::check`]), proposals ([`Item::propose`]), parameters and facts of the mechanic's own
//! ([`parameters!`], [`facts!`]), reasons for declining ([`OwnReason`]), descriptions with their JSON
//! Schema ([`DescriptionBuilder`]), checks at configuration time ([`Checks`]) and exact arithmetic
//! ([`exact`]).
//!
//! The feature `contract-1-1`, on by default, is what version 1.1.0 of the contract adds. Without it a mechanic
//! speaks 1.0.0, as the built-in mechanics do: the release before must run them when it is taken back to.
//!
//! Compiled for `wasm32-unknown-unknown`, [`export!`] also gives the mechanic its memory: a fixed
//! arena that is never freed, since an instance lives for one receipt. Compiled for anything else
//! it does nothing, so that the same crate can be linked and tested natively.

#![deny(missing_docs)]

mod arena;
pub mod bindings;
mod checks;
#[cfg(feature = "contract-1-1")]
mod decline;
mod describe;
pub mod exact;
mod fact;
mod json;
mod lines;
mod mechanic;
mod method;
mod offer;
mod parameter;
mod receipt;
pub mod rewards;
mod schema;
pub mod testing;

#[doc(hidden)]
pub use arena::Arena;
pub use bindings::exports::loyalty::mechanic::rules::{
    Benefit, Declined, Description, Extra, Fact, FactSource, FactValue, Failure, Item, Lines, LocalTime,
    LocalisedText, Need, Offer, Parameter, ParameterPlace, Phase, Pick, Portion, Portions, Problem, Proposal,
    Reason, Receipt, Scope, TargetKind, Threshold, Unit, Verdict,
};
#[cfg(feature = "contract-1-1")]
pub use bindings::exports::loyalty::mechanic::rules::{Decline, DeclineReason, Variable};
pub use checks::Checks;
#[cfg(feature = "contract-1-1")]
pub use decline::OwnReason;
pub use describe::DescriptionBuilder;
#[cfg(feature = "contract-1-1")]
pub use fact::LineFact;
pub use fact::{MemberFact, OwnNeed, ProductFact, ReceiptFact};
pub use lines::Line;
#[cfg(feature = "contract-1-1")]
pub use lines::UnitKind;
#[doc(hidden)]
pub use mechanic::Exported;
#[cfg(feature = "contract-1-1")]
pub use mechanic::fail_with;
pub use mechanic::{Mechanic, fail};
pub use method::Method;
pub use parameter::{ItemParameter, OfferParameter, OwnParameter};
pub use receipt::Tally;

/// Exports a [`Mechanic`] from the component, once per crate.
///
/// On any target but `wasm32` it expands to nothing.
#[macro_export]
macro_rules! export {
    ($mechanic:ident) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[global_allocator]
            static ARENA: $crate::Arena = $crate::Arena::new();

            type ExportedMechanic = $crate::Exported<$mechanic>;
    $crate::bindings::export_rules!(ExportedMechanic with_types_in $crate::bindings);
        };
    };
}
