//! Receipts and returns from the host's results feed.

use std::io::BufRead;

use serde::Deserialize;

use crate::calendar::Zone;
use crate::catalog::Catalog;
use crate::decimal::{MONEY, QUANTITY, amount};
use crate::error::FeaturesError;
use crate::receipt::{Head, Line};
use crate::writer::Writer;

/// The name of the feed in messages.
const FEED: &str = "results feed";

/// An event, as `GET /v1/results/export` has it; what is not needed is passed over.
#[derive(Deserialize)]
struct Event {
    cursor: String,
    at: String,
    event: String,
    member_id: Option<String>,
    offer: Option<String>,
    pos: Option<String>,
    points_earned: Option<String>,
    points_spent: Option<String>,
    #[serde(default)]
    lines: Vec<Goods>,
}

#[derive(Deserialize)]
struct Goods {
    goods_id: String,
    quantity: Option<String>,
    amount: Option<String>,
    payable: Option<String>,
}

/// What was taken from the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedTaken {
    /// All events that were read.
    pub events: u64,
    /// Receipts and returns of members.
    pub receipts: u64,
    /// Receipts and returns of nobody known, which no tile tells of.
    pub of_nobody: u64,
}

impl Writer<'_> {
    /// Adds what NDJSON rows of `GET /v1/results/export?since=CURSOR` tell, where the cursor is that of
    /// [`crate::Tiles::cursor`], or none at first. Cursors have to go on where they were: `R.E` is followed by
    /// event E + 1 of row R, or by the first event of row R + 1.
    ///
    /// The outlet is what stands before the last `/` of the till's id. What a line was worth less what was
    /// paid for it with money counts as taken off, also where it was paid with points. `kind` says what kind of
    /// outlet an outlet is.
    ///
    /// # Errors
    ///
    /// A row is not of the feed, was taken before, or one before it is missing. The writer is then to be
    /// dropped.
    pub fn feed(
        &mut self,
        rows: impl BufRead,
        catalog: &Catalog,
        zone: Zone,
        kind: &dyn Fn(&str) -> String,
    ) -> Result<FeedTaken, FeaturesError> {
        let mut taken = FeedTaken::default();
        let mut last = match self.cursor() {
            Some(text) => Some(cursor(text).map_err(|why| FeaturesError::source("tiles.json", why))?),
            None => None,
        };
        for (number, line) in (1..).zip(rows.lines()) {
            let refused = |why: String| FeaturesError::input(FEED, number, why);
            let line = line.map_err(|error| refused(format!("broke off: {error}")))?;
            let event: Event =
                serde_json::from_str(&line).map_err(|error| refused(format!("is not an event: {error}")))?;
            last = Some(follows(last, &event.cursor).map_err(refused)?);
            taken.events += 1;
            if event.event != "receipt" && (event.event != "returned" || event.offer.is_some()) {
                continue;
            }
            let Some(member) = event.member_id.clone() else {
                taken.of_nobody += 1;
                continue;
            };
            let (head, lines) = receipt(&event, member, catalog, zone, kind).map_err(refused)?;
            self.receipt(&head, &lines)?;
            taken.receipts += 1;
        }
        if let Some((row, event)) = last {
            self.set_cursor(format!("{row}.{event}"));
        }
        Ok(taken)
    }
}

fn cursor(text: &str) -> Result<(u64, u64), String> {
    let parsed = text.split_once('.').and_then(|(row, event)| Some((row.parse().ok()?, event.parse().ok()?)));
    parsed.ok_or_else(|| format!("\"{text}\" is not a cursor such as 17.1"))
}

/// The cursor of a row, if it is the next one after `last`.
fn follows(last: Option<(u64, u64)>, text: &str) -> Result<(u64, u64), String> {
    let (row, event) = cursor(text)?;
    let Some((last_row, last_event)) = last else { return Ok((row, event)) };
    if (row, event) <= (last_row, last_event) {
        return Err(format!(
            "cursor {text} was taken before: the last one was {last_row}.{last_event}; read the feed with \
             since={last_row}.{last_event}"
        ));
    }
    if (row == last_row && event == last_event + 1) || (row == last_row + 1 && event == 1) {
        return Ok((row, event));
    }
    Err(format!(
        "cursor {text} does not follow {last_row}.{last_event}: what is between them is missing; read the feed \
         with since={last_row}.{last_event}"
    ))
}

fn receipt(
    event: &Event,
    member: String,
    catalog: &Catalog,
    zone: Zone,
    kind: &dyn Fn(&str) -> String,
) -> Result<(Head, Vec<Line>), String> {
    let pos = event.pos.as_deref().unwrap_or_default();
    let outlet = pos.rsplit_once('/').map_or(pos, |(outlet, _)| outlet);
    let head = Head {
        member,
        at: zone.moment(&event.at)?,
        outlet: outlet.to_owned(),
        outlet_kind: if outlet.is_empty() { String::new() } else { kind(outlet) },
    };
    let mut lines = event.lines.iter().map(|goods| line(goods, catalog)).collect::<Result<Vec<_>, _>>()?;
    // Points are of the receipt as a whole.
    let points = number("points_earned", event.points_earned.as_deref(), MONEY)?
        - number("points_spent", event.points_spent.as_deref(), MONEY)?;
    if let Some(first) = lines.first_mut() {
        first.points = points;
    }
    Ok((head, lines))
}

fn line(goods: &Goods, catalog: &Catalog) -> Result<Line, String> {
    let (category_1, category_2) = catalog.levels(&goods.goods_id);
    let spent = number("payable", goods.payable.as_deref(), MONEY)?;
    Ok(Line {
        category_1: category_1.to_owned(),
        category_2: category_2.to_owned(),
        quantity: number("quantity", goods.quantity.as_deref(), QUANTITY)?,
        spent,
        discount: number("amount", goods.amount.as_deref(), MONEY)? - spent,
        points: 0,
    })
}

fn number(name: &str, text: Option<&str>, places: u32) -> Result<i64, String> {
    amount(name, text.ok_or_else(|| format!("{name} is missing"))?, places)
}
