//! Messages on a random channel, as an experiment: channels are its arms.

use std::collections::BTreeMap;

use super::NONE;
use super::members::Members;
use super::sends::{Send, Sends};
use crate::refused::Refused;
use ::channel::Book;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Messages that were drawn from the same channels.
pub(super) struct Random<'a> {
    sends: &'a Sends,
    members: &'a Members,
    /// Places of the channels, rising; the most frequent choice of them. Empty if nothing was drawn.
    pub(super) set: Vec<usize>,
}

/// A table of text.
pub(super) struct Csv {
    pub(super) heading: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl<'a> Random<'a> {
    /// The choice of channels from which most messages were drawn.
    pub(super) fn of(sends: &'a Sends, members: &'a Members) -> Self {
        let mut counts: BTreeMap<&[usize], usize> = BTreeMap::new();
        let drawn = sends.all.iter().filter(|send| send.drawn_from.len() > 1);
        for send in drawn.filter(|send| members.place(send.member).is_some()) {
            *counts.entry(&send.drawn_from).or_default() += 1;
        }
        // The first of equally frequent ones.
        let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
        Self { sends, members, set: most.map(|(set, _)| set.to_vec()).unwrap_or_default() }
    }

    fn is_drawn(&self, send: &Send) -> bool {
        !self.set.is_empty() && send.drawn_from == self.set && self.members.place(send.member).is_some()
    }

    /// Each channel with the number of its messages.
    pub(super) fn counts(&self) -> Vec<(&'a str, usize)> {
        let sent = |channel: usize| self.drawn().filter(|send| send.channel == channel).count();
        self.set.iter().map(|channel| (self.name(*channel), sent(*channel))).collect()
    }

    fn drawn(&self) -> impl Iterator<Item = &'a Send> {
        self.sends.all.iter().filter(move |send| self.is_drawn(send))
    }

    pub(super) fn name(&self, channel: usize) -> &'a str {
        self.sends.channels.get(channel).map_or("", String::as_str)
    }

    /// The channel that others are held against: no message, or the one that costs least.
    pub(super) fn control(&self) -> &'a str {
        let cost = |channel: &usize| {
            let costs: Vec<u64> = self
                .drawn()
                .filter(|send| send.channel == *channel)
                .map(|send| u64::from(send.message.cost))
                .collect();
            let count = u64::try_from(costs.len()).unwrap_or(1).max(1);
            // In thousandths of a minor unit.
            (self.name(*channel) != NONE, costs.iter().sum::<u64>().saturating_mul(1_000) / count)
        };
        self.set.iter().min_by_key(|channel| cost(channel)).map_or("", |channel| self.name(*channel))
    }

    /// The experiment, a row for each message, and the rows of all members as they are after the last message. `net` is
    /// what came of a message, as a decimal; features of a message are of the time `window` days before it, so that
    /// nothing it led to is among them.
    ///
    /// # Errors
    ///
    /// None that reading would not have refused.
    pub(super) fn tables(&self, window: u32, net: impl Fn(&Send) -> String) -> Result<(Csv, Csv), Refused> {
        let mut known = self.members.empty_book(self.sends)?;
        let mut earlier = self.sends.all.iter().peekable();
        let mut rows = Vec::new();
        for send in self.drawn() {
            while let Some(old) = earlier.next_if(|old| old.time + i64::from(window) * DAY <= send.time) {
                self.add(&mut known, old);
            }
            let Some(member) = self.members.place(send.member) else { continue };
            let own = [
                (rows.len() + 1).to_string(),
                self.members.names.get(member).cloned().unwrap_or_default(),
                self.name(send.channel).to_owned(),
                net(send),
            ];
            rows.push(own.into_iter().chain(self.features(member, &known)).collect::<Vec<_>>());
        }
        earlier.for_each(|old| self.add(&mut known, old));
        let own = ["row", "member", "channel", "net"].map(str::to_owned);
        let experiment = Csv { heading: own.into_iter().chain(self.names()).collect(), rows };
        let members = self.members.names.iter().enumerate();
        let rows = members.map(|(member, name)| {
            std::iter::once(name.clone()).chain(self.features(member, &known)).collect()
        });
        let heading = std::iter::once("row".to_owned()).chain(self.names()).collect();
        let seen = Csv { heading, rows: rows.collect() };
        Ok((experiment, seen))
    }

    fn add(&self, book: &mut Book, send: &Send) {
        if let Some(member) = self.members.place(send.member) {
            book.add(member, send.channel, &send.message);
        }
    }

    /// Names of the features.
    fn names(&self) -> Vec<String> {
        let history = self
            .sends
            .channels
            .iter()
            .flat_map(|name| [format!("{name}: messages"), format!("{name}: answers")]);
        let own = self.members.features.iter().map(|(name, _)| name.clone());
        std::iter::once("segment".to_owned()).chain(own).chain(history).collect()
    }

    /// The features of a member by what is in a book.
    fn features(&self, member: usize, book: &Book) -> Vec<String> {
        let segment = self.members.segment_of.get(member).map(|place| usize::from(*place));
        let segment = segment.and_then(|place| self.members.segments.get(place)).cloned().unwrap_or_default();
        let own =
            self.members.features.iter().map(|(_, values)| values.get(member).cloned().unwrap_or_default());
        let history = (0..self.sends.channels.len()).flat_map(|channel| {
            let sent = book.sent(member, channel);
            [sent.sends.to_string(), sent.answers.to_string()]
        });
        std::iter::once(segment).chain(own).chain(history).collect()
    }
}

impl Csv {
    /// Names of the columns from a place on that do not have the same value in all rows.
    pub(super) fn varying(&self, from: usize) -> Vec<String> {
        let varies = |place: usize| {
            let first = self.rows.first().and_then(|row| row.get(place));
            self.rows.iter().any(|row| row.get(place) != first)
        };
        let columns = self.heading.iter().enumerate().skip(from);
        columns.filter(|(place, _)| varies(*place)).map(|(_, name)| name.clone()).collect()
    }

    pub(super) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.heading)?;
        self.rows.iter().try_for_each(|row| writer.write_record(row))?;
        Ok(writer.into_inner()?)
    }
}
