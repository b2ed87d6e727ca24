//! The population of an offer: members whom it is for.

use std::collections::BTreeSet;

use domain::offer::{ControlGroup, MemberState};
use domain::time::Moment;
use serde_json::{Map, Value, json};
use store::{Audience, MemberEligibility, OfferRecord};
use wire::audience::Audiences;
use wire::json;
use wire::offer::population::{Reach, reach};
use wire::problem::Problems;

/// The members whom an offer is for, split into treated and control.
pub(super) struct Population {
    pub title: String,
    pub control_group: ControlGroup,
    reach: Reach,
    /// The computed ones of its audiences.
    computed: Audiences,
    /// The time that they are computed for.
    at: Moment,
}

/// The arm that a member belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Treated,
    Control,
    /// Members were merged who belonged to different arms.
    Both,
}

impl Population {
    /// The population of an offer; `None` if it has no control group.
    pub(super) fn of(
        offer: &OfferRecord,
        audiences: &[Audience],
        at: Moment,
    ) -> Result<Option<Self>, Problems> {
        let mut reach = reach(&json::parse(&offer.body)?, &offer.external_id)?;
        let title = std::mem::take(&mut reach.title);
        let named = |audience: &&Audience| {
            reach.audiences.contains(&audience.name) || reach.excluded_audiences.contains(&audience.name)
        };
        let mut rows = Vec::new();
        for audience in audiences.iter().filter(named) {
            if let Some(rule) = &audience.rule {
                rows.push(json!({"id": audience.name, "rule": json::parse(rule)?}));
            }
        }
        let computed = Audiences::parse(&json!({"audiences": rows}))?;
        let control_group = reach.control_group.take();
        Ok(control_group.map(|control_group| Self { title, control_group, reach, computed, at }))
    }

    /// All members, of whom the universal control group is not written to.
    pub(super) fn of_program(control_group: ControlGroup, at: Moment) -> Result<Self, Problems> {
        let title = "Universal control group".to_owned();
        let computed = Audiences::parse(&json!({"audiences": []}))?;
        Ok(Self { title, control_group, reach: reach(&json!({}), "")?, computed, at })
    }

    /// The attribute that carries the terms; empty if there is none.
    pub(super) fn attribute(&self) -> &str {
        self.reach.attribute.as_deref().unwrap_or_default()
    }

    /// The attributes that decide on membership.
    pub(super) fn attributes(&self) -> Vec<String> {
        let looked_at = self.computed.computed().attributes();
        looked_at.into_iter().chain(self.reach.attribute.as_deref()).map(str::to_owned).collect()
    }

    /// The audiences that the offer is for; none for everybody.
    pub(super) fn audiences(&self) -> &[String] {
        &self.reach.audiences
    }

    /// The side of a member, if the offer is for them.
    pub(super) fn side(&self, member: &MemberEligibility) -> Option<Side> {
        let Reach { attribute, audiences, excluded_audiences, member_states, .. } = &self.reach;
        let computed = self.computed_for(member);
        let has = |audience: &String| member.audiences.contains(audience) || computed.contains(audience);
        let has_terms = |name: &String| member.attributes.iter().any(|(attribute, _)| attribute == name);
        let is_meant = ![MemberState::Blocked.name(), MERGED].contains(&member.state.as_str())
            && (member_states.is_empty() || member_states.iter().any(|state| state.name() == member.state))
            && attribute.as_ref().is_none_or(has_terms)
            && (audiences.is_empty() || audiences.iter().any(has))
            && !excluded_audiences.iter().any(has);
        let is_control = self.control_group.contains(&member.id);
        let is_both = member.merged.iter().any(|id| self.control_group.contains(id) != is_control);
        let side = match (is_both, is_control) {
            (true, _) => Side::Both,
            (false, true) => Side::Control,
            (false, false) => Side::Treated,
        };
        is_meant.then_some(side)
    }

    fn computed_for(&self, member: &MemberEligibility) -> BTreeSet<String> {
        // A value that cannot be read counts as absent.
        let read = |(name, value): &(String, String)| Some((name.clone(), json::parse(value).ok()?));
        let attributes: Map<String, Value> = member.attributes.iter().filter_map(read).collect();
        self.computed.computed().all_of(&attributes, &self.at)
    }
}

/// The state of a member that was merged into another.
const MERGED: &str = "merged";
