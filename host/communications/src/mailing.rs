//! A mailing: one message to many members. Who it is for, when each of them gets it, in which variant, and who is left
//! out to measure what it does.

pub mod audience;
mod document;
mod fields;

pub use document::parse;
pub use fields::Problem;

use domain::offer::ControlGroup;
use domain::sample::drawn;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::local_time;
use crate::policy::Category;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// Characters of the id of a message.
const ID_CHARS: usize = 32;

/// A mailing, as it was defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// Name of the template, of the variants that name none.
    pub template: String,
    /// Name of the channel.
    pub channel: String,
    /// Whom it is for.
    pub audience: Audience,
    /// When it goes out.
    pub schedule: Schedule,
    /// What it is for. Advertising is sent at most once: if nobody knows whether it went out, it is not sent again.
    pub category: Category,
    /// The topic that consents are about; empty if there is none.
    pub topic: String,
    /// Among messages that compete, a higher one goes first.
    pub priority: i64,
    /// Messages a second at most, on all nodes together.
    pub throttle_per_second: Option<i64>,
    /// Minutes after its time at which a message is too late to be sent.
    pub too_late_after_minutes: i64,
    /// A/B variants; empty if everybody gets the same.
    pub variants: Vec<Variant>,
    /// Members who get nothing, as ghosts.
    pub control_group: Option<ControlGroup>,
    /// Days after a message in which a purchase may be credited to it.
    pub attribution_days: i64,
}

/// Whom a mailing is for. Whoever is in several of its parts gets one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// All members.
    All,
    /// The members of at least one of these segments.
    Segments(Vec<String>),
    /// The members of whom a rule holds, as a segment's rule is written.
    Rule(Value),
    /// The members to whom this offer was promised by messages, as long as that has not ended.
    Promised(String),
}

/// When a mailing goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// As soon as it is started.
    AtOnce,
    /// At an instant, in milliseconds since 1970.
    At(i64),
    /// At a time on each member's own clock.
    Local(DateTime),
}

/// One of several forms of a mailing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name, in statistics.
    pub name: String,
    /// Its part of the members, compared with the shares of the other variants.
    pub share: i64,
    /// Its template, if it is not that of the mailing.
    pub template: Option<String>,
}

/// When a message may go out, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub not_before: i64,
    /// From here on it is too late.
    pub too_late_after: i64,
}

impl Mailing {
    /// When the message to a member may go out. A local time that the member's clock skips is the one right after the gap,
    /// one that it shows twice is the first of them.
    pub fn window(&self, zone: &TimeZone, started_at: i64) -> Window {
        let wanted = match self.schedule {
            Schedule::AtOnce => started_at,
            Schedule::At(at) => at,
            Schedule::Local(local) => {
                let on = |date| local_time::instant(date, local.time(), zone);
                // A date that the zone leaves out is the one after it.
                let next = || on(local.date().tomorrow().ok()?);
                on(local.date()).or_else(next).unwrap_or(started_at)
            }
        };
        let late = self.too_late_after_minutes.saturating_mul(MINUTE_MS);
        Window { not_before: wanted, too_late_after: wanted.saturating_add(late) }
    }

    /// The variant that a member gets: always the same one, whatever else is true of the member.
    pub fn variant(&self, name: &str, member: &str) -> Option<&Variant> {
        let total: i64 = self.variants.iter().map(|variant| variant.share).sum();
        let drawn = drawn(&["variant", name, member], usize::try_from(total).ok()?)?;
        let mut below = i64::try_from(drawn).ok()?;
        self.variants.iter().find(|variant| {
            below = below.saturating_sub(variant.share);
            below < 0
        })
    }

    /// The template of a member's variant.
    pub fn template_of<'a>(&'a self, variant: Option<&'a Variant>) -> &'a str {
        variant.and_then(|variant| variant.template.as_deref()).unwrap_or(&self.template)
    }

    /// All templates that it uses, each once.
    pub fn templates(&self) -> Vec<&str> {
        let mut names: Vec<&str> = if self.variants.is_empty() {
            vec![&self.template]
        } else {
            self.variants.iter().map(|variant| self.template_of(Some(variant))).collect()
        };
        names.sort_unstable();
        names.dedup();
        names
    }

    /// True if the member is in the control group, and so gets nothing.
    pub fn is_control(&self, member: &str) -> bool {
        self.control_group.as_ref().is_some_and(|group| group.contains(member))
    }
}

/// The name of a category, as rows of messages have it.
pub fn category_name(category: Category) -> &'static str {
    match category {
        Category::Marketing => "marketing",
        Category::Transactional => "transactional",
    }
}

/// The cause of the messages of a mailing, which is also the queue that they wait in.
pub fn cause(name: &str) -> String {
    format!("mailing/{name}")
}

/// The id of a message: a function of its cause, the member and the channel, so that planning it again finds it.
pub fn message_id(cause: &str, member: &str, channel: &str) -> String {
    let mut hash = Sha256::new();
    for part in [cause, member, channel] {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = hex::encode(hash.finalize());
    id.truncate(ID_CHARS);
    id
}

/// Milliseconds to wait before an attempt is repeated: doubled for each one before, at most an hour, and spread by up to
/// a quarter, so that messages that failed together do not come back together. Depends on nothing but its arguments.
pub fn retry_after_ms(id: &str, attempts: i64, asked_ms: i64) -> i64 {
    const FIRST_MS: i64 = 1_000;
    const MOST_MS: i64 = 3_600_000;
    let doublings = u32::try_from(attempts.clamp(1, 20).saturating_sub(1)).unwrap_or(0);
    let wait = FIRST_MS.saturating_mul(2_i64.saturating_pow(doublings)).min(MOST_MS).max(asked_ms);
    let spread = usize::try_from(wait.div_euclid(4)).unwrap_or(0);
    let attempt = attempts.to_string();
    let jitter = drawn(&["retry", id, &attempt], spread).and_then(|jitter| i64::try_from(jitter).ok());
    wait.saturating_add(jitter.unwrap_or(0))
}
