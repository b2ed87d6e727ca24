//! The addresses, in groups by the roles that may call them. Each file serves one resource; its handlers read the
//! request, call `app`, and write the answer. `docs` serves the API document that `#[utoipa::path]` makes of them.

mod attribute_imports;
mod attributes;
mod audience_members;
mod audiences;
mod audit;
mod backtests;
mod catalog;
mod communications;
mod console;
mod console_mechanic;
mod coupon_pools;
mod coupons;
mod docs;
mod health;
mod imports;
mod keys;
mod mechanics;
mod member_imports;
mod member_points;
mod member_tokens;
mod members;
mod offer_explanations;
mod offer_imports;
mod offer_templates;
mod offers;
mod offline_receipts;
mod personal_offers;
mod plan;
mod prices;
mod purchase_search;
mod purchases;
mod recommendations;
mod results;
mod returns;
mod rollouts;
mod schemas;
mod signing_keys;

use app::config::Readers;
use app::error::Error;
use app::keys::Role;
use app::state::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::routing::{get, put};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth;
use crate::body::discard;
use crate::error::ApiError;
use crate::middleware::{check_ids, count_and_log, refuse_in_problem_documents, secure};
use crate::time_limits::{keep_time, take_long};

/// Roles of each group; an admin may call them all.
const TILLS: &[Role] = &[Role::Pos];
const SUPPORT: &[Role] = &[Role::Pos, Role::Integration];
const MEMBERS: &[Role] = &[Role::Member, Role::Integration];
const INTEGRATION: &[Role] = &[Role::Integration];
const PARTNERS: &[Role] = &[Role::Partner];
const ADMIN: &[Role] = &[];
const READERS: &[Role] = &[Role::Integration, Role::Partner];
const ALL: &[Role] = &[Role::Pos, Role::Member, Role::Integration, Role::Partner];
const EVERYBODY: &[Role] = &[Role::Pos, Role::Integration, Role::Partner];

/// The routers of the addresses that the host listens on.
pub struct Routers {
    /// Of `server.listen`: everything, but what has an address of its own.
    pub main: Router,
    /// Of `server.operations_listen`, if that is set.
    pub operations: Option<Router>,
}

/// All routes and pages, with their middleware.
pub fn routers(app: &App) -> Routers {
    let limits = &app.config.limits;
    let with_keys = OpenApiRouter::new()
        .merge(guarded(app, TILLS, till_routes()))
        .merge(guarded(app, SUPPORT, support_routes()))
        .merge(guarded(app, MEMBERS, member_routes()))
        .merge(guarded(app, ALL, public_routes()))
        .merge(guarded(app, INTEGRATION, integration_routes()))
        .merge(guarded(app, READERS, reader_routes()))
        .merge(long(guarded(app, INTEGRATION, upload_routes())))
        .merge(guarded(app, INTEGRATION, import_state_routes()))
        .merge(long(guarded(app, ADMIN, rollout_routes())))
        .merge(guarded(app, ADMIN, admin_routes()))
        .merge(guarded(
            app,
            INTEGRATION,
            communications::while_there(app, communications::integration_routes()),
        ))
        .merge(guarded(app, MEMBERS, communications::while_there(app, communications::member_routes())))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .merge(
            long(guarded(app, INTEGRATION, import_routes()))
                .merge(long(guarded(app, TILLS, offline_routes())))
                .merge(long(guarded(app, PARTNERS, component_routes())))
                .layer(DefaultBodyLimit::max(limits.import_bytes)),
        );
    let (router, mut document) = OpenApiRouter::with_openapi(docs::Document::openapi())
        .merge(with_keys)
        .merge(health_routes())
        .merge(communications::open_routes(app))
        .split_for_parts();
    let (metrics, of_metrics) = OpenApiRouter::new().routes(routes!(health::metrics)).split_for_parts();
    document.merge(of_metrics);
    document.merge(schema_routes().split_for_parts().1);
    let settings = &app.config.server;
    let operations = read_by(app, settings.metrics, INTEGRATION, metrics).merge(read_by(
        app,
        settings.docs,
        EVERYBODY,
        docs::router(document),
    ));
    let router = router.merge(page_guarded(app, INTEGRATION, console::router())).merge(page_guarded(
        app,
        READERS,
        console::mechanic_router(),
    ));
    let schemas = || read_by(app, settings.docs, EVERYBODY, schema_routes().split_for_parts().0);
    let router = router.merge(schemas());
    if settings.operations_listen.is_empty() {
        return Routers { main: finished(app, router.merge(operations)), operations: None };
    }
    let (health, _) = health_routes().split_for_parts();
    Routers {
        main: finished(app, router),
        operations: Some(finished(app, operations.merge(health).merge(schemas()))),
    }
}

