//! Requirements of nodes on this host besides names: an offer that takes personal terms, a channel that can be called, a
//! template that is made for its channel.

use communications::chains::{Message, Node, Place, Problem, Step, Version};

use super::personal;
use crate::communications::channels::{self, Kind};
use crate::communications::fitting;
use crate::error::Error;
use crate::state::App;

/// The problems of nodes that cannot be served as they are. Names that are not there are told elsewhere.
pub(super) async fn problems(app: &App, version: &Version) -> Result<Vec<Problem>, Error> {
    let mut found = Vec::new();
    for place in &version.nodes {
        match &place.node {
            Node::Action { step: Step::PersonalOffer { offer, items, .. }, .. } => {
                found.extend(personal::problems(app, &pointer(place), offer, items).await?);
            }
            Node::Action { step: Step::Webhook { channel, .. }, .. } => {
                found.extend(webhook(app, place, channel).await?);
            }
            Node::Action { step: Step::Message(message) | Step::Survey { message, .. }, .. } => {
                found.extend(template(app, place, message).await?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A template that is made for none of the channels of its node.
async fn template(app: &App, place: &Place, message: &Message) -> Result<Option<Problem>, Error> {
    let channels: Vec<&str> = message.channels.iter().map(|channel| channel.name.as_str()).collect();
    let found = fitting::problem(app, &message.template, &channels).await?;
    Ok(found.map(|(detail, advice)| Problem {
        pointer: format!("{}/template", pointer(place)),
        code: fitting::CODE.into(),
        detail,
        advice,
    }))
}

/// The place of a node in its document.
fn pointer(place: &Place) -> String {
    format!("/nodes/{}", place.name.replace('~', "~0").replace('/', "~1"))
}

async fn webhook(app: &App, place: &Place, channel: &str) -> Result<Option<Problem>, Error> {
    let kind = match channels::find(app, channel).await {
        Ok(channel) => channel.kind,
        Err(Error::Unknown { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok((kind != Kind::Http).then(|| Problem {
        pointer: format!("{}/channel", pointer(place)),
        code: "webhook_needs_http".into(),
        detail: format!("channel `{channel}` is of kind {}, which cannot be called", kind.name()),
        advice: "name a channel of kind http".to_owned(),
    }))
}
