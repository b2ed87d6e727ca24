//! The section `communications`: events of members, and what is said to them.

use communications::policy::Cap;
use domain::decimal::{parse, parse_scaled};
use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde::Deserialize;
use store::{Communications as Store, Options};

/// Communications, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Communications {
    pub database: String,
    pub feed_rows: i64,
    pub feed_every_ms: u64,
    pub events_per_call: usize,
    pub events_bytes: usize,
    pub event_bytes: usize,
    pub event_behind_days: i64,
    pub event_ahead_seconds: i64,
    pub events_days: i64,
    pub profile_events: i64,
    pub public_url: String,
    pub templates: i64,
    pub templates_compiled: usize,
    pub render_steps: u64,
    pub render_bytes: usize,
    pub promise_price: String,
    pub surveys: i64,
    pub survey_days: i64,
    pub segments: usize,
    pub segment_conditions: usize,
    pub segment_depth: usize,
    pub segment_round_minutes: u64,
    pub segment_preview_ms: u64,
    pub segment_wait_ms: u64,
    pub segment_offers_seconds: u64,
    pub rfm_days: i64,
    pub channels: usize,
    pub secrets_folder: String,
    pub hidden_links: bool,
    pub judge_after_ms: i64,
    pub hits_per_message: i64,
    pub links_days: i64,
    pub messages_days: i64,
    pub send_workers: usize,
    pub send_batch: i64,
    pub send_every_ms: u64,
    pub send_lease_ms: u64,
    pub send_attempts: i64,
    pub lag_seconds: i64,
    pub till_messages: usize,
    pub till_messages_waiting: i64,
    pub till_message_characters: usize,
    pub till_message_days: i64,
    pub dry_run_members: usize,
    pub priority_window_seconds: i64,
    pub frequency_caps: Vec<Cap>,
    pub control_percent: String,
    pub control_salt: String,
    pub chains: usize,
    pub chain_batch: i64,
    pub chain_every_ms: u64,
    pub chain_days_seconds: u64,
    pub chain_lease_ms: i64,
    pub chain_steps_days: i64,
    pub chain_effect_attempts: i64,
    pub chain_visitor_minutes: i64,
    pub chain_offer_items: usize,
    pub webhook_attempts: i64,
    pub webhook_calls: usize,
}

/// The longest that events are kept, or may be late: a century.
const DAYS_MAX: i64 = 36_500;

/// The shortest lease of lanes: a worker must be able to renew it.
const LEASE_MIN_MS: u64 = 200;
/// The most messages of one batch: each of their statements has a limit of values.
const BATCH_MAX: i64 = 2_000;

/// The most milliseconds that a call waits for members to be worked in: callers give up after some time.
const SEGMENT_WAIT_MAX_MS: u64 = 20_000;

/// The largest universal control group, in hundredths of a percent.
const CONTROL_MAX: i64 = 5_000;

/// Minor units of a price that cannot be read in the scale of the currency.
const MINOR_UNITS: i64 = 10_000;

impl Communications {
    /// How the service opens its database, which lies beside that of tills unless a setting says otherwise.
    pub fn options(&self, tills: Options) -> Options {
        let url = match self.database.as_str() {
            "" => Store::url_beside(&tills.url),
            url => url.to_owned(),
        };
        Options { url, ..tills }
    }

    /// The price of a unit of goods, in minor units, where promises ask for one that nobody knows.
    pub fn promise_price(&self, places: u32) -> i64 {
        parse_scaled(&self.promise_price, places).unwrap_or(MINOR_UNITS)
    }

