//! Members' points: balances, the ledger, expiry, and the check of both.

use crate::{Backend, Balance, Expiry, Mismatch, PointEntry, Store, StoreError};

impl Store {
    /// The member's points. Those that one purchase has reserved count as available.
    pub async fn balance(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<Balance, StoreError> {
        on_backend!(self, balance(member_id, except_purchase, now))
    }

    /// The points that a purchase of the member may spend: [`Balance::available`] alone.
    pub async fn points_available(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<i64, StoreError> {
        on_backend!(self, points_available(member_id, except_purchase, now))
    }

    /// The latest entries of a member's ledger, newest first, at most `most`.
    pub async fn point_entries(&self, member_id: &str, most: i64) -> Result<Vec<PointEntry>, StoreError> {
        on_backend!(self, point_entries(member_id, most))
    }

    /// Expires calculations, returns and points whose time is over.
    pub async fn expire(&self, now: i64) -> Result<Expiry, StoreError> {
        on_backend!(self, expire(now))
    }

    /// All places where two stored sums that must be equal differ, or where an amount is too large.
    pub async fn verify(&self, now: i64) -> Result<Vec<Mismatch>, StoreError> {
        on_backend!(self, verify(now))
    }
}
