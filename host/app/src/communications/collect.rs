//! What visitors of a site do, as its pages tell it. Pages are public: a site is known by its key and the addresses of its
//! pages, which browsers tell; what is taken is bounded by site and by visitor; and who a visitor is counts only with a
//! token of that member. The known member always survives: a visitor becomes a member's, never the other way round.

pub mod limits;
mod read;

use store::{NewEvent, Subject};
use wire::json;
use wire::problem::{Problem, Problems};

use self::read::Row;
use crate::config::collect::{Collect as Settings, Site};
use crate::error::Error;
use crate::keys::check::{Checked, check};
use crate::state::App;
use crate::stream::{ByteStream, Lines};

/// Source of the events.
pub const SOURCE: &str = "collect";

/// What became of the events of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// How many there were, without those that only say who the visitor is.
    pub events: usize,
    /// How many of them are new.
    pub taken: usize,
    /// Tokens that say nothing, each with the reason. What the visitor did is taken all the same.
    pub problems: Vec<Problem>,
}

/// The site with a key, if its pages are at `origin`, as the browser tells it.
pub fn site(app: &App, key: &str, origin: Option<&str>) -> Result<Site, Error> {
    let sites = app.config.collect.sites();
    let Some(site) = sites.into_iter().find(|site| site.key == key) else {
        return Err(Error::Unknown { code: "unknown_site", what: format!("site `{key}` in collect.sites") });
    };
    match origin {
        Some(origin) if site.origins.iter().any(|known| known == origin) => Ok(site),
        origin => {
            let told =
                origin.map_or("does not say where it is".to_owned(), |origin| format!("is at {origin}"));
            let detail = format!("the page {told}; collect.sites names the addresses of the site's pages");
            Err(Error::Denied { code: "origin_not_allowed", detail })
        }
    }
}

/// Takes the events of a page: all, or none. A token that has expired costs no event.
pub async fn take(app: &App, site: &Site, body: ByteStream) -> Result<Taken, Error> {
    let settings = &app.config.collect;
    let rows = read_all(settings, app.config.limits.document_memory_bytes, body).await?;
    let now = app.communications.now_ms().await?;
    let counted = rows.iter().map(|(_, row)| row.visitor.as_str());
    app.collected.count(settings, &site.key, counted, now)?;
    let (mut events, mut problems) = (Vec::new(), Problems::default());
    let mut members = Vec::new();
    for (number, row) in rows {
        let Some(token) = row.token else {
            events.push(event(row, now));
            continue;
        };
        match member(app, &token).await? {
            Ok(member) => members.push((row.visitor, member)),
            Err(detail) => {
                let pointer = format!("/{number}/token");
                problems.push(Problem { pointer, code: "token_refused".into(), detail });
            }
        }
    }
    // First, so that what is told with it is the member's already.
    for (visitor, member) in members {
        app.communications.link_visitor(&visitor, &member, now).await?;
    }
    let appended = app.communications.append_events(&events).await?;
    app.hint.give();
    let taken = appended.iter().filter(|appended| appended.is_new).count();
    Ok(Taken { events: events.len(), taken, problems: problems.listed() })
}

/// The member of a token, or why it is none.
async fn member(app: &App, token: &str) -> Result<Result<String, String>, Error> {
    Ok(match check(&app.store, token).await? {
        Checked::Known { caller, .. } => {
            caller.member.ok_or_else(|| "must be a token of a member, not a key".to_owned())
        }
        Checked::Refused(refusal, _) => Err(refusal.to_string()),
    })
}

fn event(row: Row, now: i64) -> NewEvent {
    let Row { id, visitor, kind, ago, payload, .. } = row;
    NewEvent {
        source: SOURCE.to_owned(),
        // No page may hide an event of another visitor by taking its id.
        id: format!("{visitor}/{id}"),
        subject: Subject::Visitor(visitor),
        kind: kind.to_owned(),
        at: now.saturating_sub(ago),
        received_at: now,
        payload,
    }
}

/// Reads the rows with their numbers.
async fn read_all(
    settings: &Settings,
    memory_bytes: usize,
    body: ByteStream,
) -> Result<Vec<(usize, Row)>, Error> {
    let mut lines = Lines::new(body, settings.bytes, settings.bytes);
    let (mut rows, mut problems) = (Vec::new(), Problems::default());
    let mut count = 0_usize;
    for number in 0_usize.. {
        let Some(line) = lines.next().await? else { break };
        if line.trim_ascii().is_empty() {
            continue;
        }
        count = count.saturating_add(1);
        if count > settings.events {
            // A sender reads the answer only after it has sent everything.
            while let Ok(Some(_)) = lines.next().await {}
            return Err(too_many_rows(number, settings.events));
        }
        let row =
            json::parse_bytes(&line, memory_bytes).map_err(|found| Error::of_json(found.in_row(number)))?;
        match read::row(&row) {
            Ok(row) => rows.push((number, row)),
            Err(found) => problems.append(found.in_row(number)),
        }
    }
    problems.or(rows).map_err(refused)
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "events_refused", what: "the events have problems", problems }
}

fn too_many_rows(number: usize, most: usize) -> Error {
    refused(Problems::from(Problem {
        pointer: format!("/{number}"),
        code: "too_many_rows".into(),
        detail: format!("a call has at most {most} events (collect.events); send them in parts"),
    }))
}
