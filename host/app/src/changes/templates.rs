//! Offer templates. An edit of a template does not change the offers that were made from it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::{OfferTemplate, Revision};
use wire::json;
use wire::problem::Problems;
use wire::template::Template;

use super::lock;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// A stored template, with its document.
pub struct ReadTemplate {
    /// The document as it was sent.
    pub document: Value,
    /// The template read from the document.
    pub template: Template,
}

/// All templates by name.
pub async fn all(app: &App) -> Result<BTreeMap<String, ReadTemplate>, Error> {
    let stored = app.store.offer_templates().await?;
    stored
        .into_iter()
        .map(|OfferTemplate { name, body }| {
            let read = json::parse(&body)
                .and_then(|document| Ok(ReadTemplate { template: Template::parse(&document)?, document }));
            read.map(|read| (name, read)).map_err(|_| Error::damaged("offer template"))
        })
        .collect()
}

/// Stores a template, or replaces it.
pub async fn put(
    app: App,
    name: String,
    document: Value,
    actor: Actor,
) -> Result<(Template, Revision), Error> {
    let template = Template::parse_new(&document).map_err(refused)?;
    let _lock = lock::acquire(&app).await?;
    let stored = OfferTemplate { name, body: document.to_string() };
    let entry = actor.entry("template.put", &stored.name, json!({}));
    let revision = app.store.put_offer_template(&stored, &entry).await?;
    Ok((template, revision))
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "template_refused", what: "the template has problems", problems }
}
