//! The valid items of an offer, with their targets resolved to lines of the receipt.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Handed, NotAppliedReason};
use super::lines::{LineIndex, WorkingLine, at};
use super::refusal::Refusal;
use crate::mechanics::{ItemCall, MechanicId, OfferCall, Phase, Scope};
use crate::member::{Member, PersonalAttribute, PersonalTerms};
use crate::offer::{Item, Offer, OfferId, Target, Terms};
use crate::plan::{Mechanic, Plan};
use crate::time::Moment;

/// The most decisions of one offer that are told.
const DECISIONS_MAX: usize = 100;

/// An offer that takes part in one phase.
#[derive(Debug, Clone)]
pub(super) struct ActiveOffer<'a> {
    pub id: OfferId,
    pub mechanic: MechanicId,
    pub items: Vec<&'a Item>,
    pub call: OfferCall,
}

impl ActiveOffer<'_> {
    /// Moves the call out of the offer, to send it in a batch with others.
    pub(super) fn take_call(&mut self) -> OfferCall {
        let empty = OfferCall { id: 0, items: Vec::new(), extras: Vec::new(), params: None };
        std::mem::replace(&mut self.call, empty)
    }

    pub(super) fn with_call(mut self, call: OfferCall) -> Self {
        self.call = call;
        self
    }
}

/// The items of an offer that are valid at a moment. Fails with the reason if there are none.
pub(super) fn valid_items<'a>(
    plan: &Plan,
    offer: &'a Offer,
    member: Option<&'a Member>,
    now: &Moment,
) -> Result<Vec<&'a Item>, Refusal> {
    let Terms::Attribute(attribute) = &offer.terms else {
        let Terms::Configured(items) = &offer.terms else { return Ok(Vec::new()) };
        let valid = in_period(items, now);
        if valid.is_empty() && !items.is_empty() {
            return Err(outside_period());
        }
        return Ok(explored(offer, member, valid));
    };
    let Some(member) = member else {
        return Err(Refusal::new(NotAppliedReason::NoMember, "personal terms, and no member was identified"));
    };
    match member.personal.get(attribute) {
        None => Err(no_terms(attribute)),
        Some(PersonalAttribute::Malformed(problem)) => Err(Refusal::new(
            NotAppliedReason::MalformedAttribute,
            format!("attribute {attribute}: {problem}"),
        )),
        Some(PersonalAttribute::Terms(terms)) => {
            let mechanic = plan.mechanic(offer.mechanic).map_or("", |mechanic| mechanic.name.as_str());
            if terms.kind != mechanic {
                let detail =
                    format!("attribute {attribute} is of kind {}, the offer uses {mechanic}", terms.kind);
                return Err(Refusal::new(NotAppliedReason::MalformedAttribute, detail));
            }
            personal_items((offer, attribute), (member, terms), now)
        }
    }
}

fn personal_items<'a>(
    (offer, attribute): (&Offer, &str),
    (member, terms): (&Member, &'a PersonalTerms),
    now: &Moment,
) -> Result<Vec<&'a Item>, Refusal> {
    if terms.items.is_empty() {
        return Err(no_terms(attribute));
    }
    if !terms.period.contains(now) {
        return Err(outside_period());
    }
    let valid = in_period(&terms.items, now);
    if valid.is_empty() {
        return Err(outside_period());
    }
    // Before acceptance, so that the chance of an item does not depend on what the member did.
    let mut valid = explored(offer, Some(member), valid);
    valid.retain(|item| item.accepted != Some(false));
    if valid.is_empty() {
        return Err(Refusal::new(NotAppliedReason::NotAccepted, "the member has not accepted it"));
    }
    Ok(without_duplicates(valid))
}

fn in_period<'a>(items: &'a [Item], now: &Moment) -> Vec<&'a Item> {
    items.iter().filter(|item| item.period.contains(now)).collect()
}

/// The item that exploration draws for the member, or all of them.
fn explored<'a>(offer: &Offer, member: Option<&Member>, items: Vec<&'a Item>) -> Vec<&'a Item> {
    let draw = member.and_then(|member| member.draw(offer, items.len()));
    match draw.and_then(|draw| draw.item) {
        Some(item) => items.into_iter().skip(item).take(1).collect(),
        None => items,
    }
}

/// The items that exploration draws for a member at a moment: the external id of each offer with the index of its item among
/// those whose period holds.
pub fn explored_items(plan: &Plan, member: &Member, now: &Moment) -> BTreeMap<String, usize> {
    let drawn = |offer: &Offer| {
        offer.exploration.as_ref()?;
        let items = in_period(all_items(offer, member, now)?, now).len();
        Some((offer.external_id.clone(), member.draw(offer, items)?.item?))
    };
    plan.offers.iter().filter_map(drawn).collect()
}

/// All items of an offer, or of the member's terms of it, if those hold.
fn all_items<'a>(offer: &'a Offer, member: &'a Member, now: &Moment) -> Option<&'a [Item]> {
    match &offer.terms {
        Terms::Configured(items) => Some(items),
        Terms::Attribute(attribute) => match member.personal.get(attribute)? {
            PersonalAttribute::Terms(terms) => terms.period.contains(now).then_some(&terms.items),
            PersonalAttribute::Malformed(_) => None,
        },
    }
}

