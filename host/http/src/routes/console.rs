//! `/admin`: a page on the live plan, behind a key. It shows no members, receipts or keys, and changes nothing.

use app::changes::offers::{self, ListedOffer};
use app::live::Live;
use app::mechanics::status::{self, MechanicWords};
use app::state::App;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use wire::problem::Problem;

use super::console_mechanic;
use crate::error::ApiError;

/// The page on everything that is live.
pub(super) fn router() -> Router<App> {
    Router::new().route("/admin", get(console))
}

/// The page of a mechanic, which its partner may read, too.
pub(super) fn mechanic_router() -> Router<App> {
    Router::new()
        .route("/admin/mechanics/{name}", get(console_mechanic::mechanic))
        .route("/admin/mechanic.js", get(console_mechanic::script))
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Page<'a> {
    live: &'a Live,
    counts: [(&'static str, usize); 3],
    members: i64,
    offers: &'a [ListedOffer],
    mechanics: Vec<MechanicWords>,
    /// Oddities in the live documents that do not prevent the plan.
    warnings: Vec<Problem>,
    version: &'static str,
}

async fn console(State(app): State<App>) -> Result<Html<String>, ApiError> {
    let live = app.live.load_full();
    let offers = offers::list(&app).await?;
    let members = app.store.member_count().await?;
    let mechanics = status::all(&app, None).await?;
    let (products, categories, groups) = live.active.plan.plan.catalog.counts();
    let page = Page {
        live: &live,
        counts: [("Products", products), ("Categories", categories), ("Groups", groups)],
        members,
        offers: &offers,
        mechanics: mechanics.iter().map(|mechanic| mechanic.words()).collect(),
        warnings: live.warnings().collect(),
        version: env!("CARGO_PKG_VERSION"),
    };
    page.render().map(Html).map_err(|error| ApiError::internal(&error))
}
