//! All that is known of the members of a batch at the time of sending, read at once.

use std::collections::{BTreeMap, BTreeSet};

use communications::policy::{Consent, Rival, SentBefore};
use communications::{MemberNumber, Profile};
use store::{MessageRow, SuppressionRow};

use super::recipients;
use crate::communications::{consents, suppressions};
use crate::error::Error;
use crate::state::App;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What is known of the members of a batch.
pub(super) struct Known {
    pub(super) people: BTreeMap<u32, Profile>,
    pub(super) consents: BTreeMap<u32, Vec<Consent>>,
    suppressions: Vec<SuppressionRow>,
    /// Other messages of the members, by number.
    history: BTreeMap<i64, Vec<MessageRow>>,
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
        let history = history(app, rows, &people, now).await?;
        Ok(Self { people, consents, suppressions, history })
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

    /// Marketing messages to the member that wait.
    pub(super) fn rivals(&self, number: i64) -> Vec<Rival> {
        let waiting = self.others(number).filter(|row| row.category == "marketing");
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

    /// True if the member gets the same thing by another message: members were merged after both had been planned.
    pub(super) fn is_twin(&self, row: &MessageRow) -> bool {
        self.others(row.number).any(|other| {
            (&other.cause, &other.channel) == (&row.cause, &row.channel)
                && other.id < row.id
                && !["skipped", "failed", "dead", "ghost"].contains(&other.state.as_str())
        })
    }

    fn others(&self, number: i64) -> impl Iterator<Item = &MessageRow> {
        self.history.get(&number).into_iter().flatten()
    }
}

/// Messages of the members as far back as caps reach; only of those with a twin if there are no caps.
async fn history(
    app: &App,
    rows: &[MessageRow],
    people: &BTreeMap<u32, Profile>,
    now: i64,
) -> Result<BTreeMap<i64, Vec<MessageRow>>, Error> {
    let caps = &app.config.communications.frequency_caps;
    let days = caps.iter().map(|cap| i64::from(cap.days)).max();
    let is_moved = |row: &&MessageRow| {
        let id = u32::try_from(row.number)
            .ok()
            .and_then(|number| people.get(&number))
            .map(|profile| communications::mailing::message_id(&row.cause, &profile.id, &row.channel));
        row.cause_kind == "mailing" && id.is_some_and(|id| id != row.id)
    };
    let wanted: BTreeSet<i64> =
        rows.iter().filter(|row| days.is_some() || is_moved(row)).map(|row| row.number).collect();
    let mut history: BTreeMap<i64, Vec<MessageRow>> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(history);
    }
    // What was planned long ago may have been sent lately: twice the days of caps, and a month at least.
    let back = days.unwrap_or(0).saturating_mul(2).max(31).saturating_mul(DAY_MS);
    let numbers: Vec<i64> = wanted.into_iter().collect();
    for row in app.communications.messages_of_members(&numbers, now.saturating_sub(back)).await? {
        history.entry(row.number).or_default().push(row);
    }
    Ok(history)
}
