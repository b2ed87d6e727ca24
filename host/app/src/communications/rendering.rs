//! Makes messages of templates: the one way for previews, tests and sending, so that all three are the same bytes.

use communications::sms::{Encoding, Measured, measure};
use communications::templates::{Compiled, RenderError, Rendered, Values, links};
use serde_json::{Map, Value, json};
use store::PromiseRow;
use wire::json::Document;
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};

use super::templates;
use super::values::{Assembled, Cause, assemble};
use crate::error::Error;
use crate::state::App;

/// A message for a member.
#[derive(Debug, Clone)]
pub struct Made {
    /// What is sent.
    pub rendered: Rendered,
    /// What it was made with.
    pub values: Values,
    /// What it promises: to be kept once it is on its way.
    pub promises: Vec<PromiseRow>,
}

/// Why there is no message for a member.
#[derive(Debug)]
pub enum NotMade {
    /// It is skipped for this reason, and no other one suffers: `missing_value`, `promise_void`, `coupon_pool_empty` and
    /// others, with a text for people.
    Skipped { reason: String, detail: String },
    /// The host cannot tell now.
    Failed(Error),
}

impl From<RenderError> for NotMade {
    fn from(error: RenderError) -> Self {
        Self::Skipped { reason: error.code.to_owned(), detail: error.to_string() }
    }
}

impl From<Error> for NotMade {
    fn from(error: Error) -> Self {
        match error {
            Error::State { code, detail } => Self::Skipped { reason: code.to_owned(), detail },
            Error::Unknown { code, what } => {
                Self::Skipped { reason: code.to_owned(), detail: format!("there is no {what}") }
            }
            error => Self::Failed(error),
        }
    }
}

/// Makes the message of a template for a member.
pub async fn make(app: &App, compiled: &Compiled, member_id: &str, cause: &Cause) -> Result<Made, NotMade> {
    let Assembled { values, promises } = assemble(app, compiled.needs(), member_id, cause).await?;
    let rendered = compiled.render(&values)?;
    Ok(Made { rendered, values, promises })
}

/// What a preview asks for.
struct Asked {
    version: Option<i64>,
    /// The member, or the values.
    of: Of,
    cause: Cause,
}

enum Of {
    Member(String),
    Given(Box<Values>),
}

/// Shows a message as it would be sent to a member, or with given values.
pub async fn preview(app: &App, name: &str, body: &Document) -> Result<Value, Error> {
    let asked = read(&body.value)?;
    let (version, compiled) = templates::find(app, name, asked.version).await?;
    let cause = Cause { unsubscribe_url: Some(sample(app, "u")), ..asked.cause };
    let made = match asked.of {
        Of::Member(member) => {
            let assembled = assemble(app, compiled.needs(), &member, &cause).await;
            let Assembled { values, promises } = assembled.map_err(not_assembled)?;
            Made { rendered: compiled.render(&values).map_err(misfit)?, values, promises }
        }
        Of::Given(values) => {
            let rendered = compiled.render(&values).map_err(misfit)?;
            Made { rendered, values: *values, promises: Vec::new() }
        }
    };
    Ok(document(name, version, &made))
}

fn document(name: &str, version: i64, made: &Made) -> Value {
    let Rendered { language, subject, preheader, html, text, warnings } = &made.rendered;
    let addresses: Vec<String> =
        html.as_deref().map(links).unwrap_or_default().into_iter().map(|link| link.address).collect();
    let warnings: Vec<Value> =
        warnings.iter().map(|(code, detail)| json!({"code": code, "detail": detail})).collect();
    json!({
        "name": name,
        "version": version,
        "language": language,
        "subject": subject,
        "preheader": preheader,
        "html": html,
        "text": text,
        "links": addresses,
        "warnings": warnings,
        "sms": html.is_none().then(|| measured(text)),
        "values": made.values,
    })
}

/// What a text takes as a short message, which is paid for by the part.
fn measured(text: &str) -> Value {
    let Measured { encoding, parts, units, left, dear } = measure(text);
    let encoding = match encoding {
        Encoding::Gsm7 => "gsm7",
        Encoding::Ucs2 => "ucs2",
    };
    json!({"encoding": encoding, "parts": parts, "units": units, "left": left, "dear": dear})
}

/// The address of a page in a preview, which leads nowhere.
pub(super) fn sample(app: &App, page: &str) -> String {
    format!("{}/{page}/preview", app.config.communications.public_url.trim_end_matches('/'))
}

/// The refusal of a text that cannot be made with the values, at its place.
fn misfit(error: RenderError) -> Error {
    let RenderError { code, place, line, detail } = error;
    let detail = line.map_or_else(|| detail.clone(), |line| format!("line {line}: {detail}"));
    not_rendered(Problem { pointer: place, code: code.into(), detail })
}

/// The refusal of a message whose values are not there. A member that nobody knows is not found.
fn not_assembled(error: Error) -> Error {
    if error.code() == "unknown_member" {
        return error;
    }
    match NotMade::from(error) {
        NotMade::Failed(error) => error,
        NotMade::Skipped { reason, detail } => {
            not_rendered(Problem { pointer: String::new(), code: reason.into(), detail })
        }
    }
}

fn not_rendered(problem: Problem) -> Error {
    let what = "the message cannot be made for this member";
    Error::Refused { code: "message_not_rendered", what, problems: problem.into() }
}

fn read(body: &Value) -> Result<Asked, Error> {
    let report = Report::of_new();
    let asked = report.root(body).object().and_then(|document| {
        let object = |name| {
            let field = document.field(name)?;
            field.object()?;
            field.value().as_object().cloned()
        };
        let cause = Cause {
            language: document.text("language").map(str::to_owned),
            event: object("event").unwrap_or_default(),
            values: object("values").unwrap_or_default(),
            ..Cause::default()
        };
        let version = document.integer("version");
        let of = match (document.field("member_id"), document.field("facts")) {
            (Some(member), None) => member.id().map(|id| Of::Member(id.into_owned())),
            (None, Some(facts)) => given(facts, &cause),
            _ => {
                document.node().refuse("member_or_facts", "must have `member_id`, or `facts` instead of one")
            }
        };
        document.refuse_unknown();
        Some(Asked { version, of: of?, cause })
    });
    let refused = |problems: Problems| Error::Refused {
        code: "preview_refused",
        what: "the preview has problems",
        problems,
    };
    report.finish(asked).map(|(asked, _)| asked).map_err(refused)
}

/// Values that are given as a whole.
fn given(facts: Node<'_, '_>, cause: &Cause) -> Option<Of> {
    let values: Values = match serde_json::from_value(facts.value().clone()) {
        Ok(values) => values,
        Err(error) => return facts.refuse("unreadable", format!("cannot be read: {error}")),
    };
    let merged =
        |own: Map<String, Value>, given: &Map<String, Value>| own.into_iter().chain(given.clone()).collect();
    Some(Of::Given(Box::new(Values {
        language: cause.language.clone().or(values.language),
        event: merged(values.event, &cause.event),
        values: merged(values.values, &cause.values),
        ..values
    })))
}
