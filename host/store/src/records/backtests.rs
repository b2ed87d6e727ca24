//! Back-tests. Times are seconds since 1970.

/// Where a back-test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacktestState {
    /// A node works on it.
    Running,
    /// There is a report.
    Done,
    /// There will be none.
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

/// A back-test, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backtest {
    /// Its id.
    pub id: String,
    /// The node that works on it.
    pub node: String,
    /// Where it is.
    pub state: BacktestState,
    /// JSON: what was asked for.
    pub request: String,
    /// Receipts in all.
    pub receipts: i64,
    /// Of them done.
    pub done: i64,
    /// JSON, once it is done. A list of back-tests leaves it out.
    pub report: Option<String>,
    /// Why it failed.
    pub detail: String,
    /// When it began.
    pub created_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Milliseconds since its node was last heard of it, by the clock of the database.
    pub silent_ms: i64,
}

/// How a back-test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BacktestEnd {
    /// With a report; JSON.
    Done(String),
    /// Without; says why.
    Failed(String),
}

/// The purchases that a back-test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldPeriod {
    /// By the receipt, this time or later.
    pub since: i64,
    /// Before this time.
    pub until: i64,
    /// So many of the last ones.
    pub last: i64,
}
