//! The members that an offer is for, and its period. They are read without the catalogue, which may not have the goods of
//! an old offer any more.

use std::collections::BTreeSet;

use domain::offer::{ControlGroup, MemberState};
use domain::time::Period;
use serde_json::Value;

use super::{filters, limits};
use crate::problem::Problems;
use crate::reader::Report;

/// The members that an offer is for, its control group, and its period.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The offer's name for people.
    pub title: String,
    /// The control group, if the offer has one.
    pub control_group: Option<ControlGroup>,
    /// The attribute with the personal terms of the offer, which its members have.
    pub attribute: Option<String>,
    /// Its members are in any of these audiences; empty for all members.
    pub audiences: Vec<String>,
    /// Its members are in none of these audiences.
    pub excluded_audiences: Vec<String>,
    /// Its members are in one of these states; empty for all states.
    pub member_states: BTreeSet<MemberState>,
    /// The period in which it pays.
    pub period: Period,
}

/// Reads the stored document of `PUT /v1/offers/{external_id}`.
pub fn reach(document: &Value, external_id: &str) -> Result<Reach, Problems> {
    let report = Report::of_stored();
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
            period: filters.as_ref().map(filters::period).unwrap_or_default(),
        }
    });
    report.finish(read).map(|(reach, _)| reach)
}
