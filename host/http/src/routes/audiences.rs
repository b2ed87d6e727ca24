//! `/v1/audiences`: audiences by name. Uploads of members are in `audience_members`.

use std::collections::BTreeMap;

use app::changes::{audiences, to_the_end};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::value::RawValue;
use store::Audience;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// An audience.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AudienceShown {
    name: String,
    title: Option<String>,
    /// `uploaded` or `computed`.
    kind: &'static str,
    /// How many members were put into it; null for a computed one.
    size: Option<i64>,
    /// The revision that defined it; absent if members brought it along.
    revision: Option<i64>,
    /// Of a computed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    rule: Option<Box<RawValue>>,
    /// The running offers that name it.
    offers: Vec<String>,
}

impl AudienceShown {
    fn new(app: &App, audience: Audience, size: i64) -> Result<Self, ApiError> {
        let offers = audiences::running_offers(app, &audience.name);
        let rule = audience.rule.map(RawValue::from_string).transpose();
        let rule = rule.map_err(|error| ApiError::internal(&error))?;
        Ok(Self {
            name: audience.name,
            title: audience.title,
            kind: if rule.is_some() { "computed" } else { "uploaded" },
            size: rule.is_none().then_some(size),
            revision: (audience.revision > 0).then_some(audience.revision),
            rule,
            offers,
        })
    }
}

/// Define an audience.
///
/// Body: `{"title":…}` for one whose members are uploaded, `{"title":…,"rule":{…}}` for a computed one,
/// which is live at once. A rule is evaluated at every receipt, over the attributes of the member, on the
/// day and clock of the store.
///
/// Rules: `{"all":[…]}`, `{"any":[…]}`, `{"not":…}`, and comparisons: a name with one or more conditions,
/// which must all hold. For any value `is`, `is_not`, `in`, `not_in` and `exists`; for numbers and dates
/// `above`, `from`, `to`, `below` (exact); `contains` for a part of a text or an element of a list; for
/// dates `birthday_month` (1 to 12, or `"receipt"` for the month of the receipt), `birthday_within` with
/// `days_before` and `days_after`, and `age` in whole years; `some` for a list with an element that a
/// rule holds for, in which `field` names a field of the element, or stands away for the element itself.
///
/// - has children under 1: `{"attribute":"children","some":{"age":{"below":1}}}`, or for a list of objects
///   `{"attribute":"children","some":{"field":"birth_date","age":{"below":1}}}`
/// - birthday in February: `{"attribute":"birth_date","birthday_month":2}`
/// - lives in Kazan: `{"attribute":"city","is":"Kazan"}`
/// - age from 18 to 29: `{"attribute":"birth_date","age":{"from":18,"below":30}}`
///
/// A member without the attribute, or with a value of another type, does not meet a condition. `not`,
/// `is_not` and `not_in` say that the condition is not met, and so hold for that member. A member born
/// on 29 February has the birthday on the 28th in common years. A date in the future has no age. Numbers
/// may be written as texts; two texts are compared letter by letter. Dates are `YYYY-MM-DD`.
#[utoipa::path(
    put, path = "/v1/audiences/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The audience's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined, and live", body = AudienceShown),
        (status = 409, description = "`audience_is_computed`, `audience_is_uploaded`: it is one or the other", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused; every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_audience(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<AudienceShown>, ApiError> {
    let actor = actor.sending(body.digest());
    let audience = to_the_end(audiences::put(app.clone(), name, body.value, actor)).await?;
    show(&app, audience).await
}

/// Show an audience.
#[utoipa::path(
    get, path = "/v1/audiences/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The audience's name")),
    responses(
        (status = 200, description = "The audience", body = AudienceShown),
        (status = 404, description = "`unknown_audience`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_audience(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<AudienceShown>, ApiError> {
    let audience = match audiences::find(&app, &name).await? {
        Some(audience) => audience,
        None if app.store.has_audience_members(&name).await? => brought_along(name),
        None => return Err(audiences::unknown(&name).into()),
    };
    show(&app, audience).await
}

/// All audiences.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Audiences {
    audiences: Vec<AudienceShown>,
}

/// List the audiences: those that are defined, and those that members brought along.
#[utoipa::path(
    get, path = "/v1/audiences", tag = "Integration",
    responses((status = 200, description = "By name", body = Audiences)),
    security(("key" = [])),
)]
pub(super) async fn list_audiences(State(app): State<App>) -> Result<Json<Audiences>, ApiError> {
    let sizes = app.store.audience_sizes().await?;
    let brought = sizes.iter().filter(|(_, size)| **size > 0);
    let mut all: BTreeMap<String, Audience> =
        brought.map(|(name, _)| (name.clone(), brought_along(name.clone()))).collect();
    all.extend(app.store.audiences().await?.into_iter().map(|audience| (audience.name.clone(), audience)));
    let shown = all.into_values().map(|audience| {
        let size = sizes.get(&audience.name).copied().unwrap_or(0);
        AudienceShown::new(&app, audience, size)
    });
    Ok(Json(Audiences { audiences: shown.collect::<Result<_, _>>()? }))
}

/// An audience that was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AudienceDeleted {
    name: String,
    /// The revision that ended it.
    revision: i64,
}

/// Delete an audience, with the list of those who were uploaded.
///
/// Members whose own rows name the audience stay in it, until they are sent without it.
#[utoipa::path(
    delete, path = "/v1/audiences/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The audience's name")),
    responses(
        (status = 200, description = "Deleted", body = AudienceDeleted),
        (status = 404, description = "`unknown_audience`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`audience_in_use`: a running offer names it", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn delete_audience(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
) -> Result<Json<AudienceDeleted>, ApiError> {
    let revision = to_the_end(audiences::delete(app, name.clone(), actor)).await?;
    Ok(Json(AudienceDeleted { name, revision }))
}

fn brought_along(name: String) -> Audience {
    Audience { name, title: None, rule: None, revision: 0 }
}

async fn show(app: &App, audience: Audience) -> Result<Json<AudienceShown>, ApiError> {
    let size = app.store.audience_size(&audience.name).await?;
    AudienceShown::new(app, audience, size).map(Json)
}
