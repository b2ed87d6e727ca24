//! Versions of chains as they are worked with. A version never changes, so that it is read once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};

use communications::chains::{Version, read};
use store::ChainRow;

use crate::error::Error;
use crate::state::App;

/// Versions that were read, by chain and number.
#[derive(Debug, Default)]
pub(super) struct Versions(RwLock<BTreeMap<(i64, i64), Arc<Version>>>);

impl Versions {
    /// A version of a chain.
    pub(super) async fn of(&self, app: &App, chain: i64, version: i64) -> Result<Arc<Version>, Error> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(chain, version)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let loaded = Arc::new(load(app, chain, version).await?);
        let mut versions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        versions.insert((chain, version), Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// Reads a stored version.
pub(super) async fn load(app: &App, chain: i64, version: i64) -> Result<Version, Error> {
    let damaged = || Error::damaged(&format!("version {version} of chain {chain}"));
    let row = app.communications.chain_version(chain, version).await?.ok_or_else(damaged)?;
    let document = wire::json::parse(&row.document).map_err(|_| damaged())?;
    read(&document).map_err(|_| damaged())
}

/// Chains with the version that members enter.
pub(super) struct Open {
    pub(super) row: ChainRow,
    /// None if nobody may enter.
    pub(super) entered: Option<(i64, Arc<Version>)>,
}

/// The chains in which something can happen.
pub(super) async fn open(app: &App, versions: &Versions) -> Result<Vec<Open>, Error> {
    let mut open = Vec::new();
    for row in app.communications.chains().await? {
        let Some(published) = row.published else { continue };
        let entered = match row.state.as_str() {
            "running" => Some((published, versions.of(app, row.id, published).await?)),
            _ => None,
        };
        open.push(Open { row, entered });
    }
    Ok(open)
}

/// Versions of one chain, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct OfChain(BTreeMap<i64, Version>);

impl OfChain {
    /// A version of the chain.
    pub(super) async fn get(&mut self, app: &App, chain: i64, version: i64) -> Result<&Version, Error> {
        match self.0.entry(version) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => Ok(unknown.insert(load(app, chain, version).await?)),
        }
    }
}
