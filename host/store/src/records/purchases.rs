//! Purchases, returns, points and counters. Times are seconds since 1970; points and money are in
//! smallest steps.

use super::{CouponClaim, Results, Revision};
use crate::StoreError;

/// The state of a purchase or a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseState {
    /// Calculated, and nothing is committed.
    Calculated,
    /// Committed.
    Confirmed,
    /// Cancelled by the till.
    Cancelled,
    /// Timed out before it was confirmed.
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
    /// The id under which it is stored: see [`crate::scoped_id`].
    pub id: String,
    /// Its state.
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
    /// The point of sale that the receipt names; absent if the calculation is older than this column.
    pub pos: Option<String>,
    /// The card that the receipt names, in the form by which cards compare; empty if it names none, or if it was
    /// removed; absent if the calculation is older than this column.
    pub card: Option<String>,
    /// JSON: the revision of each attribute that was read.
    pub attributes: String,
    /// JSON: everything else that the calculation read; absent if it is older than this column, empty if it was removed.
    pub inputs: Option<String>,
    /// JSON: the amounts that confirming and returning need; absent if the calculation is older than this
    /// column.
    pub sold: Option<String>,
    /// The till's count of its calculations; absent if it does not count them.
    pub sequence: Option<i64>,
    /// JSON: the parts of limits that the calculation takes; absent if it is older than this column.
    pub grants: Option<String>,
    /// JSON: warnings beside those in the answer; absent if there are none.
    pub warnings: Option<String>,
    /// Points that confirming spends.
    pub points_spent: i64,
    /// Points that confirming earns.
    pub points_earned: i64,
    /// When the calculation can no longer be confirmed; absent in any other state.
    pub expires_at: Option<i64>,
    /// The codes of pools that the calculation reserves; empty on the way out.
    pub coupons: Vec<CouponClaim>,
    /// The ids of messages that the answer gives, which no other purchase gets meanwhile; empty on the way out.
    pub messages: Vec<String>,
    /// The events that confirming adds to the results feed; absent on the way out.
    pub results: Option<Results>,
}

impl Purchase {
    /// True if only what the books need is left of it: request, answer and amounts were removed.
    pub fn is_removed(&self) -> bool {
        self.request.is_empty()
    }
}

/// A purchase that may be the one that a till's id means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPurchase {
    /// The id under which it is stored.
    pub id: String,
    /// As in [`Purchase::pos`].
    pub pos: Option<String>,
    /// As in [`Purchase::request`].
    pub request: String,
}

/// The part of a limit's counter that a purchase takes, and the limit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// External id of the offer.
    pub offer: String,
    /// JSON list that names the counter: the kind of limit, the member if it is one of each member, the
    /// kind of period, and the period.
    pub scope: String,
    /// The part that the purchase takes.
    pub taken: Counts,
    /// The limit.
    pub most: Most,
}

/// Counts of uses, money in minor units, and points in smallest steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[expect(missing_docs, reason = "said above")]
pub struct Counts {
    pub uses: i64,
    pub money: i64,
    pub points: i64,
}

impl Counts {
    /// The counts with another sign.
    pub(crate) fn times(self, sign: i64) -> Result<Self, StoreError> {
        let times = |count: i64| {
            count.checked_mul(sign).ok_or_else(|| StoreError::TooLarge(format!("{count} of a counter")))
        };
        Ok(Self { uses: times(self.uses)?, money: times(self.money)?, points: times(self.points)? })
    }

    /// The sum of both.
    pub(crate) fn and(self, more: Self) -> Result<Self, StoreError> {
        let and = |count: i64, more: i64| {
            count.checked_add(more).ok_or_else(|| StoreError::TooLarge(format!("{count} of a counter")))
        };
        Ok(Self {
            uses: and(self.uses, more.uses)?,
            money: and(self.money, more.money)?,
            points: and(self.points, more.points)?,
        })
    }
}

/// A limit of each count; absent if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[expect(missing_docs, reason = "said above")]
pub struct Most {
    pub uses: Option<i64>,
    pub money: Option<i64>,
    pub points: Option<i64>,
}

/// The part of a limit's counter that is taken or reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// External id of the offer.
    pub offer: String,
    /// As in [`Grant::scope`].
    pub scope: String,
    /// The part that other purchases have taken or reserved.
    pub taken: Counts,
}

/// The result of a write on condition that nothing changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// Written to the disk.
    Done,
    /// The purchase or the idempotency key changed since it was read: read again and retry.
    Stale,
    /// Other purchases took the points or the last uses: price again with what is left.
    NoRoom,
}

/// The idempotency key of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotent {
    /// The API key or member that sent it.
    pub caller: String,
    /// The key.
    pub key: String,
    /// Fingerprint of the call: another one under the same key is refused.
    pub fingerprint: String,
}

