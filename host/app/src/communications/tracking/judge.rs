//! Judges requests for links and pictures: a person, a proxy or a scanner. All of a message are judged together, some
//! seconds after each, because a scanner is known by what it does next.

use std::collections::BTreeSet;

use communications::verdict::{Hit, NetworkKind, Target, Verdict, judge};
use serde_json::json;
use store::{HitRow, JudgedHits, MessageRow, Reaction};

use super::super::channels::links;
use super::super::workers::Step;
use super::event;
use crate::error::Error;
use crate::state::App;

/// Messages of one step.
const MESSAGES: i64 = 200;

/// Judges what is due.
pub async fn step(app: App) -> Result<Step, Error> {
    let now = app.communications.now_ms().await?;
    let due = app.communications.messages_to_judge(now, MESSAGES).await?;
    for message_id in &due {
        one(&app, message_id, now).await?;
    }
    Ok(if due.is_empty() { Step::Idle } else { Step::Worked })
}

async fn one(app: &App, message_id: &str, now: i64) -> Result<(), Error> {
    let rows = app.communications.hits_of(message_id).await?;
    let due = |row: &HitRow| row.judge_at.is_some_and(|at| at <= now);
    let ids: Vec<String> = rows.iter().filter(|row| due(row)).map(|row| row.id.clone()).collect();
    let mut judged =
        JudgedHits { message_id: message_id.to_owned(), ids, reactions: Vec::new(), events: Vec::new() };
    // Without its message, as after an erasure, there is nobody to tell of.
    if let Some(message) = app.communications.message(message_id).await? {
        let urls = match app.communications.links_of(message_id).await? {
            Some(found) => links::urls(&found)?,
            None => Vec::new(),
        };
        tell(&message, &urls, &rows, due, &mut judged);
    }
    app.communications.write_judged(&judged).await?;
    Ok(())
}

/// Tells what hits turned out to be.
fn tell(
    message: &MessageRow,
    urls: &[String],
    rows: &[HitRow],
    due: impl Fn(&HitRow) -> bool,
    judged: &mut JudgedHits,
) {
    let url = |link: i64| usize::try_from(link).ok()?.checked_sub(1).and_then(|place| urls.get(place));
    let hits: Vec<Hit> = rows.iter().map(|row| hit(row, url(row.link))).collect();
    let shown: BTreeSet<&String> = urls.iter().filter(|url| !url.is_empty()).collect();
    let sent_at = message.sent_at.unwrap_or(message.planned_at);
    let verdicts = judge(sent_at, shown.len(), &hits);
    for ((row, hit), verdict) in rows.iter().zip(&hits).zip(verdicts) {
        // A HEAD is no visit, and the hidden link is seen by no one.
        if !due(row) || row.is_head || hit.target == Target::HiddenLink {
            continue;
        }
        let (kind, reaction) = match hit.target {
            Target::Picture => ("message_opened", Reaction::Opened),
            _ => ("message_clicked", Reaction::Clicked),
        };
        let mut more = json!({"verdict": verdict.name()});
        if let (Some(more), Target::Link(link)) = (more.as_object_mut(), hit.target) {
            more.insert("link".to_owned(), json!(link));
            more.insert("url".to_owned(), json!(url(row.link)));
        }
        if verdict == Verdict::Human {
            judged.reactions.push((reaction, row.at));
        }
        judged.events.push(event(message, &format!("hit/{}", row.id), kind, row.at, more));
    }
}

fn hit(row: &HitRow, url: Option<&String>) -> Hit {
    let target = match (row.link, url) {
        (0, _) => Target::Picture,
        (_, Some(url)) if url.is_empty() => Target::HiddenLink,
        (link, _) => Target::Link(u32::try_from(link).unwrap_or(u32::MAX)),
    };
    let network = match row.network.as_str() {
        "proxy" => Some(NetworkKind::Proxy),
        "scanner" => Some(NetworkKind::Scanner),
        _ => None,
    };
    Hit { target, is_head: row.is_head, at: row.at, network }
}
