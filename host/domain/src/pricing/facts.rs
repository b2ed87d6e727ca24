//! The facts that a mechanic requests, as far as they are known.

use super::lines::WorkingLine;
use crate::mechanics::{Fact, FactSource, FactValue, MechanicId};
use crate::member::Member;
use crate::plan::Plan;
use crate::receipt::Receipt;

/// Gathers the facts for one mechanic, in the order of its needs and then of the lines.
pub(super) fn gather(
    plan: &Plan,
    mechanic: MechanicId,
    receipt: &Receipt,
    member: Option<&Member>,
    lines: &[WorkingLine],
) -> Vec<Fact> {
    let needs = plan.mechanic(mechanic).map_or(&[][..], |mechanic| &mechanic.description.needs);
    let mut facts = Vec::new();
    for (need, wanted) in (0_u32..).zip(needs) {
        let whole =
            |value: Option<&FactValue>| value.map(|value| Fact { need, line: None, value: value.clone() });
        match wanted.source {
            FactSource::Receipt => facts.extend(whole(receipt.facts.get(&wanted.name))),
            FactSource::Member => {
                facts.extend(whole(member.and_then(|member| member.facts.get(&wanted.name))))
            }
            FactSource::Product => facts.extend((0_u32..).zip(lines).filter_map(|(number, line)| {
                let value = plan.catalog.product(line.product?)?.attributes.get(&wanted.name)?;
                Some(Fact { need, line: Some(number), value: read(value) })
            })),
            // The lines of the receipt and those that are priced are in the same order.
            FactSource::Line => facts.extend((0_u32..).zip(&receipt.lines).filter_map(|(number, line)| {
                let value = line.facts.get(&wanted.name)?;
                Some(Fact { need, line: Some(number), value: value.clone() })
            })),
        }
    }
    facts
}

/// A whole number if it is written as one, text otherwise.
fn read(value: &str) -> FactValue {
    value.parse().map_or_else(|_| FactValue::Text(value.to_owned()), FactValue::Number)
}
