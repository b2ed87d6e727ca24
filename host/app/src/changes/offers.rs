//! Changes of offers: every edit is a new version, a draft. One version is live from `run` to `stop`,
//! whatever is edited meanwhile.

pub mod import;
mod warnings;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::{AuditEntry, OfferRecord, OfferState, Revision};
use wire::problem::{Problem, Problems};

use super::ProposedPlans;
use super::audiences::KnownAudiences;
use super::lock;
use crate::audit::Actor;
use crate::error::Error;
use crate::live::Origin;
use crate::state::App;

/// The id that no new offer has: at its address is the list of the offers for everybody.
pub const PUBLIC: &str = "public";
/// Code of the refusal of such an offer.
const RESERVED_ID: &str = "reserved_id";

fn reserved_detail() -> String {
    format!("`{PUBLIC}` is reserved: /v1/offers/{PUBLIC} is the list of the offers for everybody")
}

/// An offer after a change.
pub struct ChangedOffer {
    /// The version that the call was about, after the change.
    pub offer: OfferRecord,
    /// The version that is live; none if the offer does not run.
    pub running_version: Option<u32>,
    /// The latest revision of the database.
    pub revision: Revision,
    /// True if the offer is new.
    pub created: bool,
    /// Oddities that do not prevent the change.
    pub warnings: Vec<Problem>,
}

/// An offer in the list of all.
pub struct ListedOffer {
    /// The latest version.
    pub latest: OfferRecord,
    /// The version that is live.
    pub running_version: Option<u32>,
}

impl ListedOffer {
    /// Its state for people: that of the version that is live, and apart from it that of another latest one, as in
    /// `running v2; v4 stopped`.
    pub fn states(&self) -> String {
        let OfferRecord { version, state, .. } = &self.latest;
        match self.running_version {
            Some(running) if running == *version => format!("running v{running}"),
            Some(running) => format!("running v{running}; v{version} {}", state.name()),
            None => state.name().to_owned(),
        }
    }
}

/// All offers, by external id.
pub async fn list(app: &App) -> Result<Vec<ListedOffer>, Error> {
    let running = app.store.running_offers().await?;
    let running: BTreeMap<_, _> =
        running.into_iter().map(|offer| (offer.external_id, offer.version)).collect();
    let listed = app
        .store
        .offers()
        .await?
        .into_iter()
        .map(|latest| ListedOffer { running_version: running.get(&latest.external_id).copied(), latest });
    Ok(listed.collect())
}

/// All versions of an offer, oldest first.
pub async fn versions(app: &App, external_id: &str) -> Result<Vec<OfferRecord>, Error> {
    Ok(Versions::of(app, external_id).await?.0)
}

/// Stores an edit as a new version, which waits for [`run`]. The same body again changes nothing.
pub async fn put(
    app: App,
    external_id: String,
    mut body: Value,
    actor: Actor,
) -> Result<ChangedOffer, Error> {
    check_id(&mut body, &external_id)?;
    let _lock = lock::acquire(&app).await?;
    let unknown = KnownAudiences::default().problems_of(&app, &body).await?;
    let text = body.to_string();
    // Its values take many times the memory of their text, and are read from that again.
    drop(body);
    let body = text;
    let before = Versions(app.store.offer_versions(&external_id).await?);
    let latest = before.0.last();
    if latest.is_none() && external_id == PUBLIC {
        return Err(refused(Problems::of_document(RESERVED_ID, reserved_detail())));
    }
    if let Some(latest) = latest {
        not_archived(latest)?;
        if latest.body == body {
            return unchanged(&app, latest.clone(), before.running_version()).await;
        }
    }
    let offer = OfferRecord {
        external_id,
        version: latest.map_or(1, |latest| latest.version.saturating_add(1)),
        state: OfferState::Draft,
        body,
    };
    // A draft is checked as if it were live; the plans are then dropped.
    let proposed = match ProposedPlans::with_offers(&app, vec![(offer.clone(), Origin::Body)]).await? {
        Ok(proposed) if unknown.is_empty() => proposed,
        Ok(_) => return Err(refused(unknown)),
        Err(more) => {
            let mut all = unknown;
            all.append(more);
            return Err(refused(all));
        }
    };
    let entry = entry(&actor, "offer.put", &offer, before.running_version());
    Ok(ChangedOffer {
        revision: app.store.put_offers(std::slice::from_ref(&offer), &entry).await?,
        running_version: before.running_version(),
        created: before.0.is_empty(),
        warnings: proposed.warnings(),
        offer,
    })
}

