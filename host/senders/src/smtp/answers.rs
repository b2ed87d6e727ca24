//! The meaning of a server's answers.
//!
//! Codes are of RFC 5321, the finer ones (`5.1.1`) of RFC 3463 and its registry.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Severity;

use crate::{Outcome, RefusedKind};

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Connecting, greeting, TLS.
    Connect,
    /// Signing in.
    SignIn,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, before anything of the mail.
    Data,
    /// After the mail.
    Content,
}

/// Usual waits in milliseconds: after a lost connection, after a 4xx answer, after a full mailbox.
const LOST_MS: i64 = 30_000;
const BUSY_MS: i64 = 300_000;
const FULL_MS: i64 = 3_600_000;

/// The meaning of an error at a step. One after the mail, without an answer, leaves open whether the server has it.
pub(super) fn outcome(step: Step, error: &Error) -> Outcome {
    let text = text(error);
    let reason = format!("{} {text}", place(step));
    match error.status().map(|code| code.severity) {
        Some(Severity::TransientNegativeCompletion) => Outcome::later(wait(&text), reason),
        Some(_) => permanent(step, error, &text, reason),
        None if step == Step::Content => Outcome::unknown(reason),
        None => Outcome::later(LOST_MS, reason),
    }
}

fn permanent(step: Step, error: &Error, text: &str, reason: String) -> Outcome {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let kind = match (step, enhanced(text), code.as_str()) {
        (_, Some((7, 8 | 9 | 11)), _) | (_, _, "530" | "534" | "535" | "538") => RefusedKind::Auth,
        (Step::Connect | Step::SignIn, _, _) => RefusedKind::Auth,
        // The sender's own address is not let in.
        (Step::Sender, Some((1, 7 | 8)), _) => RefusedKind::Auth,
        // Over quota is the mailbox's state, not a missing mailbox.
        (_, Some((2, 2)), _) => return Outcome::later(FULL_MS, reason),
        (_, Some((2, 3) | (3, 4)), _) => RefusedKind::Content,
        (Step::Recipient | Step::Content, Some((1, 1..=6 | 10) | (2, 1)), _) => RefusedKind::Address,
        // Too many mails, by this sender or on this day.
        (_, Some((4, _)), _) | (_, _, "452") => return Outcome::later(BUSY_MS, reason),
        (Step::Sender, None, "552") => RefusedKind::Content,
        (Step::Sender, None, _) => RefusedKind::Auth,
        // 550, 551 and 553 about a recipient, without a finer code, are about its address.
        (Step::Recipient, None, "550" | "551" | "553") if !is_about_others(text) => RefusedKind::Address,
        _ => RefusedKind::Content,
    };
    Outcome::refused(kind, reason)
}

/// Words of refusals that older servers answer with 550 and no finer code, and that are about the mail, its sender or this
/// host. An address that is suppressed for a fault of ours is lost, one of a mailbox that is gone is tried once more.
const ABOUT_OTHERS: [&str; 34] = [
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
    "block list",
    "listed",
    "policy",
    "relay",
    "reputation",
    "denied",
    "spf",
    "dkim",
    "dmarc",
    "sender",
    "from address",
    "authentic",
    "not authorized",
    "unauthorized",
    "not permitted",
    "not allowed",
    "prohibited",
    "helo",
    "client host",
    "reverse",
    "ptr record",
    "your ip",
    "ip address",
    "too many",
    "rate limit",
    "limit exceeded",
    "quota",
    "full",
    "try again",
    "temporar",
];

fn is_about_others(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ABOUT_OTHERS.iter().any(|word| text.contains(word))
}

fn wait(text: &str) -> i64 {
    if enhanced(text) == Some((2, 2)) { FULL_MS } else { BUSY_MS }
}

/// Subject and detail of the finer code that an answer begins with: (1, 1) of `5.1.1 no such user`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let mut codes = words.filter_map(|word| {
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = parts.next().is_none() && matches!(class, "4" | "5");
        let finer = plain.then_some((subject, detail)).filter(|(a, b)| a.len() <= 3 && b.len() <= 3)?;
        Some((finer.0.parse().ok()?, finer.1.parse().ok()?))
    });
    codes.next()
}

/// The error with its cause, which has the server's words.
fn text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

fn place(step: Step) -> &'static str {
    match step {
        Step::Connect => "connecting:",
        Step::SignIn => "signing in:",
        Step::Sender => "at MAIL FROM:",
        Step::Recipient => "at RCPT TO:",
        Step::Data => "at DATA:",
        Step::Content => "after the mail:",
    }
}

/// No answer in time: before the mail the server has nothing, after it nobody can say.
pub(super) fn timed_out(step: Step) -> Outcome {
    let reason = format!("{} no answer in time", place(step));
    if step == Step::Content { Outcome::unknown(reason) } else { Outcome::later(LOST_MS, reason) }
}

/// The connection could not be made.
pub(super) fn unreachable(reason: String) -> Outcome {
    Outcome::later(LOST_MS, reason)
}
