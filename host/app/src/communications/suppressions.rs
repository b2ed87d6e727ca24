//! Members and addresses that are not written to. Addresses are kept as digests: the list tells nobody's address, and
//! stays when a member is erased.

mod read;

use communications::policy::SuppressionScope;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{NewEvent, NewSuppression, Subject, Suppressed, SuppressionRow};
use wire::problem::Problems;

use self::read::{Sent, Whom};
use super::clocks::TimesAllowed;
use super::consents;
use super::whom::{Members, Named};
use crate::error::Error;
use crate::rows::{self, BadRows};
use crate::state::App;
use crate::stream::ByteStream;

/// Part of what is digested, so that the digest is not that of the address anywhere else.
const DOMAIN: &str = "offer-host suppression\n";
/// Stands for every channel.
pub const ANY_CHANNEL: &str = "*";
/// The kind of event that tells of members who are put on the list.
pub const SUPPRESSED: &str = "member_suppressed";

/// What became of the rows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many there were.
    pub rows: usize,
    /// How many of them have changed the list.
    pub changed: usize,
}

/// What is told of one suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Name of the channel, or `*`.
    pub channel: String,
    /// What it stops.
    pub scope: SuppressionScope,
    /// Why, in a word.
    pub reason: String,
    /// Who says so.
    pub source: String,
    /// Since when, in milliseconds.
    pub at: i64,
}

/// Takes the rows of a call: all, or none.
pub async fn take(app: &App, body: ByteStream) -> Result<Taken, Error> {
    let now = app.communications.now_ms().await?;
    let times = TimesAllowed::new(&app.config.communications, now);
    let read = rows::read(body, &app.config.limits, BadRows::RefuseAll, |number, row| {
        read::suppression(&row, &times, &app.config.contacts.country, now)
            .map_err(|problems| problems.in_row(number))
    })
    .await?;
    read.refused.or(()).map_err(refused)?;
    let changes = resolve(app, read.rows, now).await?;
    let events: Vec<NewEvent> = changes.iter().filter_map(event).collect();
    let changed = app.communications.change_suppressions(&changes, &events).await?;
    Ok(Taken { rows: read.count, changed: changed.into_iter().filter(|changed| *changed).count() })
}

async fn resolve(app: &App, rows: Vec<(usize, Sent)>, now: i64) -> Result<Vec<NewSuppression>, Error> {
    let named = rows.iter().filter_map(|(_, sent)| match &sent.whom {
        Whom::Member(named) => Some(named),
        Whom::Address(..) => None,
    });
    let members = Members::of(app, named).await?;
    let mut problems = Problems::default();
    let mut changes = Vec::with_capacity(rows.len());
    for (row, Sent { whom, told, scopes, is_lifted }) in rows {
        let whom = match whom {
            Whom::Address(kind, address) => Suppressed::Address(digest(kind, &address)),
            Whom::Member(named) => match member(&members, row, &named) {
                Ok(whom) => whom,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
        };
        changes.extend(scopes.into_iter().map(|scope| {
            let told = Told { scope, ..told.clone() };
            NewSuppression { is_lifted, ..suppression(whom.clone(), told, now) }
        }));
    }
    problems.or(changes).map_err(refused)
}

fn member(members: &Members, row: usize, named: &Named) -> Result<Suppressed, wire::problem::Problem> {
    members.find(row, named).map(|id| Suppressed::Member(Subject::Member(id)))
}

/// Suppresses an address, as bounces and complaints do. False if it was suppressed already, and later.
pub async fn suppress_address(app: &App, kind: &str, address: &str, told: Told) -> Result<bool, Error> {
    let now = app.communications.now_ms().await?;
    let changes = [suppression(Suppressed::Address(digest(kind, address)), told, now)];
    Ok(app.communications.change_suppressions(&changes, &[]).await?.into_iter().any(|changed| changed))
}

/// The scopes of those suppressions that are about a member or its address, and about a channel.
pub fn scopes<'a>(
    rows: impl IntoIterator<Item = &'a SuppressionRow>,
    channel: &str,
) -> Vec<SuppressionScope> {
    let about = rows.into_iter().filter(|row| row.channel == ANY_CHANNEL || row.channel == channel);
    // What cannot be read stops everything.
    about.map(|row| scope(&row.scope).unwrap_or(SuppressionScope::All)).collect()
}

/// The digest by which an address, in its one form, is on the list. `kind` is `email`, `phone` or that of another address.
pub fn digest(kind: &str, address: &str) -> String {
    let mut digest = Sha256::new();
    for part in [DOMAIN, kind, "\n", address] {
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

pub(super) fn suppression(whom: Suppressed, told: Told, now: i64) -> NewSuppression {
    let Told { channel, scope, reason, source, at } = told;
    let scope = scope_name(scope).to_owned();
    let who = match &whom {
        Suppressed::Address(digest) => format!("address {digest}"),
        Suppressed::Member(Subject::Member(id)) => format!("member {id}"),
        Suppressed::Member(subject) => format!("{subject:?}"),
    };
    let id = hex::encode(Sha256::digest(format!("{who}\n{channel}\n{scope}")));
    NewSuppression { id, whom, channel, scope, reason, at, source, received_at: now, is_lifted: false }
}

/// The event that tells of a member who is put on the list: what waits for the member is taken back, and chains may go on.
fn event(new: &NewSuppression) -> Option<NewEvent> {
    let Suppressed::Member(subject) = &new.whom else { return None };
    let payload = json!({"channel": new.channel, "scope": new.scope, "source": new.source});
    (!new.is_lifted).then(|| NewEvent {
        source: consents::SOURCE.to_owned(),
        id: format!("suppression/{}/{}", new.id, new.at),
        subject: subject.clone(),
        kind: SUPPRESSED.to_owned(),
        at: new.at,
        received_at: new.received_at,
        payload: payload.to_string(),
    })
}

fn scope_name(scope: SuppressionScope) -> &'static str {
    match scope {
        SuppressionScope::Marketing => "marketing",
        SuppressionScope::All => "all",
    }
}

fn scope(name: &str) -> Option<SuppressionScope> {
    [SuppressionScope::Marketing, SuppressionScope::All].into_iter().find(|scope| scope_name(*scope) == name)
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "suppressions_refused", what: "the suppressions have problems", problems }
}
