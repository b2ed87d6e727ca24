//! A made-up chain of shops with a known truth: what each member would have bought, had they been given
//! another offer. Real data never say that; here it can be asked, so that whatever judges models can
//! itself be judged.
//!
//! # The model
//!
//! Each week a member buys once or not at all. Who buys has goods of the favourite category in the basket,
//! and of each other category by chance. All members have the same *offer*, a discount on their favourite
//! category, at different *levels*, the arms: arm 0 gets nothing, the others so many percent.
//!
//! - *Shopping rate*: the probability of buying in a week is a rate of the member, which nobody sees, times
//!   the season.
//! - *Baskets*: the goods and prices of [`catalog`]; quantities go with the size of the household; what
//!   is bought of a category goes with the season.
//! - *Effects* of an arm are on the probability of buying and on the quantity of favourite goods. They
//!   depend on the [`Kind`] of the member (one does as always, one can be persuaded, one is put off, one
//!   moves for a large level only), which goes mostly, not wholly, with traits that models see, and on
//!   how sensitive the member is, which nobody sees.
//! - *Outcome*: the margin on the goods less the discount ([`Outcome::net`]). No arm has another cost.
//! - *Shift*: from a given week on the kinds change places ([`Kind::shifted`]).
//! - An offer has no effect on later weeks.
//!
//! # Numbers
//!
//! Money is in minor units and probabilities are in millionths; all are integers. Every draw is a hash of
//! the seed, the member, the week and what is drawn: a member's week can be computed alone, in any order
//! and on any thread. Weeks are counted from 1; [`HISTORY`] weeks before that, without offers, are the
//! past that features are first computed from.

pub mod catalog;
mod chain;
mod columns;
mod dates;
mod draw;
pub mod drive;
mod error;
mod features;
pub mod files;
pub mod host;
mod member;
mod settings;
mod truth;

pub use chain::{Basket, Chain, Line, Outcome};
pub use columns::{Chances, Columns};
pub use dates::{FIRST_DAY, date, day};
pub use error::SimulateError;
pub use features::{FEATURES, HISTORY};
pub use member::{Kind, Member};
pub use settings::{Arm, MOST_ARMS, MOST_MEMBERS, MOST_WEEKS, Settings, Shift};
pub use truth::Expected;
