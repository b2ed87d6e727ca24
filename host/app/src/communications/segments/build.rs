//! Working out all members of a rule: once when it is new or changed, and for previews. Each condition is a statement for
//! each 65,536 members, with all its values bound; what is between the conditions is algebra of sets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use communications::segments::days::{date_of, day_of};
use communications::segments::members::{CONTAINER, RoaringBitmap, combine, write};
use communications::segments::{AttributeTest, EventTest, Fold, Rule, order};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::tz::TimeZone;
use store::{FactFold, FactRow, SegmentCondition, SegmentWork, SetRow};

use super::catalogue::{Catalogue, measures};
use super::reading::CURSOR;
use super::sets::read_set;
use super::{member, profile};
use crate::error::Error;
use crate::state::App;

/// Events that are looked at together when a measure is filled.
const EVENTS: i64 = 2_000;
/// Parts that are worked out at a time: the database looks for one while another is put together. More would take the
/// processors from tills.
pub(super) const AT_A_TIME: usize = 2;

/// Works out the members of the next segment that has a new rule. True if there was one.
pub(super) async fn step(app: &App, catalogue: &Catalogue) -> Result<bool, Error> {
    let reads = |rule: &Rule| rule.segments().map(str::to_owned).collect::<BTreeSet<_>>();
    let all = catalogue.segments.iter().map(|(name, known)| (name.clone(), reads(&known.rule))).collect();
    let names = order::order(&all)
        .map_err(|circle| Error::damaged(&format!("segments {}", circle.path.join(", "))))?;
    let waiting = names.iter().filter_map(|name| catalogue.segments.get(name));
    let Some(known) = waiting.into_iter().find(|known| !known.is_built()) else { return Ok(false) };
    if known.rule.measures().any(|measure| catalogue.measure(measure).is_none_or(|known| !known.is_filled)) {
        fill(app).await?;
    }
    let mut work = SegmentWork { state: catalogue.state, ..SegmentWork::default() };
    for (container, members, _) in by_container(app, catalogue, &known.rule).await? {
        work.sets.push(SetRow {
            segment: known.row.name.clone(),
            revision: known.row.revision,
            container: i64::from(container),
            size: i64::try_from(members.len()).unwrap_or(i64::MAX),
            members: write(&members),
        });
    }
    work.built = Some((known.row.name.clone(), known.row.revision));
    if app.communications.write_segment_work(&work).await? {
        tracing::info!(
            segment = known.row.name,
            revision = known.row.revision,
            "members of a segment worked out"
        );
    }
    Ok(true)
}

/// The members that a rule holds for, container by container, with the number of all members there.
pub(super) async fn by_container(
    app: &App,
    catalogue: &Catalogue,
    rule: &Rule,
) -> Result<Vec<(u32, RoaringBitmap, u64)>, Error> {
    let of_container = |container: u32| async move {
        let part = Part::load(app, catalogue, bounds(container)).await?;
        Ok::<_, Error>((container, part.members(app, rule).await?, part.size()))
    };
    stream::iter(containers(app).await?).map(of_container).buffered(AT_A_TIME).try_collect().await
}

/// The containers that have members.
pub(super) async fn containers(app: &App) -> Result<Vec<u32>, Error> {
    let last = app.communications.last_segment_member().await?;
    Ok(last.map(|last| (0..=last / CONTAINER).collect()).unwrap_or_default())
}

/// Takes the facts of all measures that are new from the events before them.
pub(super) async fn fill(app: &App) -> Result<(), Error> {
    let missing: Vec<_> = measures(app).await?.into_iter().filter(|known| !known.is_filled).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // Later ones are the reader's, who knows of the measures.
    let until = app.communications.cursor(CURSOR).await?;
    let zones = zones(app).await?;
    let default = profile::zone(&profile::default_zone(app));
    let mut seq = 0_i64;
    while seq < until {
        let events = app.communications.events_after(seq, EVENTS).await?;
        let Some(last) = events.last() else { break };
        seq = last.seq;
        let mut facts = Vec::new();
        for event in events.iter().filter(|event| event.seq <= until) {
            let wanted: Vec<_> = missing.iter().filter(|known| known.measure.kind == event.kind).collect();
            let Some(number) = event.number.filter(|_| !wanted.is_empty()) else { continue };
            let Ok(payload) = wire::json::parse(&event.payload) else { continue };
            let zone = zones.get(&number).unwrap_or(&default);
            for known in wanted {
                if let Some(value) = known.measure.value_of(&event.kind, &payload) {
                    let (measure, day) = (known.number, day_of(event.at, zone));
                    facts.push(FactRow { measure, number, day, at: event.at, seq: event.seq, value });
                }
            }
        }
        app.communications.add_facts(&facts).await?;
    }
    for known in missing {
        app.communications.measure_filled(known.number).await?;
    }
    Ok(())
}

async fn zones(app: &App) -> Result<HashMap<u32, TimeZone>, Error> {
    let mut zones = HashMap::new();
    for container in containers(app).await? {
        let (first, last) = bounds(container);
        for (name, numbers) in app.communications.zones_between(first, last).await? {
            let zone = profile::zone(&name);
            zones.extend(numbers.into_iter().map(|number| (number, zone.clone())));
        }
    }
    Ok(zones)
}

pub(super) fn bounds(container: u32) -> (u32, u32) {
    let first = container.saturating_mul(CONTAINER);
    (first, first.saturating_add(CONTAINER - 1))
}

