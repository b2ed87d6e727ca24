//! Back-tests, and the purchases that they price.

use crate::{Backend, Backtest, BacktestEnd, Purchase, SoldPeriod, Store, StoreFuture};

impl Store {
    /// Stores a new back-test.
    pub fn add_backtest<'a>(&'a self, backtest: &'a Backtest) -> StoreFuture<'a, ()> {
        on_backend!(self, add_backtest(backtest))
    }

    /// Stores the progress of a back-test, and that its node still works on it.
    pub fn note_backtest<'a>(&'a self, id: &'a str, done: i64) -> StoreFuture<'a, ()> {
        on_backend!(self, note_backtest(id, done))
    }

    /// Ends a running back-test.
    pub fn end_backtest<'a>(&'a self, id: &'a str, end: &'a BacktestEnd, at: i64) -> StoreFuture<'a, ()> {
        on_backend!(self, end_backtest(id, end, at))
    }

    /// Fails the running back-tests whose nodes were not heard of for some milliseconds, but those of one node, and returns
    /// their number.
    pub fn fail_backtests<'a>(
        &'a self,
        silent_ms: i64,
        but: &'a str,
        detail: &'a str,
        at: i64,
    ) -> StoreFuture<'a, u64> {
        on_backend!(self, fail_backtests(silent_ms, but, detail, at))
    }

    /// A back-test with its report.
    pub fn backtest<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Backtest>> {
        on_backend!(self, backtest(id))
    }

    /// The latest back-tests, newest first, without their reports, at most `most`.
    pub fn backtests(&self, most: i64) -> StoreFuture<'_, Vec<Backtest>> {
        on_backend!(self, backtests(most))
    }

    /// The ids of the confirmed purchases of a period, newest receipts first.
    pub fn confirmed_purchases(&self, period: SoldPeriod) -> StoreFuture<'_, Vec<String>> {
        on_backend!(self, confirmed_purchases(period))
    }

    /// Like [`Store::confirmed_purchases`], of purchases whose request is wanted; at most about `most` are looked
    /// through.
    pub fn confirmed_purchases_of<'a>(
        &'a self,
        period: SoldPeriod,
        is_wanted: &'a (dyn Fn(&str) -> bool + Send + Sync),
        most: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        on_backend!(self, confirmed_purchases_of(period, is_wanted, most))
    }

    /// The purchases with these ids, in the order of their ids; a few hundred at most.
    pub fn purchases<'a>(&'a self, ids: &'a [String]) -> StoreFuture<'a, Vec<Purchase>> {
        on_backend!(self, purchases(ids))
    }
}
