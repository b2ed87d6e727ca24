//! The events of a purchase in the results feed.

use std::collections::{BTreeMap, BTreeSet};

use domain::decimal::format_scaled;
use domain::mechanics::MechanicId;
use domain::member::{Member, PersonalAttribute};
use domain::offer::{MemberState, OfferId, Terms};
use domain::plan::Plan;
use domain::pricing::{PricedLine, PricedReceipt};
use domain::quantities::{Money, Points, Quantity};
use domain::receipt::{Receipt, ReceiptLine};

use super::events::{Event, Goods, OfOffer, OnLine, Sums};

const QUANTITY_PLACES: u32 = 3;

/// The purchase as a whole, then each offer that paid, would have paid, or let the buyer in and gave
/// nothing, by external id.
pub fn of_purchase<'a>(
    plan: &'a Plan,
    receipt: &'a Receipt,
    member: Option<&Member>,
    priced: &'a PricedReceipt,
) -> Vec<Event<'a>> {
    let writer = Writer { plan, receipt, priced };
    let member = member.filter(|member| member.state != MemberState::Blocked);
    let mut by_offer: BTreeMap<OfferId, Event<'a>> = BTreeMap::new();
    for (offer, given) in given(priced) {
        by_offer.insert(offer, Event::Fired(writer.of_offer(offer, &given)));
    }
    for would in &priced.withheld {
        let lines = would.lines.iter().map(|line| Part {
            position: line.position,
            discount: line.discount,
            points: line.points,
            decision: line.decision.as_deref(),
        });
        let lines = lines.collect();
        let event =
            OfOffer { control_group: true, ..writer.of_offer(would.offer, &Given { mechanic: None, lines }) };
        if would.discount.is_positive() || would.points.is_positive() {
            by_offer.insert(would.offer, Event::WouldHaveFired(event));
        }
    }
    let control: BTreeSet<OfferId> = priced.withheld.iter().map(|would| would.offer).collect();
    for entry in &priced.not_applied {
        if entry.reason.lets_in() && writer.has_terms(entry.offer, member) {
            by_offer.entry(entry.offer).or_insert_with(|| {
                Event::Offered(OfOffer {
                    reason: Some(entry.reason.name()),
                    control_group: control.contains(&entry.offer),
                    ..writer.of_offer(entry.offer, &Given::default())
                })
            });
        }
    }
    std::iter::once(Event::Receipt(writer.sums(priced))).chain(by_offer.into_values()).collect()
}

/// In units, as the feed writes it.
pub fn quantity(quantity: Quantity) -> String {
    format_scaled(quantity.0, QUANTITY_PLACES)
}

/// The rewards of an offer.
#[derive(Default)]
struct Given<'a> {
    /// The version of the mechanic that proposed them, if any.
    mechanic: Option<MechanicId>,
    lines: Vec<Part<'a>>,
}

/// The reward of an offer on one line.
struct Part<'a> {
    position: u32,
    discount: Money,
    points: Points,
    decision: Option<&'a str>,
}

fn given(priced: &PricedReceipt) -> BTreeMap<OfferId, Given<'_>> {
    let mut given: BTreeMap<OfferId, Given<'_>> = BTreeMap::new();
    for line in &priced.lines {
        for reward in &line.offers {
            let given = given.entry(reward.offer).or_default();
            given.mechanic.get_or_insert(reward.mechanic);
            given.lines.push(Part {
                position: line.position,
                discount: reward.discount,
                points: reward.points,
                decision: reward.decision.as_deref(),
            });
        }
    }
    given
}

struct Writer<'a> {
    plan: &'a Plan,
    receipt: &'a Receipt,
    priced: &'a PricedReceipt,
}

impl<'a> Writer<'a> {
    fn money(&self, money: Money) -> String {
        format_scaled(money.0, self.plan.currency.exponent)
    }

    fn points(&self, points: Points) -> String {
        format_scaled(points.0, self.plan.points.exponent)
    }

