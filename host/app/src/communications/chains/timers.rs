//! Waking runs whose waits are over. Every worker has shards of its own; one that was stopped past its lease finds that
//! they belong to another when it writes, and so do two that both believe to have one: a run moves only from the revision
//! that was read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use store::{ChainRow, ShardClaim, ShardLease};

use super::batch::{Batch, Held};
use super::facts::Members;
use super::loaded::Versions;
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// The shards of a worker.
#[derive(Debug, Default)]
pub(super) struct Shards {
    /// Empty until the first lease.
    owner: String,
    lease: ShardLease,
    leased: Option<Instant>,
    /// When it was last said that runs are late.
    warned: Option<Instant>,
}

/// Shards of one transaction. More would be written with fewer of them, and fewer with longer turns: a member whose shard
/// was just served waits until all others were.
const TOGETHER: usize = 8;
/// Lateness from which on it is said, in milliseconds.
const LATE_MS: i64 = 60_000;
/// Time between two such warnings.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Wakes some runs of each shard.
pub(super) async fn step(app: &App, versions: &Versions, shards: &mut Shards) -> Result<Step, Error> {
    renew(app, shards).await?;
    let now = app.communications.now_ms().await?;
    let due = app.communications.shards_due(&shards.lease.shards, now).await?;
    if due.is_empty() {
        return Ok(Step::Idle);
    }
    let chains = app.communications.chains().await?;
    let chains: BTreeMap<i64, ChainRow> = chains.into_iter().map(|chain| (chain.id, chain)).collect();
    for some in due.chunks(TOGETHER) {
        renew(app, shards).await?;
        let claim =
            ShardClaim { owner: shards.owner.clone(), fence: shards.lease.fence, shards: some.to_vec() };
        let woken = wake(app, versions, &chains, claim).await?;
        if !woken.written {
            // Another has it: ask at once what is left.
            shards.leased = None;
        }
        if woken.late_ms > LATE_MS && shards.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            tracing::warn!(late_ms = woken.late_ms, "members of chains are woken late");
            shards.warned = Some(Instant::now());
        }
    }
    Ok(Step::Worked)
}

async fn renew(app: &App, shards: &mut Shards) -> Result<(), Error> {
    if shards.owner.is_empty() {
        let mut name = [0_u8; 16];
        getrandom::fill(&mut name).map_err(|error| Error::internal(&error))?;
        shards.owner = hex::encode(name);
    }
    let lease_ms = app.config.communications.chain_lease_ms;
    let third = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(1));
    if shards.leased.is_none_or(|leased| leased.elapsed() >= third) {
        let asked = Instant::now();
        shards.lease = app.communications.lease_shards(&shards.owner, lease_ms).await?;
        shards.leased = Some(asked);
    }
    Ok(())
}

/// The outcome of waking the due runs of some shards.
struct Woken {
    /// False if they have been moved by somebody else.
    written: bool,
    /// How long the first of them was due, in milliseconds.
    late_ms: i64,
}

/// Wakes runs of some shards that are due.
async fn wake(
    app: &App,
    versions: &Versions,
    chains: &BTreeMap<i64, ChainRow>,
    claim: ShardClaim,
) -> Result<Woken, Error> {
    let now = app.communications.now_ms().await?;
    let each = app.config.communications.chain_batch / i64::try_from(TOGETHER).unwrap_or(1);
    let mut rows = Vec::new();
    for shard in &claim.shards {
        rows.extend(app.communications.runs_due(*shard, now, each.max(1)).await?);
    }
    let first = rows.iter().filter_map(|run| run.wake_at).min();
    let late_ms = first.map_or(0, |due| now.saturating_sub(due));
    let numbers: BTreeSet<u32> = rows.iter().map(|run| run.number).collect();
    let members = Members::load(app, &numbers).await?;
    let mut batch = Batch::new(now);
    for row in rows {
        let Some(chain) = chains.get(&row.chain) else { continue };
        let version = versions.of(app, row.chain, row.version).await?;
        // One that cannot be read, which is logged, would be due for ever.
        let Ok(held) = Held::read(row.clone(), version) else {
            batch.give_up(chain, row);
            continue;
        };
        match members.get(row.number) {
            Some(member) => batch.step(app, chain, held, member, None).await?,
            None => batch.end(chain, held, "member_gone"),
        }
    }
    let runs = batch.messages_of();
    if !runs.is_empty() {
        batch.give_events(&app.communications.first_chain_steps(&runs).await?);
    }
    let mut write = batch.finish();
    write.lease = Some(claim);
    Ok(Woken { written: app.communications.write_chains(&write).await?, late_ms })
}
