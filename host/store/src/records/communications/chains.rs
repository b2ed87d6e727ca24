//! Chains, their versions, and the members' runs.

use crate::{NewEvent, PlannedMessage};

/// Shards of runs. A member has one of them.
pub const SHARDS: i64 = 64;

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `draft`, `running` or `stopped`.
    pub state: String,
    /// The latest version.
    pub version: i64,
    /// The version that members enter.
    pub published: Option<i64>,
    pub created_at: i64,
    pub changed_at: i64,
}

/// A version of a chain; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainVersionRow {
    pub chain: i64,
    pub version: i64,
    /// SHA-256 of the document in hexadecimal digits.
    pub digest: String,
    pub document: String,
    pub created_at: i64,
}

/// One member's way through a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRun {
    pub id: i64,
    pub chain: i64,
    pub version: i64,
    /// Number of the member.
    pub number: u32,
    /// Unique in the chain for the member.
    pub entry_key: String,
    /// Place of its node.
    pub node: i64,
    pub state: String,
    /// When it must be looked at again; none once it has left.
    pub wake_at: Option<i64>,
    /// Rises with each change.
    pub revision: i64,
}

/// A step as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainStep {
    pub run: i64,
    /// Revision of the run after it.
    pub revision: i64,
    /// Number of the member.
    pub number: u32,
    pub at: i64,
    /// Version of the chain.
    pub version: i64,
    /// The facts that it read, and its outcome: a JSON object.
    pub record: String,
}

/// Something to be done outside of this database, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEffect {
    /// Also the idempotency key of the call.
    pub id: String,
    /// Number of the member.
    pub number: u32,
    /// Name of the chain.
    pub chain: String,
    /// `points`, `coupon`, `personal_offer`, `attribute`, `tag` or `webhook`.
    pub kind: String,
    /// The channel that a webhook goes through; none for all else.
    pub channel: Option<String>,
    /// A JSON object.
    pub payload: String,
    /// `planned`, `done`, `failed`, `dead`, `late` or `ghost`.
    pub state: String,
    /// Why, if it is not done.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// It is left out from here on.
    pub too_late_after: i64,
    /// When it is due; none once it is decided.
    pub next_at: Option<i64>,
}

/// A number of the statistics that rises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainCount {
    /// Number of the chain.
    pub chain: i64,
    /// The counted thing.
    pub what: String,
    /// The node, reason or goal; empty if there is none.
    pub name: String,
}

/// The outcome of a batch of steps; written whole, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainWrite {
    /// The reader of events moves from here to there.
    pub cursor: Option<(i64, i64)>,
    /// The worker must still hold these shards, with this fencing number at most.
    pub lease: Option<ShardClaim>,
    /// Runs that begin.
    pub begun: Vec<ChainRun>,
    /// Runs that move, with the revision that they were read with in `revision`.
    pub moved: Vec<ChainRun>,
    pub steps: Vec<ChainStep>,
    pub messages: Vec<PlannedMessage>,
    pub effects: Vec<ChainEffect>,
    pub events: Vec<NewEvent>,
    /// Statistics, with what is added to each.
    pub counts: Vec<(ChainCount, i64)>,
    pub at: i64,
}

/// Shards of which a worker says that they are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardClaim {
    pub owner: String,
    pub fence: i64,
    pub shards: Vec<i64>,
}

/// Shards that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShardLease {
    pub shards: Vec<i64>,
    /// The highest fencing number among them.
    pub fence: i64,
}

/// Runs that wait at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitingRuns {
    pub version: i64,
    /// Place of the node.
    pub node: i64,
    pub runs: i64,
}

/// Where the runs that wait at a node go when another version is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedRuns {
    /// Where they are.
    pub from: WaitingRuns,
    /// Their new node in the new version; none: they leave.
    pub to: Option<i64>,
}
