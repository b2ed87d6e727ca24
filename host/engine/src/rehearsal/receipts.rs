//! The receipts of a rehearsal.

use std::borrow::Cow;
use std::iter;

use domain::mechanics::{
    Benefit, Description, Fact, FactSource, FactValue, Fault, ItemCall, LineCall, LocalTime, OfferCall,
    Phase, Pick, ReceiptCall, Scope, TargetKind, Threshold, UnitKind, UnitLimits,
};
use domain::quantities::Percent;

use crate::admission::Refusal;
use crate::limits::CallLimits;

/// A made-up receipt, with the offers and facts of the call.
pub(crate) struct SampleReceipt {
    /// Description for people, as `a receipt of 50 lines`.
    pub(crate) name: Cow<'static, str>,
    /// Number of lines.
    pub(crate) lines: usize,
    pub(crate) offers: Vec<OfferCall>,
    pub(crate) facts: Vec<Fact>,
    /// True if the catalogue has the products of the lines.
    pub(crate) goods_known: bool,
    pub(crate) has_member: bool,
    /// Date and time on the store's clock.
    pub(crate) time: LocalTime,
    /// True if items keep their own phase; otherwise they give rewards of the phase that is asked for.
    pub(crate) keeps_phases: bool,
}

/// Noon of a Monday.
const TIME: LocalTime =
    LocalTime { year: 2026, month: 1, day: 5, weekday: 1, hour: 12, minute: 0, second: 0 };

/// The receipts for a mechanic of this description, the simplest first.
pub(crate) fn all(description: &Description) -> Vec<SampleReceipt> {
    let plain = |name, lines| SampleReceipt { name: Cow::Borrowed(name), ..of_lines(description, lines) };
    let bare_offer = vec![bare(description)];
    let as_texts = facts(description, 1).into_iter();
    let as_texts = as_texts.map(|fact| Fact { value: FactValue::Text("?".to_owned()), ..fact }).collect();
    vec![
        SampleReceipt { offers: Vec::new(), ..plain("an empty receipt without offers", 0) },
        plain("an empty receipt", 0),
        SampleReceipt { offers: bare_offer, ..plain("a receipt with an offer without items", 1) },
        plain("a receipt of 1 line", 1),
        SampleReceipt {
            offers: vec![full(description, 10)],
            ..plain("a receipt with an offer that says all it can", 10)
        },
        SampleReceipt { offers: Vec::new(), ..plain("a receipt without offers", 1) },
        SampleReceipt { goods_known: false, ..plain("a receipt of unknown goods", 1) },
        SampleReceipt { has_member: false, ..plain("a receipt without a member", 1) },
        SampleReceipt { facts: as_texts, ..plain("a receipt with texts as facts", 1) },
        plain("a receipt of 50 lines", 50),
        SampleReceipt { facts: Vec::new(), ..plain("a receipt of 50 lines without facts", 50) },
        plain("a receipt of 1,000 lines", 1000),
    ]
}

/// A receipt with this number of lines, and everything that the mechanic may be given.
pub(crate) fn of_lines(description: &Description, lines: usize) -> SampleReceipt {
    SampleReceipt {
        name: Cow::Borrowed("a receipt"),
        lines,
        offers: vec![bare(description), with_items(description, lines)],
        facts: facts(description, lines),
        goods_known: true,
        has_member: true,
        time: TIME,
        keeps_phases: false,
    }
}

impl SampleReceipt {
    /// The receipt as it is handed over in one phase.
    pub(crate) fn receipt(&self, phase: Phase) -> ReceiptCall {
        ReceiptCall {
            phase,
            money_exponent: 2,
            points_exponent: 2,
            time: self.time,
            has_member: self.has_member,
            lines: (0..self.lines).map(|index| line(index, self.goods_known)).collect(),
        }
    }

    /// The offers as they are handed over in one phase.
    pub(super) fn offers(&self, phase: Phase) -> Vec<OfferCall> {
        if !self.keeps_phases {
            return asked_in(phase, &self.offers);
        }
        let mut offers = self.offers.clone();
        offers.iter_mut().for_each(|offer| offer.items.retain(|item| item.reward == phase));
        offers
    }

    /// The refusal of a mechanic that failed on this receipt.
    pub(crate) fn refusal(&self, phase: Phase, fault: Fault, limits: &CallLimits) -> Refusal {
        let receipt = format!("{}, phase {}", self.name, phase.name());
        Refusal::Rehearsal { receipt, fault, is_largest: limits.are_largest() }
    }
}

/// A line of the receipt. Every fifth is weighed, every seventh may not be rewarded.
fn line(index: usize, known: bool) -> LineCall {
    let number = number(index);
    let quantity = if number.is_multiple_of(5) { 478 } else { 2000 };
    let price = i64::from(number).saturating_mul(10).saturating_add(1000);
    let amount = price.saturating_mul(quantity).saturating_div(1000);
    LineCall {
        position: number.saturating_add(1),
        product: if known { number.saturating_add(1) } else { 0 },
        category: if known { number % 10 } else { 0 },
        quantity,
        price,
        gross: amount,
        amount,
        net: amount,
        cash: amount,
        rewardable: !number.is_multiple_of(7),
        counts: true,
        unit_kind: match (known, number.is_multiple_of(5)) {
            (false, _) => UnitKind::Unknown,
            (true, false) => UnitKind::Piece,
            (true, true) => UnitKind::Measure,
        },
    }
}

/// The offers with their items set to give rewards of this phase.
fn asked_in(phase: Phase, offers: &[OfferCall]) -> Vec<OfferCall> {
    let mut offers = offers.to_vec();
    offers.iter_mut().flat_map(|offer| &mut offer.items).for_each(|item| item.reward = phase);
    offers
}

/// An offer without items.
pub(crate) fn bare(description: &Description) -> OfferCall {
    let params = description.wants_params_text.then(|| "{}".to_owned());
    OfferCall { id: 0, items: Vec::new(), extras: Vec::new(), params }
}

/// An offer with an item for every kind of target that the mechanic takes.
pub(super) fn with_items(description: &Description, lines: usize) -> OfferCall {
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

/// An offer as of [`with_items`], with all optional fields of the items. The mechanic's own parameters are
/// left out: their values would have to pass its schema and its `validate`.
fn full(description: &Description, lines: usize) -> OfferCall {
    let mut offer = with_items(description, lines);
    for item in &mut offer.items {
        item.threshold = Some(Threshold { sum: 100, exclusive: true });
        (item.min_units, item.min_sum) = (Some(1000), Some(100));
        let (max_units, unit_multiple) = (Some(3000), Some(1000));
        item.limits = UnitLimits { max_units, unit_multiple, pick: Some(Pick::Dearest), cap: Some(500) };
    }
    offer
}

/// All facts that the mechanic asks for, each as a number.
pub(super) fn facts(description: &Description, lines: usize) -> Vec<Fact> {
    let needs = description.needs.iter().enumerate();
    needs
        .flat_map(|(need, asked)| {
            let of_lines: Box<dyn Iterator<Item = Option<u32>>> = match asked.source {
                FactSource::Product | FactSource::Line => Box::new((0..lines).map(|line| Some(number(line)))),
                FactSource::Receipt | FactSource::Member => Box::new(iter::once(None)),
            };
            of_lines.map(move |line| Fact { need: number(need), line, value: FactValue::Number(1) })
        })
        .collect()
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
