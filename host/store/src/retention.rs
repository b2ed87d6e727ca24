//! Removal of old rows, a batch at a time.

use crate::{Aged, AuditEntry, Backend, Revision, RolloutRecord, Store, StoreFuture, TrialKey};

impl Store {
    /// Number of rows of a kind from before `bound`: seconds since 1970, or a revision for what ends at one.
    pub fn count_aged(&self, kind: Aged, bound: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, count_aged(kind, bound))
    }

    /// Removes rows of a kind from before `bound`, oldest first and at most `most`, in one short transaction, and returns
    /// their number; 0 once there are none.
    pub fn remove_aged(&self, kind: Aged, bound: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_aged(kind, bound, most))
    }

    /// The number of the first row of the results feed that is kept; absent if no row has a number.
    pub fn first_result(&self) -> StoreFuture<'_, Option<i64>> {
        on_backend!(self, first_result())
    }

    /// The trials that health or differences are stored of.
    pub fn trials(&self) -> StoreFuture<'_, Vec<TrialKey>> {
        on_backend!(self, trials())
    }

    /// Removes health and differences of a trial, at most `most` rows in one transaction, and returns their number.
    pub fn remove_trial<'a>(&'a self, trial: &'a TrialKey, most: i64) -> StoreFuture<'a, u64> {
        on_backend!(self, remove_trial(trial, most))
    }

    /// The roll-outs that were in force at a revision or since, those in force now last.
    pub fn rollouts_since(&self, revision: Revision) -> StoreFuture<'_, Vec<RolloutRecord>> {
        on_backend!(self, rollouts_since(revision))
    }

    /// Removes the component of a version, unless a roll-out has changed since `revision`. False if nothing was removed.
    pub fn remove_component<'a>(
        &'a self,
        digest: &'a str,
        revision: Revision,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, remove_component(digest, revision, audit))
    }

    /// Stores a component again that was removed. False if it was not.
    pub fn restore_component<'a>(&'a self, digest: &'a str, component: &'a [u8]) -> StoreFuture<'a, bool> {
        on_backend!(self, restore_component(digest, component))
    }

    /// Takes a job for a time, or goes on with it. False while another node has it.
    pub fn lease_job<'a>(&'a self, name: &'a str, node: &'a str, milliseconds: i64) -> StoreFuture<'a, bool> {
        on_backend!(self, lease_job(name, node, milliseconds))
    }

    /// Ends the lease of a node on a job.
    pub fn end_job<'a>(&'a self, name: &'a str, node: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, end_job(name, node))
    }
}
