//! A member as pricing needs it, under a plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::member::Member;
use domain::time::Moment;

use super::{MemberRecord, facts};
use crate::personal;
use crate::plan::BuiltPlan;

impl MemberRecord {
    /// The member as pricing needs it at the time of a receipt.
    pub fn resolve(&self, plan: &BuiltPlan, at: &Moment) -> Member {
        let mut member = self.resolve_lasting(plan);
        member.audiences.extend(plan.audiences().of(&self.attributes, at));
        member
    }

    /// The result of [`MemberRecord::resolve`], from an earlier result of
    /// [`MemberRecord::resolve_lasting`].
    pub fn resolve_again(&self, lasting: &Arc<Member>, plan: &BuiltPlan, at: &Moment) -> Arc<Member> {
        let computed = plan.audiences().of(&self.attributes, at);
        if computed.is_empty() {
            return Arc::clone(lasting);
        }
        let mut member = Member::clone(lasting);
        member.audiences.extend(computed);
        Arc::new(member)
    }

    /// The member without computed audiences, which depend on the time. The attributes with personal
    /// terms of the plan's offers are read against its catalogue.
    pub fn resolve_lasting(&self, plan: &BuiltPlan) -> Member {
        let context = plan.context();
        let named = plan.personal_attributes().filter_map(|name| Some((name, self.attributes.get(name)?)));
        Member {
            id: self.id.clone(),
            state: self.state,
            points_available: self.points,
            audiences: self.given_audiences(plan),
            personal: named
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| {
                    (name.to_owned(), personal::read(value, self.answers_to(name), &context))
                })
                .collect(),
            answers: self.answers_to(personal::OFFERS).clone(),
            facts: facts(self.attributes.iter().filter(|(name, _)| !plan.is_personal(name))),
            control: None,
            explored: None,
        }
    }

    /// The uploaded audiences of the member. Computed ones are left out, also if the record names them.
    pub fn given_audiences(&self, plan: &BuiltPlan) -> BTreeSet<String> {
        self.audiences.iter().filter(|name| !plan.audiences().contains(name)).cloned().collect()
    }
}
