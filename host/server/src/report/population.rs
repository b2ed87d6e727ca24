//! Whom an offer could have reached.

use domain::offer::{ControlGroup, MemberState};
use domain::pricing::in_control_group;
use store::{MemberStanding, OfferRecord};

use crate::wire::json;
use crate::wire::offer::population::{Reach, reach};
use crate::wire::problem::Problems;

/// The members whom an offer is meant for, split into those who get it and those who do not.
pub(super) struct Population {
    pub title: String,
    pub control_group: ControlGroup,
    reach: Reach,
}

/// Which half of the population a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Treated,
    Control,
}

impl Population {
    /// By the offer's latest version; nothing if it has no control group.
    pub(super) fn of(offer: &OfferRecord) -> Result<Option<Self>, Problems> {
        let mut reach = reach(&json::parse(&offer.body)?, &offer.external_id)?;
        let title = std::mem::take(&mut reach.title);
        Ok(reach.control_group.take().map(|control_group| Self { title, control_group, reach }))
    }

    /// The attribute that carries the terms; empty if there is none.
    pub(super) fn attribute(&self) -> &str {
        self.reach.attribute.as_deref().unwrap_or_default()
    }

    /// The audiences that the offer is for; none for everybody.
    pub(super) fn audiences(&self) -> &[String] {
        &self.reach.audiences
    }

    /// The side of a member, if the offer is for them.
    pub(super) fn side(&self, member: &MemberStanding) -> Option<Side> {
        let Reach { attribute, audiences, excluded_audiences, member_states, .. } = &self.reach;
        let has = |audience: &String| member.audiences.contains(audience);
        let is_meant = member.state != MemberState::Blocked.name()
            && (member_states.is_empty() || member_states.iter().any(|state| state.name() == member.state))
            && (attribute.is_none() || member.has_attribute)
            && (audiences.is_empty() || audiences.iter().any(has))
            && !excluded_audiences.iter().any(has);
        let side =
            if in_control_group(&self.control_group, &member.id) { Side::Control } else { Side::Treated };
        is_meant.then_some(side)
    }
}
