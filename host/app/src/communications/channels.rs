//! Channels: how messages reach members. A channel is a document: an account at a provider, limits, quiet hours, and how
//! the provider tells what became of messages.

mod answers;
pub mod channel;
pub mod links;
pub mod opened;
mod read;
pub mod routes;
pub mod secrets;
mod till;

pub use channel::{Channel, Kind, ReportMap, Reports, SecretSource};
pub use links::{count_links, open_url, unsubscribe_url};
pub use opened::Route;
pub use routes::route;

use std::collections::BTreeSet;
use std::sync::Arc;

use senders::{Outcome, Outgoing, Sender};
use serde_json::{Value, json};
use store::ChannelRow;
use wire::json::Document;
use wire::problem::Problems;

use super::profile::time;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// The channel with this name.
pub async fn find(app: &App, name: &str) -> Result<Channel, Error> {
    let row = app.communications.channel(name).await?.ok_or_else(|| unknown(name))?;
    of_row(&row)
}

/// Names of the channels that speak on the member's next receipt.
pub async fn at_the_till(app: &App) -> Result<BTreeSet<String>, Error> {
    let channels = app.communications.channels().await?;
    let tills = [Kind::Receipt, Kind::Cashier].map(Kind::name);
    let names = channels.into_iter().filter(|channel| tills.contains(&channel.kind.as_str()));
    Ok(names.map(|channel| channel.name).collect())
}

/// All channels, by name.
pub async fn all(app: &App) -> Result<Vec<Channel>, Error> {
    app.communications.channels().await?.iter().map(of_row).collect()
}

/// Puts a channel. Secrets that are sent with it are kept apart from its document, and never shown.
pub async fn put(app: &App, name: &str, body: &Document, actor: Actor) -> Result<Value, Error> {
    read::check_name(name).map_err(refused)?;
    let stored: Vec<String> =
        app.communications.channel_secrets(name).await?.into_iter().map(|(name, _)| name).collect();
    let (channel, sent) = read::channel(name, &body.value, &stored, &app.config.contacts).map_err(refused)?;
    for (secret, source) in &channel.secrets {
        secrets::check(app, source).map_err(|detail| {
            refused(read::problem(format!("/secrets/{secret}"), "secret_not_allowed", detail))
        })?;
    }
    check_number(app, name).await?;
    let row = ChannelRow {
        name: name.to_owned(),
        kind: channel.kind.name().to_owned(),
        document: read::without_secrets(&body.value).to_string(),
        version: 0,
        changed_at: app.communications.now_ms().await?,
    };
    let kept = secrets::stored(&channel.secrets);
    app.communications.put_channel(&row, &sent, &kept).await?;
    // Not the digest of what was sent, from which a short secret could be guessed.
    app.store.audit_append(&actor.entry("channel.put", name, json!({"kind": row.kind}))).await?;
    show(app, name).await
}

/// A channel as it was put, with the names of its secrets and nothing of them.
pub async fn show(app: &App, name: &str) -> Result<Value, Error> {
    let row = app.communications.channel(name).await?.ok_or_else(|| unknown(name))?;
    let document = wire::json::parse(&row.document).map_err(|_| Error::damaged("channel"))?;
    Ok(json!({
        "name": row.name,
        "version": row.version,
        "changed_at": time(row.changed_at),
        "channel": document,
    }))
}

/// Opens a channel's account with its secrets. Keep it for as long as the channel has this version: it holds connections.
pub async fn open(app: &App, channel: &Channel) -> Result<Arc<Sender>, Error> {
    let unusable = |detail: String| Error::State { code: "channel_unusable", detail };
    let Some(account) = &channel.account else {
        return Err(unusable(format!("channel `{}` has no account that sends", channel.name)));
    };
    let secrets = secrets::of(app, channel).await?;
    let sender = Sender::open(account, &secrets);
    sender.map(Arc::new).map_err(|error| unusable(format!("channel `{}`: {error}", channel.name)))
}

/// Sends one message to an address that is given, to see whether the account works.
pub async fn test(app: &App, name: &str, body: &Document) -> Result<Value, Error> {
    let channel = find(app, name).await?;
    let (to, text) = read::test(&body.value).map_err(refused)?;
    let sender = open(app, &channel).await?;
    let mut id = [0_u8; 16];
    getrandom::fill(&mut id).map_err(|error| Error::internal(&error))?;
    let id = hex::encode(id);
    let message = Outgoing {
        message_id: id.clone(),
        to,
        subject: text.clone(),
        text,
        ttl_s: channel.ttl_s,
        ..Outgoing::default()
    };
    let outcome = sender.send(&[message]).await.pop();
    sender.close().await;
    let (outcome, detail) = match outcome {
        Some(Outcome::Accepted { provider_id }) => ("accepted", json!({"provider_id": provider_id})),
        Some(Outcome::Later { after_ms, reason }) => {
            ("later", json!({"after_ms": after_ms, "reason": reason}))
        }
        Some(Outcome::Refused { kind, reason }) => ("refused", json!({"kind": kind, "reason": reason})),
        Some(Outcome::Unknown { reason }) => ("unknown", json!({"reason": reason})),
        None => return Err(Error::Internal),
    };
    Ok(json!({"message_id": id, "outcome": outcome, "detail": detail}))
}

fn of_row(row: &ChannelRow) -> Result<Channel, Error> {
    let damaged = || Error::damaged(&format!("channel {}", row.name));
    let document = wire::json::parse(&row.document).map_err(|_| damaged())?;
    let channel = read::stored(&row.name, &document).map_err(|_| damaged())?;
    Ok(Channel { version: row.version, ..channel })
}

async fn check_number(app: &App, name: &str) -> Result<(), Error> {
    let channels = app.communications.channels().await?;
    let most = app.config.communications.channels;
    if channels.len() < most || channels.iter().any(|channel| channel.name == name) {
        return Ok(());
    }
    let detail =
        format!("there are {} channels, and at most {most} (communications.channels)", channels.len());
    Err(Error::State { code: "too_many_channels", detail })
}

fn unknown(name: &str) -> Error {
    Error::Unknown { code: "unknown_channel", what: format!("channel `{name}`") }
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "channel_refused", what: "the channel has problems", problems }
}
