//! Mails that come back, told apart: bounces (RFC 3464), complaints (RFC 5965), read receipts (RFC 8098), automatic
//! replies (RFC 3834), and what a person has written.
//!
//! The difference is who is never written to again. A complaint stops at once, a missing mailbox stops, a full one
//! counts, a refused text says nothing of the mailbox, and an out-of-office note says nothing at all.

mod diagnosis;
mod fields;

use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

use crate::receipts::Report;
use fields::{Block, blocks};

/// The content of a mail that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something has become of a message.
    Report(Report),
    /// A machine has answered: out of office, a challenge, a ticket number. Not a bounce, and nothing to act on.
    Automatic,
}

/// The content of a mail that came back, about one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its content.
    pub kind: Kind,
    /// Whom the message was for, in lower case, if that is told.
    pub recipient: Option<String>,
    /// The id of our message, if the mail quotes it.
    pub message_id: Option<String>,
    /// The code by RFC 3463, such as `5.1.1`.
    pub code: Option<String>,
    /// The words of the server, or the subject.
    pub reason: String,
}

/// The longest reason in characters, and the most recipients of one report.
const REASON_MAX: usize = 300;
const RECIPIENTS_MAX: usize = 50;

/// Reads a mail that came to the address for bounces. None if it is not a mail at all.
pub fn read(raw: &[u8]) -> Option<Vec<Incoming>> {
    let mail = MessageParser::default().parse(raw)?;
    if mail.headers().is_empty() {
        return None;
    }
    let message_id = message_id(&mail);
    let found = match report_type(&mail).as_deref() {
        Some("delivery-status") => delivery_report(&mail),
        Some("feedback-report") => complaint(&mail),
        Some("disposition-notification") => read_receipt(&mail),
        _ => Vec::new(),
    };
    let mut found = if found.is_empty() { vec![without_report(&mail)] } else { found };
    for incoming in &mut found {
        incoming.message_id = message_id.clone();
    }
    Some(found)
}

fn report_type(mail: &Message<'_>) -> Option<String> {
    let kind = mail.content_type()?;
    let is_report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"));
    let named = kind.attribute("report-type").map(str::to_ascii_lowercase);
    // Some servers forget the parameter; the parts say what it is.
    let by_part = || {
        let reports = ["delivery-status", "feedback-report", "disposition-notification"];
        reports.into_iter().find(|report| part(mail, report).is_some()).map(str::to_owned)
    };
    if is_report { named.or_else(by_part) } else { None }
}

/// The part `message/SUBTYPE`, or its variant for addresses beyond ASCII.
fn part<'a>(mail: &'a Message<'a>, subtype: &str) -> Option<&'a MessagePart<'a>> {
    mail.parts.iter().find(|part| {
        let named = part.content_type().and_then(|kind| kind.subtype());
        named.is_some_and(|named| {
            let named = named.to_ascii_lowercase();
            named == subtype || named == format!("global-{subtype}")
        })
    })
}

fn part_text<'a>(part: &'a MessagePart<'a>) -> std::borrow::Cow<'a, str> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.as_ref().into(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes),
        PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()),
        PartType::Multipart(_) => "".into(),
    }
}

/// One answer for each recipient of a delivery report.
fn delivery_report(mail: &Message<'_>) -> Vec<Incoming> {
    let Some(part) = part(mail, "delivery-status") else { return Vec::new() };
    let text = part_text(part);
    let recipients = blocks(&text)
        .into_iter()
        .filter(|block| block.get("action").is_some() || block.get("status").is_some());
    recipients.take(RECIPIENTS_MAX).map(|block| recipient_report(&block)).collect()
}

fn recipient_report(block: &Block) -> Incoming {
    let recipient = block.typed("original-recipient").or_else(|| block.typed("final-recipient"));
    let diagnostic = block.typed("diagnostic-code").unwrap_or_default();
    let status = block.get("status").and_then(diagnosis::code_in);
    // A relay that says 5.0.0 often quotes a finer code of the server behind it.
    let quoted = diagnosis::code_in(&diagnostic);
    let code = match (&status, &quoted) {
        (Some(status), Some(quoted)) if status.ends_with(".0.0") => Some(quoted.clone()),
        (None, quoted) => quoted.clone(),
        (status, _) => status.clone(),
    };
    let action = block.get("action").unwrap_or("failed").to_ascii_lowercase();
    let kind = match action.split_whitespace().next().unwrap_or_default() {
        "delivered" | "relayed" | "expanded" => Report::Delivered,
        "delayed" => Report::Delayed,
        _ => diagnosis::of(code.as_deref(), &diagnostic),
    };
    Incoming {
        kind: Kind::Report(kind),
        recipient: recipient.map(|recipient| address(&recipient)),
        message_id: None,
        code,
        reason: shortened(&diagnostic),
    }
}

fn complaint(mail: &Message<'_>) -> Vec<Incoming> {
    let Some(part) = part(mail, "feedback-report") else { return Vec::new() };
    let text = part_text(part);
    let blocks = blocks(&text);
    let get = |name: &str| blocks.iter().find_map(|block| block.get(name));
    let feedback = get("feedback-type").unwrap_or("abuse").to_ascii_lowercase();
    let kind = match feedback.as_str() {
        // Somebody has taken a mail out of the spam folder.
        "not-spam" => Kind::Automatic,
        // About our signature, not from a recipient.
        "auth-failure" => Kind::Automatic,
        "opt-out" | "opt-out-list" => Kind::Report(Report::Unsubscribed),
        _ => Kind::Report(Report::Complained),
    };
    let recipient = get("original-rcpt-to").or_else(|| get("removal-recipient")).map(address);
    let recipient = recipient.or_else(|| quoted_header(mail, "to").map(|to| address(&to)));
    vec![Incoming { kind, recipient, message_id: None, code: None, reason: feedback }]
}

