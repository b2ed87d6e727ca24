//! Chains: versions that never change, runs that move once however many workers take them, and what publishing moves.

use std::collections::BTreeSet;
use std::time::Duration;

use store::{
    ChainCount, ChainRun, ChainStep, ChainWrite, Communications, GrantPoints, Granted, Idempotent,
    MemberProfile, MemberRow, MovedRuns, PlannedMessage, SHARDS, ShardClaim, Store, StoreError, Validity,
    WaitingRuns,
};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    a_version_never_changes,
    a_batch_is_written_whole_or_not_at_all,
    eight_workers_some_stopped_past_their_lease_step_each_run_once,
    a_worker_past_its_lease_writes_nothing,
    publishing_moves_as_many_as_it_has_shown,
    a_chain_with_few_runs_does_not_wait_for_one_with_many,
    points_are_given_once_for_each_key,
);

const NOW: i64 = 1_800_000_000_000;
/// The lease of a worker in milliseconds.
const LEASE_MS: i64 = 60;

async fn chain(communications: &Communications) -> store::ChainRow {
    communications.put_chain("welcome", "d1", "{}", NOW).await.unwrap()
}

fn run(id: i64, chain: i64) -> ChainRun {
    ChainRun {
        id,
        chain,
        version: 1,
        number: u32::try_from(id).unwrap(),
        entry_key: String::new(),
        node: 3,
        state: format!("w0,1,{NOW}"),
        wake_at: Some(NOW),
        revision: 1,
    }
}

async fn begin(communications: &Communications, chain: i64, count: i64) {
    for first in (0..count).step_by(500) {
        let last = count.min(first + 500);
        let begun = (first..last).map(|id| run(id, chain)).collect();
        let write = ChainWrite { begun, at: NOW, ..ChainWrite::default() };
        assert!(communications.write_chains(&write).await.unwrap());
    }
}

fn counted(chain: i64) -> ChainCount {
    ChainCount { chain, what: "visited".to_owned(), name: "say".to_owned() }
}

fn message(run: &ChainRun) -> PlannedMessage {
    let text = str::to_owned;
    PlannedMessage {
        id: format!("{}/{}", run.id, run.revision),
        cause: format!("chain/welcome/{}/say/1", run.id),
        cause_kind: text("chain"),
        queue: text("chain/welcome"),
        number: i64::from(run.number),
        channel: text("mail"),
        template: text("welcome"),
        template_version: 0,
        category: text("marketing"),
        topic: String::new(),
        priority: 0,
        variant: String::new(),
        not_before: NOW,
        too_late_after: None,
        is_ghost: false,
        reason: String::new(),
        values: text("{}"),
    }
}

/// The runs as they leave, with a message and a step each.
fn leaving(rows: &[ChainRun], chain: i64) -> ChainWrite {
    let left = |run: &ChainRun| ChainRun { state: format!("x0,2,{NOW}"), wake_at: None, ..run.clone() };
    let step = |run: &ChainRun| ChainStep {
        run: run.id,
        revision: run.revision + 1,
        number: run.number,
        at: NOW,
        version: 1,
        record: "{}".to_owned(),
    };
    ChainWrite {
        moved: rows.iter().map(left).collect(),
        steps: rows.iter().map(step).collect(),
        messages: rows.iter().map(message).collect(),
        counts: vec![(counted(chain), i64::try_from(rows.len()).unwrap())],
        at: NOW,
        ..ChainWrite::default()
    }
}

async fn a_version_never_changes(database: &Database) {
    let communications = open(database).await;
    let first = chain(&communications).await;
    assert_eq!((first.version, first.state.as_str(), first.published), (1, "draft", None));
    assert_eq!(chain(&communications).await, first, "the same document is the same version");
    let second = communications.put_chain("welcome", "d2", "[]", NOW + 1).await.unwrap();
    assert_eq!((second.id, second.version), (first.id, 2));
    let version = communications.chain_version(first.id, 1).await.unwrap().unwrap();
    assert_eq!((version.digest.as_str(), version.document.as_str()), ("d1", "{}"));
    assert_eq!(communications.chain_version(first.id, 3).await.unwrap(), None);
    assert!(communications.publish_chain(&second, 2, &[], NOW).await.unwrap());
    let published = communications.chain("welcome").await.unwrap().unwrap();
    assert_eq!((published.state.as_str(), published.published), ("running", Some(2)));
}

