//! Members that were merged into others are asked for by the survivor's id.

use crate::error::Error;
use crate::state::App;

/// The state of a member that was merged into another.
const MERGED: &str = "merged";

/// Refuses a member that was merged into another: what was its own is that one's.
pub(super) async fn refuse_merged(app: &App, member_id: &str) -> Result<(), Error> {
    let view = app.store.member(member_id).await?;
    match view.filter(|view| view.state == MERGED).and_then(|view| view.merged_into) {
        None => Ok(()),
        Some(into) => {
            let detail = format!("member `{member_id}` is merged into `{into}`; ask for that one");
            Err(Error::State { code: "member_merged", detail })
        }
    }
}
