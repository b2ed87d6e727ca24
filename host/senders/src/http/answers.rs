//! The meaning of a provider's answers.

use serde_json::Value;

use super::account::{HttpAccount, Meaning, Rule, Test};
use crate::{Outcome, RefusedKind};

/// Usual waits in milliseconds: after "too many", after a failure of the provider. The longest that a provider may ask for.
const BUSY_MS: i64 = 10_000;
const DOWN_MS: i64 = 60_000;
const WAIT_MAX_MS: i64 = 86_400_000;

/// An answer of a provider.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Milliseconds that `Retry-After` asks to wait.
    pub(super) retry_after_ms: Option<i64>,
    pub(super) body: Vec<u8>,
}

/// The meaning of an answer: by the account's rules, then by its status.
pub(super) fn outcome(account: &HttpAccount, answer: &Answer) -> Outcome {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let matches = |rule: &&Rule| {
        rule.status.is_none_or(|status| status == answer.status)
            && rule.test.as_ref().is_none_or(|test| passes(test, body.as_ref()))
    };
    if let Some(rule) = account.rules.iter().find(matches) {
        return by_rule(account, rule, answer, body.as_ref());
    }
    if !(200..300).contains(&answer.status) {
        return by_status(account, answer, body.as_ref());
    }
    let reads_body = account.accepted.is_some() || account.rules.iter().any(|rule| rule.test.is_some());
    if body.is_none() && reads_body {
        return Outcome::unknown(format!("answered {} with something that is not JSON", answer.status));
    }
    match &account.accepted {
        Some(test) if !passes(test, body.as_ref()) => {
            let words = words(account, None, body.as_ref());
            Outcome::unknown(format!("answered {}, and no rule says what it means{words}", answer.status))
        }
        _ => accepted(account, body.as_ref()),
    }
}

fn accepted(account: &HttpAccount, body: Option<&Value>) -> Outcome {
    let found = account.id.as_deref().and_then(|id| body?.pointer(id));
    let provider_id = found.and_then(|id| match id {
        Value::String(text) => Some(text.chars().take(200).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    Outcome::Accepted { provider_id }
}

fn by_rule(account: &HttpAccount, rule: &Rule, answer: &Answer, body: Option<&Value>) -> Outcome {
    let reason = format!("answered {}{}", answer.status, words(account, rule.reason.as_deref(), body));
    match rule.means {
        Meaning::Accepted => accepted(account, body),
        Meaning::Later => Outcome::later(wait(answer, rule.after_ms.unwrap_or(BUSY_MS)), reason),
        Meaning::Refused(kind) => Outcome::refused(kind, reason),
        Meaning::Unknown => Outcome::unknown(reason),
    }
}

/// By the status alone. It never says that the address is wrong: a wrong payload or path is answered with the same 400
/// or 404, and good addresses would be lost for it.
fn by_status(account: &HttpAccount, answer: &Answer, body: Option<&Value>) -> Outcome {
    let reason = format!("answered {}{}", answer.status, words(account, None, body));
    match answer.status {
        429 => Outcome::later(wait(answer, BUSY_MS), reason),
        503 => Outcome::later(wait(answer, DOWN_MS), reason),
        300..=399 => {
            Outcome::refused(RefusedKind::Auth, format!("{reason}: a redirect, which is not followed"))
        }
        401 | 403 | 407 => Outcome::refused(RefusedKind::Auth, reason),
        402 => Outcome::refused(RefusedKind::Quota, reason),
        408 | 500..=599 if account.idempotent => Outcome::later(wait(answer, DOWN_MS), reason),
        408 | 500..=599 => Outcome::unknown(reason),
        _ => Outcome::refused(RefusedKind::Content, reason),
    }
}

fn wait(answer: &Answer, usual: i64) -> i64 {
    answer.retry_after_ms.unwrap_or(usual).clamp(1, WAIT_MAX_MS)
}

fn passes(test: &Test, body: Option<&Value>) -> bool {
    let Some(found) = body.and_then(|body| body.pointer(&test.at)) else { return false };
    let same = |wanted: &Value| match (wanted.as_str(), found.as_str()) {
        (Some(wanted), Some(found)) => wanted.eq_ignore_ascii_case(found),
        _ => wanted == found,
    };
    if test.one_of.is_empty() { !found.is_null() } else { test.one_of.iter().any(same) }
}

/// The provider's words, from where a rule says, or from where providers usually put them.
fn words(account: &HttpAccount, place: Option<&str>, body: Option<&Value>) -> String {
    let usual =
        ["/error/message", "/error/description", "/error", "/message", "/description", "/errors/0/message"];
    let places =
        place.into_iter().chain(account.rules.iter().filter_map(|rule| rule.reason.as_deref())).chain(usual);
    let mut found = places.filter_map(|place| body?.pointer(place)?.as_str());
    found.next().map(|text| format!(": {text}")).unwrap_or_default()
}
