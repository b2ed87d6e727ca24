//! The addresses of communications, in groups by who may call them; one file a resource.

mod events;
mod profiles;

use app::state::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// With a key of role integration.
pub(super) fn integration_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::send_events))
        .routes(routes!(profiles::get_profile, profiles::erase_profile))
}

/// With a key of role integration, or the token of the member of the address.
pub(super) fn member_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

/// Without a key: pages of sites, links in messages, providers. Each checks who calls by what it was given.
pub(super) fn open_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