async fn a_batch_is_written_whole_or_not_at_all(database: &Database) {
    let communications = open(database).await;
    let chain = chain(&communications).await.id;
    begin(&communications, chain, 3).await;
    let rows = communications.chain_runs(chain, None, i64::MAX, 10).await.unwrap();
    assert_eq!(rows.iter().map(|run| run.id).collect::<Vec<_>>(), [2, 1, 0]);
    // One run was moved by somebody else: none of the batch counts.
    let mut stale = rows.clone();
    stale[1].revision = 7;
    assert!(!communications.write_chains(&leaving(&stale, chain)).await.unwrap());
    assert_eq!(communications.chain_runs(chain, None, i64::MAX, 10).await.unwrap(), rows);
    assert!(communications.chain_counts(chain).await.unwrap().is_empty());
    // The same entry again, under another number of the run.
    let again = ChainRun { id: 9, ..run(1, chain) };
    let write = ChainWrite { begun: vec![again], at: NOW, ..ChainWrite::default() };
    assert!(!communications.write_chains(&write).await.unwrap());
    // A reader of events that was overtaken.
    let write = ChainWrite { cursor: Some((5, 6)), ..leaving(&rows, chain) };
    assert!(!communications.write_chains(&write).await.unwrap());
    let write = ChainWrite { cursor: Some((0, 6)), ..leaving(&rows, chain) };
    assert!(communications.write_chains(&write).await.unwrap());
    assert_eq!(communications.chain_counts(chain).await.unwrap(), [(counted(chain), 3)]);
    assert_eq!(communications.cursor("chains").await.unwrap(), 6);
    let steps = communications.chain_steps(1, 10).await.unwrap();
    assert_eq!(steps.iter().map(|step| step.revision).collect::<Vec<_>>(), [2]);
    assert!(communications.waiting_runs(chain).await.unwrap().is_empty());
    assert_eq!(communications.remove_chain_steps(NOW + 1, 2).await.unwrap(), 2);
}

/// Takes the due runs of the shards that a worker gets one step further, after a pause between reading and writing.
/// False if nothing is due in any shard. A write that is refused, since the lease is over, is left to the next worker.
async fn step_due_runs(
    communications: &Communications,
    owner: &str,
    chain: i64,
    pause: Option<Duration>,
) -> Result<bool, StoreError> {
    let lease = communications.lease_shards(owner, LEASE_MS).await?;
    let all: Vec<i64> = (0..SHARDS).collect();
    if communications.shards_due(&all, NOW).await?.is_empty() {
        return Ok(false);
    }
    for shard in communications.shards_due(&lease.shards, NOW).await? {
        let rows = communications.runs_due(shard, NOW, 20).await?;
        if let Some(pause) = pause {
            // As a process that is stopped: the others take its shards meanwhile.
            tokio::time::sleep(pause).await;
        }
        let lease = Some(ShardClaim { owner: owner.to_owned(), fence: lease.fence, shards: vec![shard] });
        let write = ChainWrite { lease, ..leaving(&rows, chain) };
        communications.write_chains(&write).await?;
    }
    Ok(true)
}

