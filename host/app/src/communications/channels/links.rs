//! Links of messages: made when a message is, and read when one is followed.
//!
//! An address in a message holds a signed token and nothing else: where it leads is looked up, so that nobody can make
//! the host send people elsewhere.

use communications::templates::{Rendered, rewrite};
use communications::tokens::{Purpose, Token, read, sign};
use serde_json::Value;
use store::{MessageLinks, MessageRow};

use super::channel::Kind;
use super::opened::{LinkKeys, Route};
use crate::error::Error;
use crate::state::App;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Most links of a message that are counted; further ones lead where they say.
const LINKS_MAX: usize = 500;

/// Where the member ends such messages; none if the host has no address of its own (`communications.public_url`).
pub async fn unsubscribe_url(app: &App, message_id: &str) -> Result<Option<String>, Error> {
    address(app, Purpose::Unsubscribe, message_id, 0).await
}

/// The picture that tells that a mail was opened; none for other messages.
pub async fn open_url(app: &App, message_id: &str, route: &Route) -> Result<Option<String>, Error> {
    if route.kind() == Kind::Smtp { address(app, Purpose::Open, message_id, 0).await } else { Ok(None) }
}

/// Puts counted links in the place of a message's own. Returns where they lead, to be kept before the message goes out.
pub async fn count_links(
    app: &App,
    message: &MessageRow,
    rendered: &mut Rendered,
) -> Result<Option<MessageLinks>, Error> {
    let Some(base) = base(app) else { return Ok(None) };
    let keys = keys(app).await?;
    let mut urls: Vec<String> = Vec::new();
    let own = [format!("{base}/u/"), format!("{base}/o/"), format!("{base}/t/")];
    let mut counted = |url: &str| -> Option<String> {
        if own.iter().any(|own| url.starts_with(own)) || urls.len() >= LINKS_MAX {
            return None;
        }
        urls.push(url.to_owned());
        let link = u16::try_from(urls.len()).ok()?;
        token(keys, Purpose::Click, &message.id, link).map(|token| format!("{base}/t/{token}"))
    };
    match &rendered.html {
        Some(html) => rendered.html = Some(rewrite(html, |link| counted(&link.address))),
        // Mails without a page, and short messages.
        None => rendered.text = rewrite_text(&rendered.text, counted),
    }
    if app.config.communications.hidden_links
        && let Some(html) = &rendered.html
    {
        let link = u16::try_from(urls.len().saturating_add(1)).unwrap_or(u16::MAX);
        if let Some(token) = token(keys, Purpose::Click, &message.id, link) {
            rendered.html = Some(with_trap(html, &format!("{base}/t/{token}")));
            // Leads nowhere: people do not see it, and who follows it is a program.
            urls.push(String::new());
        }
    }
    let urls = serde_json::to_string(&urls).map_err(|error| Error::internal(&error))?;
    let created_at = app.communications.now_ms().await?;
    Ok(Some(MessageLinks { message_id: message.id.clone(), number: message.number, urls, created_at }))
}

/// What a token stands for, if this host has made it for this purpose.
pub(in super::super) async fn read_token(
    app: &App,
    purpose: Purpose,
    text: &str,
) -> Result<Option<Token>, Error> {
    let keys: Vec<&[u8]> = keys(app).await?.0.iter().map(Vec::as_slice).collect();
    Ok(read(&keys, purpose, text))
}

/// Where the links of a message lead; the hidden one is empty.
pub(in super::super) fn urls(links: &MessageLinks) -> Result<Vec<String>, Error> {
    let damaged = || Error::damaged(&format!("links of message {}", links.message_id));
    let value: Value = serde_json::from_str(&links.urls).map_err(|_| damaged())?;
    let urls: Option<Vec<String>> =
        value.as_array().and_then(|urls| urls.iter().map(|url| Some(url.as_str()?.to_owned())).collect());
    urls.ok_or_else(damaged)
}

/// A link that people do not see, at the end of the page.
fn with_trap(html: &str, address: &str) -> String {
    let trap = format!(
        "<a href=\"{address}\" style=\"display:none\" rel=\"nofollow\" aria-hidden=\"true\" tabindex=\"-1\"></a>"
    );
    match html.rsplit_once("</body>") {
        Some((before, after)) => format!("{before}{trap}</body>{after}"),
        None => format!("{html}{trap}"),
    }
}

/// Replaces the addresses of a plain text.
fn rewrite_text(text: &str, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let parts = text.split_inclusive(char::is_whitespace).map(|part| {
        let word = part.trim_end();
        let is_address = word.starts_with("https://") || word.starts_with("http://");
        // A full stop after an address is the sentence's.
        let address = word.trim_end_matches(['.', ',', '!', '?', ';', ')']);
        match is_address.then(|| replace(address)).flatten() {
            Some(new) => part.replacen(address, &new, 1),
            None => part.to_owned(),
        }
    });
    parts.collect()
}

async fn address(app: &App, purpose: Purpose, message_id: &str, link: u16) -> Result<Option<String>, Error> {
    let Some(base) = base(app) else { return Ok(None) };
    let door = match purpose {
        Purpose::Click => "t",
        Purpose::Open => "o",
        Purpose::Unsubscribe => "u",
    };
    let token = token(keys(app).await?, purpose, message_id, link);
    Ok(token.map(|token| format!("{base}/{door}/{token}")))
}

fn base(app: &App) -> Option<&str> {
    let base = app.config.communications.public_url.trim_end_matches('/');
    (!base.is_empty()).then_some(base)
}

fn token(keys: &LinkKeys, purpose: Purpose, message_id: &str, link: u16) -> Option<String> {
    let token = Token { message_id: message_id.to_owned(), link };
    sign(keys.0.first()?, purpose, &token)
}

/// The keys, which the first node that needs one makes.
async fn keys(app: &App) -> Result<&LinkKeys, Error> {
    let read = || async {
        let mut new = [0_u8; KEY_BYTES];
        getrandom::fill(&mut new).map_err(|error| Error::internal(&error))?;
        let now = app.communications.now_ms().await?;
        let keys = app.communications.link_keys(&hex::encode(new), now).await?;
        let keys: Result<Vec<Vec<u8>>, _> = keys.into_iter().map(hex::decode).collect();
        keys.map(LinkKeys).map_err(|_| Error::damaged("keys of links"))
    };
    app.channels.keys.get_or_try_init(read).await
}
