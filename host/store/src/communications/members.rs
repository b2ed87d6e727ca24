//! Numbers of members, and the visitors who are members.

use super::{Backend, Communications};
use crate::{NumberedMember, StoreFuture};

impl Communications {
    /// Gives numbers to members that have none. Returns the number of each, in the order of the ids.
    pub fn number_members<'a>(&'a self, member_ids: &'a [String]) -> StoreFuture<'a, Vec<u32>> {
        on_backend!(self, number_members(member_ids))
    }

    /// The number of a member; none if nothing was ever said about it. That of a member who was merged into another one
    /// is the survivor's.
    pub fn member_number<'a>(&'a self, member_id: &'a str) -> StoreFuture<'a, Option<u32>> {
        on_backend!(self, member_number(member_id))
    }

    /// Those of these numbers that members have, with the retailer's ids.
    pub fn members_of<'a>(&'a self, numbers: &'a [u32]) -> StoreFuture<'a, Vec<NumberedMember>> {
        on_backend!(self, members_of(numbers))
    }

    /// Members from a number on, at most `most`, by their numbers, without those that were merged into others.
    pub fn members_from(&self, number: u32, most: i64) -> StoreFuture<'_, Vec<NumberedMember>> {
        on_backend!(self, members_from(number, most))
    }

    /// How many numbers were given: every number is below it.
    pub fn member_count(&self) -> StoreFuture<'_, u32> {
        on_backend!(self, member_count())
    }

    /// Notes which member a visitor of a site is. Events of the visitor become the member's; returns how many did.
    pub fn link_visitor<'a>(
        &'a self,
        visitor: &'a str,
        member_id: &'a str,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        on_backend!(self, link_visitor(visitor, member_id, now))
    }

    /// Forgets visitors who became members before an instant and of whom the log has no event any more, at most `most`.
    /// Returns how many.
    pub fn remove_visitors_before(&self, at: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_visitors_before(at, most))
    }
}
