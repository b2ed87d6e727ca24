//! Events that other systems send: all of a call are taken, or none. Each is kept once by its source and id, so that a
//! sender repeats a call whose answer it has not seen.

mod read;

use store::{NewEvent, Subject};
use wire::json;
use wire::problem::{Problem, Problems};

use self::read::{Clock, Sent, Whom};
use super::whom::Members;
use crate::config::communications::Communications as Settings;
use crate::error::Error;
use crate::state::App;
use crate::stream::{ByteStream, Lines};

/// What to do with events of members that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing is taken.
    Refuse,
    /// They are left out.
    Skip,
}

/// What became of the events of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many there were.
    pub rows: usize,
    /// How many of them are new.
    pub taken: usize,
    /// How many the log had already, or were sent twice.
    pub repeated: usize,
    /// How many were left out, since nobody knows their members.
    pub skipped: usize,
}

/// Takes the events of a call.
pub async fn take(app: &App, body: ByteStream, unknown: Unknown) -> Result<Taken, Error> {
    let now = app.communications.now_ms().await?;
    let (rows, problems) =
        read_all(&app.config.communications, app.config.limits.document_memory_bytes, body, now).await?;
    let count = rows.len();
    let (events, skipped) = resolve(app, rows, problems, unknown, now).await?;
    let appended = app.communications.append_events(&events).await?;
    app.hint.give();
    let taken = appended.iter().filter(|appended| appended.is_new).count();
    Ok(Taken { rows: count, taken, repeated: appended.len().saturating_sub(taken), skipped })
}

/// Reads the rows with their numbers. An error if one is not JSON, or there are too many or too large ones.
async fn read_all(
    settings: &Settings,
    memory_bytes: usize,
    body: ByteStream,
    now: i64,
) -> Result<(Vec<(usize, Sent)>, Problems), Error> {
    let clock = Clock::new(settings, now);
    let mut lines = Lines::new(body, settings.events_bytes, settings.event_bytes);
    let (mut rows, mut problems, mut malformed) = (Vec::new(), Problems::default(), Problems::default());
    let mut count = 0_usize;
    for number in 0_usize.. {
        let Some(line) = lines.next().await? else { break };
        if line.trim_ascii().is_empty() {
            continue;
        }
        if line.len() > settings.event_bytes {
            return Err(Error::RowTooLarge { limit_bytes: settings.event_bytes });
        }
        count = count.saturating_add(1);
        if count > settings.events_per_call {
            let most = settings.events_per_call;
            problems.push(Problem {
                pointer: format!("/{number}"),
                code: "too_many_rows".into(),
                detail: format!(
                    "a call has at most {most} events (communications.events_per_call); send them in parts"
                ),
            });
            // A sender reads the answer only after it has sent everything.
            while let Ok(Some(_)) = lines.next().await {}
            return Err(refused(problems));
        }
        let read = match json::parse_bytes(&line, memory_bytes) {
            Ok(row) => read::event(&row, &clock),
            Err(found) => {
                malformed.append(found.in_row(number));
                continue;
            }
        };
        match read {
            Ok(row) => rows.push((number, row)),
            Err(found) => problems.append(found.in_row(number)),
        }
    }
    malformed.or(()).map_err(Error::of_json)?;
    Ok((rows, problems))
}

/// The events of the rows, and how many rows were left out since nobody knows their members.
async fn resolve(
    app: &App,
    rows: Vec<(usize, Sent)>,
    mut problems: Problems,
    unknown: Unknown,
    now: i64,
) -> Result<(Vec<NewEvent>, usize), Error> {
    let named = rows.iter().filter_map(|(_, sent)| match &sent.whom {
        Whom::Member(named) => Some(named),
        Whom::Visitor(_) => None,
    });
    let members = Members::of(app, named).await?;
    let (mut events, mut skipped) = (Vec::with_capacity(rows.len()), 0_usize);
    for (number, Sent { source, id, whom, kind, at, payload }) in rows {
        let subject = match whom {
            Whom::Visitor(visitor) => Ok(Subject::Visitor(visitor)),
            Whom::Member(named) => members.find(number, &named).map(Subject::Member),
        };
        match subject {
            Ok(subject) => {
                events.push(NewEvent { source, id, subject, kind, at, received_at: now, payload });
            }
            Err(_) if unknown == Unknown::Skip => skipped = skipped.saturating_add(1),
            Err(mut problem) => {
                problem.detail.push_str(", or have such rows left out with `unknown=skip`");
                problems.push(problem);
            }
        }
    }
    problems.or((events, skipped)).map_err(refused)
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "events_refused", what: "the events have problems", problems }
}
