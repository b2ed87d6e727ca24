//! Pools of unique coupon codes, their codes, and the codes that purchases use.

use super::{Idempotent, NewResult, Revision};

/// A pool of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouponPool {
    /// Its name.
    pub name: String,
    /// External id of the offer that its codes let in. It never changes.
    pub offer: String,
    /// Purchases that may use one code.
    pub uses: i64,
    /// The first second in which its codes cannot be used.
    pub expires_at: Option<i64>,
    /// The revision that created it; ignored on the way in.
    pub revision: Revision,
}

/// A number of codes of a pool that have the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponCount {
    /// True if they were issued.
    pub issued: bool,
    /// Purchases that have used each of them.
    pub uses: i64,
    /// Number of codes.
    pub codes: i64,
    /// Number of those that a calculation has reserved.
    pub reserved: i64,
}

/// A code of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// The form in which codes are compared.
    pub key: String,
    /// As it was written.
    pub code: String,
    /// Name of its pool.
    pub pool: String,
    /// True once it was issued to a member or used by a purchase.
    pub issued: bool,
    /// The member it was issued to; nobody else may use it.
    pub member_id: Option<String>,
    /// When it was issued.
    pub issued_at: Option<i64>,
    /// Confirmed purchases that have used it.
    pub uses: i64,
    /// Purchases that have reserved it now.
    pub reserved: i64,
    /// The latest purchase that has used or reserved it.
    pub purchase_id: Option<String>,
}

/// A code on a receipt, as another purchase has left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCoupon {
    /// The form in which codes are compared.
    pub key: String,
    /// Name of its pool.
    pub pool: String,
    /// The member it was issued to.
    pub member_id: Option<String>,
    /// Purchases that have used it.
    pub used: i64,
    /// Other purchases that have reserved it.
    pub reserved: i64,
    /// Purchases that may use it.
    pub most: i64,
    /// The first second in which it cannot be used.
    pub expires_at: Option<i64>,
}

/// A code that was issued to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCoupon {
    /// As it was written.
    pub code: String,
    /// Name of its pool.
    pub pool: String,
    /// Purchases that have used it.
    pub used: i64,
    /// Purchases that have reserved it.
    pub reserved: i64,
    /// Purchases that may use it.
    pub most: i64,
    /// The first second in which it cannot be used.
    pub expires_at: Option<i64>,
}

/// A code that a calculation reserves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CouponClaim {
    /// The form in which codes are compared.
    pub key: String,
    /// Purchases that may use it.
    pub most: i64,
}

/// A code that a confirmed purchase has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedCoupon {
    /// As it was written.
    pub code: String,
    /// Name of its pool.
    pub pool: String,
    /// External id of the pool's offer.
    pub offer: String,
}

/// A new code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewCoupon {
    /// The form in which codes are compared.
    pub key: String,
    /// As it is written.
    pub code: String,
    /// The member it is issued to.
    pub member_id: Option<String>,
}

/// New codes of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCoupons {
    /// Name of the pool.
    pub pool: String,
    /// The codes; those that exist already, in any pool, are left as they are.
    pub coupons: Vec<NewCoupon>,
}

/// A request to issue a code of a pool to a member.
#[derive(Debug, Clone)]
pub struct CouponIssue {
    /// Name of the pool.
    pub pool: String,
    /// Id of the member.
    pub member_id: String,
    /// The idempotency key of the call, if it has one.
    pub key: Option<Idempotent>,
    /// The time of the call.
    pub at: i64,
}

/// The answer to a call that issues a code, and the row that it adds to the results feed.
#[derive(Debug, Clone)]
pub struct IssueAnswer {
    /// The body.
    pub body: String,
    /// The row.
    pub result: NewResult,
}

/// The result of a request to issue a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// A code was issued; the answer to the call.
    Done(String),
    /// The pool has no code left.
    Empty,
    /// The idempotency key is taken: read the stored answer.
    Stale,
}