fn read_receipt(mail: &Message<'_>) -> Vec<Incoming> {
    let Some(part) = part(mail, "disposition-notification") else { return Vec::new() };
    let text = part_text(part);
    let blocks = blocks(&text);
    let get = |name: &str| blocks.iter().find_map(|block| block.get(name));
    let disposition = get("disposition").unwrap_or_default().to_ascii_lowercase();
    let shown = disposition.rsplit(';').next().is_some_and(|kind| kind.trim().starts_with("displayed"));
    let kind = if shown { Kind::Report(Report::Read) } else { Kind::Automatic };
    let recipient = blocks.iter().find_map(|block| block.typed("final-recipient")).map(|to| address(&to));
    vec![Incoming { kind, recipient, message_id: None, code: None, reason: disposition }]
}

/// A mail that is no report: a bounce of an old server, an automatic reply, or a person's.
fn without_report(mail: &Message<'_>) -> Incoming {
    let subject = mail.subject().unwrap_or_default().to_owned();
    let text = mail.body_text(0).unwrap_or_default();
    let failed = header(mail, "X-Failed-Recipients");
    let from = mail.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default();
    let incoming = |kind, recipient: Option<String>, code, reason: &str| Incoming {
        kind,
        recipient: recipient.map(|recipient| address(&recipient)),
        message_id: None,
        code,
        reason: shortened(reason),
    };
    if failed.is_some() || diagnosis::is_bounce(from, &subject, &text) {
        let words = diagnosis::words_of(&text);
        let code = diagnosis::code_in(&words);
        let delayed = diagnosis::is_warning(&subject, &text);
        let report = if delayed { Report::Delayed } else { diagnosis::of(code.as_deref(), &words) };
        let recipient = failed.map(str::to_owned).or_else(|| diagnosis::recipient_in(&text, from));
        return incoming(Kind::Report(report), recipient, code, &words);
    }
    if is_automatic(mail, &subject) {
        return incoming(Kind::Automatic, Some(from.to_owned()), None, &subject);
    }
    incoming(Kind::Report(Report::Replied), Some(from.to_owned()), None, &subject)
}

/// RFC 3834, and what programs write that are older than it.
fn is_automatic(mail: &Message<'_>, subject: &str) -> bool {
    let submitted =
        header(mail, "Auto-Submitted").is_some_and(|value| !value.to_ascii_lowercase().starts_with("no"));
    let marked = ["X-Autoreply", "X-Autorespond", "X-Autoreply-From", "X-Mail-Autoreply", "X-AutoReply-From"]
        .into_iter()
        .any(|name| header(mail, name).is_some());
    let precedence = header(mail, "Precedence").unwrap_or_default().to_ascii_lowercase();
    let subject = subject.to_lowercase();
    let words = [
        "out of office",
        "out of the office",
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "on vacation",
        "auto response",
        "abwesenheit",
        "réponse automatique",
        "автоответ",
        "автоматический ответ",
        "в отпуске",
        "вне офиса",
        "нет на месте",
    ];
    submitted
        || marked
        || precedence == "auto_reply"
        || precedence == "bulk"
        || header(mail, "X-Auto-Response-Suppress").is_some_and(|value| value.eq_ignore_ascii_case("all"))
        || words.into_iter().any(|word| subject.contains(word))
}

fn header<'a>(mail: &'a Message<'_>, name: &str) -> Option<&'a str> {
    mail.header_raw(name.to_owned()).map(str::trim)
}

/// The id of our message: of the quoted mail first, then of what this one answers, then of the address that it came to.
fn message_id(mail: &Message<'_>) -> Option<String> {
    let quoted = quoted_header(mail, "message-id");
    let own = ["In-Reply-To", "References", "To", "Delivered-To", "X-Original-To", "Original-Recipient"];
    let own = own.into_iter().filter_map(|name| header(mail, name).map(str::to_owned));
    quoted.into_iter().chain(own).find_map(|text| id_in(&text))
}

/// A header of the mail that is quoted: as a part, as its headers, or as plain text at the end.
fn quoted_header(mail: &Message<'_>, name: &str) -> Option<String> {
    let in_text = |text: &str| blocks(text).into_iter().find_map(|block| block.get(name).map(str::to_owned));
    mail.parts
        .iter()
        .skip(1)
        .find_map(|part| match &part.body {
            PartType::Message(inner) => match inner.header(name.to_owned()) {
                Some(HeaderValue::Empty) | None => None,
                Some(_) => inner.header_raw(name.to_owned()).map(str::to_owned),
            },
            PartType::Multipart(_) | PartType::Html(_) => None,
            _ => in_text(&part_text(part)),
        })
        .or_else(|| in_text(&mail.body_text(0)?))
}

/// The first run of exactly 32 hexadecimal digits, as our ids are.
fn id_in(text: &str) -> Option<String> {
    let mut runs = text.split(|letter: char| !letter.is_ascii_hexdigit());
    runs.find(|run| run.len() == 32).map(str::to_ascii_lowercase)
}

fn address(text: &str) -> String {
    let inner =
        text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(inner, _)| inner);
    inner.trim().trim_matches(['<', '>', '"']).to_lowercase()
}

fn shortened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(REASON_MAX).collect()
}
