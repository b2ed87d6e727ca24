//! Mechanics and nodes.

use crate::{
    AuditEntry, Backend, HealthRecord, MechanicVersion, NodeRecord, Preparation, Revision, RolloutRecord,
    ShadowDifference, Store, StoreError,
};

/// Nobody else changes what is live while it is held.
pub struct Turn(#[expect(dead_code, reason = "held, and dropped")] Box<dyn Send + Sync>);

impl Store {
    /// Keeps a version of a mechanic. False if there is one with this digest.
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

    /// Class and component of the version with this digest.
    pub async fn mechanic_component(&self, digest: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        on_backend!(self, mechanic_component(digest))
    }

    /// Puts roll-outs in the place of those before, at once.
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

    /// Keeps the settings that receipts are priced with from now on; JSON.
    pub async fn put_settings(&self, body: &str, audit: &AuditEntry) -> Result<Revision, StoreError> {
        on_backend!(self, put_settings(body, audit))
    }

    /// The settings as of a revision; before the first ones, the first ones.
    pub async fn settings_at(&self, revision: Revision) -> Result<Option<String>, StoreError> {
        on_backend!(self, settings_at(revision))
    }

    /// The latest revision of anything that receipts are priced by, but for members.
    pub async fn plan_revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, plan_revision())
    }

    /// The latest of these revisions before one.
    pub async fn plan_revision_before(&self, revision: Revision) -> Result<Revision, StoreError> {
        on_backend!(self, plan_revision_before(revision))
    }

    /// The revision of the catalogue as of a revision.
    pub async fn catalog_revision_at(&self, revision: Revision) -> Result<Revision, StoreError> {
        on_backend!(self, catalog_revision_at(revision))
    }

    /// Says that a node is there, and what it serves.
    pub async fn beat(&self, node: &NodeRecord) -> Result<(), StoreError> {
        on_backend!(self, beat(node))
    }

    /// Says that a node goes.
    pub async fn leave(&self, id: &str) -> Result<(), StoreError> {
        on_backend!(self, leave(id))
    }

    /// Forgets nodes that ended without a word long ago.
    pub async fn forget_silent_nodes(&self) -> Result<(), StoreError> {
        on_backend!(self, forget_silent_nodes())
    }

    /// All nodes that have not left, by id.
    pub async fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        on_backend!(self, nodes())
    }

    /// Tells all nodes to get components ready.
    pub async fn announce(&self, preparation: &Preparation) -> Result<(), StoreError> {
        on_backend!(self, announce(preparation))
    }

    /// What a node is to get ready and has not answered.
    pub async fn preparations_for(&self, node: &str) -> Result<Vec<Preparation>, StoreError> {
        on_backend!(self, preparations_for(node))
    }

    /// Says that a node is ready, or why it is not.
    pub async fn answer_preparation(
        &self,
        id: &str,
        node: &str,
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        on_backend!(self, answer_preparation(id, node, trouble))
    }

    /// The nodes that have answered, each with why it is not ready.
    pub async fn preparation_answers(&self, id: &str) -> Result<Vec<(String, Option<String>)>, StoreError> {
        on_backend!(self, preparation_answers(id))
    }

    /// Ends a preparation.
    pub async fn end_preparation(&self, id: &str) -> Result<(), StoreError> {
        on_backend!(self, end_preparation(id))
    }

    /// Keeps what a node has seen of versions, in place of what it said before.
    pub async fn put_health(&self, records: &[HealthRecord]) -> Result<(), StoreError> {
        on_backend!(self, put_health(records))
    }

    /// What all nodes have seen of a version in one trial, named by its kind and number.
    pub async fn health(
        &self,
        digest: &str,
        trial: (&str, Revision),
    ) -> Result<Vec<HealthRecord>, StoreError> {
        on_backend!(self, health(digest, trial))
    }

    /// Keeps a receipt that a version would have priced otherwise.
    pub async fn put_shadow_difference(&self, found: &ShadowDifference) -> Result<(), StoreError> {
        on_backend!(self, put_shadow_difference(found))
    }

    /// The first such receipts of a roll-out.
    pub async fn shadow_differences(
        &self,
        digest: &str,
        since: Revision,
        most: i64,
    ) -> Result<Vec<ShadowDifference>, StoreError> {
        on_backend!(self, shadow_differences(digest, since, most))
    }

    /// Whether other nodes may use the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Waits until nobody else changes what is live, on any node.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        on_backend!(self, turn()).map(Turn)
    }

    /// Calls `heard` whenever another node hints at news. Hints may get lost, and there are none where
    /// there is one node. Ends only with an error.
    pub async fn listen(&self, heard: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError> {
        on_backend!(self, listen(heard))
    }
}
