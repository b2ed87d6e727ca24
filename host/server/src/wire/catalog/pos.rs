//! Points of sale and their clocks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::{Unique, row};
use crate::wire::reader::{Node, Object};

/// The points of sale of a plan. An id leads from the brand over the store to the till, with `/`
/// between them.
#[derive(Debug, Default)]
pub struct PointsOfSale {
    zones: BTreeMap<String, TimeZone>,
    levels: BTreeSet<String>,
}

impl PointsOfSale {
    /// The clock of a till: its own, or that of the nearest level above it.
    pub fn zone(&self, id: &str) -> Option<&TimeZone> {
        levels(id).find_map(|level| self.zones.get(level))
    }

    /// Whether this is a point of sale, or a level above one.
    pub fn has_level(&self, id: &str) -> bool {
        self.levels.contains(id)
    }
}

pub(super) fn read(lists: &Object<'_, '_>) -> PointsOfSale {
    let mut ids = Unique::new("POS");
    let zones: BTreeMap<_, _> = lists.each("pos", |node| pos(node, &mut ids)).into_iter().collect();
    let levels = zones.keys().flat_map(|id| levels(id)).map(str::to_owned).collect();
    PointsOfSale { zones, levels }
}

fn pos(node: Node<'_, '_>, ids: &mut Unique<String>) -> Option<(String, TimeZone)> {
    let row = row(node)?;
    let id = row.required("id");
    let zone = row.required("time_zone").and_then(time_zone);
    row.tolerate(&["name"]);
    row.warn_unknown();
    let id = id?;
    let code = id.id()?.into_owned();
    ids.note(code.clone(), &id);
    // Without a readable zone the plan is refused anyway; the id stays known for what refers to it.
    Some((code, zone.unwrap_or(TimeZone::UTC)))
}

fn time_zone(field: Node<'_, '_>) -> Option<TimeZone> {
    let name = field.text()?;
    TimeZone::get(name).ok().or_else(|| {
        let detail = format!("`{name}` is not a time zone; use a name such as Europe/Moscow");
        field.refuse("unknown_time_zone", detail)
    })
}

/// The id itself, then the levels above it.
fn levels(id: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(id), |level| level.rsplit_once('/').map(|(above, _)| above))
}
