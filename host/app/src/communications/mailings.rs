//! Mailings: one message to many members. What a mailing says is in `communications::mailing`; here it is kept, started,
//! planned member by member, watched and ended.

mod audience;
pub mod control;
pub mod define;
pub mod plan;
pub mod preview;
pub mod statistics;

use communications::mailing::{Mailing, parse};
use communications::policy::Category;
use domain::offer::ControlGroup;
use serde_json::Value;
use store::MailingRow;
use wire::problem::{Problem, Problems};

use super::control::{CONTROL, UNIVERSAL};
use crate::error::Error;
use crate::state::App;

/// A stored mailing, and what it says.
#[derive(Debug, Clone)]
pub struct Known {
    /// As it is stored.
    pub row: MailingRow,
    /// What it says.
    pub mailing: Mailing,
}

/// The mailing with a name.
pub async fn find(app: &App, name: &str) -> Result<Known, Error> {
    let row = app.communications.mailing(name).await?;
    known(row.ok_or_else(|| unknown(name))?)
}

/// Reads a stored mailing.
fn known(row: MailingRow) -> Result<Known, Error> {
    let document: Option<Value> = serde_json::from_str(&row.document).ok();
    let mailing = document.and_then(|document| parse(&document).ok());
    let mailing = mailing.ok_or_else(|| Error::damaged(&format!("mailing {}", row.name)))?;
    Ok(Known { row, mailing })
}

/// The control group that a member is in, if it gets nothing of a mailing. The universal one goes first.
fn group(mailing: &Mailing, universal: &ControlGroup, member_id: &str) -> Option<&'static str> {
    if mailing.category == Category::Marketing && universal.contains(member_id) {
        return Some(UNIVERSAL);
    }
    mailing.is_control(member_id).then_some(CONTROL)
}

fn unknown(name: &str) -> Error {
    Error::Unknown { code: "unknown_mailing", what: format!("mailing `{name}`") }
}

/// A refusal of the document of a mailing.
fn refused(problems: impl IntoIterator<Item = (String, &'static str, String)>) -> Error {
    let mut list = Problems::default();
    for (pointer, code, detail) in problems {
        list.push(Problem { pointer, code: code.into(), detail });
    }
    Error::Refused { code: "mailing_refused", what: "the mailing is not as it must be", problems: list }
}
