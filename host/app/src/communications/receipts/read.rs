//! Reports of providers as they are sent: JSON in the shape that the channel says, or a mail that came back.

use communications::bounces::{self, Kind};
use communications::receipts::Report;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::communications::channels::channel::ReportMap;
use crate::error::Error;

/// Most reports of one call.
const REPORTS_MAX: usize = 5_000;
/// The longest id and reason in characters.
const ID_MAX: usize = 200;
const REASON_MAX: usize = 300;
/// Numbers below this are seconds since 1970, others milliseconds.
const SECONDS_MAX: i64 = 100_000_000_000;

/// How the body of a call is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON in the shape of the channel's map.
    Json,
    /// A mail, as the address for bounces got it.
    Mail,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// A message by our id.
    Message(String),
    /// A message by the provider's id.
    Provider(String),
    /// It does not say.
    Nothing,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reported {
    /// Names the report among those of the channel.
    pub(super) id: String,
    pub(super) about: Known,
    /// What is reported; none if it changes nothing, such as an automatic reply.
    pub(super) report: Option<Report>,
    /// The address that it is about, if it says so.
    pub(super) recipient: Option<String>,
    pub(super) reason: String,
    /// When it happened, in milliseconds; not ahead of the host's clock.
    pub(super) at: i64,
}

/// Reads the reports of a call; each that cannot be read is told.
pub(super) fn reports(
    format: Format,
    map: &ReportMap,
    body: &[u8],
    now: i64,
) -> Result<Vec<Result<Reported, String>>, Error> {
    match format {
        Format::Mail => mail(body, now),
        Format::Json => json(map, body, now),
    }
}

fn mail(body: &[u8], now: i64) -> Result<Vec<Result<Reported, String>>, Error> {
    let Some(found) = bounces::read(body) else {
        return Err(Error::State {
            code: "not_a_mail",
            detail: "the body is not a mail with headers".to_owned(),
        });
    };
    let digest = hex::encode(Sha256::digest(body));
    let reported = |(place, incoming): (usize, bounces::Incoming)| {
        Ok(Reported {
            id: format!("mail/{digest}/{place}"),
            about: incoming.message_id.map_or(Known::Nothing, Known::Message),
            report: match incoming.kind {
                Kind::Report(report) => Some(report),
                Kind::Automatic => None,
            },
            recipient: incoming.recipient,
            reason: incoming.reason,
            at: now,
        })
    };
    Ok(found.into_iter().enumerate().map(reported).collect())
}

fn json(map: &ReportMap, body: &[u8], now: i64) -> Result<Vec<Result<Reported, String>>, Error> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let document = wire::json::parse(text).map_err(Error::of_json)?;
    if map.list.is_empty() {
        return Ok(vec![one(map, &document, now)]);
    }
    let Some(list) = document.pointer(&map.list).and_then(Value::as_array) else {
        let detail = format!("there is no list of reports at `{}`", map.list);
        return Err(Error::State { code: "no_reports", detail });
    };
    if list.len() > REPORTS_MAX {
        let detail = format!("a call has at most {REPORTS_MAX} reports, found {}", list.len());
        return Err(Error::State { code: "too_many_reports", detail });
    }
    Ok(list.iter().map(|report| one(map, report, now)).collect())
}

fn one(map: &ReportMap, report: &Value, now: i64) -> Result<Reported, String> {
    let text = |place: &str| text_at(report, place);
    let status = text(&map.status).ok_or_else(|| format!("has no status at `{}`", map.status))?;
    let meaning = map.statuses.get(&status.to_lowercase()).unwrap_or(&status);
    let Some(reported) = Report::named(&meaning.to_lowercase()) else {
        return Err(format!(
            "the status `{status}` means nothing: name it in `receipts.map.statuses` of the channel"
        ));
    };
    let about = match (text(&map.message_id), text(&map.provider_id)) {
        (Some(id), _) => Known::Message(id),
        (None, Some(id)) => Known::Provider(id),
        (None, None) => Known::Nothing,
    };
    // Providers without ids of reports tell the same by the same words.
    let id = text(&map.id).unwrap_or_else(|| hex::encode(Sha256::digest(report.to_string())));
    let at = report.pointer(&map.at).and_then(instant).unwrap_or(now);
    Ok(Reported {
        id: id.chars().take(ID_MAX).collect(),
        about,
        report: Some(reported),
        recipient: None,
        reason: text(&map.reason).unwrap_or_default().chars().take(REASON_MAX).collect(),
        at: at.min(now),
    })
}

/// A text or number at a place; none for an empty pointer.
fn text_at(report: &Value, place: &str) -> Option<String> {
    if place.is_empty() {
        return None;
    }
    match report.pointer(place)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
        other => {
            let number = other.as_i64()?;
            Some(if number.abs() < SECONDS_MAX { number.saturating_mul(1_000) } else { number })
        }
    }
}