/// Members with neighbouring numbers, of one container.
pub(super) struct Part<'a> {
    catalogue: &'a Catalogue,
    first: u32,
    last: u32,
    all: RoaringBitmap,
    /// By the day that it is in their zones: there are two at any time, or three.
    by_day: Vec<(i64, RoaringBitmap)>,
}

impl<'a> Part<'a> {
    /// Those from the first number to the last, both included.
    pub(super) async fn load(
        app: &App,
        catalogue: &'a Catalogue,
        (first, last): (u32, u32),
    ) -> Result<Self, Error> {
        let mut by_day: BTreeMap<i64, RoaringBitmap> = BTreeMap::new();
        for (zone, numbers) in app.communications.zones_between(first, last).await? {
            let today = day_of(catalogue.now, &profile::zone(&zone));
            by_day.entry(today).or_default().extend(numbers);
        }
        let all = by_day.values().fold(RoaringBitmap::new(), |all, members| all | members);
        Ok(Self { catalogue, first, last, all, by_day: by_day.into_iter().collect() })
    }

    /// How many members there are.
    pub(super) fn size(&self) -> u64 {
        self.all.len()
    }

    /// The members that a rule holds for.
    pub(super) async fn members(&self, app: &App, rule: &Rule) -> Result<RoaringBitmap, Error> {
        let mut sets: Vec<(&Rule, RoaringBitmap)> = Vec::new();
        for leaf in rule.leaves() {
            if !sets.iter().any(|(known, _)| *known == leaf) {
                sets.push((leaf, self.leaf(app, leaf).await?));
            }
        }
        let of = |leaf: &Rule| {
            let found = sets.iter().find(|(known, _)| *known == leaf);
            found.map(|(_, set)| set.clone()).unwrap_or_default()
        };
        Ok(combine(rule, &self.all, &of))
    }

    async fn leaf(&self, app: &App, leaf: &Rule) -> Result<RoaringBitmap, Error> {
        let (first, last) = (self.first, self.last);
        match leaf {
            Rule::Events(test) => self.events(app, test).await,
            Rule::Attribute(test) => self.attribute(app, test).await,
            Rule::Points(bounds) => {
                let condition = SegmentCondition::Points((bounds.least, bounds.most));
                Ok(app.communications.members_with(&condition, first, last).await?.into_iter().collect())
            }
            Rule::Rfm(test) => {
                let members = app.communications.segment_members_between(first, last).await?;
                let passes = |member: &store::SegmentMember| {
                    member.scores.and_then(member::scores).is_some_and(|scores| test.passes(scores))
                };
                Ok(members.into_iter().filter(passes).map(|member| member.number).collect())
            }
            Rule::Segment(name) => {
                let Some(revision) = self.catalogue.built(name) else { return Ok(RoaringBitmap::new()) };
                let container = i64::from(first / CONTAINER);
                let part = app.communications.segment_set(name, revision, container).await?;
                part.map(|part| read_set(&part.members)).transpose().map(Option::unwrap_or_default)
            }
            Rule::All(_) | Rule::Any(_) | Rule::Not(_) => Ok(RoaringBitmap::new()),
        }
    }

    async fn events(&self, app: &App, test: &EventTest) -> Result<RoaringBitmap, Error> {
        let mut set = RoaringBitmap::new();
        let Some(measure) = self.catalogue.measure(&test.measure) else { return Ok(set) };
        for (today, group) in &self.by_day {
            let bounds = test.fold.bounds();
            let days_ago = (today.saturating_sub(bounds.most), today.saturating_sub(bounds.least));
            let values = (bounds.least, bounds.most);
            let (fold, bounds) = match test.fold {
                Fold::Count(_) => (FactFold::Count, values),
                Fold::Sum(_) => (FactFold::Sum, values),
                Fold::LastDays(_) => (FactFold::LastDay, days_ago),
                Fold::FirstDays(_) => (FactFold::FirstDay, days_ago),
                Fold::LastValue(_) => (FactFold::LastValue, values),
                Fold::FirstValue(_) => (FactFold::FirstValue, values),
            };
            // Members without facts have no row: those whom 0 lets in are all but the ones with a number outside.
            let outside =
                matches!(test.fold, Fold::Count(_) | Fold::Sum(_)) && test.fold.bounds().contains(0);
            let days = (test.first_day(*today), *today);
            let measure = measure.number;
            let condition = SegmentCondition::Facts { measure, days, fold, bounds, outside };
            let found = app.communications.members_with(&condition, self.first, self.last).await?;
            let found: RoaringBitmap = found.into_iter().collect();
            set |= if outside { group - found } else { group & found };
        }
        Ok(set)
    }

    async fn attribute(&self, app: &App, test: &AttributeTest) -> Result<RoaringBitmap, Error> {
        let values = app.communications.attribute_between(&test.name, self.first, self.last).await?;
        let mut set = RoaringBitmap::new();
        for (today, group) in &self.by_day {
            let today = date_of(*today);
            // Many members have the same value, and equal ones pass alike.
            let mut judged: HashMap<&str, bool> = HashMap::new();
            let mut without = group.clone();
            for (number, text) in values.iter().filter(|(number, _)| group.contains(*number)) {
                without.remove(*number);
                let passes = judged
                    .entry(text.as_str())
                    .or_insert_with(|| test.passes(member::attribute(text).as_ref(), today));
                if *passes {
                    set.insert(*number);
                }
            }
            if test.passes(None, today) {
                set |= without;
            }
        }
        Ok(set)
    }
}
