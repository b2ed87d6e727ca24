//! Pools of coupon codes.

use crate::{
    AuditEntry, Backend, Coupon, CouponCount, CouponIssue, CouponPool, FoundCoupon, IssueAnswer, Issued,
    IssuedCoupon, Revision, Store, StoreError, StoreFuture, UsedCoupon,
};

impl Store {
    /// The pools that existed at a revision, by name.
    pub fn coupon_pools_at(&self, revision: Revision) -> StoreFuture<'_, Vec<CouponPool>> {
        on_backend!(self, coupon_pools_at(revision))
    }

    /// The pool with this name.
    pub fn coupon_pool<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<CouponPool>> {
        on_backend!(self, coupon_pool(name))
    }

    /// Creates a pool, as a change of its offer.
    pub fn create_coupon_pool<'a>(
        &'a self,
        pool: &'a CouponPool,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, create_coupon_pool(pool, audit))
    }

    /// Changes uses and expiry of a pool. No plan depends on them.
    pub fn change_coupon_pool<'a>(
        &'a self,
        pool: &'a CouponPool,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, ()> {
        on_backend!(self, change_coupon_pool(pool, audit))
    }

    /// The numbers of codes of a pool by state.
    pub fn count_coupons<'a>(&'a self, pool: &'a str, now: i64) -> StoreFuture<'a, Vec<CouponCount>> {
        on_backend!(self, count_coupons(pool, now))
    }

    /// The code with this key.
    pub fn coupon<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Coupon>> {
        on_backend!(self, coupon(key, now))
    }

    /// The codes of a pool after a key, at most `most`, in the order of the database.
    pub fn coupons<'a>(
        &'a self,
        pool: &'a str,
        after: &'a str,
        most: i64,
        now: i64,
    ) -> StoreFuture<'a, Vec<Coupon>> {
        on_backend!(self, coupons(pool, after, most, now))
    }

    /// The codes that were issued to a member and that it can still use, at most `most`, the latest issued first.
    pub fn coupons_of_member<'a>(
        &'a self,
        member_id: &'a str,
        most: i64,
        now: i64,
    ) -> StoreFuture<'a, Vec<IssuedCoupon>> {
        on_backend!(self, coupons_of_member(member_id, most, now))
    }

    /// Those of these codes that exist, with their pools.
    pub fn known_coupons<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<(String, String)>> {
        on_backend!(self, known_coupons(keys))
    }

    /// Those of these codes that exist, as all purchases but one have left them.
    pub fn find_coupons<'a>(
        &'a self,
        keys: &'a [String],
        except_purchase: &'a str,
        now: i64,
    ) -> StoreFuture<'a, Vec<FoundCoupon>> {
        on_backend!(self, find_coupons(keys, except_purchase, now))
    }

    /// The codes that a confirmed purchase has used, by key.
    pub fn coupons_of_purchase<'a>(&'a self, purchase_id: &'a str) -> StoreFuture<'a, Vec<UsedCoupon>> {
        on_backend!(self, coupons_of_purchase(purchase_id))
    }

    /// Issues a code that nobody has. `answer` makes the answer from the code, as it was written.
    pub fn issue_coupon<'a>(
        &'a self,
        issue: &'a CouponIssue,
        answer: &'a (dyn Fn(&str) -> Result<IssueAnswer, StoreError> + Send + Sync),
    ) -> StoreFuture<'a, Issued> {
        on_backend!(self, issue_coupon(issue, answer))
    }

    /// Removes codes of pools that expired before a time, and reservations that did. Returns the number of codes.
    pub fn sweep_coupons(&self, before: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, sweep_coupons(before))
    }
}
