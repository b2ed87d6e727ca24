//! Changes of a mechanic's roll-out: the body of `PUT /v1/mechanics/{name}/rollout`.

mod gates;

use domain::mechanics::Unit;
use serde_json::Value;

use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};
pub use gates::{Gates, Sale, Who};

/// A change of a roll-out as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRequest {
    /// The change.
    pub change: RolloutChange,
    /// Gates of the roll-out from now on; absent to keep those that it has.
    pub gates: Option<Gates>,
}

/// A change of the versions of a roll-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolloutChange {
    /// This version becomes the shadow, which is computed beside the active one; or there is none any more.
    Shadow(Option<String>),
    /// This version becomes the canary, which prices some receipts.
    Canary(String, Who),
    /// This version becomes the active one, which prices all receipts.
    Active(String),
}

/// Reads the request. The result has the warnings beside it.
pub fn parse(document: &Value, scales: Scales) -> Result<(RolloutRequest, Vec<Problem>), Problems> {
    let report = Report::default();
    let request = report.root(document).object().and_then(|body| {
        let gates = body.object("gates").map(|gates| read_gates(&gates, scales));
        let change = change(&body);
        body.refuse_unknown();
        Some(RolloutRequest { change: change?, gates })
    });
    report.finish(request)
}

fn change(body: &Object<'_, '_>) -> Option<RolloutChange> {
    let node = body.node();
    // All fields are read, since one that is not read is reported as unknown.
    let (version, percent) = (body.text("version"), body.field("canary_percent"));
    let (pos, shadow) = (body.field("pos"), node.value().get("shadow"));
    body.tolerate(&["shadow"]);
    match (version, shadow) {
        (Some(_), Some(_)) => node
            .refuse("conflicting_fields", "give `version` or `shadow`, not both; change them in two calls"),
        (None, Some(Value::Null)) => Some(RolloutChange::Shadow(None)),
        (None, Some(_)) => Some(RolloutChange::Shadow(Some(body.text("shadow")?.to_owned()))),
        (None, None) => node.refuse("missing_field", "`version` or `shadow` is required"),
        (Some(version), None) => match (percent, pos) {
            (Some(_), Some(pos)) => {
                pos.refuse("conflicting_fields", "give `canary_percent` or `pos`, not both")
            }
            (Some(percent), None) => {
                Some(RolloutChange::Canary(version.to_owned(), Who::CanaryPercent(percent.percent()?.0)))
            }
            (None, Some(pos)) => Some(RolloutChange::Canary(version.to_owned(), Who::Pos(tills(pos)?))),
            (None, None) => Some(RolloutChange::Active(version.to_owned())),
        },
    }
}

fn tills(pos: Node<'_, '_>) -> Option<Vec<String>> {
    let tills = pos.list()?.read(|till| till.text().map(str::to_owned));
    if tills.is_empty() {
        pos.refuse("missing_field", "must name at least one till, store or brand")
    } else {
        Some(tills)
    }
}

fn read_gates(gates: &Object<'_, '_>, scales: Scales) -> Gates {
    let min_receipts = gates.field("min_receipts").and_then(|field| {
        let number = field.integer()?;
        let number = u64::try_from(number).ok().filter(|number| *number > 0);
        number.or_else(|| field.refuse("out_of_range", "must be a whole number from 1"))
    });
    let fuel_percent = gates.field("fuel_percent").and_then(|field| {
        let number = i32::try_from(field.scaled(2)?).ok().filter(|number| *number > 0);
        number.or_else(|| field.refuse("out_of_range", "must be above 0"))
    });
    let money_per_receipt = gates.object("money_per_receipt").map(|band| {
        let bounds = (band.measure("from", Unit::Money, scales), band.measure("to", Unit::Money, scales));
        band.refuse_unknown();
        bounds
    });
    let fault_percent = gates.field("fault_percent").and_then(Node::percent).map(|percent| percent.0);
    gates.refuse_unknown();
    Gates { min_receipts, fault_percent, fuel_percent, money_per_receipt }
}
