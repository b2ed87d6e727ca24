//! Channels, links of messages, and what comes back of messages.

use std::collections::BTreeMap;

use super::{Backend, Communications};
use crate::{ChannelRow, HitRow, InAppMessage, JudgedHits, MessageLinks, NewReceipt, StoreFuture};

impl Communications {
    /// The channel with this name.
    pub fn channel<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<ChannelRow>> {
        on_backend!(self, channel(name))
    }

    /// All channels by their names.
    pub fn channels(&self) -> StoreFuture<'_, Vec<ChannelRow>> {
        on_backend!(self, channels())
    }

    /// Puts a channel, with secrets to set. Those that are not in `kept` are removed. Returns its version.
    pub fn put_channel<'a>(
        &'a self,
        channel: &'a ChannelRow,
        set: &'a [(String, String)],
        kept: &'a [String],
    ) -> StoreFuture<'a, i64> {
        on_backend!(self, put_channel(channel, set, kept))
    }

    /// The secrets of a channel that are stored, by name.
    pub fn channel_secrets<'a>(&'a self, channel: &'a str) -> StoreFuture<'a, Vec<(String, String)>> {
        on_backend!(self, channel_secrets(channel))
    }

    /// Takes from what a channel may send on a day, counted in days since 1970. Returns how many of those wanted.
    pub fn take_of_day<'a>(
        &'a self,
        channel: &'a str,
        day: i64,
        wanted: i64,
        most: i64,
    ) -> StoreFuture<'a, i64> {
        on_backend!(self, take_of_day(channel, day, wanted, most))
    }

    /// How many messages of those that a channel may send on a day were taken.
    pub fn sent_of_day<'a>(&'a self, channel: &'a str, day: i64) -> StoreFuture<'a, i64> {
        on_backend!(self, sent_of_day(channel, day))
    }

    /// The keys of links, the latest first; `new` becomes the first one if there is none.
    pub fn link_keys<'a>(&'a self, new: &'a str, at: i64) -> StoreFuture<'a, Vec<String>> {
        on_backend!(self, link_keys(new, at))
    }

    /// Keeps where links of messages lead; what is there stays.
    pub fn add_links<'a>(&'a self, links: &'a [MessageLinks]) -> StoreFuture<'a, ()> {
        on_backend!(self, add_links(links))
    }

    /// Where the links of a message lead.
    pub fn links_of<'a>(&'a self, message_id: &'a str) -> StoreFuture<'a, Option<MessageLinks>> {
        on_backend!(self, links_of(message_id))
    }

    /// Notes a request for a link or picture; no more than `most` of a message.
    pub fn note_hit<'a>(&'a self, hit: &'a HitRow, most: i64) -> StoreFuture<'a, ()> {
        on_backend!(self, note_hit(hit, most))
    }

    /// Messages with hits that are to be judged, at most `most`.
    pub fn messages_to_judge(&self, now: i64, most: i64) -> StoreFuture<'_, Vec<String>> {
        on_backend!(self, messages_to_judge(now, most))
    }

    /// The hits of a message by time.
    pub fn hits_of<'a>(&'a self, message_id: &'a str) -> StoreFuture<'a, Vec<HitRow>> {
        on_backend!(self, hits_of(message_id))
    }

    /// Writes what hits turned out to be.
    pub fn write_judged<'a>(&'a self, judged: &'a JudgedHits) -> StoreFuture<'a, ()> {
        on_backend!(self, write_judged(judged))
    }

    /// Takes a report. False if one with its id was taken before, and then nothing changes.
    pub fn take_receipt<'a>(&'a self, receipt: &'a NewReceipt) -> StoreFuture<'a, bool> {
        on_backend!(self, take_receipt(receipt))
    }

    /// True if a report with this id was taken from a channel.
    pub fn has_receipt<'a>(&'a self, channel: &'a str, id: &'a str) -> StoreFuture<'a, bool> {
        on_backend!(self, has_receipt(channel, id))
    }

    /// The most severe status that was reported of a message, with its reason.
    pub fn message_status<'a>(&'a self, message_id: &'a str) -> StoreFuture<'a, Option<(String, String)>> {
        on_backend!(self, message_status(message_id))
    }

    /// The most severe statuses that were reported of a member's messages, by the message's id, at most `most`, the latest.
    pub fn statuses_of(&self, number: u32, most: i64) -> StoreFuture<'_, BTreeMap<String, String>> {
        on_backend!(self, statuses_of(number, most))
    }

    /// Puts messages that members read in an app; those that are there stay.
    pub fn put_in_app<'a>(&'a self, messages: &'a [InAppMessage]) -> StoreFuture<'a, ()> {
        on_backend!(self, put_in_app(messages))
    }

    /// Messages of a member in an app that are shown at an instant, sent before another, at most `most`, the latest first.
    pub fn in_app_of(
        &self,
        number: u32,
        now: i64,
        before: i64,
        most: i64,
    ) -> StoreFuture<'_, Vec<InAppMessage>> {
        on_backend!(self, in_app_of(number, now, before, most))
    }

    /// Marks a member's message as read; the first time counts. None if the member has no such message, else whether this
    /// was the first time.
    pub fn read_in_app<'a>(
        &'a self,
        number: u32,
        message_id: &'a str,
        at: i64,
    ) -> StoreFuture<'a, Option<bool>> {
        on_backend!(self, read_in_app(number, message_id, at))
    }

    /// Removes links, hits, reports and messages in apps from before an instant, at most `most` of each. Returns how many.
    pub fn sweep_channels(&self, before: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, sweep_channels(before, most))
    }
}
