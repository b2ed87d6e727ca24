//! Removal of old rows, a batch at a time.

use crate::{Aged, AuditEntry, Backend, Revision, RolloutRecord, Store, StoreError, TrialKey};

impl Store {
    /// Number of rows of a kind from before `bound`: seconds since 1970, or a revision for what ends at one.
    pub async fn count_aged(&self, kind: Aged, bound: i64) -> Result<u64, StoreError> {
        on_backend!(self, count_aged(kind, bound))
    }

    /// Removes rows of a kind from before `bound`, oldest first and at most `most`, in one short transaction, and returns
    /// their number; 0 once there are none.
    pub async fn remove_aged(&self, kind: Aged, bound: i64, most: i64) -> Result<u64, StoreError> {
        on_backend!(self, remove_aged(kind, bound, most))
    }

    /// The number of the first row of the results feed that is kept; absent if no row has a number.
    pub async fn first_result(&self) -> Result<Option<i64>, StoreError> {
        on_backend!(self, first_result())
    }

    /// The trials that health or differences are stored of.
    pub async fn trials(&self) -> Result<Vec<TrialKey>, StoreError> {
        on_backend!(self, trials())
    }

    /// Removes health and differences of a trial, at most `most` rows in one transaction, and returns their number.
    pub async fn remove_trial(&self, trial: &TrialKey, most: i64) -> Result<u64, StoreError> {
        on_backend!(self, remove_trial(trial, most))
    }

    /// The roll-outs that were in force at a revision or since, those in force now last.
    pub async fn rollouts_since(&self, revision: Revision) -> Result<Vec<RolloutRecord>, StoreError> {
        on_backend!(self, rollouts_since(revision))
    }

    /// Removes the component of a version, unless a roll-out has changed since `revision`. False if nothing was removed.
    pub async fn remove_component(
        &self,
        digest: &str,
        revision: Revision,
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        on_backend!(self, remove_component(digest, revision, audit))
    }

    /// Stores a component again that was removed. False if it was not.
    pub async fn restore_component(&self, digest: &str, component: &[u8]) -> Result<bool, StoreError> {
        on_backend!(self, restore_component(digest, component))
    }

    /// Takes a job for a time, or goes on with it. False while another node has it.
    pub async fn lease_job(&self, name: &str, node: &str, milliseconds: i64) -> Result<bool, StoreError> {
        on_backend!(self, lease_job(name, node, milliseconds))
    }

    /// Ends the lease of a node on a job.
    pub async fn end_job(&self, name: &str, node: &str) -> Result<(), StoreError> {
        on_backend!(self, end_job(name, node))
    }
}
