//! RFM of all members: cut points are frozen when a month begins, scores are worked out each day. A member that comes into
//! another cell is an event, and the rules that read its scores are worked out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use communications::rfm::{Buyer, Cell, Cuts, Grids, Scores, grids};
use communications::segments::days::{date_of, day_of};
use communications::segments::index::Changed;
use communications::segments::{Measure, RFM_ENTERED, SOURCE};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use store::{BuyerRow, NewEvent, RfmMonth, SegmentMember, SegmentWork, Subject};

use super::batch::Batch;
use super::build::{AT_A_TIME, bounds, containers, fill};
use super::catalogue::Catalogue;
use super::{member, profile};
use crate::error::Error;
use crate::state::App;

/// The cursor whose position is the day that scores are of.
const DAY: &str = "rfm_day";
/// Members of one piece, where rules read scores.
const MEMBERS: usize = 1_000;
/// Net revenue, as the events of purchases and returns have it.
const NET: &str = "net";

/// RFM as it is shown.
pub struct Shown {
    /// The month of the cut points.
    pub month: RfmMonth,
    /// Members by cell, all ten, the best first.
    pub cells: Vec<(Cell, u64)>,
    /// The three grids.
    pub grids: Grids,
}

/// RFM as of today; none before the first member has bought.
pub async fn show(app: &App) -> Result<Option<Shown>, Error> {
    let Some(month) = app.communications.rfm_month().await? else { return Ok(None) };
    let cuts = cuts(&month)?;
    let counts: Vec<(Scores, u64)> = app
        .communications
        .rfm_counts()
        .await?
        .into_iter()
        .filter_map(|(scores, count)| Some((member::scores(scores)?, u64::try_from(count).ok()?)))
        .collect();
    let mut cells: BTreeMap<Cell, u64> = Cell::ALL.map(|cell| (cell, 0)).into();
    for (scores, count) in &counts {
        let cell = cells.entry(scores.cell()).or_default();
        *cell = cell.saturating_add(*count);
    }
    Ok(Some(Shown { month, cells: cells.into_iter().collect(), grids: grids(&cuts, &counts) }))
}

/// The measures that RFM reads: purchases and returns.
pub(super) fn measures() -> [Measure; 2] {
    ["purchase", "return"].map(|kind| Measure {
        kind: kind.to_owned(),
        of: Some(NET.to_owned()),
        filters: BTreeMap::new(),
    })
}

/// What a step has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scored {
    /// Something to do, and there may be more.
    Worked,
    /// Scores of today.
    Done,
    /// Nobody who has bought.
    Nobody,
}

/// Works out the scores of a new day.
pub(super) async fn step(app: &App, catalogue: &Catalogue) -> Result<Scored, Error> {
    let [purchases, returns] = measures();
    let (Some(bought), Some(returned)) = (catalogue.measure(&purchases), catalogue.measure(&returns)) else {
        let wanted = [purchases, returns].map(|measure| (measure.digest(), measure.document().to_string()));
        app.communications.add_measures(catalogue.state, &wanted).await?;
        return Ok(Scored::Worked);
    };
    if !(bought.is_filled && returned.is_filled) {
        fill(app).await?;
        return Ok(Scored::Worked);
    }
    let today = day_of(catalogue.now, &profile::zone(&profile::default_zone(app)));
    if app.communications.cursor(DAY).await? == today {
        return Ok(Scored::Done);
    }
    let buyers = buyers(app, (bought.number, returned.number), today).await?;
    if buyers.is_empty() {
        return Ok(Scored::Nobody);
    }
    let name = date_of(today).strftime("%Y-%m").to_string();
    let frozen = app.communications.rfm_month().await?;
    let is_young = frozen.as_ref().is_none_or(|month| is_young(month, buyers.len()));
    let cuts = match frozen {
        Some(month) if month.month == name && !is_young => cuts(&month)?,
        _ => match freeze(app, catalogue, name, &buyers).await? {
            Some(cuts) => cuts,
            // Somebody else was faster.
            None => return Ok(Scored::Worked),
        },
    };
    let scores = buyers.iter().map(|buyer| (buyer.number, cuts.scores(buyer))).collect();
    write(app, &scores, (catalogue.now, today), is_young).await?;
    Ok(Scored::Worked)
}

/// Whether cut points are of few members: where twice as many have bought by now, as when a host is new, they say little,
/// and are made again before the month is over.
fn is_young(month: &RfmMonth, buyers: usize) -> bool {
    i64::try_from(buyers).unwrap_or(i64::MAX) >= month.buyers.saturating_mul(2)
}

/// What members have bought.
async fn buyers(app: &App, measures: (i64, i64), today: i64) -> Result<Vec<Buyer>, Error> {
    let window = app.config.communications.rfm_days;
    let days = (today.saturating_sub(window).saturating_add(1), today);
    let of_container = |container| buyers_of(app, container, measures, days);
    let parts = stream::iter(containers(app).await?).map(of_container).buffered(AT_A_TIME);
    Ok(parts.try_collect::<Vec<_>>().await?.concat())
}

