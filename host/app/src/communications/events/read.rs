//! One event as it is sent.

use jiff::Timestamp;
use serde_json::Value;
use store::MEMBERS_SOURCE;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

use crate::communications::clocks::instant;
use crate::communications::consents;
use crate::communications::whom::{Named, named};
use crate::config::communications::Communications as Settings;

/// Sources of the host itself.
const OWN_SOURCES: [&str; 8] =
    ["till", "collect", "messages", "segments", "chains", "surveys", consents::SOURCE, MEMBERS_SOURCE];
/// Beginnings of the kinds that the host alone tells.
const OWN_KINDS: [&str; 5] = ["message_", "segment_", "member_", "consent_", "chain_"];
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An event that was sent.
pub(super) struct Sent {
    pub(super) source: String,
    pub(super) id: String,
    pub(super) whom: Whom,
    pub(super) kind: String,
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// JSON object.
    pub(super) payload: String,
}

/// Whom an event names.
pub(super) enum Whom {
    /// A member.
    Member(Named),
    /// A visitor of a site.
    Visitor(String),
}

/// The times that events may have.
pub(super) struct Clock {
    now: i64,
    earliest: i64,
    latest: i64,
    behind_days: i64,
    ahead_seconds: i64,
}

impl Clock {
    pub(super) fn new(settings: &Settings, now: i64) -> Self {
        let (behind_days, ahead_seconds) = (settings.event_behind_days, settings.event_ahead_seconds);
        Self {
            now,
            earliest: now.saturating_sub(behind_days.saturating_mul(DAY_MS)),
            latest: now.saturating_add(ahead_seconds.saturating_mul(1000)),
            behind_days,
            ahead_seconds,
        }
    }

    /// Refuses a time that is too far from now, with what may have gone wrong.
    fn check(&self, node: Node<'_, '_>, at: i64) -> Option<i64> {
        let told = Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
        if at < self.earliest {
            // Seconds that are taken for milliseconds are of January 1970.
            let seconds = at.checked_mul(1000).is_some_and(|at| (self.earliest..=self.latest).contains(&at));
            let advice = if seconds {
                "numbers are milliseconds since 1970, and this one looks like seconds"
            } else {
                "check the sender's clock, or raise communications.event_behind_days for a first load"
            };
            let days = self.behind_days;
            return node.refuse("event_too_old", format!("{told} is more than {days} days ago; {advice}"));
        }
        if at > self.latest {
            // Microseconds that are taken for milliseconds are of far later years.
            let microseconds = (self.earliest..=self.latest).contains(&at.div_euclid(1000));
            let advice = if microseconds {
                "numbers are milliseconds since 1970, and this one looks like microseconds"
            } else {
                "check the sender's clock and the offset from UTC"
            };
            let (now, ahead) =
                (Timestamp::from_millisecond(self.now).unwrap_or_default(), self.ahead_seconds);
            return node.refuse(
                "event_in_future",
                format!("{told} is more than {ahead} seconds after the host's {now}; {advice}"),
            );
        }
        Some(at)
    }
}

/// Reads an event, or says all that is wrong with it.
pub(super) fn event(row: &Value, clock: &Clock) -> Result<Sent, Problems> {
    let report = Report::of_new();
    let read = fields(report.root(row), clock);
    report.finish(read).map(|(sent, _)| sent)
}

fn fields(node: Node<'_, '_>, clock: &Clock) -> Option<Sent> {
    let event = node.object()?;
    let source = event.required("source").and_then(source);
    let id = event.required("id").and_then(Node::id);
    let kind = event.required("kind").and_then(kind);
    let at = event.required("at").and_then(instant).and_then(|(node, at)| clock.check(node, at));
    let payload = match event.field("payload") {
        None => Some("{}".to_owned()),
        Some(payload) => payload.object().map(|payload| payload.node().value().to_string()),
    };
    let whom = whom(&event);
    event.refuse_unknown();
    Some(Sent { source: source?, id: id?.into_owned(), whom: whom?, kind: kind?, at: at?, payload: payload? })
}

fn source(node: Node<'_, '_>) -> Option<String> {
    let source = node.id()?;
    if OWN_SOURCES.contains(&source.as_ref()) {
        return node.refuse(
            "reserved_source",
            format!("`{source}` is a source of the host itself; take another name"),
        );
    }
    Some(source.into_owned())
}

fn kind(node: Node<'_, '_>) -> Option<String> {
    let kind = node.name()?;
    if OWN_KINDS.iter().any(|own| kind.starts_with(own)) {
        return node.refuse(
            "reserved_kind",
            format!("`{kind}` is a kind that the host alone tells; take another name"),
        );
    }
    Some(kind.to_owned())
}

fn whom(event: &Object<'_, '_>) -> Option<Whom> {
    match (event.field("member"), event.field("visitor")) {
        (Some(member), None) => named(member).map(Whom::Member),
        (None, Some(visitor)) => visitor.id().map(|visitor| Whom::Visitor(visitor.into_owned())),
        (Some(_), Some(visitor)) => {
            visitor.refuse("one_of_both", "an event has a `member` or a `visitor`, not both")
        }
        (None, None) => event.node().refuse(
            "missing_field",
            r#"needs `member`, as {"id":"m-1"} or {"kind":"card","value":"77"}, or `visitor`"#,
        ),
    }
}
