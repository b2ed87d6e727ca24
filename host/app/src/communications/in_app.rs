//! Messages that members read in the retailer's own app or site.

use serde_json::{Value, json};
use store::InAppMessage;

use super::profile::time;
use super::survivors::refuse_merged;
use super::tracking::event;
use crate::error::Error;
use crate::state::App;

/// Messages of a page.
const PAGE: i64 = 50;

/// The messages of a member, the latest first; those sent before an instant, if one is given.
pub async fn of_member(app: &App, member_id: &str, before: Option<i64>) -> Result<Value, Error> {
    let Some(number) = number(app, member_id).await? else {
        return Ok(json!({"messages": [], "next_before": null}));
    };
    let now = app.communications.now_ms().await?;
    let before = before.unwrap_or(i64::MAX);
    let messages = app.communications.in_app_of(number, now, before, PAGE).await?;
    let is_full = i64::try_from(messages.len()).is_ok_and(|found| found == PAGE);
    let next = messages.last().filter(|_| is_full).map(|last| last.sent_at);
    let shown: Result<Vec<Value>, Error> = messages.into_iter().map(show).collect();
    Ok(json!({"messages": shown?, "next_before": next}))
}

/// Marks a message as read. The first time tells chains and statistics.
pub async fn read(app: &App, member_id: &str, message_id: &str) -> Result<(), Error> {
    let unknown = || Error::Unknown {
        code: "unknown_message",
        what: format!("message `{message_id}` of member `{member_id}`"),
    };
    let number = number(app, member_id).await?.ok_or_else(unknown)?;
    let now = app.communications.now_ms().await?;
    // Told also if it was read before, since an earlier call may have ended between the two.
    app.communications.read_in_app(number, message_id, now).await?.ok_or_else(unknown)?;
    if let Some(message) = app.communications.message(message_id).await? {
        let id = format!("read/{message_id}");
        let events = [event(&message, &id, "message_opened", now, json!({"verdict": "human"}))];
        app.communications.react(message_id, store::Reaction::Opened, now, &events).await?;
    }
    Ok(())
}

async fn number(app: &App, member_id: &str) -> Result<Option<u32>, Error> {
    refuse_merged(app, member_id).await?;
    Ok(app.communications.member_number(member_id).await?)
}

fn show(message: InAppMessage) -> Result<Value, Error> {
    let content: Value = serde_json::from_str(&message.content)
        .map_err(|_| Error::damaged(&format!("message {} of an app", message.message_id)))?;
    Ok(json!({
        "id": message.message_id,
        "channel": message.channel,
        "title": message.title,
        "text": content.get("text"),
        "html": content.get("html"),
        "values": content.get("values"),
        "sent_at": time(message.sent_at),
        "expires_at": message.expires_at.and_then(time),
        "read_at": message.read_at.and_then(time),
    }))
}
