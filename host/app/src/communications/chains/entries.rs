//! Letting members in.

use std::collections::BTreeMap;
use std::sync::Arc;

use communications::chains::{Admission, Earlier, Run, Stage, Trigger, admit, entry};
use communications::{Event, Profile};
use store::{ChainRun, EventRow};

use super::batch::{Batch, Held};
use super::facts;
use super::loaded::{Open, Versions};
use crate::error::Error;
use crate::state::App;

/// Events of a member that are looked at for the n-th of a kind, at most.
const EVENTS_MAX: i64 = 10_000;

/// Runs of a member in a chain that are under way at most; further events are refused and counted.
const ACTIVE_MAX: usize = 100;

/// Lets a member into a chain if an event fires one of its triggers.
pub(super) async fn enter(
    app: &App,
    versions: &Versions,
    batch: &mut Batch,
    chain: &Open,
    (row, event): (&EventRow, &Event),
    member: &Profile,
    earlier_runs: &[ChainRun],
) -> Result<(), Error> {
    let Some((number, version)) = &chain.entered else { return Ok(()) };
    let before = before(app, &version.triggers, row, event, member).await?;
    let mut earlier = |trigger: &Trigger| {
        let place = version.triggers.iter().position(|other| other == trigger);
        place.and_then(|place| before.get(&place)).copied().unwrap_or_default()
    };
    let Some(entry) = entry(version, event, &mut earlier) else { return Ok(()) };
    let same: Vec<&ChainRun> = earlier_runs.iter().filter(|run| base(&run.entry_key) == entry.key).collect();
    // A run that ended with this very event may be followed by another at the next one.
    let active: Vec<&ChainRun> =
        same.iter().copied().filter(|run| run.wake_at.is_some() && !batch.has_ended(run.id)).collect();
    let runs = same.iter().map(|run| next_number(&run.entry_key)).max().unwrap_or(0);
    if active.len() >= ACTIVE_MAX {
        batch.count(chain.row.id, "refused", "");
        return Ok(());
    }
    let id = (row.source.as_str(), row.id.as_str());
    let key = match admit(version.reentry, &entry, id, Earlier { runs, active: !active.is_empty() }) {
        Admission::Joined => {
            batch.count(chain.row.id, "joined", "");
            return Ok(());
        }
        Admission::Refused => {
            batch.count(chain.row.id, "refused", "");
            return Ok(());
        }
        Admission::Enter(key) => key,
        Admission::Restart(key) => {
            for run in active {
                if !batch.end_moved(&chain.row, run.id, "restarted")? {
                    let version = versions.of(app, run.chain, run.version).await?;
                    batch.end(&chain.row, Held::read(run.clone(), version)?, "restarted");
                }
            }
            key
        }
    };
    // The same event read again, as after a restore, has let it in already.
    if earlier_runs.iter().any(|run| run.entry_key == key) {
        batch.count(chain.row.id, "refused", "");
        return Ok(());
    }
    let universal = || version.advertises() && app.config.communications.control_group().contains(&member.id);
    let ghost = version.is_control(&member.id) || universal();
    let mut run = Run::begin(version.start, batch.now, ghost);
    // What an event that is told late would do at once may come too late.
    run.stage = Stage::Due(event.at.min(batch.now));
    let row = ChainRun {
        id: app.communications.reserve_runs(1).await?,
        chain: chain.row.id,
        version: *number,
        number: member.number.0,
        entry_key: key,
        node: i64::from(run.node.0),
        state: run.encode(),
        wake_at: run.wake(),
        revision: 0,
    };
    let held = Held { row, run, version: Arc::clone(version) };
    batch.begin(app, &chain.row, held, member, event).await
}

/// The part of an entry's key that is not the number of the run.
fn base(key: &str) -> &str {
    key.rsplit_once('#').map_or(key, |(base, _)| base)
}

/// The number of the run after the one with this key.
fn next_number(key: &str) -> u32 {
    let number = key.rsplit_once('#').and_then(|(_, number)| number.parse::<u32>().ok());
    number.unwrap_or(0).saturating_add(1)
}

/// How many events of the member before this one match triggers with a number, by trigger.
async fn before(
    app: &App,
    triggers: &[Trigger],
    row: &EventRow,
    event: &Event,
    member: &Profile,
) -> Result<BTreeMap<usize, u32>, Error> {
    let counted =
        |trigger: &Trigger| matches!(trigger, Trigger::Event { of, number: Some(_) } if of.is(event, ""));
    if !triggers.iter().any(counted) {
        return Ok(BTreeMap::new());
    }
    let rows = app.communications.events_of(member.number.0, i64::MIN, EVENTS_MAX).await?;
    let mut counts = BTreeMap::new();
    for other in rows.iter().filter(|other| other.seq < row.seq && other.kind == row.kind) {
        let other = facts::event(other)?;
        for (place, trigger) in triggers.iter().enumerate() {
            if let Trigger::Event { of, number: Some(_) } = trigger
                && of.is(&other, "")
            {
                let count: &mut u32 = counts.entry(place).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    Ok(counts)
}