/// The answer to an earlier call with the same idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Fingerprint of that call.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// An update of a purchase or a return to a new state.
#[derive(Debug, Clone)]
pub struct PurchaseUpdate {
    /// The id of the purchase or return.
    pub id: String,
    /// The version of the purchase as it was read.
    pub version: i64,
    /// The answer to this call.
    pub answer: String,
    /// The idempotency key of the call, if it has one.
    pub key: Option<Idempotent>,
    /// The time of the call.
    pub at: i64,
    /// The events that a return adds to the results feed. A purchase adds those of its calculation.
    pub results: Option<Results>,
    /// True for a return after which nothing is left of the purchase: the codes of pools that it used can be used again.
    pub gives_back_coupons: bool,
}

/// How a purchase is confirmed.
#[derive(Debug, Clone)]
pub struct Confirmation<'a> {
    /// The purchase, its version, and its stored answer in the new state.
    pub update: &'a PurchaseUpdate,
    /// The period in which the earned points can be spent.
    pub earned: Validity,
    /// After the time-out, when nothing is reserved any more, the parts of limits to take again.
    pub late: Option<&'a [Grant]>,
    /// True if the customer has paid: then a member who has been blocked since does not prevent it.
    pub paid: bool,
}

/// The parts that a confirmation took beyond what was left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exceeded {
    /// The limits; [`Grant::taken`] is the part beyond.
    pub grants: Vec<Grant>,
    /// Codes of pools that other purchases have used meanwhile, as often as they can be used.
    pub coupons: Vec<String>,
    /// Points that the member did not have: a debt.
    pub points: i64,
    /// True if the member is blocked.
    pub blocked: bool,
}

/// The texts of a confirmation, made from what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationTexts {
    /// The answer to the call.
    pub answer: String,
    /// JSON: the warnings to store beside the answer.
    pub warnings: Option<String>,
}

/// The result of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Confirmed {
    /// Written to the disk; the answer to the call.
    Done(String),
    /// The purchase or the idempotency key changed since it was read: read again and retry.
    Stale,
    /// The member has been blocked since the calculation. Nothing is changed.
    MemberBlocked,
}

/// The period in which points can be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second; before it the points are pending.
    pub active_from: i64,
    /// The first second after the period; absent if the points do not expire.
    pub expires_at: Option<i64>,
}

/// Points that a member gets without a purchase, as a lot of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantPoints {
    /// The member.
    pub member_id: String,
    /// In the smallest step; above zero.
    pub points: i64,
    /// When they can be spent.
    pub validity: Validity,
    /// The same key gives them once.
    pub key: Idempotent,
    /// The time of the call.
    pub at: i64,
}

/// Points of a member that expire at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringPoints {
    /// The member.
    pub member_id: String,
    /// The first second after they can be spent.
    pub expires_at: i64,
    /// What is left of them, in the smallest step.
    pub points: i64,
}

/// What became of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// The points are there.
    Done,
    /// They were given before.
    Before,
    /// There is no such member.
    NoMember,
}

/// How a return takes back earned points that the member has already spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeBack {
    /// The return is refused.
    Block,
    /// All are taken back: the balance may go below zero.
    Negative,
    /// Only points that are left are taken back.
    Left,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRecord {
    /// The id under which it is stored: the purchase's, and its number.
    pub id: String,
    /// The stored id of the purchase that goods are returned from.
    pub purchase_id: String,
    /// Within the purchase, from 1.
    pub number: i64,
    /// Its state.
    pub state: PurchaseState,
    /// The request as it was sent.
    pub request: String,
    /// The answer as it was given last.
    pub answer: String,
    /// JSON: the lines that come back; absent if the return is older than this column.
    pub lines: Option<String>,
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
    /// Points that can be spent now: active, neither expired nor reserved; below zero if there is a debt.
    pub available: i64,
    /// Earned, but not active yet.
    pub pending: i64,
    /// Reserved for purchases that are not confirmed yet.
    pub reserved: i64,
    /// All that was earned or imported, less what was taken back.
    pub accrued: i64,
    /// Spent, less what was given back.
    pub spent: i64,
    /// Expired.
    pub expired: i64,
    /// Active points that expire: time and points, in order of time.
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
    /// Points added, or taken if below zero.
    pub points: i64,
    /// The purchase that it belongs to, if any.
    pub purchase_id: Option<String>,
    /// The return that it belongs to, if any.
    pub return_id: Option<String>,
    /// When it was written.
    pub created_at: i64,
    /// From when the lot can be spent.
    pub active_from: i64,
    /// When the lot expires.
    pub expires_at: Option<i64>,
}

/// The counts of a run of the expiry job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expiry {
    /// Number of calculations and returns that timed out.
    pub calculations: u64,
    /// Number of lots that expired.
    pub lots: u64,
}

/// The most that one entry adds to an account, and that one purchase takes of a counter, in smallest steps: ten times
/// the largest amount that is taken from outside.
pub const ENTRY_MAX: i64 = 10 * domain::quantities::MAX_AMOUNT;

/// A place where two stored sums that must be equal differ, or where an amount is too large.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {check}: expected {expected}, found {found} (smallest steps)")]
pub struct Mismatch {
    /// The rule that is broken.
    pub check: &'static str,
    /// The id of the member, purchase, return, lot, entry or counter.
    pub subject: String,
    /// The value that it should have.
    pub expected: i128,
    /// The value that it has.
    pub found: i128,
}