/// Makes a version live, the latest if none is named, in place of the version that runs.
pub async fn run(
    app: App,
    external_id: String,
    version: Option<u32>,
    actor: Actor,
) -> Result<ChangedOffer, Error> {
    let _lock = lock::acquire(&app).await?;
    let versions = Versions::of(&app, &external_id).await?;
    let offer = versions.find(version)?;
    not_archived(versions.find(None)?)?;
    match offer.state {
        OfferState::Running => return unchanged(&app, offer.clone(), Some(offer.version)).await,
        OfferState::Draft if app.config.offers.require_approval => return Err(not_approved(offer)),
        _ => {}
    }
    let before = versions.running_version();
    let origin = match offer.state {
        OfferState::Draft | OfferState::Approved => Origin::Draft,
        _ => Origin::Stored,
    };
    let offer = OfferRecord { state: OfferState::Running, ..offer.clone() };
    let entry = entry(&actor, "offer.run", &offer, before);
    change_live(&app, (offer, origin), &entry).await
}

/// Stops an offer. One that does not run stays as it is.
pub async fn stop(app: App, external_id: String, actor: Actor) -> Result<ChangedOffer, Error> {
    let _lock = lock::acquire(&app).await?;
    let versions = Versions::of(&app, &external_id).await?;
    let Some(running) = versions.running() else {
        return unchanged(&app, versions.find(None)?.clone(), None).await;
    };
    let offer = OfferRecord { state: OfferState::Stopped, ..running.clone() };
    let entry = entry(&actor, "offer.stop", &offer, Some(running.version));
    change_live(&app, (offer, Origin::Stored), &entry).await
}

/// Approves a draft. A version in a later state stays as it is.
pub async fn approve(
    app: App,
    external_id: String,
    version: Option<u32>,
    actor: Actor,
) -> Result<ChangedOffer, Error> {
    let _lock = lock::acquire(&app).await?;
    let versions = Versions::of(&app, &external_id).await?;
    let offer = versions.find(version)?;
    not_archived(versions.find(None)?)?;
    let running = versions.running_version();
    if offer.state != OfferState::Draft {
        return unchanged(&app, offer.clone(), running).await;
    }
    let offer = OfferRecord { state: OfferState::Approved, ..offer.clone() };
    let entry = entry(&actor, "offer.approve", &offer, running);
    store_state(&app, offer, running, &entry).await
}

/// Archives an offer for good. Refused while it runs.
pub async fn archive(app: App, external_id: String, actor: Actor) -> Result<ChangedOffer, Error> {
    let _lock = lock::acquire(&app).await?;
    let versions = Versions::of(&app, &external_id).await?;
    if versions.running().is_some() {
        let detail = format!("offer `{external_id}` is running: stop it first");
        return Err(Error::State { code: "offer_running", detail });
    }
    let latest = versions.find(None)?;
    if latest.state == OfferState::Archived {
        return unchanged(&app, latest.clone(), None).await;
    }
    let offer = OfferRecord { state: OfferState::Archived, ..latest.clone() };
    let entry = entry(&actor, "offer.archive", &offer, None);
    store_state(&app, offer, None, &entry).await
}

/// All versions of an offer, oldest first.
struct Versions(Vec<OfferRecord>);

impl Versions {
    async fn of(app: &App, external_id: &str) -> Result<Self, Error> {
        let versions = app.store.offer_versions(external_id).await?;
        if versions.is_empty() {
            return Err(Error::NotFound(format!("offer `{external_id}`")));
        }
        Ok(Self(versions))
    }

