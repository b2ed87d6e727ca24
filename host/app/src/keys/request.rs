//! The document that describes a new key, of the command line and of `POST /v1/keys`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Object, Report};

use super::Role;
use crate::error::Error;

/// The most characters of a name, of a partner, and of a place.
const TEXT_MAX: usize = 255;
/// The most places of a key. SQLite takes a condition of at most 1,000 parts.
const PLACES_MAX: usize = 500;

/// A key that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its role.
    pub role: Role,
    /// Its owner, for people.
    pub name: String,
    /// Stores and tills that it is bound to; bound to none if empty.
    pub places: Vec<String>,
    /// The partner that it belongs to; none for other roles, or if that is its name.
    pub partner: Option<String>,
    /// From when on it opens nothing, in seconds since 1970; none if it does not expire.
    pub expires_at: Option<i64>,
}

impl NewKey {
    /// Reads `role`, `name`, `pos`, `partner` and `expires_at`. Returns warnings too: of keys that open nothing.
    pub fn read(body: &Value, now: i64) -> Result<(Self, Vec<Problem>), Error> {
        let report = Report::default();
        let key = new_key(report.root(body), now);
        report.finish(key).map_err(refused)
    }
}

fn new_key(node: Node<'_, '_>, now: i64) -> Option<NewKey> {
    let document = node.object()?;
    let roles = Role::ALL.map(|role| (role.name(), role));
    let role = document.required("role").and_then(|field| field.choice(&roles));
    let name = document.required("name").and_then(short_text);
    let places = places(&document, role);
    let partner = document.field("partner").and_then(|field| {
        only_for(field, role, Role::Partner)?;
        short_text(field)
    });
    let expires_at = document.field("expires_at").and_then(|field| expiry(field, now));
    document.refuse_unknown();
    if role == Some(Role::Member) {
        let detail = "a key of role `member` opens nothing: members have tokens, which \
                      `POST /v1/members/{member_id}/tokens` makes";
        node.warn("opens_nothing", detail);
    }
    Some(NewKey { role: role?, name: name?, places, partner, expires_at })
}

fn places(document: &Object<'_, '_>, role: Option<Role>) -> Vec<String> {
    let Some(field) = document.field("pos") else { return Vec::new() };
    if only_for(field, role, Role::Pos).is_none() {
        return Vec::new();
    }
    let Some(list) = field.list() else { return Vec::new() };
    if list.len() > PLACES_MAX {
        field.problem("too_many", format!("has {} places; at most {PLACES_MAX} are accepted", list.len()));
        return Vec::new();
    }
    if list.is_empty() {
        field.problem("empty", "names no store and no till; leave it out for a key that is bound to nothing");
    }
    let mut places = list.read(place);
    places.sort();
    places.dedup();
    places
}

fn place(field: Node<'_, '_>) -> Option<String> {
    let place = short_text(field)?;
    if place.split('/').any(str::is_empty) {
        return field
            .refuse("bad_place", "must be a store or a till, such as `store-77` or `store-77/till-3`");
    }
    Some(place)
}

fn only_for(field: Node<'_, '_>, role: Option<Role>, only: Role) -> Option<()> {
    match role {
        Some(role) if role != only => {
            field.refuse("not_for_this_role", format!("only keys of role `{}` have this", only.name()))
        }
        _ => Some(()),
    }
}

/// A text for one line. Spaces around it are dropped.
fn short_text(field: Node<'_, '_>) -> Option<String> {
    let text = field.text()?.trim();
    if text.is_empty() {
        return field.refuse("empty", "must not be empty");
    }
    if text.chars().count() > TEXT_MAX {
        return field.refuse("too_long", format!("must be at most {TEXT_MAX} characters"));
    }
    if text.chars().any(char::is_control) {
        return field.refuse("control_character", "must not have control characters or line breaks");
    }
    Some(text.to_owned())
}

/// A time, or a date: then through that day, in UTC.
fn expiry(field: Node<'_, '_>, now: i64) -> Option<i64> {
    let text = field.text()?;
    let through_day = |date: Date| {
        let next = date.checked_add(1.day()).ok()?;
        Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
    };
    let time = text.parse::<Timestamp>().map(Timestamp::as_second).ok();
    let Some(end) = time.or_else(|| through_day(text.parse().ok()?)) else {
        return field
            .refuse("not_a_time", format!("`{text}` is neither a date, such as 2027-01-31, nor a time"));
    };
    if end <= now {
        field.warn("opens_nothing", format!("{text} is over"));
    }
    Some(end)
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "key_refused", what: "the key has problems", problems }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_796_000_000;

    #[test]
    fn a_key_is_read_with_all_that_binds_it() {
        let body = json!({"role": "pos", "name": " north ", "pos": ["s-2", "s-1/t-1", "s-2"], "expires_at": "2027-01-01"});
        let (key, warnings) = NewKey::read(&body, NOW).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(key.name, "north");
        assert_eq!(key.places, ["s-1/t-1", "s-2"]);
        assert_eq!(key.expires_at, Some(1_798_848_000), "the midnight after it");
        assert_eq!(warnings, []);
    }

    #[test]
    fn what_a_key_may_not_be_is_refused() {
        for (body, pointer, code) in [
            (json!({"name": "a"}), "/role", "missing_field"),
            (json!({"role": "chief", "name": "a"}), "/role", "unknown_value"),
            (json!({"role": "pos"}), "/name", "missing_field"),
            (json!({"role": "pos", "name": " "}), "/name", "empty"),
            (json!({"role": "pos", "name": "a\nb"}), "/name", "control_character"),
            (json!({"role": "pos", "name": "a".repeat(256)}), "/name", "too_long"),
            (json!({"role": "pos", "name": "a", "pos": []}), "/pos", "empty"),
            (json!({"role": "pos", "name": "a", "pos": ["s//t"]}), "/pos/0", "bad_place"),
            (json!({"role": "admin", "name": "a", "pos": ["s"]}), "/pos", "not_for_this_role"),
            (json!({"role": "pos", "name": "a", "partner": "b"}), "/partner", "not_for_this_role"),
            (json!({"role": "pos", "name": "a", "expires_at": "soon"}), "/expires_at", "not_a_time"),
            (json!({"role": "pos", "name": "a", "store": "s"}), "/store", "unknown_field"),
        ] {
            let Err(Error::Refused { problems, .. }) = NewKey::read(&body, NOW) else {
                panic!("{body} is accepted");
            };
            let found: Vec<_> =
                problems.iter().map(|problem| (problem.pointer.as_str(), problem.code.as_ref())).collect();
            assert_eq!(found, [(pointer, code)], "{body}");
        }
    }

    #[test]
    fn a_key_that_opens_nothing_is_warned_about() {
        for body in [
            json!({"role": "member", "name": "app"}),
            json!({"role": "pos", "name": "till", "expires_at": "2020-01-01"}),
            json!({"role": "pos", "name": "till", "expires_at": "2020-01-01T00:00:00Z"}),
        ] {
            let (_, warnings) = NewKey::read(&body, NOW).unwrap_or_else(|error| panic!("{error:?}"));
            let codes: Vec<_> = warnings.iter().map(|warning| warning.code.as_ref()).collect();
            assert_eq!(codes, ["opens_nothing"], "{body}");
        }
    }
}