/// Buyers of one container, by purchases and returns of the window, which is its first day and today.
async fn buyers_of(
    app: &App,
    container: u32,
    (bought, returned): (i64, i64),
    (since, today): (i64, i64),
) -> Result<Vec<Buyer>, Error> {
    let (first, last) = bounds(container);
    let bought = app.communications.buyers_between(bought, (since, today), first, last).await?;
    let returned = app.communications.buyers_between(returned, (since, today), first, last).await?;
    let returned: HashMap<u32, i64> = returned.into_iter().map(|row| (row.number, row.net)).collect();
    let buyer = |row: BuyerRow| Buyer {
        number: row.number,
        recency: today.saturating_sub(row.last_day),
        frequency: row.purchases,
        // The amounts of returns are below zero.
        monetary: row.net.saturating_add(returned.get(&row.number).copied().unwrap_or(0)),
    };
    Ok(bought.into_iter().map(buyer).collect())
}

async fn freeze(
    app: &App,
    catalogue: &Catalogue,
    month: String,
    buyers: &[Buyer],
) -> Result<Option<Cuts>, Error> {
    let Some(cuts) = Cuts::of(buyers) else { return Ok(None) };
    let month = RfmMonth {
        month,
        cuts: serde_json::to_string(&cuts).map_err(|error| Error::internal(&error))?,
        buyers: i64::try_from(buyers.len()).unwrap_or(i64::MAX),
        made_at: catalogue.now,
    };
    let work = SegmentWork { state: catalogue.state, month: Some(month), ..SegmentWork::default() };
    Ok(app.communications.write_segment_work(&work).await?.then_some(cuts))
}

fn cuts(month: &RfmMonth) -> Result<Cuts, Error> {
    serde_json::from_str(&month.cuts).map_err(|_| Error::damaged(&format!("cut points of {}", month.month)))
}

/// Writes the scores that have changed, and notes the day when all are written. If somebody else writes in between, the
/// next step begins again, with those that are left.
async fn write(
    app: &App,
    scores: &BTreeMap<u32, Scores>,
    (now, today): (i64, i64),
    is_first: bool,
) -> Result<(), Error> {
    for container in containers(app).await? {
        let (first, last) = bounds(container);
        let rows = app.communications.segment_members_between(first, last).await?;
        let changed: Vec<SegmentMember> = rows
            .into_iter()
            .filter(|row| row.scores.and_then(member::scores) != scores.get(&row.number).copied())
            .collect();
        let is_read = !Catalogue::load(app, now).await?.index.reached(&[Changed::Rfm]).is_empty();
        let pieces = if is_read { MEMBERS } else { changed.len().max(1) };
        for rows in changed.chunks(pieces) {
            let catalogue = Catalogue::load(app, now).await?;
            let work = piece(app, &catalogue, rows, scores, (today, is_first)).await?;
            if !app.communications.write_segment_work(&work).await? {
                return Ok(());
            }
        }
    }
    let state = app.communications.segment_state().await?;
    let work = SegmentWork { state, scored: Some(today), ..SegmentWork::default() };
    app.communications.write_segment_work(&work).await?;
    Ok(())
}

async fn piece(
    app: &App,
    catalogue: &Catalogue,
    rows: &[SegmentMember],
    scores: &BTreeMap<u32, Scores>,
    (today, is_first): (i64, bool),
) -> Result<SegmentWork, Error> {
    let changes = [Changed::Rfm];
    let mut events = Vec::new();
    // Where cut points are the first ones, everybody comes from nowhere, which is no news.
    for row in rows.iter().filter(|_| !is_first) {
        let before = row.scores.and_then(member::scores).map(Scores::cell);
        let Some(after) = scores.get(&row.number) else { continue };
        if before != Some(after.cell()) {
            events.push(entered(catalogue.now, today, row.number, before, *after));
        }
    }
    if catalogue.index.reached(&changes).is_empty() {
        let members = rows
            .iter()
            .map(|row| SegmentMember { scores: scores.get(&row.number).map(stored), ..row.clone() });
        let state = catalogue.state;
        return Ok(SegmentWork { state, members: members.collect(), events, ..SegmentWork::default() });
    }
    let numbers: BTreeSet<u32> = rows.iter().map(|row| row.number).collect();
    let numbers: Vec<u32> = numbers.into_iter().collect();
    let mut batch = Batch::load(app, catalogue, &numbers, &changes).await?;
    batch.work.events = events;
    for number in numbers {
        if batch.set_scores(number, scores.get(&number).copied()) {
            batch.propagate(number, &changes, &format!("rfm{today}"))?;
        }
    }
    Ok(batch.finish())
}

fn stored(scores: &Scores) -> [i64; 3] {
    [scores.recency, scores.frequency, scores.monetary].map(i64::from)
}

fn entered(now: i64, today: i64, number: u32, before: Option<Cell>, after: Scores) -> NewEvent {
    let payload = json!({
        "cell": after.cell().name(),
        "from": before.map(Cell::name),
        "recency": after.recency,
        "frequency": after.frequency,
        "monetary": after.monetary,
    });
    NewEvent {
        source: SOURCE.to_owned(),
        id: format!("rfm/{number}/{today}"),
        subject: Subject::Number(number),
        kind: RFM_ENTERED.to_owned(),
        at: now,
        received_at: now,
        payload: payload.to_string(),
    }
}
