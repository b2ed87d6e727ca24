//! Webhooks of chains: calls that tell another system of a member, by channels of kind `http`, under their guard, limits,
//! secrets and rules. A call is taken durably before it is made, and no other process makes it meanwhile; one that was cut off
//! is made again under the same key. Each channel has so many calls under way and no more, so that one that hangs holds up
//! neither the others nor any step of a chain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use senders::{Notice, Outcome, RefusedKind};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{ChainEffect, RateLimit, RateSlots};

use super::effects::{ended, is_awaited, pause_ms, told};
use crate::communications::channels::{self, Route};
use crate::communications::people;
use crate::communications::profile::time;
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// How long after its longest time a call that was taken may be made again, in milliseconds.
const SLACK_MS: i64 = 10_000;
/// How far ahead times of a limit are taken.
const AHEAD_MS: i64 = 250;

/// The calls that a process has under way, by channel.
#[derive(Debug, Clone, Default)]
pub struct Webhooks {
    under_way: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// A place among the calls of a channel; free again once it is dropped.
struct Place {
    channel: String,
    under_way: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = under_way.get_mut(&self.channel) {
            *calls = calls.saturating_sub(1);
        }
    }
}

impl Webhooks {
    /// Begins the calls that are due and have a place.
    pub async fn step(self, app: App) -> Result<Step, Error> {
        let now = app.communications.now_ms().await?;
        let mut step = Step::Idle;
        for channel in app.communications.channels_of_webhooks(now).await? {
            if self.begin(&app, &channel, now).await? > 0 {
                step = Step::Worked;
            }
        }
        Ok(step)
    }

    /// Begins calls of a channel; returns how many.
    async fn begin(&self, app: &App, channel: &str, now: i64) -> Result<usize, Error> {
        let free = app.config.communications.webhook_calls.saturating_sub(self.calls(channel));
        if free == 0 {
            return Ok(0);
        }
        let route = channels::route(app, channel).await?;
        let slots = match route.as_ref().and_then(|route| route.per_1000_seconds) {
            None => RateSlots { count: free, wait_us: 0, every_us: 0 },
            Some(per_1000_seconds) => {
                let limit = RateLimit { name: format!("channel/{channel}"), per_1000_seconds };
                app.communications.take_slots(&[limit], free, AHEAD_MS).await?
            }
        };
        let most = i64::try_from(slots.count.min(free)).unwrap_or(0);
        if most == 0 {
            return Ok(0);
        }
        let longest = route.as_ref().map_or(0, |route| route.timeout_ms());
        let until = now.saturating_add(longest).saturating_add(AHEAD_MS).saturating_add(SLACK_MS);
        let taken = app.communications.take_webhooks(channel, now, until, most).await?;
        let begun = taken.len();
        for (number, effect) in taken.into_iter().enumerate() {
            let (place, app, route) = (self.place(channel), app.clone(), route.clone());
            let after = slots.every_us.saturating_mul(i64::try_from(number).unwrap_or(0));
            let after =
                Duration::from_micros(u64::try_from(slots.wait_us.saturating_add(after)).unwrap_or(0));
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let id = effect.id.clone();
                if let Err(error) = make(&app, route.as_deref(), effect).await {
                    tracing::warn!(id, %error, "a webhook is made again");
                }
                drop(place);
                app.hint.give();
            });
        }
        Ok(begun)
    }

    fn calls(&self, channel: &str) -> usize {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.get(channel).copied().unwrap_or(0)
    }

    fn place(&self, channel: &str) -> Place {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = under_way.entry(channel.to_owned()).or_default();
        *calls = calls.saturating_add(1);
        Place { channel: channel.to_owned(), under_way: Arc::clone(&self.under_way) }
    }
}

/// Makes a call that was taken, and writes what became of it.
async fn make(app: &App, route: Option<&Route>, effect: ChainEffect) -> Result<(), Error> {
    let now = app.communications.now_ms().await?;
    let decided = if now > effect.too_late_after {
        ended(effect, "late", "too_late")
    } else {
        let outcome = call(app, route, &effect).await?;
        let now = app.communications.now_ms().await?;
        decide(effect, outcome, app.config.communications.webhook_attempts, now)
    };
    let now = app.communications.now_ms().await?;
    app.communications.note_effect(&decided, &told(&decided, now), now).await?;
    Ok(())
}

/// Calls; the error is a reason for which no call can be made, now or ever.
async fn call(
    app: &App,
    route: Option<&Route>,
    effect: &ChainEffect,
) -> Result<Result<Outcome, &'static str>, Error> {
    let Some(route) = route else { return Ok(Err("unknown_channel")) };
    let members = people::of(app, &[effect.number]).await?;
    let Some(member) = members.first() else {
        let reason = "the member is not known to the tills".to_owned();
        return Ok(Ok(Outcome::Later { after_ms: 0, reason }));
    };
    let notice = notice(effect, &member.id)?;
    Ok(route.tell(&notice).await.ok_or("webhook_needs_http"))
}

/// The call of an effect, the same at each attempt.
fn notice(effect: &ChainEffect, member: &str) -> Result<Notice, Error> {
    let damaged = || Error::damaged(&format!("effect {}", effect.id));
    let payload: Value = serde_json::from_str(&effect.payload).map_err(|_| damaged())?;
    let of = |name: &str| payload.get(name).cloned().unwrap_or_default();
    let key = hex::encode(Sha256::digest(&effect.id));
    let at = payload.get("at").and_then(Value::as_i64).and_then(time);
    let body = json!({
        "id": key, "chain": effect.chain, "run": of("run"), "node": of("node"), "at": at,
        "member_id": member, "event": of("event"), "body": of("body"),
    });
    Ok(Notice { key, member: member.to_owned(), body })
}

/// The next state of an effect after a call.
fn decide(
    mut effect: ChainEffect,
    outcome: Result<Outcome, &'static str>,
    most: i64,
    now: i64,
) -> ChainEffect {
    let given_up = |effect: ChainEffect, reason: &str| {
        // Without a way to go on by, it is a letter that nobody has taken.
        let state = if is_awaited(&effect) { "failed" } else { "dead" };
        ended(effect, state, reason)
    };
    // The other side tells a repeated call by its key: what nobody can say is asked again.
    let (reason, words, after_ms) = match outcome {
        Ok(Outcome::Accepted { .. }) => return ended(effect, "done", ""),
        Ok(Outcome::Refused { kind: RefusedKind::Content | RefusedKind::Address, reason }) => {
            tracing::warn!(effect = effect.id, reason, "a webhook was refused");
            return given_up(effect, "webhook_refused");
        }
        Ok(Outcome::Refused { reason, .. }) => ("webhook_refused", reason, 0),
        Ok(Outcome::Later { after_ms, reason }) => ("webhook_put_off", reason, after_ms),
        Ok(Outcome::Unknown { reason }) => ("webhook_unanswered", reason, 0),
        Err(reason) => return given_up(effect, reason),
    };
    if effect.attempts >= most {
        tracing::warn!(effect = effect.id, words, attempts = effect.attempts, "a webhook is given up");
        return given_up(effect, reason);
    }
    reason.clone_into(&mut effect.reason);
    effect.next_at = Some(now.saturating_add(pause_ms(effect.attempts).max(after_ms)));
    effect
}
