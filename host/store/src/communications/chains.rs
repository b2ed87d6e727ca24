//! Chains, and the members' runs through them.

use super::{Backend, Communications};
use crate::{
    ChainCount, ChainEffect, ChainRow, ChainRun, ChainStep, ChainVersionRow, ChainWrite, MovedRuns, NewEvent,
    ShardLease, StoreFuture, WaitingRuns,
};

impl Communications {
    /// The chain with this name.
    pub fn chain<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<ChainRow>> {
        on_backend!(self, chain(name))
    }

    /// All chains, by name.
    pub fn chains(&self) -> StoreFuture<'_, Vec<ChainRow>> {
        on_backend!(self, chains())
    }

    /// A version of a chain.
    pub fn chain_version(&self, chain: i64, version: i64) -> StoreFuture<'_, Option<ChainVersionRow>> {
        on_backend!(self, chain_version(chain, version))
    }

    /// Adds a version to a chain, which is created if there is none. Nothing is added if the latest has this digest.
    /// Returns the chain.
    pub fn put_chain<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        document: &'a str,
        at: i64,
    ) -> StoreFuture<'a, ChainRow> {
        on_backend!(self, put_chain(name, digest, document, at))
    }

    /// Lets members enter a version from now on, and moves those who wait in others as `moved` says. False, and nothing is
    /// changed, if other numbers of members wait there by now.
    pub fn publish_chain<'a>(
        &'a self,
        chain: &'a ChainRow,
        version: i64,
        moved: &'a [MovedRuns],
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, publish_chain(chain, version, moved, at))
    }

    /// Lets nobody enter any more; those who wait leave if `leave` says so. Returns how many left.
    pub fn stop_chain<'a>(&'a self, chain: &'a ChainRow, leave: bool, at: i64) -> StoreFuture<'a, u64> {
        on_backend!(self, stop_chain(chain, leave, at))
    }

    /// Where members wait in a chain.
    pub fn waiting_runs(&self, chain: i64) -> StoreFuture<'_, Vec<WaitingRuns>> {
        on_backend!(self, waiting_runs(chain))
    }

    /// The run with this number.
    pub fn chain_run(&self, id: i64) -> StoreFuture<'_, Option<ChainRun>> {
        on_backend!(self, chain_run(id))
    }

    /// Runs of a chain before a number, the latest first; only those of a member if one is given.
    pub fn chain_runs(
        &self,
        chain: i64,
        number: Option<u32>,
        before: i64,
        most: i64,
    ) -> StoreFuture<'_, Vec<ChainRun>> {
        on_backend!(self, chain_runs(chain, number, before, most))
    }

    /// All runs of some members in some chains, also those that have left.
    pub fn runs_of_members<'a>(
        &'a self,
        numbers: &'a [u32],
        chains: &'a [i64],
    ) -> StoreFuture<'a, Vec<ChainRun>> {
        on_backend!(self, runs_of_members(numbers, chains))
    }

    /// Takes numbers for runs. Returns the first of them.
    pub fn reserve_runs(&self, count: i64) -> StoreFuture<'_, i64> {
        on_backend!(self, reserve_runs(count))
    }

    /// Those of some shards that have runs which are due.
    pub fn shards_due<'a>(&'a self, shards: &'a [i64], now: i64) -> StoreFuture<'a, Vec<i64>> {
        on_backend!(self, shards_due(shards, now))
    }

    /// Runs of a shard that are due, equally many of each chain, so that none waits for another; of a chain the longest due
    /// first. About `most`, and at least one of each chain.
    pub fn runs_due(&self, shard: i64, now: i64, most: i64) -> StoreFuture<'_, Vec<ChainRun>> {
        on_backend!(self, runs_due(shard, now, most))
    }

    /// Writes what a batch of steps comes to. False, and nothing is written, if a run was changed by somebody else, a new
    /// one exists already, the events were read by another, or the shards belong to another.
    pub fn write_chains<'a>(&'a self, write: &'a ChainWrite) -> StoreFuture<'a, bool> {
        on_backend!(self, write_chains(write))
    }

    /// The statistics of a chain.
    pub fn chain_counts(&self, chain: i64) -> StoreFuture<'_, Vec<(ChainCount, i64)>> {
        on_backend!(self, chain_counts(chain))
    }

    /// The steps of a run, in order.
    pub fn chain_steps(&self, run: i64, most: i64) -> StoreFuture<'_, Vec<ChainStep>> {
        on_backend!(self, chain_steps(run, most))
    }

    /// The first steps of some runs, by run.
    pub fn first_chain_steps<'a>(&'a self, runs: &'a [i64]) -> StoreFuture<'a, Vec<ChainStep>> {
        on_backend!(self, first_chain_steps(runs))
    }

    /// Removes steps before an instant, at most `most`. Returns how many.
    pub fn remove_chain_steps(&self, before: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_chain_steps(before, most))
    }

    /// Removes effects that were decided before an instant, at most `most`. Returns how many.
    pub fn remove_chain_effects(&self, before: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_chain_effects(before, most))
    }

    /// Effects without a channel that are due, the longest due first.
    pub fn effects_due(&self, now: i64, most: i64) -> StoreFuture<'_, Vec<ChainEffect>> {
        on_backend!(self, effects_due(now, most))
    }

    /// Channels that have webhooks which are due.
    pub fn channels_of_webhooks(&self, now: i64) -> StoreFuture<'_, Vec<String>> {
        on_backend!(self, channels_of_webhooks(now))
    }

    /// Takes webhooks of a channel that are due: nobody else gets them before `until`, and each counts as tried.
    pub fn take_webhooks<'a>(
        &'a self,
        channel: &'a str,
        now: i64,
        until: i64,
        most: i64,
    ) -> StoreFuture<'a, Vec<ChainEffect>> {
        on_backend!(self, take_webhooks(channel, now, until, most))
    }

    /// Writes what became of an effect, with events that tell of it, unless it was decided since it was read.
    pub fn note_effect<'a>(
        &'a self,
        effect: &'a ChainEffect,
        events: &'a [NewEvent],
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, note_effect(effect, events, at))
    }

    /// Chains, with members by number, that have effects outside of this database which nobody has tried yet, planned
    /// after `since`.
    pub fn untried_effects<'a>(
        &'a self,
        numbers: &'a [i64],
        since: i64,
    ) -> StoreFuture<'a, Vec<(i64, String)>> {
        on_backend!(self, untried_effects(numbers, since))
    }

    /// The numbers of effects of a chain by kind, state and reason.
    pub fn count_effects<'a>(
        &'a self,
        chain: &'a str,
    ) -> StoreFuture<'a, Vec<(String, String, String, i64)>> {
        on_backend!(self, count_effects(chain))
    }

    /// The numbers of messages in the queue of a chain by state and reason.
    pub fn count_queue<'a>(&'a self, queue: &'a str) -> StoreFuture<'a, Vec<(String, String, i64)>> {
        on_backend!(self, count_queue(queue))
    }

    /// Gives a worker its part of the shards: those it has, and those of workers that are gone. What it does not renew
    /// within `lease_ms` goes to others.
    pub fn lease_shards<'a>(&'a self, owner: &'a str, lease_ms: i64) -> StoreFuture<'a, ShardLease> {
        on_backend!(self, lease_shards(owner, lease_ms))
    }
}
