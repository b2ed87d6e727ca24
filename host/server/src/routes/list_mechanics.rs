use axum::Json;
use axum::extract::State;
use domain::mechanics::Phase;
use engine::Component;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::App;

/// All mechanics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MechanicList {
    mechanics: Vec<MechanicEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
struct MechanicEntry {
    name: String,
    version: String,
    digest: String,
    /// The version of the contract that it was built for.
    abi: &'static str,
    /// Of the file, in bytes.
    size: usize,
    phases: Vec<&'static str>,
}

impl From<&Component> for MechanicEntry {
    fn from(component: &Component) -> Self {
        let (description, inspected) = (component.description(), component.inspected());
        Self {
            name: description.name.clone(),
            version: description.version.clone(),
            digest: inspected.digest.clone(),
            abi: inspected.abi(),
            size: inspected.bytes,
            phases: description.phases.iter().map(phase_name).collect(),
        }
    }
}

fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Discount => "discount",
        Phase::Accrual => "accrual",
    }
}

/// List the mechanics that this host can run.
#[utoipa::path(
    get, path = "/v1/mechanics", tag = "Mechanics",
    responses((status = 200, description = "By name", body = MechanicList)),
    security(("key" = [])),
)]
pub(super) async fn list_mechanics(State(app): State<App>) -> Json<MechanicList> {
    let mechanics = app.mechanics.iter().map(|component| MechanicEntry::from(component.as_ref())).collect();
    Json(MechanicList { mechanics })
}
