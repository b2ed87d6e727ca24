//! Surveys: put as versions that never change, asked by messages, answered on a page without a key. Answers are events.

mod read;

use std::collections::BTreeMap;

use communications::templates::{Needs, Values};
use serde_json::{Value, json};
use store::{MemberRow, NewEvent, Subject, SurveyLink, VersionRow, Versioned};
use wire::json::Document;
use wire::problem::{Problem, Problems};

pub use communications::surveys::{Kind, Question, Survey, Wrong};

use super::cause::Cause;
use super::profile::time;
use super::workers::Step;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Bytes of a token.
const TOKEN_BYTES: usize = 16;
/// Source and kind of the events.
const SOURCE: &str = "surveys";
const KIND: &str = "survey_answered";
/// Addresses that one transaction removes.
const BATCH: u16 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A survey as a member sees it.
pub struct Page {
    /// The survey.
    pub survey: Survey,
    /// The member's language; that of the survey if it is not known.
    pub language: String,
    /// True if the member has answered.
    pub is_answered: bool,
}

/// What became of answers.
pub enum Answered {
    /// They are stored.
    Stored,
    /// There are some of this member already, and they stay.
    Before,
    /// Nothing is stored.
    Wrong(Wrong),
}

/// Puts a survey: a new version, unless it is the latest one already. Returns the latest, and whether it is new.
pub async fn put(app: &App, name: &str, body: &Document, actor: Actor) -> Result<(VersionRow, bool), Error> {
    let survey = read::read(&body.value).map_err(refused)?;
    check_attributes(app, &survey).await?;
    if app.communications.version(Versioned::Surveys, name, None).await?.is_none() {
        check_number(app).await?;
    }
    let digest = wire::digest::of(body.text.as_bytes());
    let at = app.communications.now_ms().await?;
    let (row, is_new) =
        app.communications.put_version(Versioned::Surveys, name, &digest, &body.text, at).await?;
    if is_new {
        let detail = json!({"version": row.version, "digest": row.digest});
        app.store.audit_append(&actor.entry("survey.put", name, detail)).await?;
    }
    Ok((row, is_new))
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "survey_refused", what: "the survey has problems", problems }
}

/// Refuses attributes that are not there, or do not take such answers.
async fn check_attributes(app: &App, survey: &Survey) -> Result<(), Error> {
    let mut problems = Problems::default();
    for (place, question) in survey.questions.iter().enumerate() {
        let Some(name) = &question.attribute else { continue };
        let pointer = format!("/questions/{place}/attribute");
        match app.store.attribute(name).await? {
            None => problems.push(Problem {
                pointer,
                code: "unknown_attribute".into(),
                detail: format!("there is no attribute `{name}`; define it first"),
            }),
            Some(attribute) => {
                let checked = wire::attribute::check(&attribute.kind, &question.example());
                if let Err(problem) = checked {
                    problems.push(Problem { pointer, ..problem });
                }
            }
        }
    }
    problems.or(()).map_err(refused)
}

async fn check_number(app: &App) -> Result<(), Error> {
    let most = app.config.communications.surveys;
    let listed = app.communications.latest_versions(Versioned::Surveys, "", most).await?;
    if i64::try_from(listed.len()).unwrap_or(i64::MAX) < most {
        return Ok(());
    }
    let detail = format!("there are {most} surveys, and no more are taken (communications.surveys)");
    Err(Error::State { code: "too_many_surveys", detail })
}

/// The latest version of a survey, as it was sent.
pub async fn show(app: &App, name: &str) -> Result<Value, Error> {
    let row = app.communications.version(Versioned::Surveys, name, None).await?;
    let row =
        row.ok_or_else(|| Error::Unknown { code: "unknown_survey", what: format!("survey `{name}`") })?;
    let document = wire::json::parse(&row.document).map_err(|_| Error::damaged("survey"))?;
    Ok(json!({
        "name": row.name,
        "version": row.version,
        "digest": row.digest,
        "created_at": time(row.created_at),
        "survey": document,
    }))
}

/// Adds the addresses of surveys that a message asks for: pages of its member, or samples in a preview.
pub(super) async fn add_links(
    app: &App,
    needs: &Needs,
    cause: &Cause,
    values: &mut Values,
) -> Result<(), Error> {
    let base = format!("{}/s", app.config.communications.public_url.trim_end_matches('/'));
    for survey in &needs.surveys {
        let Some(row) = app.communications.version(Versioned::Surveys, survey, None).await? else {
            return Err(Error::Unknown { code: "unknown_survey", what: format!("survey `{survey}`") });
        };
        let token = match &cause.message {
            None => "preview".to_owned(),
            Some(message) => {
                let link = SurveyLink {
                    token: new_token()?,
                    survey: survey.clone(),
                    version: row.version,
                    number: message.number,
                    message_id: message.id.clone(),
                    language: values.language.clone().unwrap_or_default(),
                    created_at: values.now_ms,
                };
                app.communications.keep_survey_link(&link).await?
            }
        };
        values.surveys.insert(survey.clone(), format!("{base}/{token}"));
    }
    Ok(())
}

