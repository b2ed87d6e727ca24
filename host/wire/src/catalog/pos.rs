//! Points of sale and their clocks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use super::{Unique, row};
use crate::reader::{Node, Object};

const WIDTHS: RangeInclusive<usize> = 1..=1_000;

/// The points of sale of a plan. An id is brand, store and till, separated by `/`.
#[derive(Debug, Default)]
pub struct PointsOfSale {
    rows: BTreeMap<String, Pos>,
    levels: BTreeSet<String>,
    /// The time zone of all rows, if they share one.
    shared_zone: Option<TimeZone>,
}

/// A row. A setting that it does not have is that of the nearest level above.
#[derive(Debug)]
struct Pos {
    zone: TimeZone,
    locale: Option<String>,
    receipt_width: Option<usize>,
    cashier_width: Option<usize>,
}

/// The most characters of a line of a message; without a limit if absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Widths {
    /// On the receipt.
    pub receipt: Option<usize>,
    /// On the cashier's display.
    pub cashier: Option<usize>,
}

impl PointsOfSale {
    /// The time zone of a till: its own, or that of the nearest level above it.
    pub fn zone(&self, id: &str) -> Option<&TimeZone> {
        self.nearest(id, |pos| Some(&pos.zone))
    }

    /// The time zone of all points of sale; none if there are several.
    pub fn shared_zone(&self) -> Option<&TimeZone> {
        self.shared_zone.as_ref()
    }

    /// The locale of a till: its own, or that of the nearest level above it.
    pub fn locale(&self, id: &str) -> Option<&str> {
        self.nearest(id, |pos| pos.locale.as_deref())
    }

    /// The widths of a till's lines, each its own or that of the nearest level above it.
    pub fn widths(&self, id: &str) -> Widths {
        Widths {
            receipt: self.nearest(id, |pos| pos.receipt_width),
            cashier: self.nearest(id, |pos| pos.cashier_width),
        }
    }

    /// True if a till has a row of its own.
    pub fn has_row(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// The point of sale by which limits of a till count: the till itself if it has a row, else the nearest level above
    /// it that has one, else the level above it.
    pub fn counted<'a>(&self, id: &'a str) -> &'a str {
        let nearest = levels(id).find(|level| self.has_row(level));
        nearest.or_else(|| levels(id).nth(1)).unwrap_or(id)
    }

    /// True if this is the id of a point of sale, or of a level above one.
    pub fn has_level(&self, id: &str) -> bool {
        self.levels.contains(id)
    }

    fn nearest<'a, T>(&'a self, id: &str, value: impl Fn(&'a Pos) -> Option<T>) -> Option<T> {
        levels(id).find_map(|level| value(self.rows.get(level)?))
    }
}

pub(super) fn read(lists: &Object<'_, '_>) -> PointsOfSale {
    let mut ids = Unique::new("POS");
    let rows: BTreeMap<_, _> = lists.each("pos", |node| pos(node, &mut ids)).into_iter().collect();
    let levels = rows.keys().flat_map(|id| levels(id)).map(str::to_owned).collect();
    let mut zones = rows.values().map(|pos: &Pos| &pos.zone);
    let first = zones.next();
    let shared_zone = first.filter(|first| zones.all(|zone| zone == *first)).cloned();
    PointsOfSale { rows, levels, shared_zone }
}

fn pos(node: Node<'_, '_>, ids: &mut Unique<String>) -> Option<(String, Pos)> {
    let row = row(node)?;
    let id = row.required("id");
    let zone = row.required("time_zone").and_then(time_zone);
    let pos = Pos {
        // Without a readable zone the plan is refused anyway; the id stays known for what refers to it.
        zone: zone.unwrap_or(TimeZone::UTC),
        locale: row.text("locale").map(str::to_owned),
        receipt_width: row.field("receipt_width").and_then(width),
        cashier_width: row.field("cashier_width").and_then(width),
    };
    row.tolerate(&["name"]);
    row.warn_unknown();
    let id = id?;
    let code = id.id()?.into_owned();
    ids.note(code.clone(), &id);
    Some((code, pos))
}

fn width(field: Node<'_, '_>) -> Option<usize> {
    let width = usize::try_from(field.integer()?).ok().filter(|width| WIDTHS.contains(width));
    width.or_else(|| {
        let detail = format!("must be from {} to {} characters", WIDTHS.start(), WIDTHS.end());
        field.refuse("out_of_range", detail)
    })
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
