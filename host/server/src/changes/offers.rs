//! Offers: every edit a new version; live from `run` to `stop`.

use serde_json::Value;
use store::{OfferRecord, OfferState, Revision};

use super::{Candidate, audiences, now};
use crate::error::ApiError;
use crate::live::Origin;
use crate::state::App;
use crate::wire::problem::{Problem, Problems};

/// An offer after a change.
pub struct Changed {
    /// As it stands now.
    pub offer: OfferRecord,
    /// The revision of what is stored.
    pub revision: Revision,
    /// Whether the offer is new.
    pub created: bool,
    /// What is odd, but not in the way.
    pub warnings: Problems,
}

/// Stores an edit. A new offer waits as a draft for `run`; an edit of a running offer is live at
/// once. The same body again changes nothing.
pub async fn put(app: App, external_id: String, mut body: Value) -> Result<Changed, ApiError> {
    check_id(&mut body, &external_id)?;
    let _turn = app.changes.lock().await;
    let unknown = audiences::unknown_to_offer(&app, &body).await?;
    let body = body.to_string();
    let before = find(&app, &external_id).await?;
    let created = before.is_none();
    let offer = match before {
        Some(same) if same.body == body => {
            let revision = app.store.revision().await?;
            return Ok(Changed { offer: same, revision, created, warnings: Problems(Vec::new()) });
        }
        Some(before) => OfferRecord { version: before.version.saturating_add(1), body, ..before },
        None => OfferRecord { external_id, version: 1, state: OfferState::Draft, body },
    };
    let (revision, warnings) = activate(&app, &offer, Origin::Body, unknown).await?;
    Ok(Changed { offer, revision, created, warnings })
}

/// Takes an offer live, or off.
pub async fn set_state(app: App, external_id: String, state: OfferState) -> Result<Changed, ApiError> {
    let _turn = app.changes.lock().await;
    let before = find(&app, &external_id).await?;
    let before = before.ok_or_else(|| ApiError::NotFound(format!("offer `{external_id}`")))?;
    let offer = OfferRecord { state, ..before };
    let (revision, warnings) = activate(&app, &offer, Origin::Stored, Vec::new()).await?;
    Ok(Changed { offer, revision, created: false, warnings })
}

async fn find(app: &App, external_id: &str) -> Result<Option<OfferRecord>, ApiError> {
    Ok(app.store.offers().await?.into_iter().find(|offer| offer.external_id == external_id))
}

/// Writes the offer as it shall stand. A draft is validated as if it were live, but its plan is
/// not used. `problems` are those that the plan does not see.
async fn activate(
    app: &App,
    offer: &OfferRecord,
    origin: Origin,
    mut problems: Vec<Problem>,
) -> Result<(Revision, Problems), ApiError> {
    let as_it_stands = offer.clone();
    let candidate = Candidate::build(app, move |documents| {
        documents.offers.remove(&as_it_stands.external_id);
        if as_it_stands.state == OfferState::Stopped {
            return Ok(());
        }
        documents.put_offer(&as_it_stands, origin)
    });
    let candidate = match candidate.await? {
        Ok(candidate) if problems.is_empty() => candidate,
        Ok(_) => return Err(refused(Problems(problems))),
        Err(more) => {
            problems.extend(more.0);
            return Err(refused(Problems(problems)));
        }
    };
    let warnings = candidate.warnings();
    let revision = app.store.put_offer(offer, now()).await?;
    if offer.state != OfferState::Draft {
        candidate.go_live(app, revision);
    }
    Ok((revision, warnings))
}

fn check_id(body: &mut Value, external_id: &str) -> Result<(), ApiError> {
    let Some(fields) = body.as_object_mut() else {
        return Err(refused(Problems::of_document("wrong_type", "must be an object")));
    };
    // Version and state are ours; what `GET /v1/offers` answered may be sent back as it is.
    fields.remove("version");
    match fields.remove("external_id") {
        Some(Value::String(sent)) if sent != external_id => {
            let detail = format!("external_id is `{sent}`, but the address says `{external_id}`");
            Err(refused(Problems::of_document("id_mismatch", detail)))
        }
        _ => Ok(()),
    }
}

fn refused(problems: Problems) -> ApiError {
    ApiError::Refused { code: "offer_refused", what: "the offer has problems", problems }
}
