//! What the model asks for.

use mechanic_sdk::{Fact, FactSource, FactValue, Need, Offer, Receipt, Scope, Tally};
use till::{MAX_FEATURES, MAX_GOODS, Source, View};

use crate::GOODS;

/// The attributes of the member that the model asks for, in its order.
pub(crate) fn needs(model: &View<'_>) -> Vec<Need> {
    model.attributes().map(|name| Need { source: FactSource::Member, name: name.to_owned() }).collect()
}

/// What is known on one receipt.
pub(crate) struct Values<'a> {
    receipt: &'a Receipt,
    attributes: [Option<i64>; MAX_FEATURES],
    basket: Tally,
    goods: [Tally; MAX_GOODS],
}

impl<'a> Values<'a> {
    /// Nothing if the model asks for attributes, and none of them is there as a number.
    pub(crate) fn new(model: &View<'_>, receipt: &'a Receipt, offer: &Offer, facts: &[Fact]) -> Option<Self> {
        let mut attributes = [None; MAX_FEATURES];
        let mut is_known = model.attributes().next().is_none();
        for fact in facts {
            let place = usize::try_from(fact.need).ok().and_then(|place| attributes.get_mut(place));
            if let (Some(place), FactValue::Number(number)) = (place, &fact.value) {
                *place = Some(*number);
                is_known = true;
            }
        }
        let mut goods = [Tally::default(); MAX_GOODS];
        for item in &offer.items {
            let number = GOODS.of(item).and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
            if let Some(tally) = number.and_then(|number| goods.get_mut(number)) {
                *tally = receipt.tally(&item.scope);
            }
        }
        let basket = receipt.tally(&Scope::WholeReceipt);
        is_known.then_some(Self { receipt, attributes, basket, goods })
    }

    /// The value of a source. Goods that are not in the basket are there 0 times.
    pub(crate) fn of(&self, source: Source) -> Option<i64> {
        let goods = |place: u8| self.goods.get(usize::from(place)).copied();
        match source {
            Source::Member(place) => self.attributes.get(usize::from(place)).copied().flatten(),
            Source::Hour => Some(i64::from(self.receipt.time.hour)),
            Source::Weekday => Some(i64::from(self.receipt.time.weekday)),
            Source::Lines => Some(i64::from(self.receipt.lines.len())),
            Source::Units => Some(self.basket.units),
            Source::Sum => Some(self.basket.sum),
            Source::GoodsSum(place) => goods(place).map(|tally| tally.sum),
            Source::GoodsUnits(place) => goods(place).map(|tally| tally.units),
        }
    }
}
