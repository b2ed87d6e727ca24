//! The state of a code.

use store::CouponPool;

/// The state of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeState {
    /// Not issued to a member yet.
    Created,
    /// It was issued to a member, or has come back with a return.
    Issued,
    /// A calculation has reserved it.
    Reserved,
    /// It was used as often as it can be.
    Used,
    /// Its pool has expired before it was used up.
    Expired,
}

impl CodeState {
    /// The state of a code of a pool at a time, in seconds since 1970.
    pub(super) fn of(pool: &CouponPool, issued: bool, uses: i64, reserved: i64, now: i64) -> Self {
        if uses >= pool.uses {
            return Self::Used;
        }
        if pool.expires_at.is_some_and(|end| end <= now) {
            return Self::Expired;
        }
        match (reserved > 0, issued) {
            (true, _) => Self::Reserved,
            (false, true) => Self::Issued,
            (false, false) => Self::Created,
        }
    }

    /// The name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Issued => "issued",
            Self::Reserved => "reserved",
            Self::Used => "used",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_follows_from_pool_uses_and_reservations() {
        let pool = |uses, expires_at| CouponPool {
            name: "p".to_owned(),
            offer: "o".to_owned(),
            uses,
            expires_at,
            revision: 1,
        };
        for (pool, issued, uses, reserved, expected) in [
            (pool(1, None), false, 0, 0, CodeState::Created),
            (pool(1, Some(11)), true, 0, 0, CodeState::Issued),
            (pool(1, None), false, 0, 1, CodeState::Reserved),
            (pool(1, None), true, 1, 0, CodeState::Used),
            (pool(2, None), true, 1, 0, CodeState::Issued),
            (pool(1, Some(10)), true, 0, 1, CodeState::Expired),
            (pool(1, Some(10)), true, 1, 0, CodeState::Used),
        ] {
            assert_eq!(CodeState::of(&pool, issued, uses, reserved, 10), expected, "{pool:?}");
        }
    }
}
