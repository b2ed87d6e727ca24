//! Events that were recorded, from a file or from the database of communications.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;

use communications::Event;
use communications::chains::EventOf;
use domain::audience::Value;
use serde_json::Value as Json;
use store::{Communications as Store, StoreError};

/// How much is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events.
    pub events: usize,
    /// Bytes of one line of a file.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 5_000_000, line_bytes: 1_048_576 }
    }
}

/// The database to read from.
pub type Database = Store;

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// A line of the file is not as it must be.
    #[error("line {line}: {what}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        what: String,
    },
    /// There are too many events.
    #[error("there are more than {0} events; take a shorter stretch of time, or a part of the members")]
    TooMany(usize),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the database has cannot be read.
    #[error("event {0} of the database cannot be read")]
    Damaged(i64),
}

/// A member of a recording.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) zone: Option<String>,
    pub(super) attributes: BTreeMap<String, Value>,
    /// Places of the member's events.
    pub(super) events: Vec<usize>,
}

/// Members and their events, in the order of time.
#[derive(Debug, Default)]
pub struct Recording {
    pub(super) members: Vec<Member>,
    pub(super) all: Vec<EventOf>,
}

impl Recording {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True if there is no event.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &EventOf> {
        self.all.iter()
    }

    fn finish(mut self) -> Self {
        self.all.sort_by_key(|event| event.event.at);
        for (place, event) in self.all.iter().enumerate() {
            let member = usize::try_from(event.member).ok().and_then(|member| self.members.get_mut(member));
            if let Some(member) = member {
                member.events.push(place);
            }
        }
        self
    }
}

/// Reads events, one a line, as `POST /v1/events` takes them, in any order. A line `{"member":{"id":…},"zone":…,
/// "attributes":{…}}` without a kind says what is known of a member.
pub fn from_lines(input: impl BufRead, limits: Limits) -> Result<Recording, NotRead> {
    let mut recording = Recording::default();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for (line, text) in (1_usize..).zip(input.lines()) {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        let wrong = |what: String| NotRead::Line { line, what };
        if text.len() > limits.line_bytes {
            return Err(wrong(format!("is longer than {} bytes", limits.line_bytes)));
        }
        let row = wire::json::parse(&text).map_err(|problems| {
            wrong(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let id = row.pointer("/member/id").and_then(Json::as_str);
        let Some(id) = id else {
            // What a visitor did who never said who it is belongs to no member.
            if row.get("visitor").is_some_and(Json::is_string) {
                continue;
            }
            return Err(wrong(
                "must have a member by its id, as {\"member\":{\"id\":\"m-1\"}}, or a visitor".to_owned(),
            ));
        };
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let member = *numbers.entry(id.to_owned()).or_insert(next);
        if member == next {
            recording.members.push(Member { id: id.to_owned(), ..Member::default() });
        }
        match row.get("kind").and_then(Json::as_str) {
            Some(kind) => {
                if recording.all.len() >= limits.events {
                    return Err(NotRead::TooMany(limits.events));
                }
                let at = row.get("at").and_then(instant).ok_or_else(|| {
                    wrong(
                        "at: must be a time such as 2026-11-22T10:15:00+03:00, or milliseconds since 1970"
                            .to_owned(),
                    )
                })?;
                let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
                let payload = row.get("payload").cloned().unwrap_or_default();
                let event = Event { kind: kind.to_owned(), at, payload };
                recording.all.push(EventOf { member, id: (text("source"), text("id")), event });
            }
            None => {
                let member =
                    usize::try_from(member).ok().and_then(|member| recording.members.get_mut(member));
                if let Some(member) = member {
                    describe(member, &row);
                }
            }
        }
    }
    Ok(recording.finish())
}

fn describe(member: &mut Member, row: &Json) {
    if let Some(zone) = row.get("zone").and_then(Json::as_str) {
        member.zone = Some(zone.to_owned());
    }
    let attributes = row.get("attributes").and_then(Json::as_object);
    for (name, value) in attributes.into_iter().flatten() {
        member.attributes.extend(wire::audience::value(value).map(|value| (name.clone(), value)));
    }
}

fn instant(value: &Json) -> Option<i64> {
    if let Some(text) = value.as_str() {
        return text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    }
    value.as_i64()
}

/// Events of one query.
const PAGE: i64 = 10_000;

/// Reads all events of members from the database of communications that happened before `to`.
pub async fn from_database(database: &Database, to: i64, limits: Limits) -> Result<Recording, NotRead> {
    let mut recording = Recording::default();
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    let mut after = 0;
    loop {
        let rows = database.events_after(after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for row in rows {
            let Some(number) = row.number.filter(|_| row.at < to && row.source != super::super::SOURCE)
            else {
                continue;
            };
            if recording.all.len() >= limits.events {
                return Err(NotRead::TooMany(limits.events));
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let member = *numbers.entry(number).or_insert(next);
            if member == next {
                recording.members.push(Member::default());
            }
            let payload = serde_json::from_str(&row.payload).map_err(|_| NotRead::Damaged(row.seq))?;
            let event = Event { kind: row.kind, at: row.at, payload };
            recording.all.push(EventOf { member, id: (row.source, row.id), event });
        }
    }
    let mut known: Vec<u32> = numbers.keys().copied().collect();
    known.sort_unstable();
    for part in known.chunks(1_000) {
        let mut of = |number: u32, change: &mut dyn FnMut(&mut Member)| {
            let place = numbers.get(&number).and_then(|place| usize::try_from(*place).ok());
            if let Some(member) = place.and_then(|place| recording.members.get_mut(place)) {
                change(member);
            }
        };
        for member in database.members_of(part).await? {
            of(member.number, &mut |known| known.id.clone_from(&member.member_id));
        }
        let facts = database.known_segment_members(part).await?;
        for member in facts.members {
            of(member.number, &mut |known| known.zone = Some(member.zone.clone()));
        }
        for attribute in facts.attributes {
            let value =
                wire::json::parse(&attribute.value).ok().and_then(|value| wire::audience::value(&value));
            of(attribute.number, &mut |known| {
                known.attributes.extend(value.clone().map(|value| (attribute.name.clone(), value)));
            });
        }
    }
    Ok(recording.finish())
}
