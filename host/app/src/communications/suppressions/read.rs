//! One suppression as it is sent.

use communications::contacts;
use communications::policy::SuppressionScope;
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

use super::{ANY_CHANNEL, Told};
use crate::communications::clocks::{TimesAllowed, instant};
use crate::communications::whom::{Named, named};

/// Bytes of a reason or a source at most.
const TEXT_MAX: usize = 500;

/// Whom a row is about.
pub(super) enum Whom {
    /// A member.
    Member(Named),
    /// Kind and form of an address.
    Address(&'static str, String),
}

/// A row.
pub(super) struct Sent {
    pub(super) whom: Whom,
    pub(super) told: Told,
    /// The scopes that are added or lifted.
    pub(super) scopes: Vec<SuppressionScope>,
    pub(super) is_lifted: bool,
}

/// Reads a suppression, or says all that is wrong with it. `country` is that of numbers without `+`.
pub(super) fn suppression(
    row: &Value,
    times: &TimesAllowed,
    country: &str,
    now: i64,
) -> Result<Sent, Problems> {
    let report = Report::of_new();
    let read = fields(report.root(row), times, country, now);
    report.finish(read).map(|(sent, _)| sent)
}

fn fields(node: Node<'_, '_>, times: &TimesAllowed, country: &str, now: i64) -> Option<Sent> {
    let row = node.object()?;
    let whom = whom(&row, country);
    let channel = match row.field("channel") {
        None => Some(ANY_CHANNEL.to_owned()),
        Some(channel) => channel.name().map(str::to_owned),
    };
    let is_lifted = match row.field("state") {
        None => Some(false),
        Some(state) => state.choice(&[("suppressed", false), ("lifted", true)]),
    };
    let scopes = scopes(&row, is_lifted);
    let at = match row.field("at") {
        None => Some(now),
        Some(at) => instant(at).and_then(|(node, at)| times.check(node, at)),
    };
    let reason = row.required("reason").and_then(short);
    let source = match row.field("source") {
        None => Some("api".to_owned()),
        Some(source) => short(source),
    };
    row.refuse_unknown();
    let scopes = scopes?;
    let scope = scopes.first().copied()?;
    let told = Told { channel: channel?, scope, reason: reason?, source: source?, at: at? };
    Some(Sent { whom: whom?, told, scopes, is_lifted: is_lifted? })
}

/// The scope that is added, all of them unless one is named; or those that are lifted.
fn scopes(row: &Object<'_, '_>, is_lifted: Option<bool>) -> Option<Vec<SuppressionScope>> {
    use SuppressionScope::{All, Marketing};

    match row.field("scope") {
        Some(scope) => scope.choice(&[("marketing", Marketing), ("all", All)]).map(|scope| vec![scope]),
        None if is_lifted == Some(true) => Some(vec![Marketing, All]),
        None => Some(vec![All]),
    }
}

fn whom(row: &Object<'_, '_>, country: &str) -> Option<Whom> {
    match (row.field("member"), row.field("email"), row.field("phone")) {
        (Some(member), None, None) => named(member).map(Whom::Member),
        (None, Some(email), None) => match contacts::email(email.text()?) {
            Ok(email) => Some(Whom::Address("email", email)),
            Err(problem) => email.refuse("not_an_email", problem.to_string()),
        },
        (None, None, Some(phone)) => match contacts::phone(phone.id()?.as_ref(), country) {
            Ok(read) => Some(Whom::Address("phone", read.e164)),
            Err(problem) => phone.refuse("not_a_phone", problem.to_string()),
        },
        (None, None, None) => {
            row.node().refuse("missing_field", "needs `member`, `email` or `phone`: whom not to write to")
        }
        _ => row.node().refuse("one_of_these", "has more than one of `member`, `email` and `phone`"),
    }
}

fn short(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    if text.len() > TEXT_MAX {
        return node.refuse("too_long", format!("must be at most {TEXT_MAX} bytes"));
    }
    Some(text.to_owned())
}