    /// The version with this number, or the latest if none is named.
    fn find(&self, version: Option<u32>) -> Result<&OfferRecord, Error> {
        let found = match version {
            Some(version) => self.0.iter().find(|offer| offer.version == version),
            None => self.0.last(),
        };
        found.ok_or_else(|| Error::NotFound("such version of the offer".to_owned()))
    }

    fn running(&self) -> Option<&OfferRecord> {
        self.0.iter().find(|offer| offer.state == OfferState::Running)
    }

    fn running_version(&self) -> Option<u32> {
        self.running().map(|offer| offer.version)
    }
}

/// The audit record of a version, with the number of the version that was live before.
fn entry(actor: &Actor, action: &str, offer: &OfferRecord, running_before: Option<u32>) -> AuditEntry {
    let detail = json!({
        "version": offer.version,
        "state": offer.state.name(),
        "running_before": running_before,
    });
    actor.entry(action, &offer.external_id, detail)
}

/// Stores a version that starts or stops running, and swaps the plans.
async fn change_live(
    app: &App,
    (offer, origin): (OfferRecord, Origin),
    audit: &AuditEntry,
) -> Result<ChangedOffer, Error> {
    let proposed = proposed(app, &offer, origin).await?;
    let mut warnings = proposed.warnings();
    if offer.state == OfferState::Running {
        let (now, defined) = (app.store.now().await?, app.store.attributes().await?);
        warnings.extend(warnings::of_start(&proposed, &offer.external_id, now, &defined));
    }
    let revision = app.store.put_offers(std::slice::from_ref(&offer), audit).await?;
    proposed.go_live(app, revision).await?;
    let running_version = (offer.state == OfferState::Running).then_some(offer.version);
    Ok(ChangedOffer { offer, running_version, revision, created: false, warnings })
}

/// Stores a state that does not change the plans.
async fn store_state(
    app: &App,
    offer: OfferRecord,
    running_version: Option<u32>,
    audit: &AuditEntry,
) -> Result<ChangedOffer, Error> {
    let revision = app.store.put_offers(std::slice::from_ref(&offer), audit).await?;
    Ok(ChangedOffer { offer, running_version, revision, created: false, warnings: Vec::new() })
}

async fn unchanged(
    app: &App,
    offer: OfferRecord,
    running_version: Option<u32>,
) -> Result<ChangedOffer, Error> {
    let revision = app.store.revision().await?;
    Ok(ChangedOffer { offer, running_version, revision, created: false, warnings: Vec::new() })
}

async fn proposed(app: &App, offer: &OfferRecord, origin: Origin) -> Result<ProposedPlans, Error> {
    ProposedPlans::with_offers(app, vec![(offer.clone(), origin)]).await?.map_err(refused)
}

fn not_archived(latest: &OfferRecord) -> Result<(), Error> {
    if latest.state != OfferState::Archived {
        return Ok(());
    }
    let detail = format!("offer `{}` is archived: use another external id", latest.external_id);
    Err(Error::State { code: "offer_archived", detail })
}

fn not_approved(offer: &OfferRecord) -> Error {
    let OfferRecord { external_id, version, .. } = offer;
    let detail = format!("version {version} of offer `{external_id}` is not approved");
    Error::State { code: "offer_not_approved", detail }
}

fn check_id(body: &mut Value, external_id: &str) -> Result<(), Error> {
    let Some(fields) = body.as_object_mut() else {
        return Err(refused(Problems::of_document("wrong_type", "must be an object")));
    };
    // The host sets version and state, so that an answer of `GET /v1/offers` may be sent back as it is.
    fields.remove("version");
    match fields.remove("external_id") {
        Some(Value::String(sent)) if sent != external_id => {
            let detail = format!("external_id is `{sent}`, but the address says `{external_id}`");
            Err(refused(Problems::of_document("id_mismatch", detail)))
        }
        _ => Ok(()),
    }
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "offer_refused", what: "the offer has problems", problems }
}
