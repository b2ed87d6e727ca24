//! The candidate's plan: the live plan with a candidate's changes. It never goes live.

use std::sync::Arc;

use domain::offer::{Offer, OfferId};
use domain::time::Period;
use serde_json::{Map, Value};
use store::{MechanicVersion, OfferRecord, OfferState, Store};
use wire::audience::{named_by_offer, unknown_detail};
use wire::backtest::{Edits, NOTHING_TO_TEST, pointer};
use wire::json;
use wire::problem::{Problem, Problems};

use crate::error::Error;
use crate::live::source::{Materials, Source, SourceError};
use crate::live::{Documents, Live, Origin, PlanVariant};
use crate::mechanics::health::Health;
use crate::mechanics::lineup::{Lineup, LineupEntry, LoadedVersion};
use crate::mechanics::rollout::TrialKind;

/// Two plans to compare.
pub struct PlanComparison {
    /// The live plans.
    pub live: Arc<Live>,
    /// The candidate's plan.
    pub candidate: Arc<PlanVariant>,
    /// The candidate's changes, in words.
    pub changes: Vec<String>,
    /// Warnings about the candidate that do not prevent a back-test.
    pub warnings: Vec<Problem>,
    /// The period of each offer of the candidate that has one, by external id.
    pub periods: Vec<(String, Period)>,
}

impl PlanComparison {
    /// Builds the candidate's plan. An error with every problem of the candidate.
    pub async fn build(source: Source<'_>, live: &Arc<Live>, edits: &Edits) -> Result<Self, Error> {
        let mut materials = source.read(live.revision, Some(live)).await?;
        let mut found = Found::default();
        let lineup = found.lineup(source, live, edits).await?;
        found.offers(source.store, &mut materials, edits).await?;
        found.problems.or(()).map_err(refused)?;
        let built = materials.build_with(lineup, Some(Arc::clone(live))).await;
        let mut built = built.map_err(|error| match error {
            SourceError::Refused(problems) => refused(problems.map(in_request)),
            error => error.into(),
        })?;
        let warnings = std::mem::take(&mut built.warnings).into_iter().map(in_request).collect();
        let candidate = Arc::clone(&built.at(live.revision).active);
        let periods = periods(&candidate, edits);
        Ok(Self { live: Arc::clone(live), candidate, changes: found.changes, warnings, periods })
    }
}

/// The problems and changes that were found while a candidate is applied.
#[derive(Default)]
struct Found {
    problems: Problems,
    changes: Vec<String>,
}

impl Found {
    fn problem(&mut self, pointer: String, code: &'static str, detail: String) {
        self.problems.push(Problem { pointer, code: code.into(), detail });
    }

    /// The active versions, replaced by those that the candidate names. These get health counts of their own, so that a
    /// back-test does not count towards the health of live versions.
    async fn lineup(&mut self, source: Source<'_>, live: &Live, edits: &Edits) -> Result<Lineup, Error> {
        let versions = source.store.mechanic_versions().await?;
        for name in edits.mechanics.keys() {
            if !live.parts.lineup.iter().any(|lined| lined.name == *name) {
                let detail = format!("there is no mechanic `{name}` that prices anything");
                self.problem(pointer("mechanics", name), "unknown_mechanic", detail);
            }
        }
        let mut lined = Vec::new();
        for known in live.parts.lineup.iter() {
            let mut known = LineupEntry { canary: None, shadow: None, ..known.clone() };
            if let Some(version) = edits.mechanics.get(&known.name)
                && let Some(record) = self.version(&versions, &known.name, version)
                && record.digest != known.active.component.inspected().digest
            {
                let component = source.registry.load(source.store, &record.digest).await?;
                let before = known.active.health.version.clone();
                self.changes.push(format!("mechanic {}: {before} → {version}", known.name));
                let health = Health::new(&known.name, version, &record.digest, (TrialKind::Shadow, 0));
                let slot = LoadedVersion { component, health: Arc::new(health) };
                known.previous = Some(std::mem::replace(&mut known.active, slot));
            }
            lined.push(known);
        }
        Ok(Lineup::new(lined))
    }

