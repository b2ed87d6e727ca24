//! Mechanics, their roll-outs, and the nodes that share the database.

use crate::{
    AuditEntry, Backend, HealthRecord, MechanicVersion, NodeRecord, Preparation, Revision, RolloutRecord,
    ShadowDifference, Store, StoreError, StoreFuture,
};

/// The lock of changes: while it is held, no other node and no other task changes anything that receipts
/// are priced by. Dropping it releases it.
pub struct ChangesLock(#[expect(dead_code, reason = "held, and dropped")] Box<dyn Send + Sync>);

impl Store {
    /// Stores a version of a mechanic. False if there is one with this digest.
    pub fn add_mechanic_version<'a>(
        &'a self,
        version: &'a MechanicVersion,
        component: &'a [u8],
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, add_mechanic_version(version, component, audit))
    }

    /// All versions, by name and version.
    pub fn mechanic_versions(&self) -> StoreFuture<'_, Vec<MechanicVersion>> {
        on_backend!(self, mechanic_versions())
    }

    /// The class and the component of the version with this digest; none if there is none, or if its component was
    /// removed.
    pub fn mechanic_component<'a>(&'a self, digest: &'a str) -> StoreFuture<'a, Option<(String, Vec<u8>)>> {
        on_backend!(self, mechanic_component(digest))
    }

    /// Replaces roll-outs, all in one transaction.
    pub fn put_rollouts<'a>(
        &'a self,
        rollouts: &'a [RolloutRecord],
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, put_rollouts(rollouts, audit))
    }

    /// The roll-outs as of a revision, by name.
    pub fn rollouts_at(&self, revision: Revision) -> StoreFuture<'_, Vec<RolloutRecord>> {
        on_backend!(self, rollouts_at(revision))
    }

    /// Stores the settings that receipts are priced with from now on, as JSON.
    pub fn put_settings<'a>(&'a self, body: &'a str, audit: &'a AuditEntry) -> StoreFuture<'a, Revision> {
        on_backend!(self, put_settings(body, audit))
    }

    /// The settings as of a revision. For revisions from before settings were stored: the first ones.
    pub fn settings_at(&self, revision: Revision) -> StoreFuture<'_, Option<String>> {
        on_backend!(self, settings_at(revision))
    }

    /// The latest revision that changed anything that receipts are priced by, members excepted.
    pub fn plan_revision(&self) -> StoreFuture<'_, Revision> {
        on_backend!(self, plan_revision())
    }

    /// As [`Store::plan_revision`], before a revision.
    pub fn plan_revision_before(&self, revision: Revision) -> StoreFuture<'_, Revision> {
        on_backend!(self, plan_revision_before(revision))
    }

    /// The revision of the catalogue as of a revision.
    pub fn catalog_revision_at(&self, revision: Revision) -> StoreFuture<'_, Revision> {
        on_backend!(self, catalog_revision_at(revision))
    }

    /// Stores the heartbeat of a node.
    pub fn beat<'a>(&'a self, node: &'a NodeRecord) -> StoreFuture<'a, ()> {
        on_backend!(self, beat(node))
    }

    /// Removes a node that shuts down.
    pub fn leave<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, leave(id))
    }

    /// Removes nodes that have not sent a heartbeat for an hour.
    pub fn forget_silent_nodes(&self) -> StoreFuture<'_, ()> {
        on_backend!(self, forget_silent_nodes())
    }

    /// All nodes that were not removed, by id.
    pub fn nodes(&self) -> StoreFuture<'_, Vec<NodeRecord>> {
        on_backend!(self, nodes())
    }

    /// Asks all nodes to compile components.
    pub fn announce<'a>(&'a self, preparation: &'a Preparation) -> StoreFuture<'a, ()> {
        on_backend!(self, announce(preparation))
    }

    /// The preparations that a node has not answered.
    pub fn preparations_for<'a>(&'a self, node: &'a str) -> StoreFuture<'a, Vec<Preparation>> {
        on_backend!(self, preparations_for(node))
    }

    /// Stores that a node is ready, or the reason why it is not.
    pub fn answer_preparation<'a>(
        &'a self,
        id: &'a str,
        node: &'a str,
        trouble: Option<&'a str>,
    ) -> StoreFuture<'a, ()> {
        on_backend!(self, answer_preparation(id, node, trouble))
    }

    /// The nodes that have answered, each with the reason if it is not ready.
    pub fn preparation_answers<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Vec<(String, Option<String>)>> {
        on_backend!(self, preparation_answers(id))
    }

    /// Ends a preparation.
    pub fn end_preparation<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, end_preparation(id))
    }

    /// Stores a node's counts of versions, in place of those before.
    pub fn put_health<'a>(&'a self, records: &'a [HealthRecord]) -> StoreFuture<'a, ()> {
        on_backend!(self, put_health(records))
    }

    /// The counts of all nodes for a version in one trial, which is named by its kind and number.
    pub fn health<'a>(
        &'a self,
        digest: &'a str,
        trial: (&'a str, Revision),
    ) -> StoreFuture<'a, Vec<HealthRecord>> {
        on_backend!(self, health(digest, trial))
    }

    /// Stores a receipt that a shadow version would have priced differently.
    pub fn put_shadow_difference<'a>(&'a self, found: &'a ShadowDifference) -> StoreFuture<'a, ()> {
        on_backend!(self, put_shadow_difference(found))
    }

    /// The first such receipts of a roll-out, by time, at most `most`.
    pub fn shadow_differences<'a>(
        &'a self,
        digest: &'a str,
        since: Revision,
        most: i64,
    ) -> StoreFuture<'a, Vec<ShadowDifference>> {
        on_backend!(self, shadow_differences(digest, since, most))
    }

    /// True if other nodes may use the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Waits for the lock of changes, which all nodes share.
    pub async fn lock_changes(&self) -> Result<ChangesLock, StoreError> {
        self.lock_of_changes().await.map(ChangesLock)
    }

    fn lock_of_changes(&self) -> StoreFuture<'_, Box<dyn Send + Sync>> {
        on_backend!(self, lock_changes())
    }

    /// Calls `heard` at every hint of another node that something has changed. Hints may be lost, and there
    /// are none on SQLite, which has one node. Returns only with an error.
    pub fn listen<'a>(&'a self, heard: &'a (dyn Fn() + Send + Sync)) -> StoreFuture<'a, ()> {
        on_backend!(self, listen(heard))
    }
}
