//! Definitions of audiences, which are live at once, and checks of the audiences that offers name.

pub mod upload;

use std::collections::{BTreeMap, BTreeSet};

use domain::id;
use serde_json::{Value, json};
use store::{Audience, Revision};
use wire::audience::{self, Definition, named_by_offer, unknown_detail};
use wire::problem::{Problem, Problems};

use super::ProposedPlans;
use super::lock;
use crate::audit::Actor;
use crate::error::Error;
use crate::live::Origin;
use crate::state::App;

/// Defines an audience, or replaces its definition. The same definition again changes nothing.
pub async fn put(app: App, name: String, body: Value, actor: Actor) -> Result<Audience, Error> {
    let Definition { title, rule } = audience::parse(&body, &name).map_err(refused)?;
    let is_computed = rule.is_some();
    let rule = body.get("rule").filter(|_| is_computed);
    let _lock = lock::acquire(&app).await?;
    let before = find(&app, &name).await?;
    let audience = Audience { name, title, rule: rule.map(Value::to_string), revision: 0 };
    if let Some(before) = &before
        && *before == (Audience { revision: before.revision, ..audience.clone() })
    {
        return Ok(before.clone());
    }
    check_kind(&app, before.as_ref(), &audience).await?;
    let kind = if is_computed { "computed" } else { "uploaded" };
    let entry = |audience: &Audience| actor.entry("audience.put", &audience.name, json!({"kind": kind}));
    let revision = match rule.cloned() {
        Some(rule) => {
            let (name, document) = (audience.name.clone(), json!({"id": audience.name, "rule": rule}));
            let proposed = ProposedPlans::edited(&app, move |materials| {
                materials.documents.audiences.insert(name, (document, Origin::Body));
            });
            let proposed = proposed.await?.map_err(refused)?;
            let revision = app.store.put_audience(&audience, &entry(&audience)).await?;
            proposed.go_live(&app, revision).await?;
            revision
        }
        None => app.store.put_audience(&audience, &entry(&audience)).await?,
    };
    Ok(Audience { revision, ..audience })
}

/// Deletes an audience that no running offer names.
pub async fn delete(app: App, name: String, actor: Actor) -> Result<Revision, Error> {
    let _lock = lock::acquire(&app).await?;
    let audience = known(&app, &name).await?;
    let offers = running_offers(&app, &name);
    if !offers.is_empty() {
        let detail = format!("audience `{name}` is named by running offers: {}", offers.join(", "));
        return Err(Error::State { code: "audience_in_use", detail });
    }
    let entry = || actor.entry("audience.delete", &name, json!({}));
    if audience.rule.is_none() {
        return Ok(app.store.end_audience(&name, &entry()).await?);
    }
    let gone = name.clone();
    let proposed = ProposedPlans::edited(&app, move |materials| {
        materials.documents.audiences.remove(&gone);
    });
    let proposed = proposed.await?.map_err(refused)?;
    let revision = app.store.end_audience(&name, &entry()).await?;
    proposed.go_live(&app, revision).await?;
    Ok(revision)
}

/// External ids of the live offers that name an audience.
pub fn running_offers(app: &App, audience: &str) -> Vec<String> {
    let live = app.live.load();
    let names = |names: &[String]| names.iter().any(|name| name == audience);
    let offers = live.active.plan.plan.offers.iter();
    offers
        .filter(|offer| names(&offer.filters.audiences) || names(&offer.filters.excluded_audiences))
        .map(|offer| offer.external_id.clone())
        .collect()
}

/// The definition with this name.
pub async fn find(app: &App, name: &str) -> Result<Option<Audience>, Error> {
    Ok(app.store.audiences().await?.into_iter().find(|audience| audience.name == name))
}

/// The definition with this name; an error if there is none, which says so of an audience that only members name.
pub async fn known(app: &App, name: &str) -> Result<Audience, Error> {
    if let Some(audience) = find(app, name).await? {
        return Ok(audience);
    }
    if !app.store.has_audience_members(name).await? {
        return Err(unknown(name));
    }
    let what = format!(
        "definition of audience `{name}`: only rows of members name it; define it with PUT /v1/audiences/{name} first"
    );
    Err(Error::Unknown { code: "unknown_audience", what })
}

/// The error of a call about an audience that does not exist.
pub fn unknown(name: &str) -> Error {
    Error::Unknown { code: "unknown_audience", what: format!("audience `{name}`") }
}

/// The audiences that offers may name, looked up at most once for all offers of a call.
#[derive(Default)]
pub(super) struct KnownAudiences {
    /// Names of all defined audiences; none before the first look-up.
    defined: Option<BTreeSet<String>>,
    /// True for each undefined audience that has members all the same.
    has_members: BTreeMap<String, bool>,
}

impl KnownAudiences {
    /// A problem for each audience that an offer names and that does not exist.
    pub(super) async fn problems_of(&mut self, app: &App, offer: &Value) -> Result<Problems, Error> {
        let mut problems = Problems::default();
        for (pointer, name) in named_by_offer(offer) {
            if !self.knows(app, name).await? {
                let detail = format!("{}; define it with PUT /v1/audiences/{name}", unknown_detail(name));
                problems.push(Problem { pointer, code: "unknown_audience".into(), detail });
            }
        }
        Ok(problems)
    }

    async fn knows(&mut self, app: &App, name: &str) -> Result<bool, Error> {
        if self.defined(app).await?.contains(name) {
            return Ok(true);
        }
        if id::check(name).is_err() {
            return Ok(false);
        }
        if let Some(has_members) = self.has_members.get(name) {
            return Ok(*has_members);
        }
        let has_members = app.store.has_audience_members(name).await?;
        self.has_members.insert(name.to_owned(), has_members);
        Ok(has_members)
    }

    async fn defined(&mut self, app: &App) -> Result<&BTreeSet<String>, Error> {
        let names = match self.defined.take() {
            Some(names) => names,
            None => app.store.audiences().await?.into_iter().map(|audience| audience.name).collect(),
        };
        Ok(self.defined.insert(names))
    }
}

/// Refuses to turn a computed audience into an uploaded one, or the other way round.
async fn check_kind(app: &App, before: Option<&Audience>, after: &Audience) -> Result<(), Error> {
    let name = &after.name;
    match (before.map(|before| before.rule.is_some()), after.rule.is_some()) {
        (Some(true), false) => {
            let detail = format!("audience `{name}` is computed; delete it before it is uploaded");
            Err(Error::State { code: "audience_is_computed", detail })
        }
        (_, true) if app.store.has_audience_members(name).await? => {
            let detail =
                format!("members were put into audience `{name}`; take them out, or use another name");
            Err(Error::State { code: "audience_is_uploaded", detail })
        }
        _ => Ok(()),
    }
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "audience_refused", what: "the audience has problems", problems }
}
