//! Plays the chain on a running host, over its public API: what it imports, and then week by week what its
//! members buy.
//!
//! Members act on what the host gives them. Where it matters for what a member buys, the host is first asked
//! (`POST /v1/prices`) what a favourite product would cost them in that week; the level that answers is the
//! arm under which the member's week is drawn. Who decides about levels need not be known here.
//!
//! The receipts are of the time of the simulation. A host takes them at its tills only if its settings
//! `purchases.till_behind_seconds` and `purchases.till_ahead_seconds` are as large as that is away.

mod error;
mod host;
mod load;
mod week;

pub use error::DriveError;
pub use host::Host;
pub use load::load;
pub use week::{MOST_TILLS, Pace, Sent, week};