    /// The universal control group: members whom nothing that advertises reaches. Nobody is in it at 0 %.
    pub fn control_group(&self) -> ControlGroup {
        let percent = control_percent(&self.control_percent).unwrap_or_default();
        ControlGroup { percent: Percent(percent), salt: self.control_salt.clone() }
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let positive = [
            ("feed_rows", self.feed_rows),
            ("feed_every_ms", i64::try_from(self.feed_every_ms).unwrap_or(i64::MAX)),
            ("events_per_call", i64::try_from(self.events_per_call).unwrap_or(i64::MAX)),
            ("events_bytes", i64::try_from(self.events_bytes).unwrap_or(i64::MAX)),
            ("event_bytes", i64::try_from(self.event_bytes).unwrap_or(i64::MAX)),
            ("event_behind_days", self.event_behind_days),
            ("profile_events", self.profile_events),
            ("templates", self.templates),
            ("surveys", self.surveys),
            ("survey_days", self.survey_days),
            ("templates_compiled", i64::try_from(self.templates_compiled).unwrap_or(i64::MAX)),
            ("render_steps", i64::try_from(self.render_steps).unwrap_or(i64::MAX)),
            ("render_bytes", i64::try_from(self.render_bytes).unwrap_or(i64::MAX)),
            ("segments", whole(self.segments)),
            ("segment_conditions", whole(self.segment_conditions)),
            ("segment_depth", whole(self.segment_depth)),
            ("segment_round_minutes", i64::try_from(self.segment_round_minutes).unwrap_or(i64::MAX)),
            ("segment_preview_ms", i64::try_from(self.segment_preview_ms).unwrap_or(i64::MAX)),
            ("segment_wait_ms", i64::try_from(self.segment_wait_ms).unwrap_or(i64::MAX)),
            ("segment_offers_seconds", i64::try_from(self.segment_offers_seconds).unwrap_or(i64::MAX)),
            ("rfm_days", self.rfm_days),
            ("channels", whole(self.channels)),
            ("judge_after_ms", self.judge_after_ms),
            ("hits_per_message", self.hits_per_message),
            ("links_days", self.links_days),
            ("messages_days", self.messages_days),
            ("send_workers", whole(self.send_workers)),
            ("send_batch", self.send_batch),
            ("send_every_ms", i64::try_from(self.send_every_ms).unwrap_or(i64::MAX)),
            ("send_attempts", self.send_attempts),
            ("lag_seconds", self.lag_seconds),
            ("till_messages", whole(self.till_messages)),
            ("till_messages_waiting", self.till_messages_waiting),
            ("till_message_characters", whole(self.till_message_characters)),
            ("till_message_days", self.till_message_days),
            ("dry_run_members", whole(self.dry_run_members)),
            ("priority_window_seconds", self.priority_window_seconds),
            ("chains", i64::try_from(self.chains).unwrap_or(i64::MAX)),
            ("chain_batch", self.chain_batch),
            ("chain_every_ms", i64::try_from(self.chain_every_ms).unwrap_or(i64::MAX)),
            ("chain_days_seconds", i64::try_from(self.chain_days_seconds).unwrap_or(i64::MAX)),
            ("chain_lease_ms", self.chain_lease_ms),
            ("chain_steps_days", self.chain_steps_days),
            ("chain_effect_attempts", self.chain_effect_attempts),
            ("chain_visitor_minutes", self.chain_visitor_minutes),
            ("chain_offer_items", whole(self.chain_offer_items)),
            ("webhook_attempts", self.webhook_attempts),
            ("webhook_calls", whole(self.webhook_calls)),
        ];
        if !parse(&self.promise_price).is_ok_and(|price| price > rust_decimal::Decimal::ZERO) {
            problems.push("communications.promise_price: must be an amount above 0, as text".to_owned());
        }
        if control_percent(&self.control_percent).is_none() {
            let detail = "must be a percentage from 0 to 50 as text, such as \"5\" or \"2.5\"";
            problems.push(format!("communications.control_percent: {detail}"));
        }
        if self.control_salt.is_empty() {
            problems.push("communications.control_salt: must not be empty".to_owned());
        }
        if !self.public_url.is_empty() && !wire::web_address::is_one(&self.public_url) {
            let expected = wire::web_address::expected();
            problems.push(format!("communications.public_url: must be empty, or {expected}"));
        }
        if self.send_lease_ms < LEASE_MIN_MS {
            problems.push(format!("communications.send_lease_ms: must be at least {LEASE_MIN_MS}"));
        }
        if self.segment_wait_ms > SEGMENT_WAIT_MAX_MS {
            problems.push(format!("communications.segment_wait_ms: must be at most {SEGMENT_WAIT_MAX_MS}"));
        }
        if self.send_batch > BATCH_MAX {
            problems.push(format!("communications.send_batch: must be at most {BATCH_MAX}"));
        }
        if self.frequency_caps.iter().any(|cap| cap.messages < 1 || cap.days < 1) {
            problems.push("communications.frequency_caps: messages and days must be above 0".to_owned());
        }
        for (key, value) in positive {
            if value < 1 {
                problems.push(format!("communications.{key}: must be above 0"));
            }
        }
        for (key, value) in
            [("event_ahead_seconds", self.event_ahead_seconds), ("events_days", self.events_days)]
        {
            if value < 0 {
                problems.push(format!("communications.{key}: must be at least 0"));
            }
        }
        for (key, days) in [("event_behind_days", self.event_behind_days), ("events_days", self.events_days)]
        {
            if days > DAYS_MAX {
                problems.push(format!("communications.{key}: must be at most {DAYS_MAX}"));
            }
        }
        problems
    }
}

/// Hundredths of a percent; none if it is no share that a control group may have.
fn control_percent(text: &str) -> Option<i32> {
    let percent = parse_scaled(text, 2).ok().filter(|percent| (0..=CONTROL_MAX).contains(percent))?;
    i32::try_from(percent).ok()
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
