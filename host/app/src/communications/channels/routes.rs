//! Opens channels, once for each version.

use std::sync::{Arc, PoisonError};

use super::channel::Kind;
use super::opened::{Route, Target};
use super::till::Till;
use super::{find, open};
use crate::error::Error;
use crate::state::App;

/// The contact of channels that need none.
const MEMBER: &str = "member";

/// The channel with this name, open; none if there is no such channel.
pub async fn route(app: &App, name: &str) -> Result<Option<Arc<Route>>, Error> {
    let channel = match find(app, name).await {
        Ok(channel) => channel,
        Err(Error::Unknown { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let known = app.channels.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    if let Some(known) = known.filter(|known| {
        known.channel.version == channel.version && !matches!(known.target, Target::Broken(_))
    }) {
        return Ok(Some(known));
    }
    let target = match channel.kind {
        Kind::InApp => Target::InApp,
        Kind::Receipt | Kind::Cashier => {
            Target::Till(Till::new(app.store.clone(), &app.config.communications, channel.kind))
        }
        Kind::Smtp | Kind::Http => match open(app, &channel).await {
            Ok(sender) => Target::Provider(sender),
            Err(Error::State { detail, .. }) => Target::Broken(detail),
            Err(error) => return Err(error),
        },
    };
    let route = Arc::new(Route {
        contact: if channel.kind.is_own() { MEMBER.to_owned() } else { channel.address.clone() },
        quiet_hours: channel.quiet_hours,
        per_1000_seconds: channel.per_second.map(|rate| rate.saturating_mul(1_000)),
        channel,
        target,
        store: app.communications.clone(),
    });
    let mut open = app.channels.open.lock().unwrap_or_else(PoisonError::into_inner);
    open.insert(name.to_owned(), Arc::clone(&route));
    Ok(Some(route))
}
