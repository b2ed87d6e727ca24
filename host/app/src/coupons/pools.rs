//! Pools, and counts of their codes by state.

use store::CouponPool;

use super::state::CodeState;
use crate::error::Error;
use crate::state::App;

/// All pools, by name.
pub async fn all(app: &App) -> Result<Vec<CouponPool>, Error> {
    Ok(app.store.coupon_pools_at(store::Revision::MAX).await?)
}

/// The pool with this name.
pub async fn find(app: &App, name: &str) -> Result<CouponPool, Error> {
    let found = app.store.coupon_pool(name).await?;
    found.ok_or_else(|| Error::Unknown { code: "unknown_coupon_pool", what: format!("coupon pool `{name}`") })
}

/// Numbers of codes of a pool by their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names of the states")]
pub struct StateCounts {
    pub created: i64,
    pub issued: i64,
    pub reserved: i64,
    pub used: i64,
    pub expired: i64,
}

/// Counts the codes of a pool by their state.
pub async fn count(app: &App, pool: &CouponPool) -> Result<StateCounts, Error> {
    let now = app.store.now().await?;
    let mut counts = StateCounts::default();
    for group in app.store.count_coupons(&pool.name, now).await? {
        for (reserved, codes) in [(0, group.codes.saturating_sub(group.reserved)), (1, group.reserved)] {
            let count = match CodeState::of(pool, group.issued, group.uses, reserved, now) {
                CodeState::Created => &mut counts.created,
                CodeState::Issued => &mut counts.issued,
                CodeState::Reserved => &mut counts.reserved,
                CodeState::Used => &mut counts.used,
                CodeState::Expired => &mut counts.expired,
            };
            *count = count.saturating_add(codes);
        }
    }
    Ok(counts)
}
