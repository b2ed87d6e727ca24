//! Back-tests. Times are seconds since 1970.

/// The state of a back-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacktestState {
    /// A node is working on it.
    Running,
    /// It has a report.
    Done,
    /// It ended without a report.
    Failed,
}

impl BacktestState {
    /// The name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

/// A back-test and its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backtest {
    /// Its id.
    pub id: String,
    /// The node that works on it.
    pub node: String,
    /// Its state.
    pub state: BacktestState,
    /// JSON: the request.
    pub request: String,
    /// Number of receipts to price.
    pub receipts: i64,
    /// Number of receipts priced so far.
    pub done: i64,
    /// JSON: the report, once there is one. A list of back-tests leaves it out.
    pub report: Option<String>,
    /// The reason why it failed; empty if it did not.
    pub detail: String,
    /// When it began.
    pub created_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Milliseconds since its node last reported progress, by the clock of the database.
    pub silent_ms: i64,
}

/// How a back-test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BacktestEnd {
    /// With this report, JSON.
    Done(String),
    /// Without a report, for this reason.
    Failed(String),
}

/// The purchases that a back-test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldPeriod {
    /// The first second, by the time of the receipt.
    pub since: i64,
    /// The first second after the period.
    pub until: i64,
    /// The largest number of purchases; the latest ones are taken.
    pub last: i64,
}
