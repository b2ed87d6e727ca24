//! What pricing knows of a member, by a plan.

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

    /// What [`MemberRecord::resolve`] makes of what [`MemberRecord::resolve_lasting`] has made before.
    pub fn resolve_again(&self, lasting: &Arc<Member>, plan: &BuiltPlan, at: &Moment) -> Arc<Member> {
        let computed = plan.audiences().of(&self.attributes, at);
        if computed.is_empty() {
            return Arc::clone(lasting);
        }
        let mut member = Member::clone(lasting);
        member.audiences.extend(computed);
        Arc::new(member)
    }

    /// The member without what depends on the time: the attributes that offers of the plan take terms
    /// from are read against its catalogue.
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
            facts: facts(self.attributes.iter().filter(|(name, _)| !plan.is_personal(name))),
            control: None,
        }
    }

    /// The audiences that the member was put into. Of a computed one, the rule alone decides.
    pub fn given_audiences(&self, plan: &BuiltPlan) -> BTreeSet<String> {
        self.audiences.iter().filter(|name| !plan.audiences().contains(name)).cloned().collect()
    }
}