/// What a member is handed of an offer whose items hold, accepted or not; none if there is nothing to say about it.
pub(super) fn handed(id: OfferId, offer: &Offer, member: &Member, now: &Moment) -> Option<Handed> {
    if offer.exploration.is_none() && matches!(offer.terms, Terms::Configured(_)) {
        return None;
    }
    let items = all_items(offer, member, now)?;
    let numbered = items.iter().enumerate().filter(|(_, item)| item.period.contains(now));
    let mut valid: Vec<(usize, &Item)> = numbered.collect();
    let mut draw = member.draw(offer, valid.len());
    if let Some(item) = draw.and_then(|draw| draw.item) {
        valid = valid.into_iter().skip(item).take(1).collect();
    }
    if let Some(draw) = &mut draw {
        // Among all items, as they are written.
        draw.item = draw.item.and_then(|_| valid.first()).map(|(number, _)| *number);
    }
    let mut seen = BTreeSet::new();
    let decisions = valid.iter().filter_map(|(_, item)| item.decision.as_ref());
    let decisions: Vec<_> =
        decisions.filter(|decision| seen.insert(*decision)).take(DECISIONS_MAX).cloned().collect();
    let says_something = draw.is_some() || !decisions.is_empty();
    says_something.then_some(Handed { offer: id, decisions, draw })
}

/// Of items for the same goods and phase only the first counts, by `order`, then as written.
fn without_duplicates(items: Vec<&Item>) -> Vec<&Item> {
    let beats = |(other_index, other): (usize, &&Item), index: usize, item: &Item| {
        other.target == item.target
            && other.reward == item.reward
            && (other.order, other_index) < (item.order, index)
    };
    let stays = |index: usize, item: &Item| {
        matches!(item.target, Target::Receipt)
            || !items.iter().enumerate().any(|other| beats(other, index, item))
    };
    items.iter().enumerate().filter(|&(index, item)| stays(index, item)).map(|(_, item)| *item).collect()
}

/// Resolves the items of a phase to lines. Fails if no item covers any line: then the mechanic is not
/// called.
pub(super) fn activate<'a>(
    plan: &Plan,
    id: OfferId,
    offer: &'a Offer,
    items: &[&'a Item],
    phase: Phase,
    lines: &[WorkingLine],
    index: &LineIndex,
) -> Result<ActiveOffer<'a>, Refusal> {
    let excluded = excluded(plan, offer, lines, index);
    let items: Vec<&Item> = items.iter().copied().filter(|item| item.reward == phase).collect();
    let calls: Vec<ItemCall> =
        items.iter().map(|item| item.call(scope(item, &excluded, lines, index))).collect();
    let finds_nothing = |item: &ItemCall| match &item.scope {
        Scope::WholeReceipt => lines.is_empty(),
        Scope::Lines(lines) => lines.is_empty(),
    };
    if !calls.is_empty() && calls.iter().all(finds_nothing) {
        return Err(Refusal::no_matching_line());
    }
    let call = OfferCall {
        id: u32::try_from(id.0).unwrap_or(u32::MAX),
        items: calls,
        extras: offer.extras.clone(),
        params: offer.params_text.clone(),
    };
    Ok(ActiveOffer { id, mechanic: offer.mechanic, items, call })
}

/// The lines that an offer neither counts nor rewards, ascending: those of its excluded goods, and weighed
/// ones if its mechanic counts sets and the offer does not let them take part.
pub(super) fn excluded(plan: &Plan, offer: &Offer, lines: &[WorkingLine], index: &LineIndex) -> Vec<u32> {
    let mut excluded = if offer.exclude.is_empty() { Vec::new() } else { index.set(&offer.exclude) };
    let counts_sets = |mechanic: &Mechanic| mechanic.description.counts_sets();
    if !offer.weighed && plan.mechanic(offer.mechanic).is_some_and(counts_sets) {
        excluded.extend((0_u32..).zip(lines).filter(|(_, line)| line.weighed).map(|(number, _)| number));
        excluded.sort_unstable();
        excluded.dedup();
    }
    excluded
}

pub(super) fn scope(item: &Item, excluded: &[u32], lines: &[WorkingLine], index: &LineIndex) -> Scope {
    let mut own: Vec<u32> = match item.target {
        Target::Product(id) => index.product(id).collect(),
        Target::Category(id, _) => index.category(id).collect(),
        Target::Group(id) => index.group(id).collect(),
        Target::Unknown(_) => Vec::new(),
        Target::Receipt if excluded.is_empty() && item.unit_price.is_none() => return Scope::WholeReceipt,
        Target::Receipt => (0_u32..).zip(lines).map(|(number, _)| number).collect(),
    };
    own.retain(|line| excluded.binary_search(line).is_err());
    if let Some((from, to)) = item.unit_price {
        let priced_so = |line: &WorkingLine| {
            from.is_none_or(|from| line.price >= from.0) && to.is_none_or(|to| line.price <= to.0)
        };
        own.retain(|&line| lines.get(at(line)).is_some_and(priced_so));
    }
    Scope::Lines(own)
}

fn no_terms(attribute: &str) -> Refusal {
    Refusal::new(
        NotAppliedReason::NoPersonalTerms,
        format!("the member has no terms in attribute {attribute}"),
    )
}

fn outside_period() -> Refusal {
    Refusal::new(NotAppliedReason::OutsidePeriod, "none of its items is valid on this day")
}
