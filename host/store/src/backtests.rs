//! Back-tests, and the purchases that they are about.

use crate::{Backend, Backtest, BacktestEnd, Purchase, SoldPeriod, Store, StoreError};

impl Store {
    /// Keeps a back-test that begins.
    pub async fn add_backtest(&self, backtest: &Backtest) -> Result<(), StoreError> {
        on_backend!(self, add_backtest(backtest))
    }

    /// Says that a node still works on a back-test, and how far it is.
    pub async fn note_backtest(&self, id: &str, done: i64) -> Result<(), StoreError> {
        on_backend!(self, note_backtest(id, done))
    }

    /// Ends a back-test that runs.
    pub async fn end_backtest(&self, id: &str, end: &BacktestEnd, at: i64) -> Result<(), StoreError> {
        on_backend!(self, end_backtest(id, end, at))
    }

    /// Fails all that run. Only a node that is alone, and works on none, may say so.
    pub async fn fail_backtests(&self, detail: &str, at: i64) -> Result<(), StoreError> {
        on_backend!(self, fail_backtests(detail, at))
    }

    /// A back-test with its report.
    pub async fn backtest(&self, id: &str) -> Result<Option<Backtest>, StoreError> {
        on_backend!(self, backtest(id))
    }

    /// The latest ones, newest first, without their reports.
    pub async fn backtests(&self, most: i64) -> Result<Vec<Backtest>, StoreError> {
        on_backend!(self, backtests(most))
    }

    /// The ids of confirmed purchases, newest receipts first.
    pub async fn confirmed_purchases(&self, period: SoldPeriod) -> Result<Vec<String>, StoreError> {
        on_backend!(self, confirmed_purchases(period))
    }

    /// Some purchases, in the order of their ids; a few hundred at once.
    pub async fn purchases(&self, ids: &[String]) -> Result<Vec<Purchase>, StoreError> {
        on_backend!(self, purchases(ids))
    }
}
