//! Validation of a mechanic's answers. An invalid answer is a fault of the mechanic and pays nothing.

use crate::mechanics::{
    Benefit, Blame, Evaluated, Fault, OfferCall, Outcome, Phase, Portion, Portions, Proposal, Reason,
    ReceiptCall, Scope, Verdict,
};
use crate::quantities::{MAX_AMOUNT, MAX_QUANTITY};

/// Maximum percentage of points, in hundredths of a percent: a hundred times the base.
const MAX_POINTS_PERCENT: i32 = 1_000_000;

/// Number of proposals allowed for an offer beyond one for each item and line.
const SPARE_PROPOSALS: usize = 16;

/// Checks an answer against its call.
///
/// # Errors
///
/// A fault with [`Outcome::BadOutput`] if the number of verdicts differs from the number of offers, or
/// a proposal refers to something unknown or has a value out of range.
pub fn verify(
    receipt: &ReceiptCall,
    calls: &[OfferCall],
    evaluated: &Evaluated,
    reasons: &[Reason],
) -> Result<(), Fault> {
    let check = || {
        if evaluated.verdicts.len() != calls.len() {
            return Err(format!("{} verdicts for {} offers", evaluated.verdicts.len(), calls.len()));
        }
        calls.iter().zip(&evaluated.verdicts).try_for_each(|(call, verdict)| match verdict {
            Verdict::Proposals(proposals) => verify_offer(receipt, call, proposals, reasons),
            Verdict::Declined(_) | Verdict::Failed { .. } => Ok(()),
        })
    };
    check().map_err(|detail| Fault { outcome: Outcome::BadOutput, blame: Blame::Mechanic, detail, fuel: 0 })
}

fn verify_offer(
    receipt: &ReceiptCall,
    call: &OfferCall,
    proposals: &[Proposal],
    reasons: &[Reason],
) -> Result<(), String> {
    let most = call.items.len().saturating_add(receipt.lines.len()).saturating_add(SPARE_PROPOSALS);
    if proposals.len() > most {
        return Err(format!("{} proposals for one offer, at most {most} are allowed", proposals.len()));
    }
    proposals.iter().try_for_each(|proposal| {
        verify_benefit(receipt.phase, proposal.benefit)?;
        verify_limits(proposal)?;
        verify_portions(receipt, call, proposal)?;
        if reasons.iter().any(|reason| reason.id == proposal.reason) {
            Ok(())
        } else {
            Err(format!("reason {} is not in its description", proposal.reason))
        }
    })
}

fn verify_benefit(phase: Phase, benefit: Benefit) -> Result<(), String> {
    let most_percent = match phase {
        Phase::Discount => 10_000,
        Phase::Accrual => MAX_POINTS_PERCENT,
    };
    match benefit {
        Benefit::Percent(percent) if !(0..=most_percent).contains(&percent.0) => {
            Err(format!("a percentage of {} hundredths, allowed are 0 to {most_percent}", percent.0))
        }
        Benefit::UnitPrice(_) if phase == Phase::Accrual => {
            Err("a unit price in the points phase".to_owned())
        }
        Benefit::Amount(sum)
        | Benefit::AmountPerUnit(sum)
        | Benefit::AmountPerLine(sum)
        | Benefit::UnitPrice(sum)
            if !(0..=MAX_AMOUNT).contains(&sum) =>
        {
            Err(format!("an amount of {sum}, allowed are 0 to {MAX_AMOUNT}"))
        }
        _ => Ok(()),
    }
}

fn verify_limits(proposal: &Proposal) -> Result<(), String> {
    let limits = &proposal.limits;
    if limits.max_units.is_some_and(|units| !(0..=MAX_QUANTITY).contains(&units)) {
        return Err("max-units is negative or too large".to_owned());
    }
    if limits.unit_multiple.is_some_and(|units| !(1..=MAX_QUANTITY).contains(&units)) {
        return Err("unit-multiple is not positive or too large".to_owned());
    }
    if limits.cap.is_some_and(|cap| !(0..=MAX_AMOUNT).contains(&cap)) {
        return Err("cap is negative or too large".to_owned());
    }
    Ok(())
}

fn verify_portions(receipt: &ReceiptCall, call: &OfferCall, proposal: &Proposal) -> Result<(), String> {
    let scope = match proposal.item {
        None => None,
        Some(item) => match usize::try_from(item).ok().and_then(|item| call.items.get(item)) {
            None => return Err(format!("item {item} of an offer that has {}", call.items.len())),
            Some(item) => Some(&item.scope),
        },
    };
    match (&proposal.portions, scope) {
        (Portions::ItemScope, None) => Err("item-scope without an item".to_owned()),
        (Portions::ItemScope, Some(_)) => Ok(()),
        (Portions::Listed(portions), scope) => verify_listed(receipt, portions, scope),
    }
}

fn verify_listed(receipt: &ReceiptCall, portions: &[Portion], scope: Option<&Scope>) -> Result<(), String> {
    let mut seen = vec![false; receipt.lines.len()];
    for portion in portions {
        let index = usize::try_from(portion.line).unwrap_or(usize::MAX);
        let (Some(&sold), Some(seen)) = (receipt.lines.quantity.get(index), seen.get_mut(index)) else {
            return Err(format!("line {} of a receipt that has {}", portion.line, receipt.lines.len()));
        };
        if std::mem::replace(seen, true) {
            return Err(format!("line {} twice in one proposal", portion.line));
        }
        if portion.quantity.is_some_and(|quantity| !(1..=sold).contains(&quantity)) {
            return Err(format!("more of line {} than there is, or nothing of it", portion.line));
        }
        if let Some(Scope::Lines(lines)) = scope
            && lines.binary_search(&portion.line).is_err()
        {
            return Err(format!("line {} is not a line of its item", portion.line));
        }
    }
    Ok(())
}
