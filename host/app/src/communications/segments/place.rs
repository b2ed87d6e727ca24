//! How far the changes of members in the database of tills are worked in.

use store::{Cursor, MemberPlace};

use crate::error::Error;
use crate::state::App;

/// Name of the cursor, whose position is the first revision that is not worked in, and whose mark is the last member of it
/// that is.
pub(super) const CURSOR: &str = "segments by members";

/// The place that is not worked in yet.
pub(super) async fn reached(app: &App) -> Result<MemberPlace, Error> {
    let Cursor { position, mark } = app.communications.marked_cursor(CURSOR).await?;
    Ok(MemberPlace { revision: position, member_id: mark })
}

/// Moves on from a revision. If another process was faster, the next step goes on from where that is.
pub(super) async fn move_on(app: &App, from: i64, to: MemberPlace) -> Result<(), Error> {
    let to = Cursor { position: to.revision, mark: to.member_id };
    app.communications.append_events_of(&[], CURSOR, from, &to).await?;
    Ok(())
}

/// Notes that a round over all members, which began when the tills were at a revision, has ended.
pub(super) async fn looked_at_all(app: &App, revision: i64) -> Result<(), Error> {
    let from = reached(app).await?.revision;
    let next = revision.saturating_add(1);
    if from < next {
        move_on(app, from, MemberPlace { revision: next, member_id: String::new() }).await?;
    }
    Ok(())
}