/// With the middleware around all routes.
fn finished(app: &App, router: Router<App>) -> Router {
    router
        .fallback(no_such_address)
        .method_not_allowed_fallback(no_such_method)
        .layer(CatchPanicLayer::custom(|_| ApiError::App(Error::Internal).into_response()))
        .layer(from_fn_with_state(app.clone(), keep_time))
        .layer(from_fn_with_state(app.clone(), count_and_log))
        .layer(from_fn(refuse_in_problem_documents))
        .layer(from_fn(secure))
        .with_state(app.clone())
}

async fn no_such_address(request: Request) -> ApiError {
    discard(request).await;
    ApiError::App(Error::NotFound("such address; see /docs".to_owned()))
}

async fn no_such_method(request: Request) -> ApiError {
    discard(request).await;
    ApiError::MethodNotAllowed
}

/// Routes whose work grows with what they are sent, or that compile mechanics: they have more time than others.
fn long(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes.route_layer(from_fn(take_long))
}

/// Routes behind a key of one of the roles.
fn guarded(app: &App, roles: &'static [Role], routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let checked = routes.route_layer(from_fn(check_ids));
    checked.route_layer(from_fn_with_state((app.clone(), roles), auth::require))
}

/// Pages behind a key of one of the roles.
fn page_guarded(app: &App, roles: &'static [Role], pages: Router<App>) -> Router<App> {
    let checked = pages.route_layer(from_fn(check_ids));
    checked.route_layer(from_fn_with_state((app.clone(), roles), auth::require_for_page))
}

/// Pages that are public, or behind a key of one of the roles.
fn read_by(app: &App, readers: Readers, roles: &'static [Role], pages: Router<App>) -> Router<App> {
    match readers {
        Readers::Public => pages,
        Readers::Key => page_guarded(app, roles, pages),
    }
}

fn till_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(purchases::calculate))
        .routes(routes!(purchases::confirm_purchase))
        .routes(routes!(purchases::cancel_purchase))
        .routes(routes!(returns::create_return))
        .routes(routes!(returns::confirm_return))
        .routes(routes!(returns::cancel_return))
        .routes(routes!(prices::prices))
}

/// Reading purchases: tills read those of their own stores.
fn support_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(purchase_search::search_purchases))
        .routes(routes!(purchases::get_purchase))
}

/// Receipts of tills that were cut off: many at once, with the body limit of imports.
fn offline_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(offline_receipts::offline_receipts))
}

fn member_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(member_points::member_points))
        .routes(routes!(personal_offers::personal_offers))
        .routes(routes!(recommendations::member_recommendations))
        .routes(routes!(personal_offers::accept))
        .routes(routes!(personal_offers::decline))
}

/// Addresses that every key may read.
fn public_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(personal_offers::public_offers))
}