fn new_token() -> Result<String, Error> {
    let mut bytes = [0_u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(&error))?;
    Ok(hex::encode(bytes))
}

/// The page of an address.
pub async fn page(app: &App, token: &str) -> Result<Page, Error> {
    let (link, survey) = find(app, token).await?;
    let is_answered = app.communications.event(SOURCE, &event_id(&link)).await?.is_some();
    let language = if link.language.is_empty() { survey.language.clone() } else { link.language };
    Ok(Page { survey, language, is_answered })
}

/// Stores the answers of a form.
pub async fn answer(app: &App, token: &str, form: &[(String, String)]) -> Result<Answered, Error> {
    let (link, survey) = find(app, token).await?;
    let answers = match survey.answers(form) {
        Ok(answers) => answers,
        Err(wrong) => return Ok(Answered::Wrong(wrong)),
    };
    if app.communications.event(SOURCE, &event_id(&link)).await?.is_some() {
        return Ok(Answered::Before);
    }
    // Before the event: whoever is cut off between the two sends the same again.
    keep_attributes(app, &link, &survey, &answers).await?;
    let event = event(&link, &answers, app.communications.now_ms().await?);
    let appended = app.communications.append_events(&[event]).await?;
    app.hint.give();
    let is_new = appended.first().is_some_and(|appended| appended.is_new);
    Ok(if is_new { Answered::Stored } else { Answered::Before })
}

/// Stores answers in attributes of the member.
async fn keep_attributes(
    app: &App,
    link: &SurveyLink,
    survey: &Survey,
    answers: &BTreeMap<String, Value>,
) -> Result<(), Error> {
    let kept = survey.questions.iter().filter_map(|question| {
        let answer = answers.get(&question.id)?;
        Some((question.attribute.clone()?, Some(answer.to_string())))
    });
    let attributes: Vec<_> = kept.collect();
    let Some(member) = app.communications.members_of(&[link.number]).await?.into_iter().next() else {
        return Ok(());
    };
    if attributes.is_empty() {
        return Ok(());
    }
    let actor = Actor::system("survey");
    let detail = json!({"survey": link.survey, "version": link.version});
    app.store.audit_append(&actor.entry("survey.answer", &member.member_id, detail)).await?;
    let row = MemberRow { id: member.member_id, profile: None, attributes };
    Ok(app.store.write_members(&[row], app.store.now().await?).await?)
}

fn event(link: &SurveyLink, answers: &BTreeMap<String, Value>, at: i64) -> NewEvent {
    let payload = json!({"survey": link.survey, "version": link.version, "message": link.message_id, "answers": answers});
    NewEvent {
        source: SOURCE.to_owned(),
        id: event_id(link),
        subject: Subject::Number(link.number),
        kind: KIND.to_owned(),
        at,
        received_at: at,
        payload: payload.to_string(),
    }
}

/// One event for each message, so that nobody answers twice.
fn event_id(link: &SurveyLink) -> String {
    format!("{}/{}", link.message_id, link.survey)
}

async fn find(app: &App, token: &str) -> Result<(SurveyLink, Survey), Error> {
    let unknown =
        || Error::Unknown { code: "unknown_survey_page", what: "survey at this address".to_owned() };
    let link = app.communications.survey_link(token).await?.ok_or_else(unknown)?;
    if link.created_at < oldest(app).await? {
        return Err(unknown());
    }
    let row = app.communications.version(Versioned::Surveys, &link.survey, Some(link.version)).await?;
    let row = row.ok_or_else(|| Error::damaged("survey"))?;
    let document = wire::json::parse(&row.document).map_err(|_| Error::damaged("survey"))?;
    let survey = read::read(&document).map_err(|_| Error::damaged("survey"))?;
    Ok((link, survey))
}

/// The time before which addresses are not answered any more.
async fn oldest(app: &App) -> Result<i64, Error> {
    let days = app.config.communications.survey_days;
    Ok(app.communications.now_ms().await?.saturating_sub(days.saturating_mul(DAY_MS)))
}

/// Removes some of the oldest addresses.
pub async fn step(app: App) -> Result<Step, Error> {
    let before = oldest(&app).await?;
    let removed = app.communications.remove_survey_links_before(before, i64::from(BATCH)).await?;
    Ok(if removed == u64::from(BATCH) { Step::Worked } else { Step::Idle })
}
