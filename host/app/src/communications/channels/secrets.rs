//! Secrets of channels: from the environment or a file of this machine, or kept in the database.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use senders::{Secret, Secrets};

use super::channel::{Channel, SecretSource};
use crate::error::Error;
use crate::state::App;

/// Only such variables may be named: whoever sets up a channel must not be able to send out any other.
const PREFIX: &str = "OFFER_HOST_CHANNEL_";

/// Refuses sources that may not be named, with what may.
pub(super) fn check(app: &App, source: &SecretSource) -> Result<(), String> {
    match source {
        SecretSource::Environment(name) if !name.starts_with(PREFIX) => {
            Err(format!("the variable must begin with {PREFIX}, found `{name}`"))
        }
        SecretSource::File(_) if app.config.communications.secrets_folder.is_empty() => {
            Err("files need the setting communications.secrets_folder".to_owned())
        }
        SecretSource::File(name) => {
            let mut parts = Path::new(name).components();
            let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
            if plain {
                Ok(())
            } else {
                Err(format!("must be the name of a file in the folder, found `{name}`"))
            }
        }
        SecretSource::Environment(_) | SecretSource::Stored => Ok(()),
    }
}

/// The names of those that are kept in the database.
pub(super) fn stored(secrets: &BTreeMap<String, SecretSource>) -> Vec<String> {
    let stored = secrets.iter().filter(|(_, source)| **source == SecretSource::Stored);
    stored.map(|(name, _)| name.clone()).collect()
}

/// The secrets of a channel, as they are now.
pub async fn of(app: &App, channel: &Channel) -> Result<Secrets, Error> {
    let kept: BTreeMap<String, String> =
        app.communications.channel_secrets(&channel.name).await?.into_iter().collect();
    let mut secrets = Secrets::new();
    for (name, source) in &channel.secrets {
        let found = match source {
            SecretSource::Stored => kept.get(name).cloned(),
            SecretSource::Environment(variable) => std::env::var(variable).ok(),
            SecretSource::File(file) => read(app, file).await,
        };
        let missing = || {
            let from = match source {
                SecretSource::Stored => "the database has none: put the channel with it again".to_owned(),
                SecretSource::Environment(variable) => {
                    format!("the variable {variable} is not set on this node")
                }
                SecretSource::File(file) => {
                    format!("the file `{file}` of communications.secrets_folder cannot be read")
                }
            };
            let detail = format!("channel `{}` has no secret `{name}`: {from}", channel.name);
            Error::State { code: "channel_secret_missing", detail }
        };
        // An empty one would let in whoever calls with nothing.
        let found = found.filter(|secret| !secret.is_empty());
        secrets.insert(name.clone(), Secret::new(found.ok_or_else(missing)?));
    }
    Ok(secrets)
}

async fn read(app: &App, file: &str) -> Option<String> {
    let path = Path::new(&app.config.communications.secrets_folder).join(file);
    let text = tokio::fs::read_to_string(path).await.ok()?;
    Some(text.trim_end_matches(['\r', '\n']).to_owned())
}
