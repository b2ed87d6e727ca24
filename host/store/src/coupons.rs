//! Pools of coupon codes.

use crate::{
    AuditEntry, Backend, Coupon, CouponCount, CouponIssue, CouponPool, FoundCoupon, IssueAnswer, Issued,
    IssuedCoupon, Revision, Store, StoreError, UsedCoupon,
};

impl Store {
    /// The pools that existed at a revision, by name.
    pub async fn coupon_pools_at(&self, revision: Revision) -> Result<Vec<CouponPool>, StoreError> {
        on_backend!(self, coupon_pools_at(revision))
    }

    /// The pool with this name.
    pub async fn coupon_pool(&self, name: &str) -> Result<Option<CouponPool>, StoreError> {
        on_backend!(self, coupon_pool(name))
    }

    /// Creates a pool, as a change of its offer.
    pub async fn create_coupon_pool(
        &self,
        pool: &CouponPool,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, create_coupon_pool(pool, audit))
    }

    /// Changes uses and expiry of a pool. No plan depends on them.
    pub async fn change_coupon_pool(&self, pool: &CouponPool, audit: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, change_coupon_pool(pool, audit))
    }

    /// The numbers of codes of a pool by state.
    pub async fn count_coupons(&self, pool: &str, now: i64) -> Result<Vec<CouponCount>, StoreError> {
        on_backend!(self, count_coupons(pool, now))
    }

    /// The code with this key.
    pub async fn coupon(&self, key: &str, now: i64) -> Result<Option<Coupon>, StoreError> {
        on_backend!(self, coupon(key, now))
    }

    /// The codes of a pool after a key, at most `most`, in the order of the database.
    pub async fn coupons(
        &self,
        pool: &str,
        after: &str,
        most: i64,
        now: i64,
    ) -> Result<Vec<Coupon>, StoreError> {
        on_backend!(self, coupons(pool, after, most, now))
    }

    /// The codes that were issued to a member and that it can still use, at most `most`, the latest issued first.
    pub async fn coupons_of_member(
        &self,
        member_id: &str,
        most: i64,
        now: i64,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        on_backend!(self, coupons_of_member(member_id, most, now))
    }

    /// Those of these codes that exist, with their pools.
    pub async fn known_coupons(&self, keys: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        on_backend!(self, known_coupons(keys))
    }

    /// Those of these codes that exist, as all purchases but one have left them.
    pub async fn find_coupons(
        &self,
        keys: &[String],
        except_purchase: &str,
        now: i64,
    ) -> Result<Vec<FoundCoupon>, StoreError> {
        on_backend!(self, find_coupons(keys, except_purchase, now))
    }

    /// The codes that a confirmed purchase has used, by key.
    pub async fn coupons_of_purchase(&self, purchase_id: &str) -> Result<Vec<UsedCoupon>, StoreError> {
        on_backend!(self, coupons_of_purchase(purchase_id))
    }

    /// Issues a code that nobody has. `answer` makes the answer from the code, as it was written.
    pub async fn issue_coupon(
        &self,
        issue: &CouponIssue,
        answer: &(dyn Fn(&str) -> Result<IssueAnswer, StoreError> + Send + Sync),
    ) -> Result<Issued, StoreError> {
        on_backend!(self, issue_coupon(issue, answer))
    }

    /// Removes codes of pools that expired before a time, and reservations that did. Returns the number of codes.
    pub async fn sweep_coupons(&self, before: i64) -> Result<u64, StoreError> {
        on_backend!(self, sweep_coupons(before))
    }
}
