//! Effects of steps on the database of tills: points, coupon codes, personal offers and attributes. Each is asked for under
//! the key of its effect, so that it is done once, however often a process is killed in between.

use communications::chains::{EFFECT_DONE, EFFECT_FAILED, Span};
use domain::decimal::parse_scaled;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use store::{ChainEffect, GrantPoints, Granted, Idempotent, MemberRow, NewEvent, Subject, Validity};

use super::outcome::AWAITED;
use super::{SOURCE, personal};
use crate::communications::people;
use crate::communications::workers::Step;
use crate::coupons::codes;
use crate::error::Error;
use crate::state::App;

/// Effects of one step.
const BATCH: i64 = 200;
/// The caller in whose name the calls are made.
const CALLER: &str = "chains";
/// Pause before an effect that failed is tried again; doubled each time.
const FIRST_PAUSE_MS: i64 = 1_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// Codes of errors after which an effect is tried again: the pool may be filled, the offer run again or become known to this
/// node, the merger become known.
const LATER: [&str; 3] = ["coupon_pool_empty", "offer_not_running", "unknown_member"];

/// Does what is due.
pub(super) async fn step(app: &App) -> Result<Step, Error> {
    let now = app.communications.now_ms().await?;
    let due = app.communications.effects_due(now, BATCH).await?;
    if due.is_empty() {
        return Ok(Step::Idle);
    }
    for effect in due {
        let decided = decide(app, effect, now).await?;
        // If it was decided by another meanwhile, that one did the same under the same key.
        app.communications.note_effect(&decided, &told(&decided, now), now).await?;
    }
    Ok(Step::Worked)
}

/// The word of what became of an effect, if its run goes on by that.
pub(super) fn told(effect: &ChainEffect, now: i64) -> Vec<NewEvent> {
    if effect.next_at.is_some() || !is_awaited(effect) {
        return Vec::new();
    }
    let kind = if effect.state == "done" { EFFECT_DONE } else { EFFECT_FAILED };
    let payload = json!({
        "cause": effect.id, "chain": effect.chain, "effect": effect.kind, "reason": effect.reason,
    });
    vec![event(effect, "fate", kind, &payload, now)]
}

/// True if a run goes on by what becomes of an effect.
pub(super) fn is_awaited(effect: &ChainEffect) -> bool {
    let payload = serde_json::from_str::<Value>(&effect.payload).unwrap_or_default();
    payload.get(AWAITED).is_some()
}

/// An event about an effect. Its id makes it one, also if the process is killed before the effect is noted as done.
fn event(effect: &ChainEffect, id: &str, kind: &str, payload: &Value, now: i64) -> NewEvent {
    NewEvent {
        source: SOURCE.to_owned(),
        id: format!("{}/{id}", effect.id),
        subject: Subject::Number(effect.number),
        kind: kind.to_owned(),
        at: now,
        received_at: now,
        payload: payload.to_string(),
    }
}

/// The pause after an attempt that failed.
pub(super) fn pause_ms(attempts: i64) -> i64 {
    let doubled = 2_i64.saturating_pow(u32::try_from(attempts.clamp(0, 20)).unwrap_or(0));
    FIRST_PAUSE_MS.saturating_mul(doubled).min(LONGEST_PAUSE_MS)
}

async fn decide(app: &App, mut effect: ChainEffect, now: i64) -> Result<ChainEffect, Error> {
    if now > effect.too_late_after {
        return Ok(ended(effect, "late", "too_late"));
    }
    effect.attempts = effect.attempts.saturating_add(1);
    match perform(app, &effect, now).await {
        Ok(()) => Ok(ended(effect, "done", "")),
        Err(error) => {
            let again = matches!(error, Error::Unavailable | Error::Overloaded | Error::Internal);
            let again = again || LATER.contains(&error.code());
            if !again || effect.attempts >= app.config.communications.chain_effect_attempts {
                tracing::warn!(effect = effect.id, %error, "an effect of a chain is given up");
                return Ok(ended(effect, "failed", error.code()));
            }
            error.code().clone_into(&mut effect.reason);
            effect.next_at = Some(now.saturating_add(pause_ms(effect.attempts)));
            Ok(effect)
        }
    }
}

