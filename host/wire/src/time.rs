//! Dates and times: RFC 3339, local date-times and dates.

use domain::time::{Bound, Moment, Period};
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

use super::reader::{Node, Object};

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

/// A time with an offset, with the local time in `zone`, or in its own offset if there is no zone.
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
    let local = zone.to_datetime(instant);
    Some(Moment { instant: instant.as_second(), local: local_time(local)? })
}

/// An instant, in seconds since 1970: a time with an offset, or a date, which means the end of that day in UTC.
pub fn instant(node: Node<'_, '_>) -> Option<i64> {
    match end_bound(node)? {
        Bound::Instant(instant) => Some(instant),
        Bound::Local(local) if local.time() == Time::midnight() && !node.text()?.contains(':') => {
            Offset::UTC.to_timestamp(local).ok().map(jiff::Timestamp::as_second)
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

/// An end that is a date includes that day.
fn end_bound(node: Node<'_, '_>) -> Option<Bound> {
    bound(node, |date| Some(date.tomorrow().ok()?.to_datetime(Time::midnight())))
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
