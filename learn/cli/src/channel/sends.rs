//! What was sent, and what came of it.

use std::collections::BTreeSet;
use std::path::Path;

use ::channel::{MOST_CHANNELS, Message};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::input::number::Decimal;
use crate::input::table::{Column, Table};
use crate::refused::{Refused, refuse};

const COLUMNS: [&str; 10] = [
    "member",
    "channel",
    "time",
    "campaign",
    "cost",
    "delivered",
    "opened",
    "clicked",
    "unsubscribed",
    "value",
];

/// What separates channels in one field.
pub(super) const BETWEEN: char = '|';

/// A message of a member.
pub(super) struct Send {
    /// Place in [`Sends::members`].
    pub(super) member: usize,
    /// Place in [`Sends::channels`].
    pub(super) channel: usize,
    /// Seconds since 1970.
    pub(super) time: i64,
    pub(super) message: Message,
    /// Places of the channels that this one was drawn from, each with the same probability; rising, and empty if it
    /// was not drawn.
    pub(super) drawn_from: Vec<usize>,
}

/// All messages, in the order of time.
pub(super) struct Sends {
    pub(super) file: String,
    pub(super) sha256: String,
    /// Names, rising.
    pub(super) channels: Vec<String>,
    /// Names, rising.
    pub(super) members: Vec<String>,
    pub(super) campaigns: usize,
    pub(super) all: Vec<Send>,
}

impl Sends {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// What [`Table::read`] refuses; a value that is not as it must be; too many channels.
    pub(super) fn read(path: &Path, random: bool) -> Result<Self, Refused> {
        let names = COLUMNS.into_iter().chain(random.then_some("drawn_from"));
        let table = Table::read(path, &names.map(str::to_owned).collect::<Vec<_>>())?;
        let columns = Columns(&table);
        let channels = columns.names("channel")?;
        if channels.len() > MOST_CHANNELS {
            refuse!(
                "{}, column \"channel\": {} different channels; at most {MOST_CHANNELS} can be compared",
                table.file,
                channels.len()
            );
        }
        let members = columns.names("member")?;
        let campaigns = columns.names("campaign")?.len();
        let mut all: Vec<Send> = table.lines.iter().map(|_| Send::new()).collect();
        columns.fill(&mut all, "member", |send, text| {
            send.member = place(&members, text);
            Ok(())
        })?;
        columns.fill(&mut all, "channel", |send, text| {
            send.channel = place(&channels, text);
            Ok(())
        })?;
        columns.fill(&mut all, "time", |send, text| seconds(text).map(|time| send.time = time))?;
        columns.fill(&mut all, "cost", |send, text| cents(text).map(|cost| send.message.cost = cost))?;
        columns.fill(&mut all, "value", |send, text| cents(text).map(|value| send.message.value = value))?;
        columns
            .fill(&mut all, "delivered", |send, text| flag(text).map(|yes| send.message.delivered = yes))?;
        columns.fill(&mut all, "opened", |send, text| {
            follows(send, text).map(|yes| send.message.opened = yes)
        })?;
        columns.fill(&mut all, "clicked", |send, text| {
            follows(send, text).map(|yes| send.message.clicked = yes)
        })?;
        columns.fill(&mut all, "unsubscribed", |send, text| {
            follows(send, text).map(|yes| send.message.unsubscribed = yes)
        })?;
        columns.fill(&mut all, "drawn_from", |send, text| {
            drawn_from(text, send.channel, &channels).map(|places| send.drawn_from = places)
        })?;
        // Stable: messages of the same time stay in the order of the file.
        all.sort_by_key(|send| send.time);
        Ok(Self { file: table.file.clone(), sha256: table.sha256.clone(), channels, members, campaigns, all })
    }
}

impl Send {
    fn new() -> Self {
        Self { member: 0, channel: 0, time: 0, message: Message::default(), drawn_from: Vec::new() }
    }
}

/// The columns of the file.
struct Columns<'a>(&'a Table);

impl Columns<'_> {
    fn column(&self, name: &str) -> Option<&Column> {
        self.0.columns.iter().find(|column| column.name == name)
    }

    /// Gives each value of a column to its message.
    fn fill(
        &self,
        sends: &mut [Send],
        name: &str,
        mut each: impl FnMut(&mut Send, &str) -> Result<(), String>,
    ) -> Result<(), Refused> {
        let Some(column) = self.column(name) else { return Ok(()) };
        for ((row, send), text) in sends.iter_mut().enumerate().zip(column.values()) {
            each(send, text.trim())
                .map_err(|wrong| Refused(format!("{}, column \"{name}\": {wrong}", self.0.at(row))))?;
        }
        Ok(())
    }

    /// All names of a column.
    fn names(&self, name: &str) -> Result<Vec<String>, Refused> {
        let Some(column) = self.column(name) else { return Ok(Vec::new()) };
        let mut names = BTreeSet::new();
        for (row, text) in column.values().enumerate() {
            let text = text.trim();
            if text.is_empty() {
                refuse!("{}, column \"{name}\": the {name} is missing", self.0.at(row));
            }
            if text.contains(BETWEEN) && name == "channel" {
                refuse!(
                    "{}, column \"{name}\": \"{text}\" has a {BETWEEN}, which separates channels",
                    self.0.at(row)
                );
            }
            names.insert(text);
        }
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

/// Place of a name that is there.
fn place(names: &[String], name: &str) -> usize {
    names.binary_search_by(|known| known.as_str().cmp(name)).unwrap_or_default()
}

fn seconds(text: &str) -> Result<i64, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp());
    }
    for format in ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(time.and_utc().timestamp());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = date.and_then(|date| date.and_hms_opt(0, 0, 0));
    midnight
        .map(|time| time.and_utc().timestamp())
        .ok_or_else(|| format!("\"{text}\" is no time such as 2026-03-01T10:15:00Z or 2026-03-01"))
}

/// A sum of money in hundredths.
fn cents(text: &str) -> Result<u32, String> {
    let number = Decimal::parse(text).ok_or_else(|| format!("\"{text}\" is not a number"))?;
    if number.digits() > 2 {
        return Err(format!("{text} has more than two decimals"));
    }
    let cents = number.scaled(2).and_then(|cents| u32::try_from(cents).ok());
    cents.ok_or_else(|| format!("{text} is not from 0 to 42949672.95"))
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "0" | "false" => Ok(false),
        "1" | "true" => Ok(true),
        _ => Err(format!("\"{text}\" is neither 0 nor 1")),
    }
}

/// What can only happen to a message that was delivered.
fn follows(send: &Send, text: &str) -> Result<bool, String> {
    let yes = flag(text)?;
    if yes && !send.message.delivered {
        return Err("1, though the message was not delivered".to_owned());
    }
    Ok(yes)
}

fn drawn_from(text: &str, channel: usize, channels: &[String]) -> Result<Vec<usize>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut places = Vec::new();
    for name in text.split(BETWEEN).map(str::trim) {
        let found = channels.binary_search_by(|known| known.as_str().cmp(name));
        places.push(found.map_err(|_| format!("\"{name}\" of \"{text}\" is the channel of no message"))?);
    }
    places.sort_unstable();
    let count = places.len();
    places.dedup();
    if places.len() < count {
        return Err(format!("\"{text}\" has a channel twice"));
    }
    if places.binary_search(&channel).is_err() {
        return Err(format!("the channel of the message is not among \"{text}\""));
    }
    Ok(places)
}
