//! The meaning of a server's code and words for a mailbox.
//!
//! Codes are of RFC 3463 and its registry; where servers use one for another purpose, their words decide.

use crate::receipts::Report;

/// Words that mean a mailbox or domain that does not exist.
const MISSING: [&str; 34] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "user not found",
    "recipient not found",
    "recipientnotfound",
    "mailbox not found",
    "does not exist",
    "doesn't exist",
    "not exist",
    "unknown recipient",
    "invalid recipient",
    "invalid mailbox",
    "mailbox unavailable",
    "no mailbox here",
    "unrouteable address",
    "address rejected",
    "recipient rejected",
    "not a valid",
    "unknown or illegal alias",
    "account is disabled",
    "account has been disabled",
    "account disabled",
    "mailbox disabled",
    "inactive",
    "host not found",
    "domain not found",
    "host or domain name not found",
    "bad destination",
    "нет такого",
    "не существует",
    "пользователь не найден",
];

/// Words that mean a state that passes.
const PASSING: [&str; 14] = [
    "quota",
    "mailbox full",
    "mailbox is full",
    "mailfolder is full",
    "insufficient",
    "out of storage",
    "try again",
    "temporar",
    "timed out",
    "timeout",
    "too busy",
    "expired",
    "greylist",
    "переполнен",
];

/// Words that mean the message or its sender.
const CONTENT: [&str; 31] = [
    "sender",
    "helo",
    "client host",
    "reverse dns",
    "reverse hostname",
    "authentic",
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
    "block list",
    "policy",
    "dmarc",
    "spf",
    "dkim",
    "reputation",
    "virus",
    "malware",
    "too large",
    "too big",
    "size limit",
    "content rejected",
    "listed",
    "rbl",
    "dnsbl",
    "phish",
    "unsolicited",
    "bulk",
    "not authorized",
    "relay",
    "suspicious",
];

/// The meaning of a failed delivery.
pub(super) fn of(code: Option<&str>, words: &str) -> Report {
    let words = words.to_lowercase();
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let mut parts = code.unwrap_or_default().split('.').map(|part| part.parse::<u16>().unwrap_or_default());
    let (class, subject, detail) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    match (class, subject, detail) {
        // It was tried until it was given up.
        (4, ..) => Report::SoftBounced,
        (_, 2, 2) | (_, 4, 6 | 7) | (_, 3, 1 | 2) => Report::SoftBounced,
        // The sender's own address.
        (_, 1, 7 | 8) => Report::Rejected,
        (5, 1, 1..=6 | 10) | (5, 2, 1) | (5, 4, 4) => Report::HardBounced,
        (_, 2, 3) | (_, 3, 4) | (_, 6, _) => Report::Rejected,
        // Policy, unless the words are about a missing mailbox and nothing else.
        (_, 7, _) if has(&MISSING) && !has(&CONTENT) => Report::HardBounced,
        (_, 7, _) => Report::Rejected,
        _ if has(&["quota", "mailbox full", "mailbox is full", "переполнен"]) => {
            Report::SoftBounced
        }
        _ if has(&CONTENT) => Report::Rejected,
        _ if has(&MISSING) => Report::HardBounced,
        _ if has(&PASSING) => Report::SoftBounced,
        (5, 1, _) => Report::HardBounced,
        // Without a word that is known, the mailbox gets the benefit of the doubt.
        _ => Report::SoftBounced,
    }
}

/// The first code of a text: `5.1.1` of `550 5.1.1 no such user`, or `5.0.0` of `550 no such user`.
pub(super) fn code_in(text: &str) -> Option<String> {
    let words = || text.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    let finer = words().map(|word| word.trim_end_matches('.')).find(|word| is_code(word));
    finer.map(str::to_owned).or_else(|| {
        let basic = words().find(|word| {
            let mut digits = word.bytes();
            let first = matches!(digits.next(), Some(b'4' | b'5'));
            word.len() == 3 && first && matches!(digits.next(), Some(b'0'..=b'5')) && !word.contains('.')
        })?;
        Some(format!("{}.0.0", basic.chars().next()?))
    })
}

fn is_code(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    let short = |part: Option<&str>| part.is_some_and(|part| (1..=3).contains(&part.len()));
    class && short(parts.next()) && short(parts.next()) && parts.next().is_none()
}

/// A bounce without a report: from a mailer daemon, with words of a bounce.
pub(super) fn is_bounce(from: &str, subject: &str, text: &str) -> bool {
    let from = from.to_lowercase();
    let daemon = from.starts_with("mailer-daemon")
        || from.starts_with("postmaster")
        || from.starts_with("mail-daemon");
    let subject = subject.to_lowercase();
    let returned = [
        "undeliver",
        "delivery failed",
        "delivery failure",
        "delivery status",
        "failure notice",
        "returned mail",
        "mail delivery",
        "could not be delivered",
        "delivery delayed",
        "не доставлено",
        "недоставлен",
        "not delivered",
    ];
    let body = text.to_lowercase();
    let said = [
        "could not be delivered",
        "couldn't be delivered",
        "undeliverable",
        "delivery to the following",
        "failed permanently",
        "i'm afraid i wasn't able to deliver",
        "wasn't able to deliver",
        "was not delivered",
        "не может быть доставлено",
        "не удалось доставить",
        "has not been delivered",
        "could not be sent",
    ];
    daemon
        && (returned.iter().any(|word| subject.contains(word)) || said.iter().any(|word| body.contains(word)))
}

/// A warning that it is still being tried.
pub(super) fn is_warning(subject: &str, text: &str) -> bool {
    let subject = subject.to_lowercase();
    let text = text.to_lowercase();
    subject.contains("warning")
        || subject.contains("delayed")
        || text.contains("no action is required on your part")
        || text.contains("you do not need to resend")
}

/// The lines of a bounce that have the server's words: from the first with a code on, at most four; else the beginning.
pub(super) fn words_of(text: &str) -> String {
    let before = text.split("\n--- ").next().unwrap_or(text);
    let lines = || before.lines().map(str::trim).filter(|line| !line.is_empty());
    let coded: Vec<&str> = lines().skip_while(|line| code_in(line).is_none()).take(4).collect();
    if !coded.is_empty() {
        return coded.join(" ");
    }
    lines().take(8).collect::<Vec<_>>().join(" ")
}

/// The first address in angle brackets, or alone in a line, that is not the daemon's.
pub(super) fn recipient_in(text: &str, from: &str) -> Option<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || "<>()[]:;,\"".contains(letter));
    let mut addresses = words.filter(|word| {
        let mut halves = word.split('@');
        let (local, domain) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        !local.is_empty()
            && domain.contains('.')
            && halves.next().is_none()
            && !word.eq_ignore_ascii_case(from)
    });
    addresses.next().map(|word| word.trim_end_matches('.').to_owned())
}
