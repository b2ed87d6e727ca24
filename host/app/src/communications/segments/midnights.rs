//! Midnights: when a day begins in a zone, the rules of those members are worked out that the day may change, and of no
//! others. They are found by the days of their facts, and by dates among their attributes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use communications::segments::Rule;
use communications::segments::days::{date_of, day_of};
use communications::segments::index::Changed;
use communications::segments::members::CONTAINER;

use super::batch::Batch;
use super::catalogue::Catalogue;
use super::{member, profile};
use crate::error::Error;
use crate::state::App;

/// Members of one piece.
const MEMBERS: usize = 500;

/// A midnight that is being worked out.
#[derive(Debug)]
pub(super) struct Midnight {
    zone: String,
    today: i64,
    /// Members that are left.
    left: Vec<u32>,
}

/// Works out the next members at a midnight. True if there was one.
pub(super) async fn step(
    app: &App,
    catalogue: &Catalogue,
    memory: &mut Option<Midnight>,
) -> Result<bool, Error> {
    let mut midnight = match memory.take() {
        Some(midnight) => midnight,
        None => match due(app, catalogue).await? {
            Some(midnight) => midnight,
            None => return Ok(false),
        },
    };
    let numbers = midnight.left.split_off(midnight.left.len().saturating_sub(MEMBERS));
    let changes = [Changed::Zone];
    let mut batch = Batch::load(app, catalogue, &numbers, &changes).await?;
    for number in numbers {
        batch.propagate(number, &changes, &format!("d{}", midnight.today))?;
    }
    let mut work = batch.finish();
    if midnight.left.is_empty() {
        work.days.push((midnight.zone.clone(), midnight.today));
    }
    let is_written = app.communications.write_segment_work(&work).await?;
    // If somebody else has written, it begins anew: what was worked out already does not change again.
    *memory = Some(midnight).filter(|midnight| is_written && !midnight.left.is_empty());
    Ok(true)
}

async fn due(app: &App, catalogue: &Catalogue) -> Result<Option<Midnight>, Error> {
    for (zone, day) in &catalogue.days {
        let today = day_of(catalogue.now, &profile::zone(zone));
        if today > *day {
            let left = candidates(app, catalogue, zone, (*day, today)).await?;
            return Ok(Some(Midnight { zone: zone.clone(), today, left: left.into_iter().collect() }));
        }
    }
    Ok(None)
}

/// The members that the days after `before` up to `today` may change.
async fn candidates(
    app: &App,
    catalogue: &Catalogue,
    zone: &str,
    (before, today): (i64, i64),
) -> Result<BTreeSet<u32>, Error> {
    let mut found = BTreeSet::new();
    let mut offsets: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for known in catalogue.segments.values().filter(|known| known.is_built()) {
        for leaf in known.rule.leaves() {
            match leaf {
                Rule::Events(test) => {
                    if let Some(measure) = catalogue.measure(&test.measure) {
                        offsets.entry(measure.number).or_default().extend(test.offsets());
                    }
                }
                Rule::Attribute(test) if test.is_of_today() => {
                    let passes =
                        |text: &str, day: i64| test.passes(member::attribute(text).as_ref(), date_of(day));
                    let changes = |text: &str| {
                        let was = passes(text, before);
                        (before.saturating_add(1)..=today).any(|day| passes(text, day) != was)
                    };
                    found.extend(with_attribute(app, &test.name, changes).await?);
                }
                _ => {}
            }
        }
    }
    for (measure, offsets) in offsets {
        for offset in offsets {
            let days = (before.saturating_add(1).saturating_sub(offset), today.saturating_sub(offset));
            found.extend(app.communications.members_of_days(zone, measure, days).await?);
        }
    }
    Ok(found)
}

/// The members with a value of an attribute that is wanted.
async fn with_attribute(app: &App, name: &str, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<u32>, Error> {
    let mut found = Vec::new();
    let mut judged: HashMap<String, bool> = HashMap::new();
    let Some(last) = app.communications.last_segment_member().await? else { return Ok(found) };
    for container in 0..=last / CONTAINER {
        let first = container.saturating_mul(CONTAINER);
        let until = first.saturating_add(CONTAINER - 1);
        for (number, text) in app.communications.attribute_between(name, first, until).await? {
            let wanted = match judged.get(&text) {
                Some(wanted) => *wanted,
                None => {
                    let wanted = is_wanted(&text);
                    judged.insert(text, wanted);
                    wanted
                }
            };
            if wanted {
                found.push(number);
            }
        }
    }
    Ok(found)
}
