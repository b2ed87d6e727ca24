//! Definitions of chains: put as drafts, and shown.

use std::collections::{BTreeMap, BTreeSet};

use communications::chains::{
    Catalogue, Kind, Problem as ChainProblem, Version, canonical, check, digest, read,
};
use serde_json::{Value, json};
use store::{ChainRow, Versioned};
use wire::problem::{Problem, Problems};

use super::served;
use crate::audit::Actor;
use crate::communications::profile::time;
use crate::error::Error;
use crate::state::App;

/// The longest name of a chain: keys of effects, messages and events begin with it.
const NAME_BYTES_MAX: usize = 60;

/// Versions of a chain at most: all of them are kept, and listened to.
const VERSIONS_MAX: i64 = 1_000;

/// A chain as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// As it is stored.
    pub row: ChainRow,
    /// The document of its latest version.
    pub document: Value,
    /// SHA-256 of it.
    pub digest: String,
    /// What must be mended before it can be published.
    pub problems: Vec<Problem>,
}

impl Shown {
    /// As JSON.
    pub fn json(&self) -> Value {
        let Self { row, document, digest, problems } = self;
        json!({
            "name": row.name,
            "state": row.state,
            "version": row.version,
            "published_version": row.published,
            "digest": digest,
            "created_at": time(row.created_at),
            "changed_at": time(row.changed_at),
            "chain": document,
            "problems": problems,
        })
    }
}

/// Stores a document as the latest version of a chain. What it names may come later: that is asked for when it is
/// published.
pub async fn put(app: &App, name: &str, document: &Value, actor: Actor) -> Result<Shown, Error> {
    let letters = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
    if !letters || name.is_empty() || name.len() > NAME_BYTES_MAX {
        let detail =
            format!("the name of a chain must be 1 to {NAME_BYTES_MAX} of a to z, A to Z, 0 to 9, - and _");
        return Err(refused(Problems::of_document("bad_name", detail)));
    }
    read(document).map_err(|found| refused(listed(found)))?;
    let most = app.config.communications.chains;
    let known = app.communications.chain(name).await?;
    if known.as_ref().is_some_and(|row| row.version >= VERSIONS_MAX) {
        let detail = format!("chain `{name}` has {VERSIONS_MAX} versions already; go on under another name");
        return Err(Error::State { code: "too_many_chain_versions", detail });
    }
    if known.is_none() && app.communications.chains().await?.len() >= most {
        let detail = format!("there are {most} chains already; raise communications.chains");
        return Err(Error::State { code: "too_many_chains", detail });
    }
    let at = app.communications.now_ms().await?;
    let row = app.communications.put_chain(name, &digest(document), &canonical(document), at).await?;
    if known.is_none_or(|known| known.version != row.version) {
        let detail = json!({"version": row.version, "digest": digest(document)});
        app.store.audit_append(&actor.entry("chain.put", name, detail)).await?;
    }
    get(app, name).await
}

/// The chain with a name.
pub async fn get(app: &App, name: &str) -> Result<Shown, Error> {
    let row = find(app, name).await?;
    show(app, row).await
}

/// All chains.
pub async fn list(app: &App) -> Result<Vec<ChainRow>, Error> {
    Ok(app.communications.chains().await?)
}

async fn show(app: &App, row: ChainRow) -> Result<Shown, Error> {
    let damaged = || Error::damaged(&format!("chain {}", row.name));
    let stored = app.communications.chain_version(row.id, row.version).await?.ok_or_else(damaged)?;
    let document = wire::json::parse(&stored.document).map_err(|_| damaged())?;
    let version = read(&document).map_err(|_| damaged())?;
    let problems = listed(problems(app, &version).await?).listed();
    Ok(Shown { row, document, digest: stored.digest, problems })
}

/// The row of a chain.
pub(super) async fn find(app: &App, name: &str) -> Result<ChainRow, Error> {
    let row = app.communications.chain(name).await?;
    row.ok_or_else(|| Error::Unknown { code: "unknown_chain", what: format!("chain `{name}`") })
}

/// What keeps a version from being published.
pub(super) async fn problems(app: &App, version: &Version) -> Result<Vec<ChainProblem>, Error> {
    let mut found = check(version, &catalogue(app).await?);
    found.extend(served::problems(app, version).await?);
    Ok(found)
}

/// The names that exist.
async fn catalogue(app: &App) -> Result<Catalogue, Error> {
    let mut names: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    let segments = app.communications.segments().await?;
    names.insert(Kind::Segment, segments.into_iter().map(|segment| segment.name).collect());
    let attributes = app.store.attributes().await?;
    names.insert(Kind::Attribute, attributes.into_iter().map(|attribute| attribute.name).collect());
    let pools = crate::coupons::pools::all(app).await?;
    names.insert(Kind::Pool, pools.into_iter().map(|pool| pool.name).collect());
    for (kind, versioned, most) in [
        (Kind::Template, Versioned::Templates, app.config.communications.templates),
        (Kind::Survey, Versioned::Surveys, app.config.communications.templates),
    ] {
        let listed = app.communications.latest_versions(versioned, "", most).await?;
        names.insert(kind, listed.into_iter().map(|document| document.name).collect());
    }
    let channels = app.communications.channels().await?;
    names.insert(Kind::Channel, channels.into_iter().map(|channel| channel.name).collect());
    Ok(Catalogue(names))
}

/// Problems of a chain as those of other documents: the advice belongs to the detail.
pub(super) fn listed(found: Vec<ChainProblem>) -> Problems {
    let mut problems = Problems::default();
    for ChainProblem { pointer, code, detail, advice } in found {
        problems.push(Problem { pointer, code, detail: format!("{detail}; {advice}") });
    }
    problems
}

pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "chain_refused", what: "the chain has problems", problems }
}