    /// The version with this number; of several builds of a built-in version, the latest.
    fn version<'a>(
        &mut self,
        versions: &'a [MechanicVersion],
        name: &str,
        version: &str,
    ) -> Option<&'a MechanicVersion> {
        let of_name = || versions.iter().filter(|known| known.name == name);
        let found = of_name().filter(|known| known.version == version).max_by_key(|known| known.created_at);
        if found.is_none() {
            let mut known: Vec<&str> = of_name().map(|known| known.version.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            let detail = format!("`{name}` has no version `{version}`; it has {}", known.join(", "));
            self.problem(pointer("mechanics", name), "unknown_version", detail);
        }
        found
    }

    async fn offers(&mut self, store: &Store, materials: &mut Materials, edits: &Edits) -> Result<(), Error> {
        let documents = &mut materials.documents;
        for (number, (id, body)) in edits.offers.iter().enumerate() {
            self.audiences(store, number, body).await?;
            self.put(store, documents, id, (body.clone(), Origin::Row(number))).await?;
        }
        for (id, pointer) in &edits.stop {
            if documents.offers.remove(id).is_some() {
                self.changes.push(format!("offer {id}: stopped"));
            } else {
                self.problem(pointer.clone(), "unknown_offer", format!("no offer `{id}` is running"));
            }
        }
        for (id, priority) in &edits.priorities {
            let Some((record, origin)) = documents.offers.get(id).cloned() else {
                let detail = format!("no offer `{id}` is running, and the candidate has none");
                self.problem(pointer("priorities", id), "unknown_offer", detail);
                continue;
            };
            let mut body = json::parse(&record.body).map_err(|_| Error::damaged("offer"))?;
            let before = prioritise(&mut body, *priority);
            if before != *priority {
                self.changes.push(format!("offer {id}: priority {before} → {priority}"));
                let (version, body) = (record.version.saturating_add(1), body.to_string());
                documents.put_offer(OfferRecord { version, body, ..record }, origin);
            }
        }
        Ok(())
    }

    /// Puts an offer with the version that the next `PUT` would make; an unchanged body makes no version.
    async fn put(
        &mut self,
        store: &Store,
        documents: &mut Documents,
        id: &str,
        (body, origin): (Value, Origin),
    ) -> Result<(), Error> {
        let running = documents.offers.get(id).map(|(record, _)| record);
        if let Some(running) = running
            && json::parse(&running.body).is_ok_and(|before| before == body)
        {
            return Ok(());
        }
        self.changes.push(match running {
            Some(running) => format!("offer {id}: edited, from version {}", running.version),
            None => format!("offer {id}: started"),
        });
        let latest = store.offer_versions(id).await?.last().map_or(0, |latest| latest.version);
        let record = OfferRecord {
            external_id: id.to_owned(),
            version: latest.saturating_add(1),
            state: OfferState::Running,
            body: body.to_string(),
        };
        documents.put_offer(record, origin);
        Ok(())
    }

    async fn audiences(&mut self, store: &Store, number: usize, body: &Value) -> Result<(), Error> {
        let named = named_by_offer(body);
        if named.is_empty() {
            return Ok(());
        }
        let known = store.audiences().await?;
        for (place, name) in named {
            let is_known = known.iter().any(|audience| audience.name == *name);
            if !is_known && !store.has_audience_members(name).await? {
                let pointer = format!("/candidate/offers/{number}{place}");
                self.problem(pointer, "unknown_audience", unknown_detail(name));
            }
        }
        Ok(())
    }
}

/// The period of each offer of the candidate that has one.
fn periods(candidate: &PlanVariant, edits: &Edits) -> Vec<(String, Period)> {
    let is_edited = |offer: &&Offer| edits.offers.iter().any(|(id, _)| *id == offer.external_id);
    let edited = candidate.plan.plan.offers.iter().filter(is_edited);
    let with_period = edited.filter(|offer| offer.filters.period != Period::default());
    with_period.map(|offer| (offer.external_id.clone(), offer.filters.period)).collect()
}

/// Sets the priority of an offer; returns the priority before.
fn prioritise(body: &mut Value, priority: i64) -> i64 {
    let before = body.pointer("/stacking/priority").and_then(Value::as_i64).unwrap_or(0);
    if let Some(offer) = body.as_object_mut() {
        let stacking = offer.entry("stacking").or_insert_with(|| Value::Object(Map::new()));
        if stacking.is_null() {
            *stacking = Value::Object(Map::new());
        }
        if let Some(stacking) = stacking.as_object_mut() {
            stacking.insert("priority".to_owned(), priority.into());
        }
    }
    before
}

/// The problem with its pointer into the request: while a plan is built, offers of the request are known by number.
fn in_request(problem: Problem) -> Problem {
    let pointer = if problem.pointer.is_empty() {
        String::new()
    } else {
        format!("/candidate/offers{}", problem.pointer)
    };
    Problem { pointer, ..problem }
}

/// The external id of an offer of a plan.
pub(super) fn offer_id(variant: &PlanVariant, offer: OfferId) -> &str {
    variant.plan.plan.offer(offer).map_or("", |offer| offer.external_id.as_str())
}

/// The refusal of a request with problems.
pub(super) fn refused(problems: Problems) -> Error {
    let is_nothing = problems.iter().any(|problem| problem.code == NOTHING_TO_TEST);
    let code = if is_nothing { NOTHING_TO_TEST } else { "backtest_refused" };
    Error::Refused { code, what: "the back-test has problems", problems }
}
