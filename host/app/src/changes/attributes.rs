//! Definitions of attributes.

use serde_json::{Value, json};
use store::{Attribute, Revision};
use wire::attribute;

use super::lock;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Defines an attribute, or replaces its definition.
pub async fn put(app: App, name: String, body: Value, actor: Actor) -> Result<Attribute, Error> {
    let definition = attribute::parse(&body).map_err(|problems| Error::Refused {
        code: "attribute_refused",
        what: "the attribute has problems",
        problems,
    })?;
    let _lock = lock::acquire(&app).await?;
    let attribute = Attribute {
        name,
        kind: definition.kind.to_owned(),
        title: definition.title,
        merge: definition.merge.name().to_owned(),
        revision: 0,
    };
    let detail = json!({"type": attribute.kind, "merge": attribute.merge});
    let entry = actor.entry("attribute.put", &attribute.name, detail);
    let revision: Option<Revision> = app.store.put_attribute(&attribute, &entry).await?;
    let Some(revision) = revision else {
        let detail = format!(
            "members have values of `{}`, so its type stays; import them without it first, or use another name",
            attribute.name
        );
        return Err(Error::State { code: "attribute_in_use", detail });
    };
    Ok(Attribute { revision, ..attribute })
}
