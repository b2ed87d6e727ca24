//! Converts the arguments of a call from the types of `domain` to those of the SDK.

use types::Offer;

/// The SDK's types, which own what they hold, under the names of types that borrow it.
mod types {
    pub(super) use mechanic_sdk::{Benefit, Extra, LocalTime, Offer, Phase, Pick, TargetKind, Threshold};

    pub(super) type Fact<'a> = mechanic_sdk::Fact;
    pub(super) type FactValue<'a> = mechanic_sdk::FactValue;
    pub(super) type Item<'a> = mechanic_sdk::Item;
    pub(super) type Lines<'a> = mechanic_sdk::Lines;
    pub(super) type Receipt<'a> = mechanic_sdk::Receipt;
    pub(super) type Scope<'a> = mechanic_sdk::Scope;
}

engine::convert_calls! {
    types: types,
    hold: ToOwned::to_owned,
    lines: |lines| { unit_kind: lines.unit_kind.clone() },
    item: |item| { reward: phase(item.reward), pick: item.limits.pick.map(pick) },
}

pub(super) fn offer(offer: &domain::OfferCall) -> Offer {
    let items = offer.items.iter().map(|each| item(each, &extras(&each.extras)));
    let params = offer.params.clone();
    Offer { id: offer.id, items: items.collect(), extras: extras(&offer.extras), params }
}

fn extras(extras: &[(u32, i64)]) -> Vec<types::Extra> {
    extras.iter().map(extra).collect()
}
