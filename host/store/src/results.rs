//! The results feed.

use crate::{Backend, MemberResults, ResultPeriod, ResultRecord, Store, StoreFuture};

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
