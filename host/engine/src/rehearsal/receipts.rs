//! The receipts of a dry run.

use std::iter;

use domain::mechanics::{
    Benefit, Description, Fact, FactSource, FactValue, Fault, ItemCall, LineCall, OfferCall, Phase,
    ReceiptCall, Scope, TargetKind, UnitLimits,
};
use domain::quantities::Percent;
use domain::time::LocalTime;

use crate::admission::Refusal;

/// One receipt, with the offers and facts that come with it.
pub(super) struct Golden {
    pub(super) name: &'static str,
    pub(super) lines: usize,
    pub(super) offers: Vec<OfferCall>,
    pub(super) facts: Vec<Fact>,
}

/// Noon of a Monday.
const TIME: LocalTime = LocalTime {
    seconds: 1_767_614_400,
    year: 2026,
    month: 1,
    day: 5,
    weekday: 1,
    hour: 12,
    minute: 0,
    second: 0,
};

/// The receipts for a mechanic of this description, the simplest first.
pub(super) fn all(description: &Description) -> Vec<Golden> {
    let golden = |name, lines, offers, facts| Golden { name, lines, offers, facts };
    let offers = |lines| vec![bare(description), with_items(description, lines)];
    let with = |name, lines| golden(name, lines, offers(lines), facts(description, lines));
    vec![
        golden("an empty receipt without offers", 0, Vec::new(), Vec::new()),
        golden("an empty receipt", 0, offers(0), Vec::new()),
        golden("a receipt with an offer without items", 1, vec![bare(description)], facts(description, 1)),
        with("a receipt of 1 line", 1),
        with("a receipt of 50 lines", 50),
        golden("a receipt of 50 lines without facts", 50, offers(50), Vec::new()),
        with("a receipt of 1,000 lines", 1000),
    ]
}

impl Golden {
    pub(super) fn receipt(&self, phase: Phase) -> ReceiptCall {
        ReceiptCall {
            phase,
            money_exponent: 2,
            points_exponent: 2,
            time: TIME,
            has_member: true,
            lines: (0..self.lines).map(line).collect(),
        }
    }

    pub(super) fn refusal(&self, phase: Phase, fault: Fault) -> Refusal {
        Refusal::Rehearsal { receipt: format!("{}, phase {}", self.name, phase.name()), fault }
    }
}

/// Every fifth is weighed, every seventh may not be rewarded.
fn line(index: usize) -> LineCall {
    let number = number(index);
    let quantity = if number.is_multiple_of(5) { 478 } else { 2000 };
    let price = i64::from(number).saturating_mul(10).saturating_add(1000);
    let amount = price.saturating_mul(quantity).saturating_div(1000);
    LineCall {
        position: number.saturating_add(1),
        product: number.saturating_add(1),
        category: number % 10,
        quantity,
        price,
        gross: amount,
        amount,
        net: amount,
        cash: amount,
        rewardable: !number.is_multiple_of(7),
        counts: true,
    }
}

/// The offers as they are asked about in one phase.
pub(super) fn asked_in(phase: Phase, offers: &[OfferCall]) -> Vec<OfferCall> {
    let mut offers = offers.to_vec();
    offers.iter_mut().flat_map(|offer| &mut offer.items).for_each(|item| item.reward = phase);
    offers
}

/// An offer with nothing in it.
fn bare(description: &Description) -> OfferCall {
    let params = description.wants_params_text.then(|| "{}".to_owned());
    OfferCall { id: 0, items: Vec::new(), extras: Vec::new(), params }
}

/// An offer with an item of every kind that the mechanic may be given.
fn with_items(description: &Description, lines: usize) -> OfferCall {
    let items = description.targets.iter().map(|&target_kind| ItemCall {
        target_kind,
        target: u32::from(target_kind != TargetKind::Receipt),
        scope: match target_kind {
            TargetKind::Receipt => Scope::WholeReceipt,
            _ => Scope::Lines((0..lines).step_by(2).map(number).collect()),
        },
        reward: Phase::Discount,
        benefit: Benefit::Percent(Percent(1000)),
        threshold: None,
        min_units: None,
        min_sum: None,
        limits: UnitLimits::default(),
        extras: Vec::new(),
    });
    OfferCall { id: 1, items: items.collect(), ..bare(description) }
}

/// Everything that the mechanic asks for, each as a number.
fn facts(description: &Description, lines: usize) -> Vec<Fact> {
    let needs = description.needs.iter().enumerate();
    needs
        .flat_map(|(need, asked)| {
            let of_lines: Box<dyn Iterator<Item = Option<u32>>> = match asked.source {
                FactSource::Product => Box::new((0..lines).map(|line| Some(number(line)))),
                FactSource::Receipt | FactSource::Member => Box::new(iter::once(None)),
            };
            of_lines.map(move |line| Fact { need: number(need), line, value: FactValue::Number(1) })
        })
        .collect()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
