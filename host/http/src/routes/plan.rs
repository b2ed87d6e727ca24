//! `/v1/plan`: the live plan in short.

use std::collections::BTreeSet;

use app::changes::partners;
use app::keys::Caller;
use app::live::Live;
use app::state::App;
use axum::extract::State;
use axum::{Extension, Json};
use domain::plan::Plan;
use serde::Serialize;
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::error::ApiError;

/// The live plan.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LivePlan {
    /// Content hash; answers name it.
    plan: String,
    /// The revision of the documents that it was built from.
    revision: i64,
    currency: String,
    catalog: CatalogCounts,
    offers: Vec<LiveOffer>,
    mechanics: Vec<LiveMechanic>,
    /// Oddities in the documents that do not prevent the plan.
    warnings: Vec<Problem>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogCounts {
    products: usize,
    categories: usize,
    groups: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct LiveOffer {
    external_id: String,
    version: u32,
    title: String,
    mechanic: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct LiveMechanic {
    name: String,
    version: String,
    digest: String,
    /// True if it prices nothing by itself: offers with `on_fault` `previous_version` fall back on it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fallback: bool,
}

impl From<&Live> for LivePlan {
    fn from(live: &Live) -> Self {
        let plan = &live.active.plan.plan;
        let (products, categories, groups) = plan.catalog.counts();
        Self {
            plan: plan.hash.clone(),
            revision: live.revision,
            currency: plan.currency.code.clone(),
            catalog: CatalogCounts { products, categories, groups },
            offers: offers(plan),
            mechanics: mechanics(plan),
            warnings: live.warnings().collect(),
        }
    }
}

fn offers(plan: &Plan) -> Vec<LiveOffer> {
    plan.offers
        .iter()
        .map(|offer| LiveOffer {
            external_id: offer.external_id.clone(),
            version: offer.version,
            title: offer.title.clone(),
            mechanic: plan.mechanic(offer.mechanic).map(|known| known.name.clone()).unwrap_or_default(),
        })
        .collect()
}

fn mechanics(plan: &Plan) -> Vec<LiveMechanic> {
    let previous = plan.mechanics.iter().filter_map(|mechanic| mechanic.previous.as_ref());
    let fallbacks: BTreeSet<usize> = previous.map(|previous| previous.mechanic.0).collect();
    plan.mechanics
        .iter()
        .enumerate()
        .map(|(number, mechanic)| LiveMechanic {
            name: mechanic.name.clone(),
            version: mechanic.description.version.clone(),
            digest: mechanic.digest.clone(),
            fallback: fallbacks.contains(&number),
        })
        .collect()
}

impl LivePlan {
    /// Leaves out what is not of these mechanics.
    fn only(mut self, names: &BTreeSet<String>) -> Self {
        self.offers.retain(|offer| names.contains(&offer.mechanic));
        self.mechanics.retain(|mechanic| names.contains(&mechanic.name));
        self.warnings.clear();
        self
    }
}

/// Show what is live.
///
/// Partners see their own mechanics, and the offers of those.
#[utoipa::path(
    get, path = "/v1/plan", tag = "Mechanics",
    responses((status = 200, description = "Revision, offers and mechanics with digests", body = LivePlan)),
    security(("key" = [])),
)]
pub(super) async fn get_plan(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<LivePlan>, ApiError> {
    let plan = LivePlan::from(app.live.load().as_ref());
    Ok(Json(match partners::visible_names(&app, &caller).await? {
        Some(names) => plan.only(&names),
        None => plan,
    }))
}
