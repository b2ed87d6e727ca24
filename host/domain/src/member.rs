//! What pricing knows of a member.

use std::collections::{BTreeMap, BTreeSet};

use crate::mechanics::{FactValue, TargetKind};
use crate::offer::{Item, MemberState, Offer};
use crate::quantities::Points;
use crate::time::Period;

/// A member, read once at the start of a receipt.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// The member's id.
    pub id: String,
    /// Full, anonymous or blocked.
    pub state: MemberState,
    /// Points that can be spent now.
    pub points_available: Points,
    /// The audiences the member is in.
    pub audiences: BTreeSet<String>,
    /// Personal terms by the name of the attribute that carries them.
    pub personal: BTreeMap<String, PersonalAttribute>,
    /// Plain attributes, for mechanics that ask for them.
    pub facts: BTreeMap<String, FactValue>,
    /// External ids of the offers whose control group the member is in, if it is known otherwise than
    /// by the id.
    pub control: Option<BTreeSet<String>>,
}

impl Member {
    /// Whether an offer is computed for the member, but not given.
    pub fn is_in_control_group(&self, offer: &Offer) -> bool {
        match (&offer.control_group, &self.control) {
            (None, _) => false,
            (Some(_), Some(known)) => known.contains(&offer.external_id),
            (Some(group), None) => group.contains(&self.id),
        }
    }
}

/// An attribute that an offer takes its terms from, as it was read.
#[derive(Debug, Clone)]
pub enum PersonalAttribute {
    /// Readable.
    Terms(PersonalTerms),
    /// Not readable; the reason. The offer is left out, the receipt is priced.
    Malformed(String),
}

/// A member's own terms of an offer.
#[derive(Debug, Clone)]
pub struct PersonalTerms {
    /// `product`, `category`, `group`, `threshold` or `ml`: which mechanic may use it.
    pub kind: String,
    /// The period of the whole attribute.
    pub period: Period,
    /// The items; those that need acceptance say whether they have it.
    pub items: Vec<Item>,
    /// Targets that the catalogue does not know; their items are left out.
    pub unknown_targets: Vec<(TargetKind, String)>,
}
