//! The results feed.

use crate::{
    Backend, CancelledPurchase, FeedRow, MemberResults, MergedMember, ResultPeriod, ResultRecord, Revision,
    Store, StoreFuture,
};

impl Store {
    /// Numbers rows of the results feed that have no number yet, a few thousand at a time. True once all
    /// rows that were there are numbered; later ones get higher numbers.
    pub fn number_results(&self) -> StoreFuture<'_, bool> {
        on_backend!(self, number_results())
    }

    /// Numbered rows of the results feed from a number on, with times from `since` on, at most `most`.
    pub fn results(&self, from: i64, since: i64, most: i64) -> StoreFuture<'_, Vec<ResultRecord>> {
        on_backend!(self, results(from, since, most))
    }

    /// Rows of the results feed after a position, at most `most`. An embedded database is only read for this: its writer
    /// belongs to the tills.
    pub fn feed_after(&self, position: i64, most: i64) -> StoreFuture<'_, Vec<FeedRow>> {
        on_backend!(self, feed_after(position, most))
    }

    /// The id of the row of the results feed at a position.
    pub fn feed_id(&self, position: i64) -> StoreFuture<'_, Option<String>> {
        on_backend!(self, feed_id(position))
    }

    /// The position of the last row of the results feed that has one; 0 if there is none.
    pub fn feed_end(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, feed_end())
    }

    /// Purchases of members that were cancelled from an instant on, after one of them by instant and id, at most `most`.
    pub fn cancelled_after<'a>(
        &'a self,
        after: (i64, &'a str),
        most: i64,
    ) -> StoreFuture<'a, Vec<CancelledPurchase>> {
        on_backend!(self, cancelled_after(after, most))
    }

    /// Members that were merged after a revision, at most `most`, by the revision.
    pub fn merged_after(&self, revision: Revision, most: i64) -> StoreFuture<'_, Vec<MergedMember>> {
        on_backend!(self, merged_after(revision, most))
    }

    /// The members after one id, at most `most`, with the results of their purchases. Empty after the last
    /// member.
    pub fn member_results<'a>(
        &'a self,
        after: &'a str,
        most: i64,
        attributes: &'a [String],
        period: ResultPeriod,
    ) -> StoreFuture<'a, MemberResults> {
        on_backend!(self, member_results(after, most, attributes, period))
    }
}
