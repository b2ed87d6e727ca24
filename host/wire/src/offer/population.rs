//! What of an offer's document says whom it is for, read without the goods that it is about: they
//! may be gone.

use std::collections::BTreeSet;

use domain::offer::{ControlGroup, MemberState};
use serde_json::Value;

use super::{filters, limits};
use crate::problem::Problems;
use crate::reader::Report;

/// Whom an offer is for.
#[derive(Debug, Clone)]
pub struct Reach {
    /// For people.
    pub title: String,
    /// Who of them gets nothing.
    pub control_group: Option<ControlGroup>,
    /// The attribute that they have.
    pub attribute: Option<String>,
    /// They are in any of these; empty for everybody.
    pub audiences: Vec<String>,
    /// They are in none of these.
    pub excluded_audiences: Vec<String>,
    /// They are in one of these states; empty for any.
    pub member_states: BTreeSet<MemberState>,
}

/// Reads it from the document of `PUT /v1/offers/{external_id}`.
pub fn reach(document: &Value, external_id: &str) -> Result<Reach, Problems> {
    let report = Report::default();
    let read = report.root(document).object().map(|document| {
        let group = document.object("control_group");
        let filters = document.object("filters");
        let (audiences, excluded_audiences) = filters.as_ref().map(filters::audiences).unwrap_or_default();
        Reach {
            title: document.text("title").unwrap_or(external_id).to_owned(),
            control_group: group.and_then(|group| limits::control_group(&group, external_id)),
            attribute: document.text("attribute").map(str::to_owned),
            audiences,
            excluded_audiences,
            member_states: filters.as_ref().map(filters::member_states).unwrap_or_default(),
        }
    });
    report.finish(read).map(|(reach, _)| reach)
}