    fn sums(&self, priced: &PricedReceipt) -> Sums<'a> {
        let totals = &priced.totals;
        Sums {
            pos: Some(&self.receipt.pos),
            plan: Some(&self.plan.hash),
            return_id: None,
            amount: self.money(totals.amount),
            discount: self.money(totals.discount),
            points_paid: self.money(totals.points_paid),
            payable: self.money(totals.payable),
            points_spent: self.points(totals.points_spent),
            points_earned: self.points(totals.points_earned),
            lines: priced.lines.iter().filter_map(|line| self.goods(line)).collect(),
        }
    }

    fn goods(&self, priced: &PricedLine) -> Option<Goods<'a>> {
        let line = self.line(priced.position)?;
        Some(Goods {
            position: line.position,
            goods_id: &line.goods_id,
            quantity: quantity(line.quantity),
            amount: self.money(priced.amount),
            payable: self.money(priced.payable),
        })
    }

    fn line(&self, position: u32) -> Option<&'a ReceiptLine> {
        self.receipt.lines.iter().find(|line| line.position == position)
    }

    fn of_offer(&self, id: OfferId, given: &Given<'a>) -> OfOffer<'a> {
        let offer = self.plan.offer(id);
        let mechanic = given.mechanic.or_else(|| offer.map(|offer| offer.mechanic));
        let mechanic = mechanic.and_then(|mechanic| self.plan.mechanic(mechanic));
        let handed = self.priced.handed(id);
        let decisions: Vec<&str> =
            handed.into_iter().flat_map(|handed| &handed.decisions).map(|decision| &**decision).collect();
        let draw = handed.and_then(|handed| handed.draw);
        // The number of an item of personal terms is another one for each upload: its decision says which it is.
        let numbered = offer.filter(|offer| matches!(offer.terms, Terms::Configured(_)));
        let of_lines = || given.lines.iter().find_map(|line| line.decision);
        OfOffer {
            decision: if given.lines.is_empty() { decisions.first().copied() } else { of_lines() },
            decisions: if decisions.len() > 1 { decisions } else { Vec::new() },
            explored: draw.map(|draw| draw.item.is_some()),
            explored_item: draw.and_then(|draw| draw.item).filter(|_| numbered.is_some()),
            propensity: draw.map(|draw| draw.propensity),
            offer: offer.map_or("", |offer| &offer.external_id),
            offer_version: offer.map_or(0, |offer| offer.version),
            mechanic: mechanic.map_or("", |mechanic| &mechanic.name),
            mechanic_version: mechanic.map(|mechanic| mechanic.description.version.as_str()),
            attribute: offer.and_then(|offer| match &offer.terms {
                Terms::Attribute(name) => Some(name.as_str()),
                Terms::Configured(_) => None,
            }),
            discount: self.money(given.lines.iter().map(|line| line.discount).sum()),
            points: self.points(given.lines.iter().map(|line| line.points).sum()),
            lines: given.lines.iter().filter_map(|line| self.on_line(line)).collect(),
            ..OfOffer::default()
        }
    }

    fn on_line(&self, part: &Part<'a>) -> Option<OnLine<'a>> {
        let line = self.line(part.position)?;
        Some(OnLine {
            position: part.position,
            goods_id: &line.goods_id,
            discount: self.money(part.discount),
            points: self.points(part.points),
            decision: part.decision,
        })
    }

    /// True unless the offer takes personal terms and the member has none: the reason may be another one, found first.
    fn has_terms(&self, id: OfferId, member: Option<&Member>) -> bool {
        match self.plan.offer(id).map(|offer| &offer.terms) {
            Some(Terms::Attribute(name)) => {
                let personal = member.and_then(|member| member.personal.get(name));
                matches!(personal, Some(PersonalAttribute::Terms(terms)) if !terms.items.is_empty())
            }
            Some(Terms::Configured(_)) | None => true,
        }
    }
}
