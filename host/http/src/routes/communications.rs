//! The addresses of communications, in groups by who may call them; one file a resource.

mod attribution;
mod chains;
mod channels;
mod collect;
mod consents;
mod events;
mod in_app;
mod mailings;
mod message_templates;
mod number_ranges;
mod people;
mod profiles;
mod segments;
mod surveys;
mod tracking;

use app::error::Error;
use app::state::App;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::discard;
use crate::error::ApiError;

/// Refuses calls while the database of communications is not there: tills are served without it.
pub(super) fn while_there(app: &App, routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes.route_layer(from_fn_with_state(app.clone(), refuse_while_away))
}

async fn refuse_while_away(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.communications_ready.is_ready() {
        return next.run(request).await;
    }
    discard(request).await;
    ApiError::from(Error::CommunicationsAway).into_response()
}

/// With a key of role integration.
pub(super) fn integration_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::send_events))
        .routes(routes!(channels::put_channel, channels::get_channel))
        .routes(routes!(channels::test_channel))
        .routes(routes!(consents::send_consents))
        .routes(routes!(attribution::mailing_attribution))
        .routes(routes!(attribution::chain_attribution))
        .routes(routes!(consents::send_suppressions))
        .routes(routes!(number_ranges::import_number_ranges))
        .routes(routes!(profiles::get_profile, profiles::erase_profile))
        .routes(routes!(segments::put_segment, segments::get_segment, segments::delete_segment))
        .routes(routes!(segments::list_segments))
        .routes(routes!(segments::preview_segment))
        .routes(routes!(segments::get_rfm))
        .routes(routes!(chains::put_chain, chains::get_chain))
        .routes(routes!(chains::list_chains))
        .routes(routes!(chains::publish_chain))
        .routes(routes!(chains::stop_chain))
        .routes(routes!(chains::chain_statistics))
        .routes(routes!(chains::chain_runs))
        .routes(routes!(mailings::put_mailing, mailings::get_mailing))
        .routes(routes!(mailings::list_mailings))
        .routes(routes!(mailings::start_mailing))
        .routes(routes!(mailings::pause_mailing))
        .routes(routes!(mailings::resume_mailing))
        .routes(routes!(mailings::stop_mailing))
        .routes(routes!(mailings::preview_mailing))
        .routes(routes!(mailings::test_mailing))
        .routes(routes!(mailings::dry_run_mailing))
        .routes(routes!(mailings::send_mailing_again))
        .routes(routes!(mailings::mailing_statistics))
        .routes(routes!(mailings::mailing_messages))
        .routes(routes!(message_templates::put_message_template, message_templates::get_message_template))
        .routes(routes!(message_templates::list_message_templates))
        .routes(routes!(message_templates::preview_message))
        .routes(routes!(message_templates::offer_promises))
        .routes(routes!(surveys::put_survey, surveys::get_survey))
}

/// With a key of role integration, or the token of the member of the address.
pub(super) fn member_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(in_app::member_messages)).routes(routes!(in_app::read_message))
}

/// Without a key: pages of sites, links in messages, providers. Each checks who calls by what it was given.
pub(super) fn open_routes(app: &App) -> OpenApiRouter<App> {
    let programs = OpenApiRouter::new()
        .routes(routes!(channels::take_receipts))
        .routes(routes!(tracking::open_picture))
        .routes(routes!(collect::collect_events, collect::may_collect));
    while_there(app, people_routes())
        .route_layer(from_fn(people::tell_people))
        .merge(while_there(app, programs))
        .routes(routes!(collect::collect_script))
}

/// Pages that members open in their browsers.
fn people_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tracking::follow_link))
        .routes(routes!(tracking::unsubscribe_page, tracking::unsubscribe))
        .routes(routes!(surveys::survey_page, surveys::answer_survey))
}
