//! The member as pricing reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::exploration::Draw;
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
    /// Points that can be spent at the time of the receipt.
    pub points_available: Points,
    /// The audiences the member is in.
    pub audiences: BTreeSet<String>,
    /// Personal terms by the name of the attribute that carries them.
    pub personal: BTreeMap<String, PersonalAttribute>,
    /// Answers to offers as a whole, by [`Offer::item_id`]: true if the member accepted it, false if it was declined.
    pub answers: BTreeMap<String, bool>,
    /// Plain attributes, for mechanics that ask for them.
    pub facts: BTreeMap<String, FactValue>,
    /// External ids of the offers whose control group the member is in, if that is already known, as for
    /// recorded purchases. `None` to derive it from the member id.
    pub control: Option<BTreeSet<String>>,
    /// The items that exploration has drawn, by the external ids of their offers, if that is already known. `None` to derive
    /// it from the member id.
    pub explored: Option<BTreeMap<String, usize>>,
}

impl Member {
    /// True if the member is in the control group of the offer: the reward is computed, but not granted.
    pub fn is_in_control_group(&self, offer: &Offer) -> bool {
        match (&offer.control_group, &self.control) {
            (None, _) => false,
            (Some(_), Some(known)) => known.contains(&offer.external_id),
            (Some(group), None) => group.contains(&self.id),
        }
    }

    /// The draw among this many items of an offer; none if the offer does not explore, or there is no choice.
    pub fn draw(&self, offer: &Offer, items: usize) -> Option<Draw> {
        let exploration = offer.exploration.as_ref().filter(|_| items > 1)?;
        let item = match &self.explored {
            Some(known) => known.get(&offer.external_id).map(|item| (*item).min(items.saturating_sub(1))),
            None => exploration.item(&offer.external_id, &self.id, items),
        };
        Some(exploration.draw(item, items))
    }
}

/// An attribute with personal terms of an offer, as far as it could be read.
#[derive(Debug, Clone)]
pub enum PersonalAttribute {
    /// Valid terms.
    Terms(PersonalTerms),
    /// The reason why the attribute is not valid. Its offers do not apply; the receipt is priced without
    /// them.
    Malformed(String),
}

/// A member's own terms of an offer.
#[derive(Debug, Clone)]
pub struct PersonalTerms {
    /// Name of the mechanic that may use the terms: `product`, `category`, `group`, `threshold` or `ml`.
    pub kind: String,
    /// The period of the whole attribute.
    pub period: Period,
    /// The items. If acceptance is required, each has [`Item::accepted`] set.
    pub items: Vec<Item>,
    /// Targets that are not in the catalogue; their items are ignored.
    pub unknown_targets: Vec<(TargetKind, String)>,
    /// The first decisions that cannot be told, each with its place; their items count without them.
    pub bad_decisions: Vec<String>,
}
