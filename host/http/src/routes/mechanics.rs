//! `/v1/mechanics`: mechanics and their versions. Roll-outs are in `rollouts`.

use app::changes::partners::{self, MechanicUpload};
use app::changes::{mechanics, to_the_end};
use app::keys::{Caller, Role};
use app::mechanics::status::{self, MechanicStatus, RollbackStatus};
use app::mechanics::versions;
use app::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use engine::Class;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::MechanicVersion;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::WasmBody;
use crate::error::ApiError;
use crate::query::Query;

/// All mechanics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MechanicList {
    mechanics: Vec<MechanicStatus>,
}

/// List the mechanics: versions, roll-outs and health.
///
/// Partners see their own ones.
#[utoipa::path(
    get, path = "/v1/mechanics", tag = "Mechanics",
    responses((status = 200, description = "By name", body = MechanicList)),
    security(("key" = [])),
)]
pub(super) async fn list_mechanics(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<MechanicList>, ApiError> {
    let names = partners::visible_names(&app, &caller).await?;
    Ok(Json(MechanicList { mechanics: status::all(&app, names.as_ref()).await? }))
}

/// Show a mechanic: versions, roll-out and health.
///
/// One of another partner is unknown to a partner.
#[utoipa::path(
    get, path = "/v1/mechanics/{name}", tag = "Mechanics",
    params(("name" = String, Path, description = "As offers call it")),
    responses(
        (status = 200, description = "The mechanic", body = MechanicStatus),
        (status = 404, description = "`unknown_mechanic`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_mechanic(
    State(app): State<App>,
    Path(name): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<MechanicStatus>, ApiError> {
    let versions = mechanics::visible(&app, &name, &caller).await?;
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    Ok(Json(status::of(&app, name.clone(), versions, rollouts.get(&name)).await?))
}

/// A version that may be rolled out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionUploaded {
    name: String,
    version: String,
    /// `sha256:…` of the component.
    digest: String,
    /// The version of the contract that it was built for.
    abi: Value,
    /// In bytes.
    size: Value,
    phases: Value,
    /// JSON Schema of the parameters of its offers.
    params_schema: Value,
    /// Always empty: a mechanic imports nothing.
    imports: Value,
    class: String,
    /// The key that signed it.
    signing_key: Option<String>,
    /// `ready`; of a file that was there already, what became of it: `live`, `shadow`, `taken back` or `retired`.
    state: &'static str,
    /// The roll-back of a version that was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_back: Option<RollbackStatus>,
    /// How it became so.
    steps: Value,
    /// Oddities that its author and the one who rolls it out should know; it was admitted nevertheless.
    warnings: Vec<String>,
}

impl VersionUploaded {
    /// A version in this state.
    fn new(
        version: MechanicVersion,
        (state, taken_back): (&'static str, Option<RollbackStatus>),
    ) -> Result<Self, ApiError> {
        let damaged = |_| ApiError::damaged("description of a mechanic");
        let mut description: Value = serde_json::from_str(&version.description).map_err(damaged)?;
        let mut take = |name: &str| description.get_mut(name).map(Value::take).unwrap_or_default();
        let steps: Value = serde_json::from_str(&version.steps).map_err(damaged)?;
        Ok(Self {
            warnings: versions::warnings(&steps),
            name: version.name,
            version: version.version,
            digest: version.digest,
            abi: take("abi"),
            size: take("size"),
            phases: take("phases"),
            params_schema: take("params_schema"),
            imports: take("imports"),
            class: version.class,
            signing_key: version.signing_key,
            state,
            taken_back,
            steps,
        })
    }
}

/// The class of an upload, and how it is admitted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AdmissionQuery {
    /// `fast`, `standard`, or `slow` for interpreters such as JavaScript and Python; the smallest one that
    /// takes the file, if left out.
    class: Option<String>,
    /// `skip`, for admins only: let a version through that fails on made-up receipts.
    rehearsal: Option<String>,
}

impl AdmissionQuery {
    fn skips_rehearsal(&self) -> Result<bool, ApiError> {
        match self.rehearsal.as_deref() {
            None => Ok(false),
            Some("skip") => Ok(true),
            Some(other) => {
                Err(ApiError::MalformedQuery(format!("`rehearsal` must be `skip`, got `{other}`")))
            }
        }
    }

    fn class(&self) -> Result<Option<Class>, ApiError> {
        let named = self.class.as_deref().map(|name| {
            Class::of_name(name).ok_or_else(|| {
                ApiError::MalformedQuery(format!(
                    "`class` must be `fast`, `standard` or `slow`, got `{name}`"
                ))
            })
        });
        named.transpose()
    }
}

/// Upload a version of a mechanic.
///
/// It is admitted step by step, or refused with the reason and advice; it prices nothing until an admin
/// rolls it out. Versions do not change: a repeated upload of a file answers what is there. The first
/// partner to upload a name owns it. The header `Mechanic-Signature: KEY_ID:BASE64` carries an ed25519 signature over
/// the text `sha256:…`; the settings say whether it must be there. The header `Mechanic-Rehearsal`, as `offer-host mechanic
/// publish --cases` sends it, says what made-up receipts must say so that the rule is reached; see docs/publishing.md.
#[utoipa::path(
    post, path = "/v1/mechanics/{name}/versions", tag = "Mechanics",
    params(("name" = String, Path, description = "As the mechanic names itself"), AdmissionQuery),
    request_body(content = Vec<u8>, content_type = "application/wasm", description = "The component"),
    responses(
        (status = 200, description = "It was there already", body = VersionUploaded),
        (status = 201, description = "Ready to be rolled out", body = VersionUploaded),
        (status = 403, description = "`not_your_mechanic` or `class_not_allowed`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`version_exists`: another component has this version", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused: why, and what to do", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn upload_version(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<AdmissionQuery>,
    Extension(caller): Extension<Caller>,
    Actor(actor): Actor,
    headers: HeaderMap,
    WasmBody(file): WasmBody,
) -> Result<(StatusCode, Json<VersionUploaded>), ApiError> {
    let skip_rehearsal = query.skips_rehearsal()?;
    if skip_rehearsal && caller.role != Role::Admin {
        return Err(ApiError::Forbidden { has: caller.role.name(), needs: Role::Admin.name().to_owned() });
    }
    // A header that is not text is refused as a malformed signature.
    let signature =
        headers.get("mechanic-signature").map(|signature| signature.to_str().unwrap_or_default().to_owned());
    let hints = headers.get("mechanic-rehearsal").map(|hints| hints.to_str().unwrap_or_default().to_owned());
    let upload = MechanicUpload { name: name.clone(), class: query.class()?, caller, signature, hints };
    let uploaded = to_the_end(mechanics::upload(app.clone(), upload, file, skip_rehearsal, actor)).await?;
    let status = if uploaded.created { StatusCode::CREATED } else { StatusCode::OK };
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let state = status::state(&uploaded.version, rollouts.get(&name));
    Ok((status, Json(VersionUploaded::new(uploaded.version, state)?)))
}
