//! The state of a member.

use domain::offer::MemberState;
use serde_json::{Value, json};
use store::{Revision, StateChanged};
use wire::member;

use super::lock;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Sets the state; returns it, and the member's revision.
pub async fn put(app: App, id: String, body: Value, actor: Actor) -> Result<(MemberState, Revision), Error> {
    let state = member::parse_state(&body).map_err(|problems| Error::Refused {
        code: "state_refused",
        what: "the state has problems",
        problems,
    })?;
    let _lock = lock::acquire(&app).await?;
    let entry = actor.entry("member.state", &id, json!({"state": state.name()}));
    match app.store.put_member_state(&id, state.name(), &entry).await? {
        StateChanged::Done(revision) => Ok((state, revision)),
        StateChanged::Unknown => Err(unknown_member(&id)),
        StateChanged::Merged => {
            let detail = format!("member `{id}` is merged into another, whose state counts");
            Err(Error::State { code: "member_merged", detail })
        }
    }
}

/// The error of a call about a member that does not exist.
pub fn unknown_member(id: &str) -> Error {
    Error::Unknown { code: "unknown_member", what: format!("member `{id}`") }
}
