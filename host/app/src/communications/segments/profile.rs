//! What rules read of a member from the database of tills.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::error::Error;
use crate::state::App;

/// The attribute that names the zone of a member, as in lists of personal offers.
const ZONE: &str = "time_zone";

/// The tills' part of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tills {
    /// Name of the time zone.
    pub(super) zone: String,
    /// Points that can be spent, in the smallest step.
    pub(super) points: Option<i64>,
    /// Attributes by name, as JSON texts.
    pub(super) attributes: BTreeMap<String, String>,
}

/// Reads a member; one that the tills do not know has neither attributes nor points.
pub(super) async fn read(app: &App, member_id: &str) -> Result<Tills, Error> {
    let view = app.store.member(member_id).await?;
    let mut attributes = BTreeMap::new();
    let mut points = None;
    if let Some(view) = view {
        let now = app.store.now().await?;
        points = Some(app.store.points_available(&view.id, "", now).await?);
        attributes = view.attributes.into_iter().map(|(value, _)| (value.name, value.value)).collect();
    }
    let zone = attributes.get(ZONE).and_then(|value| zone_of(value));
    let zone = zone.unwrap_or_else(|| default_zone(app));
    Ok(Tills { zone, points, attributes })
}

/// The zone that an attribute names, if there is one.
fn zone_of(value: &str) -> Option<String> {
    let name = wire::json::parse(value).ok()?.as_str()?.to_owned();
    TimeZone::get(&name).ok().map(|_| name)
}

/// The zone of members of whom none is known.
pub(super) fn default_zone(app: &App) -> String {
    let zone = app.config.offers.zone();
    zone.and_then(|zone| zone.iana_name().map(str::to_owned)).unwrap_or_else(|| "UTC".to_owned())
}

/// A zone by its name; UTC if this machine does not know it any more.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
