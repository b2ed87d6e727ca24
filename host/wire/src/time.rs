//! Dates and times: RFC 3339, local date-times and dates.

use domain::time::{Bound, Moment, Period};
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::reader::{Node, Object};

/// Code of the warning about an end of 23:59 or 23:59:59, which leaves out the rest of the day.
pub(crate) const END_MISSES_LAST_MINUTE: &str = "end_misses_last_minute";

/// The fields `start` and `end` of an object.
pub fn period<'r>(object: &Object<'_, 'r>) -> Period {
    let start = object.field("start").and_then(start_bound);
    let end = object.field("end").and_then(end_bound);
    let backwards = match (start, end) {
        (Some(Bound::Instant(start)), Some(Bound::Instant(end))) => start > end,
        (Some(Bound::Local(start)), Some(Bound::Local(end))) => start > end,
        _ => false,
    };
    if backwards && let Some(field) = object.field("end") {
        field.problem("end_before_start", "`end` is before `start`");
    }
    Period { start, end }
}

/// A time with an offset, as a store in `zone` sees it, or in its own offset if there is no zone.
pub fn moment(node: Node<'_, '_>, zone: Option<&TimeZone>) -> Option<Moment> {
    let text = node.text()?;
    let Some((datetime, offset)) = parsed(text).and_then(|(datetime, offset)| Some((datetime?, offset?)))
    else {
        return node.refuse(
            "not_a_time",
            format!("`{text}` is not a time with offset; write it like 2026-11-22T10:15:00+03:00"),
        );
    };
    let Ok(instant) = offset.to_timestamp(datetime) else {
        return node.refuse("not_a_time", format!("`{text}` is out of range"));
    };
    let zone = zone.cloned().unwrap_or_else(|| TimeZone::fixed(offset));
    moment_in(instant, &zone)
}

/// An instant as a store in `zone` sees it. Nothing if it is out of the range of instants.
pub fn moment_in(instant: Timestamp, zone: &TimeZone) -> Option<Moment> {
    let local = local_time(zone.to_datetime(instant))?;
    let latest = shown_before_change(instant, zone).map_or(local, |shown| shown.max(local));
    Some(Moment { instant: instant.as_second(), local, latest })
}

/// The last second that the clock of `zone` showed before it was last changed.
fn shown_before_change(instant: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    // A change counts from its own instant on, and `preceding` is exclusive.
    let just_after = instant.checked_add(1.second()).ok()?;
    let change = zone.preceding(just_after).next()?.timestamp();
    let last_second = change.checked_sub(1.second()).ok()?;
    local_time(zone.to_datetime(last_second))
}

/// An instant, in seconds since 1970: a time with an offset, or a date, which means the end of that day in UTC.
pub fn instant(node: Node<'_, '_>) -> Option<i64> {
    match end_bound(node)? {
        Bound::Instant(instant) => Some(instant),
        Bound::Local(local) if local.time() == Time::midnight() && !node.text()?.contains(':') => {
            Offset::UTC.to_timestamp(local).ok().map(Timestamp::as_second)
        }
        Bound::Local(_) => {
            let detail = "needs an offset, as 2026-11-22T10:15:00+03:00, or must be a date";
            node.refuse("not_a_time", detail)
        }
    }
}

/// A local date and time as the domain has it: in whole seconds. Nothing if it is out of the range of
/// instants.
pub fn local_time(local: DateTime) -> Option<DateTime> {
    Offset::UTC.to_timestamp(local).ok()?;
    local.with().subsec_nanosecond(0).build().ok()
}

fn start_bound(node: Node<'_, '_>) -> Option<Bound> {
    bound(node, |date| Some(date.to_datetime(Time::midnight())))
}

/// An end that is a date includes that day. An end within the last minute of a day is exclusive like any
/// other, with a warning.
fn end_bound(node: Node<'_, '_>) -> Option<Bound> {
    let end = bound(node, |date| Some(date.tomorrow().ok()?.to_datetime(Time::midnight())))?;
    let written = node.text().and_then(parsed).and_then(|(datetime, _)| datetime);
    if written.is_some_and(|end| end.hour() == 23 && end.minute() == 59) {
        let detail = "the end is exclusive; write the date alone for the end of the day";
        node.warn(END_MISSES_LAST_MINUTE, detail);
    }
    Some(end)
}

fn bound(node: Node<'_, '_>, of_date: impl FnOnce(jiff::civil::Date) -> Option<DateTime>) -> Option<Bound> {
    let text = node.text()?;
    let bound = Pieces::parse(text).ok().and_then(|pieces| match parsed(text)? {
        (Some(datetime), Some(offset)) => {
            Some(Bound::Instant(offset.to_timestamp(datetime).ok()?.as_second()))
        }
        (Some(datetime), None) => local_time(datetime).map(Bound::Local),
        (None, _) => of_date(pieces.date()).and_then(local_time).map(Bound::Local),
    });
    bound.or_else(|| {
        let detail = format!(
            "`{text}` is not a time; write a date (2026-11-22), a local time (2026-11-22T10:15:00) \
             or a time with offset (2026-11-22T10:15:00+03:00)"
        );
        node.refuse("not_a_time", detail)
    })
}

fn parsed(text: &str) -> Option<(Option<DateTime>, Option<Offset>)> {
    let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
    let datetime = pieces.time().map(|time| pieces.date().to_datetime(time));
    Some((datetime, pieces.to_numeric_offset()))
}
