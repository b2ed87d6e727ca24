//! What the model asks for.

use mechanic_sdk::{Fact, FactSource, FactValue, Need, Offer, Receipt, Scope, Tally};
use till::{MAX_GOODS, Row, Source, View};

use crate::GOODS;

/// The attributes of the member that the model asks for, in its order.
pub(crate) fn needs(model: &View<'_>) -> Vec<Need> {
    model.attributes().map(|name| Need { source: FactSource::Member, name: name.to_owned() }).collect()
}

/// The row of a receipt; nothing if the model asks for attributes, and none of them is there as a number.
pub(crate) fn row(model: &View<'_>, receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Option<Row> {
    let numbers = facts.iter().filter_map(|fact| match fact.value {
        FactValue::Number(number) => Some((fact.need, number)),
        FactValue::Text(_) => None,
    });
    let known = Known::new(receipt, offer);
    Some(model.row(numbers, |source| known.of(source))).filter(|row| row.is_known)
}

/// What the till knows.
struct Known<'a> {
    receipt: &'a Receipt,
    basket: Tally,
    goods: [Tally; MAX_GOODS],
}

impl<'a> Known<'a> {
    fn new(receipt: &'a Receipt, offer: &Offer) -> Self {
        let mut goods = [Tally::default(); MAX_GOODS];
        for item in &offer.items {
            let number = GOODS.of(item).and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
            if let Some(tally) = number.and_then(|number| goods.get_mut(number)) {
                *tally = receipt.tally(&item.scope);
            }
        }
        Self { receipt, basket: receipt.tally(&Scope::WholeReceipt), goods }
    }

    /// The value of a source. Goods that are not in the basket are there 0 times.
    fn of(&self, source: Source) -> Option<i64> {
        let goods = |place: u8| self.goods.get(usize::from(place)).copied();
        match source {
            Source::Member(_) => None,
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
