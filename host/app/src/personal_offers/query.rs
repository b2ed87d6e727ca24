//! The parameters of a call: filters, language, clock, and the page.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::offer::Offer;
use domain::pos::is_within;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::state::App;

/// The parameters of the address, as they are sent.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// A till, store or brand.
    pub pos: Option<String>,
    /// A time with offset.
    pub active_at: Option<String>,
    /// The name of a channel.
    pub channel: Option<String>,
    /// A locale.
    pub locale: Option<String>,
    /// The name of a time zone.
    pub time_zone: Option<String>,
    /// The most items of the page.
    pub limit: Option<usize>,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// The parameters of a call, read and checked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub(super) pos: Option<String>,
    pub(super) active_at: Option<Timestamp>,
    pub(super) channel: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) time_zone: Option<TimeZone>,
    pub(super) limit: usize,
    pub(super) after: Option<Position>,
}

/// The place of an item in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// External id of its offer.
    pub offer: String,
    /// Its index among the items of personal terms; 0 for an offer as a whole.
    pub item: usize,
}

impl Asked {
    /// Reads the parameters. The error is a text for the caller.
    pub fn read(app: &App, query: Query) -> Result<Self, String> {
        let most = app.config.offers.list_items;
        let limit = query.limit.unwrap_or(most);
        if !(1..=most).contains(&limit) {
            return Err(format!("`limit` must be 1 to {most}, got `{limit}`"));
        }
        let live = app.live.load();
        let unknown = |pos: &&String| !live.active.plan.points_of_sale.has_level(pos);
        if let Some(pos) = query.pos.as_ref().filter(unknown) {
            return Err(format!("`pos` is `{pos}`; there is no such POS, nor one below it"));
        }
        Ok(Self {
            pos: query.pos,
            active_at: query.active_at.as_deref().map(time).transpose()?,
            channel: query.channel,
            locale: query.locale,
            time_zone: query.time_zone.as_deref().map(zone).transpose()?,
            limit,
            after: query.cursor.as_deref().map(Position::read).transpose()?,
        })
    }

    /// Everything at once, for an answer to one of the items.
    pub(super) fn everything() -> Self {
        let (pos, channel, locale) = (None, None, None);
        Self { pos, active_at: None, channel, locale, time_zone: None, limit: usize::MAX, after: None }
    }

    /// True if the offer holds at the place that is asked for, or somewhere below it.
    pub(super) fn is_there(&self, offer: &Offer) -> bool {
        let places = &offer.filters.pos;
        let is_here = |pos: &String| {
            places.is_empty() || places.iter().any(|place| is_within(pos, place) || is_within(place, pos))
        };
        self.pos.as_ref().is_none_or(is_here)
    }
}

impl Position {
    /// The cursor of a page that ends here.
    pub(super) fn cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.item, self.offer))
    }

    fn read(cursor: &str) -> Result<Self, String> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            let (item, offer) = text.split_once('.')?;
            Some(Self { offer: offer.to_owned(), item: item.parse().ok()? })
        };
        read().ok_or_else(|| format!("`cursor` is `{cursor}`; it must be the `next` of the page before"))
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    // A plus sign that was not encoded in the address arrives as a space.
    let read = text.replace(' ', "+").parse().ok();
    read.filter(|time: &Timestamp| SECONDS.contains(&time.as_second())).ok_or_else(|| {
        format!("`active_at` is `{text}`; it must be a time with offset, as 2026-11-22T10:15:00+03:00")
    })
}

/// Seconds since 1970 that may be asked for: up to the year 5138, so that every zone has a date for them.
const SECONDS: Range<i64> = 0..100_000_000_000;

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("`time_zone` is `{name}`; it must be the name of a time zone, as Europe/Moscow"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let position = Position { offer: "\u{41e}ffer.1/2".to_owned(), item: 17 };
        assert_eq!(Position::read(&position.cursor()), Ok(position));
        for text in ["", "17", "!", "MTc", "eC5v"] {
            assert!(Position::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_needs_its_offset() {
        let sent = time("2027-01-15T11:00:00 03:00").map(Timestamp::as_second);
        assert_eq!(sent, Ok(1_800_000_000));
        assert!(time("2027-01-15").is_err() && time("2027-01-15T11:00:00").is_err());
    }
}
