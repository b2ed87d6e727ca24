//! What the host hands over: `domain` to WIT. Lists are borrowed, not copied.

use domain::mechanics as domain;

use super::wit;

pub(super) fn receipt(receipt: &domain::ReceiptCall) -> wit::Receipt<'_> {
    let time = &receipt.time;
    wit::Receipt {
        phase: phase(receipt.phase),
        money_exponent: receipt.money_exponent,
        points_exponent: receipt.points_exponent,
        time: wit::LocalTime {
            year: time.year,
            month: time.month,
            day: time.day,
            weekday: time.weekday,
            hour: time.hour,
            minute: time.minute,
            second: time.second,
        },
        has_member: receipt.has_member,
        lines: lines(&receipt.lines),
    }
}

fn lines(lines: &domain::LineColumns) -> wit::Lines<'_> {
    wit::Lines {
        position: &lines.position,
        product: &lines.product,
        category: &lines.category,
        quantity: &lines.quantity,
        price: &lines.price,
        gross: &lines.gross,
        amount: &lines.amount,
        net: &lines.net,
        cash: &lines.cash,
        rewardable: &lines.rewardable,
        counts: &lines.counts,
    }
}

/// Hands `offers` to `use_them` in the shape of the contract.
pub(super) fn with_offers<R>(
    offers: &[domain::OfferCall],
    use_them: impl FnOnce(&[wit::Offer<'_>]) -> R,
) -> R {
    let extras: Vec<wit::Extra> = offers.iter().flat_map(extras).collect();
    let mut extras = Cut(&extras);
    let mut own_extras = Vec::with_capacity(offers.len());
    let mut items = Vec::with_capacity(offers.iter().map(|offer| offer.items.len()).sum());
    for offer in offers {
        own_extras.push(extras.take(offer.extras.len()));
        items.extend(offer.items.iter().map(|each| item(each, extras.take(each.extras.len()))));
    }
    let mut items = Cut(&items);
    let lowered: Vec<wit::Offer<'_>> = offers
        .iter()
        .zip(own_extras)
        .map(|(offer, extras)| wit::Offer {
            id: offer.id,
            items: items.take(offer.items.len()),
            extras,
            params: offer.params.as_deref(),
        })
        .collect();
    use_them(&lowered)
}

/// Hands one offer to `use_it` in the shape of the contract.
pub(super) fn with_offer<R>(offer: &domain::OfferCall, use_it: impl FnOnce(wit::Offer<'_>) -> R) -> R {
    let own_extras: Vec<wit::Extra> = extras(offer).collect();
    let mut extras = Cut(&own_extras);
    let own = extras.take(offer.extras.len());
    let items: Vec<wit::Item<'_>> =
        offer.items.iter().map(|each| item(each, extras.take(each.extras.len()))).collect();
    use_it(wit::Offer { id: offer.id, items: &items, extras: own, params: offer.params.as_deref() })
}

pub(super) fn facts(facts: &[domain::Fact]) -> Vec<wit::Fact<'_>> {
    facts
        .iter()
        .map(|fact| wit::Fact {
            need: fact.need,
            line: fact.line,
            value: match &fact.value {
                domain::FactValue::Number(number) => wit::FactValue::Number(*number),
                domain::FactValue::Text(text) => wit::FactValue::Text(text),
            },
        })
        .collect()
}

/// The rest of a list that is being cut into pieces.
struct Cut<'a, T>(&'a [T]);

impl<'a, T> Cut<'a, T> {
    fn take(&mut self, count: usize) -> &'a [T] {
        let (piece, rest) = self.0.split_at_checked(count).unwrap_or((self.0, &[]));
        self.0 = rest;
        piece
    }
}

/// The extras of an offer, then those of its items, in order.
fn extras(offer: &domain::OfferCall) -> impl Iterator<Item = wit::Extra> {
    let of_items = offer.items.iter().flat_map(|item| &item.extras);
    offer.extras.iter().chain(of_items).map(|&(parameter, value)| wit::Extra { parameter, value })
}

fn item<'a>(item: &'a domain::ItemCall, extras: &'a [wit::Extra]) -> wit::Item<'a> {
    wit::Item {
        target_kind: match item.target_kind {
            domain::TargetKind::Product => wit::TargetKind::Product,
            domain::TargetKind::Category => wit::TargetKind::Category,
            domain::TargetKind::Group => wit::TargetKind::Group,
            domain::TargetKind::Receipt => wit::TargetKind::Receipt,
        },
        target: item.target,
        scope: match &item.scope {
            domain::Scope::WholeReceipt => wit::Scope::WholeReceipt,
            domain::Scope::Lines(lines) => wit::Scope::Lines(lines),
        },
        reward: phase(item.reward),
        benefit: benefit(item.benefit),
        threshold: item.threshold.map(|tier| wit::Threshold { sum: tier.sum, exclusive: tier.exclusive }),
        min_units: item.min_units,
        min_sum: item.min_sum,
        max_units: item.limits.max_units,
        unit_multiple: item.limits.unit_multiple,
        pick: item.limits.pick.map(pick),
        cap: item.limits.cap,
        extras,
    }
}

fn benefit(benefit: domain::Benefit) -> wit::Benefit {
    match benefit {
        domain::Benefit::Percent(percent) => wit::Benefit::Percent(percent.0),
        domain::Benefit::Amount(sum) => wit::Benefit::Amount(sum),
        domain::Benefit::AmountPerUnit(sum) => wit::Benefit::AmountPerUnit(sum),
        domain::Benefit::AmountPerLine(sum) => wit::Benefit::AmountPerLine(sum),
        domain::Benefit::UnitPrice(price) => wit::Benefit::UnitPrice(price),
    }
}

fn pick(pick: domain::Pick) -> wit::Pick {
    match pick {
        domain::Pick::Listed => wit::Pick::Listed,
        domain::Pick::Cheapest => wit::Pick::Cheapest,
        domain::Pick::Dearest => wit::Pick::Dearest,
    }
}

fn phase(phase: domain::Phase) -> wit::Phase {
    match phase {
        domain::Phase::Discount => wit::Phase::Discount,
        domain::Phase::Accrual => wit::Phase::Accrual,
    }
}