fn integration_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(attributes::put_attribute))
        .routes(routes!(attributes::list_attributes))
        .routes(routes!(audiences::put_audience, audiences::get_audience, audiences::delete_audience))
        .routes(routes!(audiences::list_audiences))
        .routes(routes!(coupon_pools::put_coupon_pool, coupon_pools::get_coupon_pool))
        .routes(routes!(coupon_pools::list_coupon_pools))
        .routes(routes!(coupons::issue_coupon))
        .routes(routes!(coupons::get_coupon))
        .routes(routes!(members::get_member))
        .routes(routes!(members::attribute_revisions))
        .routes(routes!(members::put_member_state))
        .routes(routes!(members::merge_member))
        .routes(routes!(member_tokens::issue_token))
        .routes(routes!(offers::put_offer))
        .routes(routes!(offers::list_offers))
        .routes(routes!(offers::get_offer))
        // Their addresses are those of imports, too, for other methods.
        .route(
            "/v1/offers/imports",
            get(offers::get_offer_named_imports).put(offers::put_offer_named_imports),
        )
        .route("/v1/attributes/imports", put(attributes::put_attribute_named_imports))
        .route("/v1/offers/public", put(offers::put_offer_named_public))
        .routes(routes!(offers::approve_offer))
        .routes(routes!(offers::run_offer))
        .routes(routes!(offers::stop_offer))
        .routes(routes!(backtests::start_backtest, backtests::list_backtests))
        .routes(routes!(backtests::get_backtest))
        .routes(routes!(backtests::get_backtest_report))
        .routes(routes!(results::export_results))
        .routes(routes!(purchases::replay_purchase))
        .routes(routes!(offer_explanations::explain_offer))
        .routes(routes!(offers::archive_offer))
        .routes(routes!(offer_templates::put_offer_template))
        .routes(routes!(offer_templates::list_offer_templates))
        .routes(routes!(offer_templates::get_offer_template))
}

fn import_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(catalog::import_catalog))
        .routes(routes!(audience_members::upload_audience_members))
        .routes(routes!(offer_imports::import_offers))
}

/// Uploads of any size: they are streamed, and have a limit of their own.
fn upload_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(member_imports::import_members))
        .routes(routes!(attribute_imports::import_attributes))
        .routes(routes!(coupons::add_coupons))
}

/// Results of uploads.
fn import_state_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(coupons::list_coupons))
        .routes(routes!(imports::members::list))
        .routes(routes!(imports::members::one))
        .routes(routes!(imports::members::errors))
        .routes(routes!(imports::members::suspend))
        .routes(routes!(imports::members::resume))
        .routes(routes!(imports::members::cancel))
        .routes(routes!(imports::attributes::list))
        .routes(routes!(imports::coupons::list))
        .routes(routes!(imports::coupons::one))
        .routes(routes!(imports::coupons::errors))
        .routes(routes!(imports::coupons::suspend))
        .routes(routes!(imports::coupons::resume))
        .routes(routes!(imports::coupons::cancel))
        .routes(routes!(imports::attributes::one))
        .routes(routes!(imports::attributes::errors))
        .routes(routes!(imports::attributes::suspend))
        .routes(routes!(imports::attributes::resume))
        .routes(routes!(imports::attributes::cancel))
}

/// Reading that partners may do, too.
fn reader_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(plan::get_plan))
        .routes(routes!(mechanics::list_mechanics))
        .routes(routes!(mechanics::get_mechanic))
}

/// Every node may have to compile what is rolled out.
fn rollout_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rollouts::put_rollout)).routes(routes!(rollouts::roll_back))
}

fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(audit::list_audit))
        .routes(routes!(keys::create_key, keys::list_keys))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(signing_keys::put_signing_key, signing_keys::revoke_signing_key))
        .routes(routes!(signing_keys::list_signing_keys))
}

/// Uploads of components, with the body limit of imports.
fn component_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(mechanics::upload_version))
}

/// Schemas of documents: read by whoever may read the API document, which links them.
fn schema_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(schemas::offer_schema))
}

/// Routes that need no key.
fn health_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz))
}
