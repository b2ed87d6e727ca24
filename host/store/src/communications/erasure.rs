//! Erasing members, and following mergers of them.

use super::{Backend, Communications};
use crate::{EraseMember, Erasure, StoreFuture};

impl Communications {
    /// Erases everything that is stored of a member, in one transaction, and keeps what was erased. Those that were
    /// merged into it go too. None, and nothing is written, if nothing is stored of it.
    pub fn erase_member<'a>(&'a self, erase: &'a EraseMember) -> StoreFuture<'a, Option<Erasure>> {
        on_backend!(self, erase_member(erase))
    }

    /// Erases once more what is stored under the numbers of members who were erased since an instant in milliseconds: a
    /// writer that had read of one before may have written of it after. Returns how many rows there were.
    pub fn erase_again(&self, since: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, erase_again(since))
    }

    /// The erasures of a member by the digest of its id, the latest first.
    pub fn erasures_of<'a>(&'a self, digest: &'a str) -> StoreFuture<'a, Vec<Erasure>> {
        on_backend!(self, erasures_of(digest))
    }

    /// When the members with these digests of their ids were erased last: digest and time of those that were.
    pub fn erased_at<'a>(&'a self, digests: &'a [String]) -> StoreFuture<'a, Vec<(String, i64)>> {
        on_backend!(self, erased_at(digests))
    }

    /// Makes everything of one member the survivor's, as a merger of the tills has it, and moves the cursor of its reader
    /// from one revision to the next. False, and nothing is written, if the cursor is not at `from`.
    pub fn follow_mergers<'a>(
        &'a self,
        mergers: &'a [(String, String)],
        cursor: &'a str,
        from: i64,
        to: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, follow_mergers(mergers, cursor, from, to))
    }
}
