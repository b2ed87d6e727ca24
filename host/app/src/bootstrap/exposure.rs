//! Warnings about others who may read the stored data: other users of this machine, or those between it and the database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::ensure;
use store::{Communications, Store};

use crate::config::{Config, UnverifiedServer};
use crate::imports;

/// Tells in the log what strangers may read. Fails if the settings refuse it.
pub(super) fn check(config: &Config, store: &Store, communications: &Communications) -> anyhow::Result<()> {
    let mut exposed = store.exposed();
    exposed.extend(communications.exposed());
    exposed.dedup();
    // Files are told only: they were made so by an earlier release, or by hand.
    let is_server = !config.database.url.starts_with("sqlite:");
    let is_refused = is_server && config.database.unverified == UnverifiedServer::Refuse;
    ensure!(
        !is_refused || exposed.is_empty(),
        "{}; or set database.unverified = \"warn\"",
        exposed.join("; ")
    );
    let folder = imports::folder(config);
    let uploads = fs::metadata(&folder).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
    let uploads = uploads.then(|| {
        let folder = folder.display();
        format!("other users of this machine may read or write uploads: run `chmod -R go= {folder}`")
    });
    for text in exposed.into_iter().chain(uploads) {
        tracing::warn!("{text}");
    }
    Ok(())
}
