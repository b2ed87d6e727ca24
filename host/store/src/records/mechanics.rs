//! Versions of mechanics, their roll-outs, and the nodes that share a database.

use super::Revision;

/// A version of a mechanic, without its component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicVersion {
    /// `sha256:…` of the component.
    pub digest: String,
    /// The name that its author gave it.
    pub name: String,
    /// The version number that its author gave it.
    pub version: String,
    /// `fast`, `standard` or `slow`: the class of its limits.
    pub class: String,
    /// `builtin` or `uploaded`.
    pub origin: String,
    /// JSON: its own description.
    pub description: String,
    /// JSON: the steps of its admission.
    pub steps: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// The name of the API key that uploaded it; absent for a built-in one.
    pub uploader: Option<String>,
    /// The role of that API key.
    pub uploader_role: Option<String>,
    /// The id of the partner key that signed it.
    pub signing_key: Option<String>,
    /// The signature, in base64.
    pub signature: Option<String>,
    /// When its component was removed, in seconds since 1970; absent if it is stored.
    pub removed_at: Option<i64>,
}

/// The roll-out of a mechanic: which of its versions price which receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRecord {
    /// The mechanic.
    pub name: String,
    /// JSON.
    pub body: String,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// A node that serves from this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// Its id, a new one at every start.
    pub id: String,
    /// The address that it serves at.
    pub address: String,
    /// The revision that it serves.
    pub revision: Revision,
    /// The reason why it cannot serve; absent if it can.
    pub trouble: Option<String>,
    /// Milliseconds since its last heartbeat, by the clock of the database; ignored on the way in.
    pub silent_ms: i64,
}

/// A request to all nodes to compile components that a roll-out is about to need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparation {
    /// Its id.
    pub id: String,
    /// JSON list of the components' digests.
    pub digests: String,
}

/// The counts that a node keeps of a version since a roll-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthRecord {
    /// The component's digest.
    pub digest: String,
    /// `active`, `canary` or `shadow`.
    pub trial: String,
    /// The number of the trial.
    pub since: i64,
    /// The node.
    pub node: String,
    /// JSON: the counts.
    pub counts: String,
}

/// A receipt that a shadow version would have priced differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowDifference {
    /// The component's digest.
    pub digest: String,
    /// The number of the trial.
    pub since: i64,
    /// The purchase.
    pub purchase_id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// JSON list of the lines that differ.
    pub lines: String,
}
