//! A mail as it goes over the wire.

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use reqwest::Url;

use super::account::SmtpAccount;
use crate::{Outcome, Outgoing, RefusedKind};

/// A mail that is built: envelope and bytes.
pub(super) struct Mail {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// Builds the mail of a message. A message that cannot be built is refused, which costs only itself.
pub(super) fn build(account: &SmtpAccount, message: &Outgoing) -> Result<Mail, Outcome> {
    let to = recipient(&message.to).ok_or_else(|| {
        Outcome::refused(RefusedKind::Address, format!("\"{}\" is not a mail address", message.to))
    })?;
    let content = |error: String| Outcome::refused(RefusedKind::Content, error);
    let return_path = return_path(account, message)?;
    let envelope = Envelope::new(Some(return_path), vec![to.clone()])
        .map_err(|error| content(format!("the envelope cannot be built: {error}")))?;
    let id = format!("<{}@{}>", message.message_id, account.from.email.domain());
    let mut builder = Message::builder()
        .from(account.from.clone())
        .to(Mailbox::new(None, to))
        .subject(one_line(&message.subject))
        .message_id(Some(id))
        .date_now()
        .envelope(envelope.clone());
    if let Some(reply_to) = &account.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    for (name, value) in headers(account, message) {
        let name = HeaderName::new_from_ascii(name.clone())
            .map_err(|_| content(format!("\"{name}\" is not the name of a header")))?;
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    let built = match &message.html {
        Some(html) => {
            builder.multipart(MultiPart::alternative_plain_html(message.text.clone(), html.clone()))
        }
        None => builder.singlepart(SinglePart::plain(message.text.clone())),
    };
    let built = built.map_err(|error| content(format!("the mail cannot be built: {error}")))?;
    Ok(Mail { envelope, bytes: built.formatted() })
}

/// The address of a recipient. A domain beyond ASCII is written in its ASCII form (RFC 5891), which every server takes.
fn recipient(text: &str) -> Option<Address> {
    let address: Address = text.parse().ok()?;
    if address.domain().is_ascii() {
        return Some(address);
    }
    let url = Url::parse(&format!("https://{}/", address.domain())).ok()?;
    Address::new(address.user(), url.host_str()?).ok()
}

fn return_path(account: &SmtpAccount, message: &Outgoing) -> Result<Address, Outcome> {
    let Some(bounces) = &account.bounces else { return Ok(account.from.email.clone()) };
    let address = bounces.replace("{id}", &message.message_id);
    address.parse().map_err(|_| {
        Outcome::refused(RefusedKind::Content, format!("the bounce address \"{address}\" is not one"))
    })
}

/// Headers beside those of every mail. One-click unsubscribing is RFC 8058: both headers, an https address, and a
/// signature that covers them, which the relay makes.
fn headers(account: &SmtpAccount, message: &Outgoing) -> Vec<(String, String)> {
    let own = |name: &str, value: &str| (name.to_owned(), one_line(value));
    let mut headers: Vec<_> = account.headers.iter().map(|(name, value)| own(name, value)).collect();
    if let Some(address) = &message.unsubscribe {
        headers.push(own("List-Unsubscribe", &format!("<{address}>")));
        headers.push(own("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    if let Some(language) = &message.language {
        headers.push(own("Content-Language", language));
    }
    // Asks automatic responders for silence (RFC 3834).
    headers.push(own("Auto-Submitted", "auto-generated"));
    headers
}

/// A line break would begin another header.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
