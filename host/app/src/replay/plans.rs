//! Cache of plans of earlier revisions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::Revision;
use tokio::sync::Mutex;

use crate::live::source::{Source, SourceError};
use crate::live::{Live, PlanKey};

/// Plans in the cache: the purchases of one time were priced by few plans.
const PLANS_KEPT: usize = 8;

/// The plans that were built last, by their keys.
#[derive(Default)]
pub struct Plans(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    plans: BTreeMap<PlanKey, Arc<Live>>,
    /// When a plan was last asked for.
    asked: Option<Instant>,
}

impl Plans {
    /// The plans of a revision, from `live` if it has that revision.
    pub async fn of(
        &self,
        source: Source<'_>,
        key: PlanKey,
        live: Option<&Arc<Live>>,
    ) -> Result<Arc<Live>, SourceError> {
        // Callers that need the same plan wait for it, instead of building it again.
        let mut kept = self.0.lock().await;
        kept.asked = Some(Instant::now());
        let kept = &mut kept.plans;
        if let Some(live) = live.filter(|live| live.key() == key) {
            return Ok(Arc::clone(live));
        }
        let (revision, today) = key;
        match today {
            None => one(kept, source, revision, live).await,
            Some(today) => {
                if let Some(found) = kept.get(&key) {
                    return Ok(Arc::clone(found));
                }
                let base = one(kept, source, today, live).await?;
                let late = source.late(&base, revision).await?;
                keep(kept, &late);
                Ok(late)
            }
        }
    }

    /// Forgets the plans, with the components that only they use, if none was asked for during this time.
    pub async fn forget_after(&self, time: Duration) {
        let mut kept = self.0.lock().await;
        if kept.asked.is_some_and(|asked| asked.elapsed() >= time) {
            *kept = Kept::default();
        }
    }
}

async fn one(
    kept: &mut BTreeMap<PlanKey, Arc<Live>>,
    source: Source<'_>,
    revision: Revision,
    live: Option<&Arc<Live>>,
) -> Result<Arc<Live>, SourceError> {
    let key = (revision, None);
    if let Some(found) = kept.get(&key).or(live.filter(|live| live.key() == key)) {
        return Ok(Arc::clone(found));
    }
    // Unchanged parts are taken from the nearest revision.
    let before = kept.range(..key).next_back().or_else(|| kept.range(key..).next());
    let before = before.map(|(_, before)| before).or(live).map(Arc::clone);
    let built = source.live_at(revision, before).await?;
    keep(kept, &built);
    Ok(built)
}

fn keep(kept: &mut BTreeMap<PlanKey, Arc<Live>>, live: &Arc<Live>) {
    if kept.len() >= PLANS_KEPT {
        kept.clear();
    }
    kept.insert(live.key(), Arc::clone(live));
}
