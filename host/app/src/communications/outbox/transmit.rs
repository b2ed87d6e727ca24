//! Hands messages to providers, those of a limited channel each at its time, and takes what they answer as it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_with;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use senders::{Outcome, Outgoing};
use tokio::task::JoinSet;

use super::decide::Ready;
use super::waves::Wave;
use crate::communications::channels::Route;

/// How long answers are gathered, so that many are written together.
const GATHER: Duration = Duration::from_millis(20);

/// A message that was sent, with its outcome.
pub(super) type Sent = (Ready, Outcome);

/// Messages that are on the wire, and answers that are not written yet.
#[derive(Default)]
pub(super) struct Wire {
    sends: JoinSet<Vec<Sent>>,
    /// Calls that are under way, by channel.
    busy: BTreeMap<String, usize>,
    arrived: Vec<Sent>,
    /// When the first of these came.
    since: Option<Instant>,
}

impl Wire {
    /// Sends the messages of a wave: those of a channel without a limit in one call, the others one by one.
    pub(super) fn send(&mut self, wave: Wave<Ready>, is_limited: impl Fn(&str) -> bool) {
        for (channel, messages) in wave {
            if is_limited(&channel) {
                for (ready, at) in messages {
                    self.call(&channel, vec![ready], at);
                }
            } else {
                let ready = messages.into_iter().map(|(ready, _)| ready).collect();
                self.call(&channel, ready, Instant::now());
            }
        }
    }

    fn call(&mut self, channel: &str, ready: Vec<Ready>, at: Instant) {
        let Some(route) = ready.first().map(|ready| Arc::clone(&ready.route)) else { return };
        let under_way = self.busy.entry(channel.to_owned()).or_default();
        *under_way = under_way.saturating_add(1);
        self.sends.spawn(async move {
            tokio::time::sleep_until(at.into()).await;
            let outgoing: Vec<Outgoing> = ready.iter().map(|ready| ready.outgoing.clone()).collect();
            let outcomes = outcomes(&route, &outgoing).await;
            ready.into_iter().zip(outcomes.into_iter().chain(repeat_with(lost))).collect()
        });
    }

    /// The channels with messages on the wire.
    pub(super) fn busy(&self) -> BTreeSet<String> {
        if self.sends.is_empty() { BTreeSet::new() } else { self.busy.keys().cloned().collect() }
    }

    /// True if nothing is on the wire, and nothing is left to be written.
    pub(super) fn is_done(&self) -> bool {
        self.sends.is_empty() && self.arrived.is_empty()
    }

    /// The answers that are to be written now: all that have come, once the first of them has waited or no other is
    /// expected.
    pub(super) fn arrived(&mut self) -> Vec<Sent> {
        while let Some(sent) = self.sends.try_join_next() {
            self.take(sent.unwrap_or_default());
        }
        let is_time = self.since.is_some_and(|since| since.elapsed() >= GATHER);
        if is_time || self.sends.is_empty() {
            self.since = None;
            return std::mem::take(&mut self.arrived);
        }
        Vec::new()
    }

    /// Waits for an answer, for the time to write those that have come, or until an instant.
    pub(super) async fn wait(&mut self, until: Option<Instant>) {
        let written = self.since.and_then(|since| since.checked_add(GATHER));
        let until = until.into_iter().chain(written).min();
        let is_over = async {
            match until {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        let sent = tokio::select! {
            Some(sent) = self.sends.join_next() => sent,
            () = is_over => return,
        };
        // One that was cut off with its process has no answer; nobody cuts off a single one.
        self.take(sent.unwrap_or_default());
    }

    fn take(&mut self, sent: Vec<Sent>) {
        let Some(channel) = sent.first().map(|(ready, _)| ready.row.channel.clone()) else { return };
        let under_way = self.busy.get(&channel).copied().unwrap_or(0).saturating_sub(1);
        if under_way == 0 {
            self.busy.remove(&channel);
        } else {
            self.busy.insert(channel, under_way);
        }
        self.since.get_or_insert_with(Instant::now);
        self.arrived.extend(sent);
    }
}

/// The outcomes of messages, in their order. A fault of the host leaves them unknown: nobody can say how far it had come.
async fn outcomes(route: &Route, outgoing: &[Outgoing]) -> Vec<Outcome> {
    AssertUnwindSafe(route.send(outgoing)).catch_unwind().await.unwrap_or_default()
}

fn lost() -> Outcome {
    Outcome::Unknown { reason: "the provider's answer was lost".to_owned() }
}
