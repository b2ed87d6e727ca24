//! Explains why an offer gave something on a stored purchase, or nothing: every condition, from what the purchase was calculated
//! with.

use domain::decimal::{format_scaled, parse_scaled};
use domain::offer::OfferId;
use serde::Serialize;
use serde_json::{Value, json};
use store::{OfferState, Purchase, scope_of, till_id};
use utoipa::ToSchema;
use wire::explanation::{ConditionShown, OfferFate};
use wire::json;

use super::{find, pricing};
use crate::error::Error;
use crate::live::Live;
use crate::replay::ReplayError;
use crate::replay::recorded::Recorded;
use crate::state::App;

/// The answer to the question what became of an offer on a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferExplanation {
    /// The till's id of the purchase.
    pub purchase_id: String,
    /// The place within which the id is unique; absent if it is in the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// External id of the offer.
    pub offer: String,
    /// The version that was asked about; `null` if the offer had not gone live by then.
    pub version: Option<u32>,
    /// Hash of the plan.
    pub plan: String,
    /// Revision of the plan.
    pub revision: i64,
    /// False if the purchase cannot be worked out any more: then the answer has only what is still known.
    pub complete: bool,
    /// Reason for which it is not complete, or differs from the stored answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub fate: OfferFate,
}

/// Explains an offer on a purchase, by its stored id.
pub async fn explain(app: &App, id: &str, offer: &str) -> Result<OfferExplanation, Error> {
    let purchase = find(app, id).await?;
    let state = app.store.offer_state_at(offer, purchase.revision).await?;
    let later = if state.is_none() { Some(state_now(app, offer).await?) } else { None };
    let asked = Asked { purchase, offer: offer.to_owned(), state, later };
    match work_out(app, &asked).await {
        Ok(explanation) => Ok(explanation),
        Err(error) if error.code().is_some() => asked.still_known(error.to_string()),
        Err(error) => Err(error.into()),
    }
}

/// The question.
struct Asked {
    purchase: Purchase,
    offer: String,
    /// Version and state as of the revision of the plan; none if the offer was first written after it: drafts make no
    /// plan.
    state: Option<(u32, OfferState)>,
    /// Its latest version and the state of that now, if there is none of then.
    later: Option<(u32, OfferState)>,
}

/// The latest version of an offer, with its state. An offer that never was is unknown.
async fn state_now(app: &App, offer: &str) -> Result<(u32, OfferState), Error> {
    let versions = app.store.offer_versions(offer).await?;
    let latest = versions.last().ok_or_else(|| Error::NotFound(format!("offer `{offer}`")))?;
    Ok((latest.version, latest.state))
}

async fn work_out(app: &App, asked: &Asked) -> Result<OfferExplanation, ReplayError> {
    let recorded = Recorded::read(&app.store, asked.purchase.clone()).await?;
    let live = app.live.load_full();
    let live = app.replays.of(app.source(), recorded.plan_key(), Some(&live)).await?;
    let offer = asked.offer.clone();
    let fate = app.threads.run_piece(move || fate(&live, &recorded, &offer)).await??;
    asked.answer(fate)
}

/// The fate of the offer, with its version; none if it was not in the plan.
fn fate(live: &Live, recorded: &Recorded, offer: &str) -> Result<Option<(u32, OfferFate)>, ReplayError> {
    let Some(variant) = live.variant_with_hash(&recorded.plan) else {
        let detail = format!("the plan of revision {} has another hash now", recorded.revision);
        return Err(ReplayError::NotReproducible(detail));
    };
    let plan = &variant.plan.plan;
    let numbered = plan.offers.binary_search_by(|known| known.external_id.as_str().cmp(offer));
    let Ok(number) = numbered else { return Ok(None) };
    let input = recorded.input(live, variant)?;
    let explained = pricing::explain(&input, &recorded.inputs.open_circuits, OfferId(number));
    let version = plan.offers.get(number).map_or(0, |offer| offer.version);
    Ok(explained.map(|explanation| (version, wire::explanation::fate(plan, explanation))))
}

impl Asked {
    fn answer(&self, worked_out: Option<(u32, OfferFate)>) -> Result<OfferExplanation, ReplayError> {
        let stored = self.stored()?;
        let Some((version, mut fate)) = worked_out else {
            let running = self.not_running();
            let detail = running.detail.clone();
            let fate = OfferFate {
                reason: Some(NOT_RUNNING.to_owned()),
                detail,
                conditions: vec![running],
                ..stored
            };
            return Ok(self.shown((self.state.map(|(version, _)| version), fate), None));
        };
        fate.conditions.insert(0, running(version));
        let differs = (fate.applied, &fate.discount, &fate.points)
            != (stored.applied, &stored.discount, &stored.points);
        let note = differs.then(|| {
            format!(
                "worked out again the offer gives {} and {} points; the stored answer, which counts, says {} and {} \
                 points: see the replay of the purchase",
                fate.discount, fate.points, stored.discount, stored.points
            )
        });
        if differs {
            let OfferFate { applied, discount, points, .. } = stored;
            fate = OfferFate { applied, discount, points, ..fate };
        }
        Ok(self.shown((Some(version), fate), note.map(|note| (true, note))))
    }

