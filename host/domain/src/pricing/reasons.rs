//! Texts of reasons, from the templates in the description of the mechanic.

use std::sync::Arc;

use super::items::ActiveOffer;
use super::lines::at;
use super::offer_proposals::{ItemTexts, OfferProposals};
use super::refusal::Refusal;
use super::text::{amount, title};
use crate::decimal::{format_scaled, format_trimmed};
use crate::locale::in_locale;
use crate::mechanics::{Benefit, Decline, DeclineReason, Declined, Phase, Reason, Unit};
use crate::placeholder;
use crate::plan::Plan;

/// The reason of one proposal in the locale of the plan, otherwise in the first locale of the template.
pub(super) fn reason_text(plan: &Plan, phase: Phase, proposed: &OfferProposals, proposal: usize) -> Arc<str> {
    let (Some(offer), Some(number)) = (plan.offer(proposed.offer), proposed.proposals.get(proposal)) else {
        return Arc::from("");
    };
    let reasons = plan.mechanic(proposed.mechanic).map_or(&[][..], |mechanic| &mechanic.description.reasons);
    match template(reasons, number.reason, &plan.locale) {
        Some(template) => {
            let (benefit, max_units) = (number.benefit, number.limits.max_units);
            let values = Values { plan, phase, benefit, max_units, item: proposed.item_texts(number) };
            Arc::from(placeholder::fill(template, |name| values.of(name)))
        }
        None => Arc::from(title(offer)),
    }
}

/// The refusal of an offer that its mechanic declines in its own words, in the locale of the plan, otherwise in the first
/// locale of the template.
pub(super) fn declined(plan: &Plan, phase: Phase, offer: &ActiveOffer<'_>, decline: &Decline) -> Refusal {
    let mechanic = plan.mechanic(offer.mechanic);
    let reasons = mechanic.map_or(&[][..], |mechanic| &mechanic.description.decline_reasons);
    let Some(reason) = reasons.iter().find(|reason| reason.id == decline.reason) else {
        return Refusal::declined(Declined::NotApplicable);
    };
    let item = decline.item.map(at);
    let texts = item.and_then(|item| offer.items.get(item)).map(|item| ItemTexts::new(&plan.catalog, item));
    let call = item.and_then(|item| offer.call.items.get(item));
    let values = call.map(|call| Values {
        plan,
        phase,
        benefit: call.benefit,
        max_units: call.limits.max_units,
        item: texts.as_ref(),
    });
    let value = |name: &str| {
        own_value(plan, reason, decline, name).or_else(|| values.as_ref().and_then(|values| values.of(name)))
    };
    let template = in_texts(&reason.texts, &plan.locale).unwrap_or(&reason.code);
    let (detail, code) = (placeholder::fill(template, value), Some(reason.code.clone()));
    Refusal { detail, code, ..Refusal::declined(reason.kind) }
}

/// The value of a variable of a reason for declining.
fn own_value(plan: &Plan, reason: &DeclineReason, decline: &Decline, name: &str) -> Option<String> {
    let mut variables = reason.variables.iter().zip(&decline.values);
    let (variable, &value) = variables.find(|(variable, _)| variable.name == name)?;
    Some(match variable.unit {
        Unit::Money => format_scaled(value, plan.currency.exponent),
        Unit::Points => format_scaled(value, plan.points.exponent),
        Unit::Quantity => format_trimmed(value, 3),
        Unit::Percent => format!("{} %", format_trimmed(value, 2)),
        Unit::Count | Unit::Boolean => value.to_string(),
    })
}

fn template<'a>(reasons: &'a [Reason], id: u32, locale: &str) -> Option<&'a str> {
    in_texts(&reasons.iter().find(|reason| reason.id == id)?.texts, locale)
}

fn in_texts<'a>(texts: &'a [(String, String)], locale: &str) -> Option<&'a str> {
    in_locale(texts.iter().map(|(tag, text)| (tag, text)), locale)
        .or_else(|| texts.first().map(|(_, text)| text.as_str()))
}

/// Values of the placeholders that the host fills in.
struct Values<'a> {
    plan: &'a Plan,
    phase: Phase,
    benefit: Benefit,
    max_units: Option<i64>,
    item: Option<&'a ItemTexts>,
}

impl Values<'_> {
    fn of(&self, name: &str) -> Option<String> {
        let Self { plan, item, .. } = self;
        match name {
            "value" => Some(self.value()),
            "units" => Some(self.max_units.map(|units| format_trimmed(units, 3)).unwrap_or_default()),
            "from" => {
                Some(format_scaled(item.and_then(|item| item.from).unwrap_or(0), plan.currency.exponent))
            }
            "target" => Some(item.map_or_else(String::new, |item| item.target.clone())),
            _ => None,
        }
    }

    fn value(&self) -> String {
        let Self { plan, phase, .. } = *self;
        match self.benefit {
            Benefit::Percent(percent) => format!("{} %", format_trimmed(i64::from(percent.0), 2)),
            Benefit::Amount(sum) | Benefit::AmountPerUnit(sum) | Benefit::AmountPerLine(sum) => {
                amount(plan, phase, sum)
            }
            Benefit::UnitPrice(sum) => amount(plan, Phase::Discount, sum),
        }
    }
}