/// Writes the end of an effect into it.
pub(super) fn ended(mut effect: ChainEffect, state: &str, reason: &str) -> ChainEffect {
    state.clone_into(&mut effect.state);
    reason.clone_into(&mut effect.reason);
    effect.next_at = None;
    effect
}

async fn perform(app: &App, effect: &ChainEffect, now: i64) -> Result<(), Error> {
    let damaged = || Error::damaged(&format!("effect {}", effect.id));
    let payload: Value = serde_json::from_str(&effect.payload).map_err(|_| damaged())?;
    let members = people::of(app, &[effect.number]).await?;
    let member = members.first().ok_or_else(|| Error::Unknown {
        code: "unknown_member",
        what: format!("member with the number {}", effect.number),
    })?;
    let key = Idempotent {
        caller: CALLER.to_owned(),
        key: effect.id.clone(),
        fingerprint: format!("{}/{}", effect.kind, member.id),
    };
    match effect.kind.as_str() {
        "coupon" => {
            let pool = payload.get("pool").and_then(Value::as_str).ok_or_else(damaged)?;
            codes::issue(app, pool, &json!({ "member_id": member.id }), Some(key)).await?;
            Ok(())
        }
        "personal_offer" => {
            let told = personal::give(app, effect, &payload, member).await?;
            let event = event(effect, "offer", "personal_offer_given", &told, now);
            app.communications.append_events(&[event]).await?;
            Ok(())
        }
        "attribute" | "tag" => attribute(app, effect, &payload, &member.id).await,
        "points" => points(app, effect, &payload, &member.id, &member.zone, key, now).await,
        _ => Err(damaged()),
    }
}

/// Sets an attribute, or removes it: doing that again changes nothing.
async fn attribute(app: &App, effect: &ChainEffect, payload: &Value, member_id: &str) -> Result<(), Error> {
    let damaged = || Error::damaged(&format!("effect {}", effect.id));
    let name = payload.get("name").and_then(Value::as_str).ok_or_else(damaged)?;
    let value = payload.get("value").filter(|value| !value.is_null());
    let defined = app.store.attribute(name).await?;
    let defined = defined.ok_or_else(|| Error::Unknown {
        code: "unknown_attribute",
        what: format!("attribute `{name}`; define it first"),
    })?;
    if let Some(value) = value {
        wire::attribute::check(&defined.kind, value)
            .map_err(|problem| Error::State { code: "wrong_attribute_value", detail: problem.to_string() })?;
    }
    let attributes = vec![(name.to_owned(), value.map(Value::to_string))];
    let row = MemberRow { id: member_id.to_owned(), profile: None, attributes };
    app.store.write_members(&[row], app.store.now().await?).await?;
    Ok(())
}

async fn points(
    app: &App,
    effect: &ChainEffect,
    payload: &Value,
    member_id: &str,
    zone: &TimeZone,
    key: Idempotent,
    now: i64,
) -> Result<(), Error> {
    let damaged = || Error::damaged(&format!("effect {}", effect.id));
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let amount = text("points").ok_or_else(damaged)?;
    let scale = app.live.load().active.plan.scales().points;
    let points = parse_scaled(amount, scale).map_err(|_| Error::State {
        code: "too_many_decimals",
        detail: format!("{amount} points have more decimals than points have ({scale})"),
    })?;
    let at = app.store.now().await?;
    let seconds_after = |name: &str| -> Result<Option<i64>, Error> {
        let Some(text) = text(name) else { return Ok(None) };
        let span: Span = text.parse().map_err(|_| damaged())?;
        Ok(Some(span.after(at.saturating_mul(1_000), zone).div_euclid(1_000)))
    };
    let validity = Validity {
        active_from: seconds_after("active_after")?.unwrap_or(at),
        expires_at: seconds_after("expires_after")?,
    };
    let grant = GrantPoints { member_id: member_id.to_owned(), points, validity, key, at };
    if app.store.grant_points(&grant).await? == Granted::NoMember {
        return Err(Error::Unknown { code: "unknown_member", what: format!("member `{member_id}`") });
    }
    let payload = json!({ "points": points.to_string(), "chain": effect.chain });
    let event = event(effect, "points", "points_accrued", &payload, now);
    app.communications.append_events(&[event]).await?;
    Ok(())
}