/// Mautic #3669, #8802, #13070. A worker that is stopped past its lease writes nothing when it goes on.
async fn eight_workers_some_stopped_past_their_lease_step_each_run_once(database: &Database) {
    const RUNS: i64 = 2_000;
    let communications = open(database).await;
    let chain = chain(&communications).await.id;
    begin(&communications, chain, RUNS).await;
    let worker = |name: usize| {
        let communications = communications.clone();
        async move {
            let owner = format!("worker-{name}");
            for round in 0.. {
                let pause = (name.is_multiple_of(3) && round % 2 == 0).then_some(Duration::from_millis(150));
                match step_due_runs(&communications, &owner, chain, pause).await {
                    Ok(false) => break,
                    Ok(true) => {}
                    // As a worker does on a busy machine: it tries again.
                    Err(StoreError::Unavailable { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    };
    let workers: Vec<_> = (0..8).map(|name| tokio::spawn(worker(name))).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(
        communications.chain_counts(chain).await.unwrap(),
        [(counted(chain), RUNS)],
        "no double, no loss"
    );
    let states = communications.count_queue("chain/welcome").await.unwrap();
    assert_eq!(states, [("planned".to_owned(), String::new(), RUNS)]);
    let numbers: Vec<u32> = (0..u32::try_from(RUNS).unwrap()).collect();
    let runs = communications.runs_of_members(&numbers, &[chain]).await.unwrap();
    let revisions: BTreeSet<i64> = runs.iter().map(|run| run.revision).collect();
    assert_eq!((runs.len(), revisions), (2_000, BTreeSet::from([2])));
}

async fn a_worker_past_its_lease_writes_nothing(database: &Database) {
    let communications = open(database).await;
    let chain = chain(&communications).await.id;
    begin(&communications, chain, 200).await;
    let first = communications.lease_shards("first", 1).await.unwrap();
    let all: Vec<i64> = (0..SHARDS).collect();
    let shard = communications.shards_due(&all, NOW).await.unwrap()[0];
    let second = loop {
        let lease = communications.lease_shards("second", 600_000).await.unwrap();
        if lease.shards.contains(&shard) {
            break lease;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let rows = communications.runs_due(shard, NOW, 20).await.unwrap();
    for (owner, fence, written) in [("first", first.fence, false), ("second", second.fence, true)] {
        let lease = Some(ShardClaim { owner: owner.to_owned(), fence, shards: vec![shard] });
        let write = ChainWrite { lease, ..leaving(&rows, chain) };
        assert_eq!(communications.write_chains(&write).await.unwrap(), written, "{owner}");
    }
}

/// Mautic #6445: the numbers that are shown are the numbers that are moved.
async fn a_chain_with_few_runs_does_not_wait_for_one_with_many(database: &Database) {
    let communications = open(database).await;
    let many = chain(&communications).await.id;
    let few = communications.put_chain("few", "d", "{}", NOW).await.unwrap().id;
    // All of one shard, and due at the same moment.
    let of = |chain, place: i64| run(place * SHARDS, chain);
    let mut begun: Vec<ChainRun> = (0..40).map(|place| of(many, place)).collect();
    begun.extend((40..42).map(|place| of(few, place)));
    let write = ChainWrite { begun, at: NOW, ..ChainWrite::default() };
    assert!(communications.write_chains(&write).await.unwrap());
    let rows = communications.runs_due(0, NOW, 20).await.unwrap();
    let count = |chain| rows.iter().filter(|run| run.chain == chain).count();
    assert_eq!((count(many), count(few)), (10, 2));
    assert_eq!(communications.runs_due(0, NOW - 1, 20).await.unwrap(), []);
}

async fn publishing_moves_as_many_as_it_has_shown(database: &Database) {
    let communications = open(database).await;
    let first = chain(&communications).await;
    begin(&communications, first.id, 1_000).await;
    let second = communications.put_chain("welcome", "d2", "[]", NOW).await.unwrap();
    let waiting = communications.waiting_runs(first.id).await.unwrap();
    assert_eq!(waiting, [WaitingRuns { version: 1, node: 3, runs: 1_000 }]);
    let moved = [MovedRuns { from: waiting[0], to: Some(5) }];
    // One has left since.
    let one = communications.runs_of_members(&[17], &[first.id]).await.unwrap();
    assert!(communications.write_chains(&leaving(&one, first.id)).await.unwrap());
    assert!(!communications.publish_chain(&second, 2, &moved, NOW).await.unwrap());
    assert_eq!(communications.waiting_runs(first.id).await.unwrap()[0].runs, 999);
    let waiting = communications.waiting_runs(first.id).await.unwrap();
    let moved = [MovedRuns { from: waiting[0], to: Some(5) }];
    // A step that was begun before it is taken again.
    let read = communications.runs_of_members(&[18], &[first.id]).await.unwrap();
    assert!(communications.publish_chain(&second, 2, &moved, NOW).await.unwrap());
    assert!(!communications.write_chains(&leaving(&read, first.id)).await.unwrap());
    let waiting = communications.waiting_runs(first.id).await.unwrap();
    assert_eq!(waiting, [WaitingRuns { version: 2, node: 5, runs: 999 }]);
    // And they leave when the chain is stopped.
    assert_eq!(communications.stop_chain(&second, true, NOW).await.unwrap(), 999);
    assert!(communications.waiting_runs(first.id).await.unwrap().is_empty());
    let left = communications.runs_of_members(&[18], &[first.id]).await.unwrap();
    assert!(left[0].state.starts_with('x') && left[0].wake_at.is_none(), "{left:?}");
}

async fn points_are_given_once_for_each_key(database: &Database) {
    let store = Store::open(database.url()).await.unwrap();
    store.migrate().await.unwrap();
    let at = NOW / 1_000;
    let row =
        MemberRow { id: "m-1".to_owned(), profile: Some(MemberProfile::default()), attributes: Vec::new() };
    store.write_members(&[row], at).await.unwrap();
    let grant = |key: &str| GrantPoints {
        member_id: "m-1".to_owned(),
        points: 5_000,
        validity: Validity { active_from: at, expires_at: Some(at + 86_400) },
        key: Idempotent {
            caller: "chains".to_owned(),
            key: key.to_owned(),
            fingerprint: "points/m-1".to_owned(),
        },
        at,
    };
    assert_eq!(store.grant_points(&grant("chain/welcome/1/gift/1")).await.unwrap(), Granted::Done);
    assert_eq!(store.grant_points(&grant("chain/welcome/1/gift/1")).await.unwrap(), Granted::Before);
    assert_eq!(store.grant_points(&grant("chain/welcome/2/gift/1")).await.unwrap(), Granted::Done);
    let balance = store.balance("m-1", "", at).await.unwrap();
    assert_eq!((balance.available, balance.expiring), (10_000, vec![(at + 86_400, 10_000)]));
    let stranger = GrantPoints { member_id: "nobody".to_owned(), ..grant("x") };
    assert_eq!(store.grant_points(&stranger).await.unwrap(), Granted::NoMember);
    assert!(store.verify(at).await.unwrap().is_empty());
}
