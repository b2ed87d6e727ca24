//! Back-tests, and the purchases that they price.

use crate::{Backend, Backtest, BacktestEnd, Purchase, SoldPeriod, Store, StoreError};

impl Store {
    /// Stores a new back-test.
    pub async fn add_backtest(&self, backtest: &Backtest) -> Result<(), StoreError> {
        on_backend!(self, add_backtest(backtest))
    }

    /// Stores the progress of a back-test, and that its node still works on it.
    pub async fn note_backtest(&self, id: &str, done: i64) -> Result<(), StoreError> {
        on_backend!(self, note_backtest(id, done))
    }

    /// Ends a running back-test.
    pub async fn end_backtest(&self, id: &str, end: &BacktestEnd, at: i64) -> Result<(), StoreError> {
        on_backend!(self, end_backtest(id, end, at))
    }

    /// Fails the running back-tests whose nodes were not heard of for some milliseconds, but those of one node, and returns
    /// their number.
    pub async fn fail_backtests(
        &self,
        silent_ms: i64,
        but: &str,
        detail: &str,
        at: i64,
    ) -> Result<u64, StoreError> {
        on_backend!(self, fail_backtests(silent_ms, but, detail, at))
    }

    /// A back-test with its report.
    pub async fn backtest(&self, id: &str) -> Result<Option<Backtest>, StoreError> {
        on_backend!(self, backtest(id))
    }

    /// The latest back-tests, newest first, without their reports, at most `most`.
    pub async fn backtests(&self, most: i64) -> Result<Vec<Backtest>, StoreError> {
        on_backend!(self, backtests(most))
    }

    /// The ids of the confirmed purchases of a period, newest receipts first.
    pub async fn confirmed_purchases(&self, period: SoldPeriod) -> Result<Vec<String>, StoreError> {
        on_backend!(self, confirmed_purchases(period))
    }

    /// Like [`Store::confirmed_purchases`], of purchases whose request is wanted; at most about `most` are looked
    /// through.
    pub async fn confirmed_purchases_of(
        &self,
        period: SoldPeriod,
        is_wanted: &(dyn Fn(&str) -> bool + Send + Sync),
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        on_backend!(self, confirmed_purchases_of(period, is_wanted, most))
    }

    /// The purchases with these ids, in the order of their ids; a few hundred at most.
    pub async fn purchases(&self, ids: &[String]) -> Result<Vec<Purchase>, StoreError> {
        on_backend!(self, purchases(ids))
    }
}
