//! The state of a member.

use domain::offer::MemberState;
use serde_json::{Value, json};
use store::{Revision, StateChanged};

use crate::audit::Actor;
use crate::error::ApiError;
use crate::state::App;
use crate::wire::member;

/// Changes it; answers the state and the revision since which the member is as it is.
pub async fn put(
    app: App,
    id: String,
    body: Value,
    actor: Actor,
) -> Result<(MemberState, Revision), ApiError> {
    let state = member::parse_state(&body).map_err(|problems| ApiError::Refused {
        code: "state_refused",
        what: "the state has problems",
        problems,
    })?;
    let _turn = app.turn().await?;
    let entry = actor.entry("member.state", &id, json!({"state": state.name()}));
    match app.store.put_member_state(&id, state.name(), &entry).await? {
        StateChanged::Done(revision) => Ok((state, revision)),
        StateChanged::Unknown => Err(unknown_member(&id)),
        StateChanged::Merged => {
            let detail = format!("member `{id}` is merged into another, whose state counts");
            Err(ApiError::State { code: "member_merged", detail })
        }
    }
}

/// The refusal of a call about nobody.
pub fn unknown_member(id: &str) -> ApiError {
    ApiError::Unknown { code: "unknown_member", what: format!("member `{id}`") }
}
