//! All that is known of the members of a batch at the time of sending, read at once.

use std::collections::{BTreeMap, BTreeSet};

use communications::policy::{Consent, Rival, SentBefore};
use communications::{MemberNumber, Profile};
use domain::offer::ControlGroup;
use store::{MessageRow, SuppressionRow};

use super::recipients;
use crate::communications::{channels, consents, suppressions};
use crate::error::Error;
use crate::state::App;

/// The kind of cause that mailings are.
const MAILING: &str = "mailing";
/// The kind of cause that chains are, and how their queues begin.
const CHAIN: &str = "chain";
/// How long messages of a chain wait at most for what it gives, in milliseconds.
const GIFTS_MS: i64 = 600_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What is known of the members of a batch.
pub(super) struct Known {
    pub(super) people: BTreeMap<u32, Profile>,
    pub(super) consents: BTreeMap<u32, Vec<Consent>>,
    suppressions: Vec<SuppressionRow>,
    /// Members whom nothing that advertises reaches.
    pub(super) universal: ControlGroup,
    /// Names of the channels that speak on receipts.
    pub(super) receipts: BTreeSet<String>,
    /// Other messages of the members, by number.
    history: BTreeMap<i64, Vec<MessageRow>>,
    /// The queues that are looked at.
    open: BTreeSet<String>,
    /// Members and queues of chains that have just given something which is not there yet.
    gifts: BTreeSet<(i64, String)>,
}

impl Known {
    /// Reads what is known of the members of some messages. `kinds` are the kinds of contacts that their channels use.
    pub(super) async fn read(
        app: &App,
        rows: &[MessageRow],
        kinds: &BTreeSet<String>,
        now: i64,
    ) -> Result<Self, Error> {
        let numbers: BTreeSet<u32> = rows.iter().filter_map(|row| u32::try_from(row.number).ok()).collect();
        let numbers: Vec<u32> = numbers.into_iter().collect();
        let people = recipients::by_number(app, &numbers).await?;
        let mut digests = Vec::new();
        for profile in people.values() {
            for kind in kinds {
                digests.extend(recipients::address(profile, kind).map(|to| suppressions::digest(kind, to)));
            }
        }
        let suppressions = app.communications.suppressions_of(&numbers, &digests).await?;
        let consents = consents::of_members(app, &numbers).await?;
        let history = history(app, rows, now).await?;
        let universal = app.config.communications.control_group();
        let receipts = channels::at_the_till(app).await?;
        let gifts = gifts(app, rows, now).await?;
        let open = if history.is_empty() { Vec::new() } else { app.communications.open_queues().await? };
        let open = open.into_iter().map(|queue| queue.queue).collect();
        Ok(Self { people, consents, suppressions, universal, receipts, history, open, gifts })
    }

    /// The suppressions of a member and its address.
    pub(super) fn suppressions<'a>(
        &'a self,
        MemberNumber(number): MemberNumber,
        digest: Option<&'a str>,
    ) -> impl Iterator<Item = &'a SuppressionRow> {
        self.suppressions.iter().filter(move |row| {
            row.number == Some(number) || (digest.is_some() && row.digest.as_deref() == digest)
        })
    }

    /// Marketing messages that the member has had, or may have had.
    pub(super) fn sent(&self, number: i64) -> Vec<SentBefore> {
        let had = self.others(number).filter(|row| {
            row.category == "marketing" && ["sent", "unknown", "attempting"].contains(&row.state.as_str())
        });
        had.map(|row| SentBefore {
            channel: row.channel.clone(),
            topic: row.topic.clone(),
            at: row.sent_at.unwrap_or(row.changed_at),
        })
        .collect()
    }

    /// Marketing messages to the member that wait in open queues: nobody knows when a paused mailing goes on.
    pub(super) fn rivals(&self, number: i64) -> Vec<Rival> {
        let waiting =
            self.others(number).filter(|row| row.category == "marketing" && self.open.contains(&row.queue));
        waiting
            .filter_map(|row| {
                Some(Rival {
                    id: row.id.clone(),
                    channel: row.channel.clone(),
                    topic: row.topic.clone(),
                    priority: row.priority,
                    due: row.next_at?,
                })
            })
            .collect()
    }

    /// True if the member has the same thing by another message of its mailing, or gets it by one that goes first: members
    /// were merged after both had been planned. Of two that wait the one with the smaller id goes, so that both sides see
    /// it alike.
    pub(super) fn is_twin(&self, row: &MessageRow) -> bool {
        let has_it = |other: &&MessageRow| match other.state.as_str() {
            "attempting" | "sent" | "unknown" => true,
            "planned" | "held" => other.id < row.id,
            _ => false,
        };
        let is_same = |other: &&MessageRow| {
            (&other.cause, &other.channel) == (&row.cause, &row.channel) && other.id != row.id
        };
        row.cause_kind == MAILING && self.others(row.number).filter(is_same).any(|other| has_it(&other))
    }

    /// True if a chain has just given the member something that the message may tell of, and that is not there yet.
    pub(super) fn is_too_early(&self, row: &MessageRow) -> bool {
        !self.gifts.is_empty() && self.gifts.contains(&(row.number, row.queue.clone()))
    }

    fn others(&self, number: i64) -> impl Iterator<Item = &MessageRow> {
        self.history.get(&number).into_iter().flatten()
    }
}

/// Effects of chains on the members of some of their messages that nobody has tried to write yet: points, codes,
/// offers. If that takes long, nothing waits for it.
async fn gifts(app: &App, rows: &[MessageRow], now: i64) -> Result<BTreeSet<(i64, String)>, Error> {
    let of_chains = rows.iter().filter(|row| row.cause_kind == CHAIN);
    let numbers: Vec<i64> = of_chains.map(|row| row.number).collect();
    let found = app.communications.untried_effects(&numbers, now.saturating_sub(GIFTS_MS)).await?;
    Ok(found.into_iter().map(|(number, chain)| (number, format!("{CHAIN}/{chain}"))).collect())
}

/// Messages of the members as far back as caps reach; only of those with a twin if there are no caps.
async fn history(app: &App, rows: &[MessageRow], now: i64) -> Result<BTreeMap<i64, Vec<MessageRow>>, Error> {
    let caps = &app.config.communications.frequency_caps;
    let days = caps.iter().map(|cap| i64::from(cap.days)).max();
    let mut wanted: BTreeSet<i64> = BTreeSet::new();
    if days.is_some() {
        wanted.extend(rows.iter().map(|row| row.number));
    } else {
        let mut of_mailings: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.cause_kind == MAILING) {
            of_mailings.entry(&row.cause).or_default().push(row.number);
        }
        for (cause, numbers) in of_mailings {
            wanted.extend(app.communications.members_with_several(cause, &numbers).await?);
        }
    }
    let mut history: BTreeMap<i64, Vec<MessageRow>> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(history);
    }
    // What was planned long ago may have been sent lately: twice the days of caps, and a month at least.
    let back = days.unwrap_or(0).saturating_mul(2).max(31).saturating_mul(DAY_MS);
    let numbers: Vec<i64> = wanted.into_iter().collect();
    let open: BTreeSet<String> =
        app.communications.open_queues().await?.into_iter().map(|queue| queue.queue).collect();
    for row in app.communications.messages_of_members(&numbers, now.saturating_sub(back)).await? {
        // Messages of a paused queue take nobody's place.
        if row.next_at.is_some() && !open.contains(&row.queue) {
            continue;
        }
        history.entry(row.number).or_default().push(row);
    }
    Ok(history)
}
