//! Purchases, returns, points and counters. Times are seconds since 1970; points and money are in
//! smallest steps.

use super::{Results, Revision};

/// Where a purchase or a return is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseState {
    /// Worked out; nothing is committed.
    Calculated,
    /// Committed.
    Confirmed,
    /// Given up by the till.
    Cancelled,
    /// Given up by time-out.
    Expired,
}

impl PurchaseState {
    const ALL: [Self; 4] = [Self::Calculated, Self::Confirmed, Self::Cancelled, Self::Expired];

    /// The name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calculated => "calculated",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A purchase with its latest calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The till's id.
    pub id: String,
    /// Where it is in its life.
    pub state: PurchaseState,
    /// Counts the changes of the row, from 1.
    pub version: i64,
    /// The request as it was sent.
    pub request: String,
    /// The answer as it was given last.
    pub answer: String,
    /// Hash of the plan.
    pub plan: String,
    /// Revision of the plan.
    pub revision: Revision,
    /// The member, if one was found.
    pub member_id: Option<String>,
    /// JSON: the revision of each attribute that was read.
    pub attributes: String,
    /// JSON: what else the calculation has read; absent if it is from before that was kept.
    pub inputs: Option<String>,
    /// Points that confirming spends.
    pub points_spent: i64,
    /// Points that confirming earns.
    pub points_earned: i64,
    /// When the calculation can no longer be confirmed; absent in any other state.
    pub expires_at: Option<i64>,
    /// What confirming tells the results feed; absent on the way out.
    pub results: Option<Results>,
}

/// How much of a counter a purchase takes, and how much there is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// External id.
    pub offer: String,
    /// JSON list: what is limited, whose it is, by which period, and which one.
    pub scope: String,
    /// What is taken.
    pub taken: Counts,
    /// The limit.
    pub most: Most,
}

/// Uses, money and points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[expect(missing_docs, reason = "said above")]
pub struct Counts {
    pub uses: i64,
    pub money: i64,
    pub points: i64,
}

/// The most of each that may be taken; absent: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[expect(missing_docs, reason = "said above")]
pub struct Most {
    pub uses: Option<i64>,
    pub money: Option<i64>,
    pub points: Option<i64>,
}

/// How much of a counter is taken or reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// External id.
    pub offer: String,
    /// As in [`Grant::scope`].
    pub scope: String,
    /// By other purchases.
    pub taken: Counts,
}

/// What came of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is on the disk.
    Done,
    /// The purchase, or the key, is not any more as it was read: read again.
    Stale,
    /// Others took the points or the last uses meanwhile: price again.
    NoRoom,
}

/// The key of a call, and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotent {
    /// Whose key it is.
    pub caller: String,
    /// The key.
    pub key: String,
    /// Of the call.
    pub fingerprint: String,
}

/// The answer to an earlier call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Of that call.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// A new state of a purchase or a return, its answer, and the key of the call that asks for it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Of the purchase or return.
    pub id: String,
    /// Of the purchase as it was read.
    pub version: i64,
    /// The answer to this call.
    pub answer: String,
    /// The call's key.
    pub key: Option<Idempotent>,
    /// Now.
    pub at: i64,
    /// What a return tells the results feed. A purchase tells what was calculated.
    pub results: Option<Results>,
}

/// From when until when points can be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Pending before.
    pub active_from: i64,
    /// Never, if absent.
    pub expires_at: Option<i64>,
}

/// What may be taken back of points that the member has already spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeBack {
    /// Nothing: the return is refused.
    Block,
    /// All: the balance goes below zero.
    Negative,
    /// What is left; the rest is let go.
    Left,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRecord {
    /// Ours.
    pub id: String,
    /// What is returned.
    pub purchase_id: String,
    /// Within the purchase, from 1.
    pub number: i64,
    /// Where it is in its life.
    pub state: PurchaseState,
    /// The request as it was sent.
    pub request: String,
    /// The answer as it was given last.
    pub answer: String,
    /// Burned points that the member gets back.
    pub points_back: i64,
    /// Earned points that are taken back.
    pub points_taken: i64,
    /// When it can no longer be confirmed; absent in any other state.
    pub expires_at: Option<i64>,
}

/// A member's points at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// Can be spent now: active, neither expired nor reserved; below zero if there is a debt.
    pub available: i64,
    /// Earned, but not active yet.
    pub pending: i64,
    /// Promised to purchases that are not confirmed yet.
    pub reserved: i64,
    /// All that was earned or imported, less what was taken back.
    pub accrued: i64,
    /// Spent, less what was given back.
    pub spent: i64,
    /// Expired.
    pub expired: i64,
    /// Active points that expire, by time.
    pub expiring: Vec<(i64, i64)>,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointEntry {
    /// Within the member, from 1.
    pub number: i64,
    /// The entry that opened the lot that this one is about.
    pub lot: i64,
    /// `imported`, `earned`, `taken_back`, `spent`, `given_back` or `expired`.
    pub kind: String,
    /// Signed.
    pub points: i64,
    /// What it belongs to.
    pub purchase_id: Option<String>,
    /// What it belongs to.
    pub return_id: Option<String>,
    /// When it was written.
    pub created_at: i64,
    /// From when the lot can be spent.
    pub active_from: i64,
    /// When the lot expires.
    pub expires_at: Option<i64>,
}

/// What a run of the expiry job did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expiry {
    /// Calculations and returns that timed out.
    pub calculations: u64,
    /// Lots that expired.
    pub lots: u64,
    /// Keys that were forgotten.
    pub keys: u64,
}

/// A place where the books do not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What is checked.
    pub check: &'static str,
    /// Member, purchase or counter.
    pub subject: String,
    /// What it should be.
    pub expected: i64,
    /// What it is.
    pub found: i64,
}