    /// The facts that are known of a purchase that cannot be worked out any more.
    fn still_known(&self, why: String) -> Result<OfferExplanation, Error> {
        let mut fate = self.stored()?;
        let running = match self.state {
            Some((version, OfferState::Running)) => running(version),
            _ => self.not_running(),
        };
        if running.holds == Some(false) && !fate.applied && fate.reason.is_none() {
            fate.reason = Some(NOT_RUNNING.to_owned());
            fate.detail.clone_from(&running.detail);
        }
        fate.conditions.push(running);
        Ok(self.shown((self.state.map(|(version, _)| version), fate), Some((false, why))))
    }

    fn shown(
        &self,
        (version, fate): (Option<u32>, OfferFate),
        note: Option<(bool, String)>,
    ) -> OfferExplanation {
        let complete = note.as_ref().is_none_or(|(complete, _)| *complete);
        OfferExplanation {
            purchase_id: till_id(&self.purchase.id).to_owned(),
            scope: scope_of(&self.purchase.id).map(str::to_owned),
            offer: self.offer.clone(),
            version,
            plan: self.purchase.plan.clone(),
            revision: self.purchase.revision,
            complete,
            note: note.map(|(_, note)| note),
            fate,
        }
    }

    /// The condition that the offer ran, which it did not.
    fn not_running(&self) -> ConditionShown {
        let offer = &self.offer;
        let (found, detail) = match self.state {
            // A late receipt is priced by what ran at its time, which is not the revision of its calculation.
            Some((version, OfferState::Running)) => (
                json!({"state": "running", "version": version}),
                format!(
                    "Offer {offer} was not in the plan of the receipt, though version {version} is running."
                ),
            ),
            Some((version, state)) => (
                json!({"state": state.name(), "version": version}),
                format!(
                    "Offer {offer} was not running when the receipt was priced: its version {version} was {}.",
                    state.name()
                ),
            ),
            None => match self.later {
                // Drafts make no plan, so that it may have been there.
                Some((version, state @ (OfferState::Draft | OfferState::Approved))) => (
                    json!({"state": state.name(), "version": version}),
                    format!(
                        "Offer {offer} was not running when the receipt was priced: its latest version {version} is {}.",
                        state.name()
                    ),
                ),
                _ => (Value::Null, format!("Offer {offer} went live after the receipt was priced.")),
            },
        };
        ConditionShown {
            condition: RUNNING.to_owned(),
            phase: None,
            expected: json!({"state": "running"}),
            found,
            holds: Some(false),
            reason: Some(NOT_RUNNING.to_owned()),
            detail,
        }
    }

    /// The entries of the stored answer about the offer.
    fn stored(&self) -> Result<OfferFate, Error> {
        let damaged = || Error::damaged(&format!("the answer of purchase {}", self.purchase.id));
        let answer = json::parse(&self.purchase.answer).map_err(|_| damaged())?;
        let of_offer =
            |entry: &&Value| entry.get("offer").and_then(Value::as_str) == Some(self.offer.as_str());
        let lines = answer.get("lines").and_then(Value::as_array).into_iter().flatten();
        let rewards: Vec<&Value> = lines
            .filter_map(|line| line.get("offers").and_then(Value::as_array))
            .flatten()
            .filter(of_offer)
            .collect();
        let sum = |key: &str, total: &str| {
            // The total has the digits of its scale.
            let text = answer.get("totals").and_then(|totals| totals.get(total)).and_then(Value::as_str);
            let digits = text.and_then(|text| text.split_once('.')).map_or(0, |(_, digits)| digits.len());
            let places = u32::try_from(digits).unwrap_or_default();
            let parts = rewards.iter().filter_map(|reward| reward.get(key).and_then(Value::as_str));
            let parts = parts.filter_map(|text| parse_scaled(text, places).ok());
            format_scaled(parts.fold(0, i64::saturating_add), places)
        };
        let listed = answer.get("not_applied").and_then(Value::as_array).into_iter().flatten().find(of_offer);
        let text = |key: &str| listed.and_then(|entry| entry.get(key)).and_then(Value::as_str);
        let applied = !rewards.is_empty();
        let unknown = if applied { "" } else { "the stored answer does not say why" };
        Ok(OfferFate {
            applied,
            discount: sum("discount", "discount"),
            points: sum("points", "points_earned"),
            reason: text("reason").map(str::to_owned),
            detail: text("detail").unwrap_or(unknown).to_owned(),
            withheld: None,
            would_have_given: None,
            conditions: Vec::new(),
        })
    }
}

/// The name of the condition that the offer runs.
const RUNNING: &str = "running";
/// The reason of an offer that was not in the plan.
const NOT_RUNNING: &str = "not_running";

fn running(version: u32) -> ConditionShown {
    ConditionShown {
        condition: RUNNING.to_owned(),
        phase: None,
        expected: json!({"state": "running"}),
        found: json!({"state": "running", "version": version}),
        holds: Some(true),
        reason: None,
        detail: format!("Version {version} of the offer was running."),
    }
}
