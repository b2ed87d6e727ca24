//! Mechanics, their roll-outs, and the nodes that share the database.

use crate::{
    AuditEntry, Backend, HealthRecord, MechanicVersion, NodeRecord, Preparation, Revision, RolloutRecord,
    ShadowDifference, Store, StoreError,
};

/// The lock of changes: while it is held, no other node and no other task changes anything that receipts
/// are priced by. Dropping it releases it.
pub struct ChangesLock(#[expect(dead_code, reason = "held, and dropped")] Box<dyn Send + Sync>);

impl Store {
    /// Stores a version of a mechanic. False if there is one with this digest.
    pub async fn add_mechanic_version(
        &self,
        version: &MechanicVersion,
        component: &[u8],
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        on_backend!(self, add_mechanic_version(version, component, audit))
    }

    /// All versions, by name and version.
    pub async fn mechanic_versions(&self) -> Result<Vec<MechanicVersion>, StoreError> {
        on_backend!(self, mechanic_versions())
    }

    /// The class and the component of the version with this digest; none if there is none, or if its component was
    /// removed.
    pub async fn mechanic_component(&self, digest: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        on_backend!(self, mechanic_component(digest))
    }

    /// Replaces roll-outs, all in one transaction.
    pub async fn put_rollouts(
        &self,
        rollouts: &[RolloutRecord],
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_rollouts(rollouts, audit))
    }

    /// The roll-outs as of a revision, by name.
    pub async fn rollouts_at(&self, revision: Revision) -> Result<Vec<RolloutRecord>, StoreError> {
        on_backend!(self, rollouts_at(revision))
    }

    /// Stores the settings that receipts are priced with from now on, as JSON.
    pub async fn put_settings(&self, body: &str, audit: &AuditEntry) -> Result<Revision, StoreError> {
        on_backend!(self, put_settings(body, audit))
    }

    /// The settings as of a revision. For revisions from before settings were stored: the first ones.
    pub async fn settings_at(&self, revision: Revision) -> Result<Option<String>, StoreError> {
        on_backend!(self, settings_at(revision))
    }

    /// The latest revision that changed anything that receipts are priced by, members excepted.
    pub async fn plan_revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, plan_revision())
    }

    /// As [`Store::plan_revision`], before a revision.
    pub async fn plan_revision_before(&self, revision: Revision) -> Result<Revision, StoreError> {
        on_backend!(self, plan_revision_before(revision))
    }

    /// The revision of the catalogue as of a revision.
    pub async fn catalog_revision_at(&self, revision: Revision) -> Result<Revision, StoreError> {
        on_backend!(self, catalog_revision_at(revision))
    }

    /// Stores the heartbeat of a node.
    pub async fn beat(&self, node: &NodeRecord) -> Result<(), StoreError> {
        on_backend!(self, beat(node))
    }

    /// Removes a node that shuts down.
    pub async fn leave(&self, id: &str) -> Result<(), StoreError> {
        on_backend!(self, leave(id))
    }

    /// Removes nodes that have not sent a heartbeat for an hour.
    pub async fn forget_silent_nodes(&self) -> Result<(), StoreError> {
        on_backend!(self, forget_silent_nodes())
    }

    /// All nodes that were not removed, by id.
    pub async fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        on_backend!(self, nodes())
    }

    /// Asks all nodes to compile components.
    pub async fn announce(&self, preparation: &Preparation) -> Result<(), StoreError> {
        on_backend!(self, announce(preparation))
    }

    /// The preparations that a node has not answered.
    pub async fn preparations_for(&self, node: &str) -> Result<Vec<Preparation>, StoreError> {
        on_backend!(self, preparations_for(node))
    }

    /// Stores that a node is ready, or the reason why it is not.
    pub async fn answer_preparation(
        &self,
        id: &str,
        node: &str,
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        on_backend!(self, answer_preparation(id, node, trouble))
    }

    /// The nodes that have answered, each with the reason if it is not ready.
    pub async fn preparation_answers(&self, id: &str) -> Result<Vec<(String, Option<String>)>, StoreError> {
        on_backend!(self, preparation_answers(id))
    }

    /// Ends a preparation.
    pub async fn end_preparation(&self, id: &str) -> Result<(), StoreError> {
        on_backend!(self, end_preparation(id))
    }

    /// Stores a node's counts of versions, in place of those before.
    pub async fn put_health(&self, records: &[HealthRecord]) -> Result<(), StoreError> {
        on_backend!(self, put_health(records))
    }

    /// The counts of all nodes for a version in one trial, which is named by its kind and number.
    pub async fn health(
        &self,
        digest: &str,
        trial: (&str, Revision),
    ) -> Result<Vec<HealthRecord>, StoreError> {
        on_backend!(self, health(digest, trial))
    }

    /// Stores a receipt that a shadow version would have priced differently.
    pub async fn put_shadow_difference(&self, found: &ShadowDifference) -> Result<(), StoreError> {
        on_backend!(self, put_shadow_difference(found))
    }

    /// The first such receipts of a roll-out, by time, at most `most`.
    pub async fn shadow_differences(
        &self,
        digest: &str,
        since: Revision,
        most: i64,
    ) -> Result<Vec<ShadowDifference>, StoreError> {
        on_backend!(self, shadow_differences(digest, since, most))
    }

    /// True if other nodes may use the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Waits for the lock of changes, which all nodes share.
    pub async fn lock_changes(&self) -> Result<ChangesLock, StoreError> {
        on_backend!(self, lock_changes()).map(ChangesLock)
    }

    /// Calls `heard` at every hint of another node that something has changed. Hints may be lost, and there
    /// are none on SQLite, which has one node. Returns only with an error.
    pub async fn listen(&self, heard: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError> {
        on_backend!(self, listen(heard))
    }
}
