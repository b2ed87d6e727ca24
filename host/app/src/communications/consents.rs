//! Answers of members about channels and topics, each with its proof. They are added to and never changed, so that it can
//! be shown who agreed to what, when and where. What they come to is `communications::policy::allowed`, which is asked when
//! a message goes out.

mod read;

use std::collections::BTreeMap;

use communications::policy::{Consent, ConsentState};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{ConsentRow, NewConsent, NewEvent, Subject};
use wire::problem::Problems;

use super::clocks::TimesAllowed;
use super::whom::Members;
use crate::audit::Actor;
use crate::error::Error;
use crate::rows::{self, BadRows};
use crate::state::App;
use crate::stream::ByteStream;

/// Source of the events that tell of answers.
pub const SOURCE: &str = "consents";

/// What became of the answers of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many there were.
    pub rows: usize,
    /// How many of them are new.
    pub taken: usize,
}

/// An answer, whoever gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Name of the channel, or `*`.
    pub channel: String,
    /// Name of the topic, or `*`.
    pub topic: String,
    /// The answer.
    pub state: ConsentState,
    /// When it was given, in milliseconds.
    pub at: i64,
    /// Where it was given.
    pub source: String,
    /// Version of the text that was shown; empty if none was.
    pub text_version: String,
}

/// Takes the answers of a call: all, or none.
pub async fn take(app: &App, body: ByteStream, actor: &Actor) -> Result<Taken, Error> {
    let now = app.communications.now_ms().await?;
    let times = TimesAllowed::new(&app.config.communications, now);
    let read = rows::read(body, &app.config.limits, BadRows::RefuseAll, |number, row| {
        read::consent(&row, &times).map_err(|problems| problems.in_row(number))
    })
    .await?;
    read.refused.or(()).map_err(refused)?;
    let members = Members::of(app, read.rows.iter().map(|(_, (named, _))| named)).await?;
    let mut problems = Problems::default();
    let mut answers = Vec::with_capacity(read.rows.len());
    for (number, (named, answer)) in read.rows {
        match members.find(number, &named) {
            Ok(member) => answers.push((member, answer)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.or(()).map_err(refused)?;
    let actor = actor.entry("consents.send", "", json!({})).actor;
    let rows = answers.len();
    let taken = add(app, answers, now, &actor).await?;
    Ok(Taken { rows, taken })
}

/// Adds answers of members by their ids. Returns how many are new; one that is told again is kept once.
async fn add(app: &App, answers: Vec<(String, Answer)>, now: i64, actor: &str) -> Result<usize, Error> {
    let mut consents = Vec::with_capacity(answers.len());
    let mut events = Vec::with_capacity(answers.len());
    for (member, answer) in answers {
        let subject = Subject::Member(member.clone());
        let id = id(&member, &answer);
        events.push(event(&id, subject.clone(), &answer, now));
        consents.push(consent(id, subject, answer, now, actor));
    }
    let added = app.communications.add_consents(&consents, &events).await?;
    Ok(added.into_iter().filter(|is_new| *is_new).count())
}

/// Adds an answer of a member by its number, as links in messages and replies give it. False if it was known already.
pub async fn answer(app: &App, number: u32, answer: Answer, actor: &str) -> Result<bool, Error> {
    let now = app.communications.now_ms().await?;
    let subject = Subject::Number(number);
    let id = id(&format!("number {number}"), &answer);
    let events = [event(&id, subject.clone(), &answer, now)];
    let consents = [consent(id, subject, answer, now, actor)];
    let added = app.communications.add_consents(&consents, &events).await?;
    Ok(added.into_iter().any(|is_new| is_new))
}

/// The answers of members, as policy reads them, by the number of the member.
pub async fn of_members(app: &App, numbers: &[u32]) -> Result<BTreeMap<u32, Vec<Consent>>, Error> {
    let mut consents: BTreeMap<u32, Vec<Consent>> = BTreeMap::new();
    for row in app.communications.consents_of(numbers).await? {
        let state = state(&row.state).ok_or_else(|| Error::damaged("consent"))?;
        let consent = Consent { channel: row.channel, topic: row.topic, state, at: row.at };
        consents.entry(row.number).or_default().push(consent);
    }
    Ok(consents)
}

/// The name of a state in documents and rows.
pub fn state_name(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Granted => "granted",
        ConsentState::Pending => "pending",
        ConsentState::Withdrawn => "withdrawn",
    }
}

fn state(name: &str) -> Option<ConsentState> {
    [ConsentState::Granted, ConsentState::Pending, ConsentState::Withdrawn]
        .into_iter()
        .find(|state| state_name(*state) == name)
}

/// Names an answer by all that it says, so that it is kept once.
fn id(member: &str, answer: &Answer) -> String {
    let Answer { channel, topic, state, at, source, text_version } = answer;
    let said = json!([member, channel, topic, state_name(*state), at, source, text_version]);
    let mut digest = hex::encode(Sha256::digest(said.to_string()));
    digest.truncate(32);
    digest
}

fn consent(id: String, subject: Subject, answer: Answer, now: i64, actor: &str) -> NewConsent {
    let Answer { channel, topic, state, at, source, text_version } = answer;
    let (state, actor) = (state_name(state).to_owned(), actor.to_owned());
    let consent = ConsentRow { channel, topic, state, at, source, text_version, received_at: now, actor };
    NewConsent { id, subject, consent }
}

/// The event that tells chains and segments of an answer.
fn event(id: &str, subject: Subject, answer: &Answer, now: i64) -> NewEvent {
    NewEvent {
        source: SOURCE.to_owned(),
        id: id.to_owned(),
        subject,
        kind: format!("consent_{}", state_name(answer.state)),
        at: answer.at,
        received_at: now,
        payload: json!({"channel": answer.channel, "topic": answer.topic, "source": answer.source})
            .to_string(),
    }
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "consents_refused", what: "the consents have problems", problems }
}
