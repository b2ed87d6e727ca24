//! Members' points: balances, the ledger, expiry, and the check of both.

use crate::{
    Backend, Balance, ExpiringPoints, Expiry, GrantPoints, Granted, Mismatch, PointEntry, Store, StoreFuture,
};

impl Store {
    /// The member's points. Those that one purchase has reserved count as available.
    pub fn balance<'a>(
        &'a self,
        member_id: &'a str,
        except_purchase: &'a str,
        now: i64,
    ) -> StoreFuture<'a, Balance> {
        on_backend!(self, balance(member_id, except_purchase, now))
    }

    /// The points that a purchase of the member may spend: [`Balance::available`] alone.
    pub fn points_available<'a>(
        &'a self,
        member_id: &'a str,
        except_purchase: &'a str,
        now: i64,
    ) -> StoreFuture<'a, i64> {
        on_backend!(self, points_available(member_id, except_purchase, now))
    }

    /// The latest entries of a member's ledger, newest first, at most `most`.
    pub fn point_entries<'a>(&'a self, member_id: &'a str, most: i64) -> StoreFuture<'a, Vec<PointEntry>> {
        on_backend!(self, point_entries(member_id, most))
    }

    /// Gives a member points, once for each key.
    pub fn grant_points<'a>(&'a self, grant: &'a GrantPoints) -> StoreFuture<'a, Granted> {
        on_backend!(self, grant_points(grant))
    }

    /// Points of members that expire from one second up to another, by expiry and member, after a place in that order, at most
    /// `most`.
    pub fn expiring_points<'a>(
        &'a self,
        range: (i64, i64),
        after: (i64, &'a str),
        most: i64,
    ) -> StoreFuture<'a, Vec<ExpiringPoints>> {
        on_backend!(self, expiring_points(range, after, most))
    }

    /// Expires calculations, returns and points whose time is over.
    pub fn expire(&self, now: i64) -> StoreFuture<'_, Expiry> {
        on_backend!(self, expire(now))
    }

    /// All places where two stored sums that must be equal differ, or where an amount is too large.
    pub fn verify(&self, now: i64) -> StoreFuture<'_, Vec<Mismatch>> {
        on_backend!(self, verify(now))
    }
}
