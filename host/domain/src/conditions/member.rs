//! The conditions as a member reads them. What the host knows of the member stays out: names of audiences and states are
//! the retailer's own, and hold where an offer is shown at all. So do public codes, which are told to whom they are for,
//! and the period, whose dates are shown beside the words.

use super::{Condition, ConditionKind, Language, of, russian};
use crate::offer::Offer;
use crate::plan::Plan;

/// The conditions that a member can meet, in a language.
pub fn for_member(plan: &Plan, offer: &Offer, language: Language) -> Vec<Condition> {
    let mut conditions = match language {
        Language::English => of(plan, offer),
        Language::Russian => russian::of(plan, offer),
    };
    conditions.retain(|condition| is_for_members(condition.kind));
    for condition in &mut conditions {
        match condition.kind {
            ConditionKind::Coupon => {
                language.pick("with a coupon", "с купоном").clone_into(&mut condition.words)
            }
            ConditionKind::Acceptance => {
                language
                    .pick("once you have accepted it", "после вашего согласия")
                    .clone_into(&mut condition.words);
            }
            _ => {}
        }
    }
    conditions
}

fn is_for_members(kind: ConditionKind) -> bool {
    use ConditionKind::{Audience, ExcludedAudience, MemberState, Period};
    !matches!(kind, Audience | ExcludedAudience | MemberState | Period)
}
