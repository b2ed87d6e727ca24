//! Texts of reasons, from the templates in the description of the mechanic.

use std::sync::Arc;

use super::offer_proposals::{ItemTexts, OfferProposals};
use super::text::{amount, title};
use crate::decimal::{format_scaled, format_trimmed};
use crate::locale::in_locale;
use crate::mechanics::{Benefit, Phase, Proposal, Reason};
use crate::placeholder;
use crate::plan::Plan;

/// The reason of one proposal in the locale of the plan, otherwise in the first locale of the template.
pub(super) fn reason_text(plan: &Plan, phase: Phase, proposed: &OfferProposals, proposal: usize) -> Arc<str> {
    let (Some(offer), Some(number)) = (plan.offer(proposed.offer), proposed.proposals.get(proposal)) else {
        return Arc::from("");
    };
    let reasons = plan.mechanic(proposed.mechanic).map_or(&[][..], |mechanic| &mechanic.description.reasons);
    match template(reasons, number.reason, &plan.locale) {
        Some(template) => Arc::from(fill(template, plan, phase, proposed.item_texts(number), number)),
        None => Arc::from(title(offer)),
    }
}

fn template<'a>(reasons: &'a [Reason], id: u32, locale: &str) -> Option<&'a str> {
    let texts = &reasons.iter().find(|reason| reason.id == id)?.texts;
    in_locale(texts.iter().map(|(tag, text)| (tag, text)), locale)
        .or_else(|| texts.first().map(|(_, text)| text.as_str()))
}

fn fill(template: &str, plan: &Plan, phase: Phase, item: Option<&ItemTexts>, proposal: &Proposal) -> String {
    let value = || match proposal.benefit {
        Benefit::Percent(percent) => format!("{} %", format_trimmed(i64::from(percent.0), 2)),
        Benefit::Amount(sum) | Benefit::AmountPerUnit(sum) | Benefit::AmountPerLine(sum) => {
            amount(plan, phase, sum)
        }
        Benefit::UnitPrice(sum) => amount(plan, Phase::Discount, sum),
    };
    let units = || proposal.limits.max_units.map(|units| format_trimmed(units, 3)).unwrap_or_default();
    let from = || format_scaled(item.and_then(|item| item.from).unwrap_or(0), plan.currency.exponent);
    placeholder::fill(template, |name| match name {
        "value" => Some(value()),
        "units" => Some(units()),
        "from" => Some(from()),
        "target" => Some(item.map_or_else(String::new, |item| item.target.clone())),
        _ => None,
    })
}
