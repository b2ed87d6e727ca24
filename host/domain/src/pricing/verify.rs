//! Validation of a mechanic's answers. An invalid answer is a fault of the mechanic and pays nothing.

use crate::mechanics::{
    Benefit, Blame, Decline, DeclineReason, Evaluated, Fault, ItemCall, OfferCall, Outcome, Phase, Portion,
    Portions, Proposal, Reason, ReceiptCall, Scope, Verdict,
};
use crate::quantities::{MAX_AMOUNT, MAX_QUANTITY};

/// Maximum percentage of points, in hundredths of a percent: a hundred times the base.
const MAX_POINTS_PERCENT: i32 = 1_000_000;

/// Number of proposals allowed for an offer beyond one for each item and line.
const SPARE_PROPOSALS: usize = 16;

/// How often the proposals of an offer may cover the lines of the receipt and of its items, all together. What the
/// host works out of an answer grows with the covered lines, and no fuel is spent on it.
const COVERED_TIMES: usize = 16;

/// Covered lines allowed beyond that.
const SPARE_COVERED: usize = 1_000;

/// Checks an answer against its call.
///
/// # Errors
///
/// A fault with [`Outcome::BadOutput`] if the number of verdicts differs from the number of offers, or
/// a proposal or a decline refers to something unknown or has a value out of range.
pub fn verify(
    receipt: &ReceiptCall,
    calls: &[OfferCall],
    evaluated: &Evaluated,
    reasons: &[Reason],
    declines: &[DeclineReason],
) -> Result<(), Fault> {
    let check = || {
        if evaluated.verdicts.len() != calls.len() {
            return Err(format!("{} verdicts for {} offers", evaluated.verdicts.len(), calls.len()));
        }
        calls.iter().zip(&evaluated.verdicts).try_for_each(|(call, verdict)| match verdict {
            Verdict::Proposals(proposals) => verify_offer(receipt, call, proposals, reasons),
            Verdict::DeclinedFor(decline) => verify_decline(call, decline, declines),
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
    verify_covered(receipt, call, proposals)?;
    let mut seen = vec![None; receipt.lines.len()];
    proposals.iter().enumerate().try_for_each(|(number, proposal)| {
        verify_benefit(receipt.phase, proposal.benefit)?;
        verify_limits(proposal)?;
        verify_portions(receipt, call, (number, proposal), &mut seen)?;
        if reasons.iter().any(|reason| reason.id == proposal.reason) {
            Ok(())
        } else {
            Err(format!("reason {} is not in its description", proposal.reason))
        }
    })
}

fn verify_decline(call: &OfferCall, decline: &Decline, declines: &[DeclineReason]) -> Result<(), String> {
    let Decline { reason, item, values } = decline;
    let Some(known) = declines.iter().find(|known| known.id == *reason) else {
        return Err(format!("reason {reason} for declining is not in its description"));
    };
    if values.len() != known.variables.len() {
        let (code, wanted) = (&known.code, known.variables.len());
        return Err(format!("{} values for the {wanted} variables of reason `{code}`", values.len()));
    }
    match item.filter(|item| usize::try_from(*item).map_or(true, |item| item >= call.items.len())) {
        Some(item) => Err(format!("item {item} of an offer that has {}", call.items.len())),
        None => Ok(()),
    }
}

/// Bounds the lines that all proposals of an offer cover together.
fn verify_covered(receipt: &ReceiptCall, call: &OfferCall, proposals: &[Proposal]) -> Result<(), String> {
    let lines = receipt.lines.len();
    let lines_of = |scope: &Scope| match scope {
        Scope::Lines(lines) => lines.len(),
        Scope::WholeReceipt => lines,
    };
    let of_items: usize = call.items.iter().map(|item| lines_of(&item.scope)).sum();
    let most = lines.saturating_add(of_items).saturating_mul(COVERED_TIMES).saturating_add(SPARE_COVERED);
    let covered = |proposal: &Proposal| match &proposal.portions {
        Portions::Listed(portions) => portions.len(),
        Portions::ItemScope => item_of(call, proposal).map_or(0, |item| lines_of(&item.scope)),
    };
    let covered: usize = proposals.iter().map(covered).sum();
    if covered > most {
        return Err(format!(
            "its proposals for one offer cover {covered} lines together, at most {most} are allowed"
        ));
    }
    Ok(())
}

fn item_of<'a>(call: &'a OfferCall, proposal: &Proposal) -> Option<&'a ItemCall> {
    call.items.get(usize::try_from(proposal.item?).ok()?)
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

/// `seen` has for each line the number of the last proposal that lists it.
fn verify_portions(
    receipt: &ReceiptCall,
    call: &OfferCall,
    (number, proposal): (usize, &Proposal),
    seen: &mut [Option<usize>],
) -> Result<(), String> {
    let scope = match (proposal.item, item_of(call, proposal)) {
        (None, _) => None,
        (Some(item), None) => return Err(format!("item {item} of an offer that has {}", call.items.len())),
        (Some(_), Some(item)) => Some(&item.scope),
    };
    match (&proposal.portions, scope) {
        (Portions::ItemScope, None) => Err("item-scope without an item".to_owned()),
        (Portions::ItemScope, Some(_)) => Ok(()),
        (Portions::Listed(portions), scope) => verify_listed(receipt, portions, scope, (number, seen)),
    }
}

fn verify_listed(
    receipt: &ReceiptCall,
    portions: &[Portion],
    scope: Option<&Scope>,
    (number, seen): (usize, &mut [Option<usize>]),
) -> Result<(), String> {
    for portion in portions {
        let index = usize::try_from(portion.line).unwrap_or(usize::MAX);
        let (Some(&sold), Some(seen)) = (receipt.lines.quantity.get(index), seen.get_mut(index)) else {
            return Err(format!("line {} of a receipt that has {}", portion.line, receipt.lines.len()));
        };
        if seen.replace(number) == Some(number) {
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
