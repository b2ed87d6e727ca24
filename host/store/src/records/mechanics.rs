//! Versions of mechanics, which of them price what, and the nodes that share a database.

use super::Revision;

/// A version of a mechanic, without its component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicVersion {
    /// `sha256:…` of the component.
    pub digest: String,
    /// As its author named it.
    pub name: String,
    /// As its author numbered it.
    pub version: String,
    /// `fast`, `standard` or `slow`: how much it is trusted to need.
    pub class: String,
    /// `builtin` or `uploaded`.
    pub origin: String,
    /// JSON: what it says of itself.
    pub description: String,
    /// JSON: how it became ready.
    pub steps: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// The name of the key that uploaded it; none for what comes with the host.
    pub uploader: Option<String>,
    /// The role of that key.
    pub uploader_role: Option<String>,
    /// The id of the key that signed it.
    pub signing_key: Option<String>,
    /// The signature, in base64.
    pub signature: Option<String>,
}

/// Which versions of a mechanic price which receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRecord {
    /// The mechanic.
    pub name: String,
    /// JSON.
    pub body: String,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// New at every start.
    pub id: String,
    /// Where it serves.
    pub address: String,
    /// The revision that it serves.
    pub revision: Revision,
    /// Why it serves nothing, if so.
    pub trouble: Option<String>,
    /// How long ago it said so, in milliseconds by the clock of the database; ignored on the way in.
    pub silent_ms: i64,
}

/// Components that are about to be needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparation {
    /// Its id.
    pub id: String,
    /// JSON list of digests.
    pub digests: String,
}

/// What a node has seen of a version since a roll-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthRecord {
    /// Of the component.
    pub digest: String,
    /// `active`, `canary` or `shadow`.
    pub trial: String,
    /// The number of the trial.
    pub since: i64,
    /// The node.
    pub node: String,
    /// JSON.
    pub counts: String,
}

/// A receipt that a version would have priced otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowDifference {
    /// Of the component.
    pub digest: String,
    /// The number of the trial.
    pub since: i64,
    /// The purchase.
    pub purchase_id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// JSON list.
    pub lines: String,
}
