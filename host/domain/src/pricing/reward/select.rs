//! The parts of the receipt that a proposal rewards.

use super::Rewarder;
use crate::mechanics::{Benefit, Phase, Pick, Portions, Proposal, Scope, UnitLimits};
use crate::pricing::lines::at;
use crate::pricing::offer_proposals::OfferProposals;
use crate::quantities::Quantity;

/// A line, or a part of it, that a proposal rewards.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinePart {
    pub line: usize,
    /// In thousandths.
    pub quantity: i64,
}

impl Rewarder<'_> {
    /// The parts that a proposal rewards, by ascending line.
    pub(super) fn select(
        &self,
        proposed: &OfferProposals,
        proposal: &Proposal,
        free: &dyn Fn(usize) -> bool,
    ) -> Vec<LinePart> {
        let mut parts = self.covered(proposed, proposal);
        parts.retain(|part| free(part.line) && self.has_rewarded_units(proposal.benefit, part));
        if self.is_for_sets(proposed, proposal) {
            self.take_whole_measures(proposed, &mut parts);
        }
        self.limit_units(&mut parts, &proposal.limits);
        parts.sort_by_key(|part| part.line);
        parts
    }

    /// True unless the benefit is counted by the unit or line, and nothing was sold on the line, or no
    /// money was paid for it that could earn points.
    fn has_rewarded_units(&self, benefit: Benefit, part: &LinePart) -> bool {
        let Some(line) = self.lines.get(part.line) else { return false };
        match benefit {
            Benefit::Percent(_) | Benefit::Amount(_) => true,
            Benefit::AmountPerUnit(_) | Benefit::AmountPerLine(_) | Benefit::UnitPrice(_) => {
                line.quantity > 0 && (self.phase == Phase::Discount || line.cash() > 0)
            }
        }
    }

    /// True if a proposal rewards sets of units.
    fn is_for_sets(&self, proposed: &OfferProposals, proposal: &Proposal) -> bool {
        let mechanic = self.plan.mechanic(proposed.mechanic);
        proposal.limits.unit_multiple.is_some()
            || mechanic.is_some_and(|mechanic| mechanic.description.counts_sets())
    }

    /// Leaves of weighed goods their whole units of measure if the offer counts them in sets, else
    /// nothing.
    fn take_whole_measures(&self, proposed: &OfferProposals, parts: &mut Vec<LinePart>) {
        let takes_weighed = self.plan.offer(proposed.offer).is_some_and(|offer| offer.weighed);
        parts.retain_mut(|part| {
            if !self.lines.get(part.line).is_some_and(|line| line.weighed) {
                return true;
            }
            part.quantity = part.quantity.saturating_sub(part.quantity.rem_euclid(Quantity::ONE.0));
            takes_weighed && part.quantity > 0
        });
    }

    /// The parts that a proposal covers, including those that may not be rewarded.
    pub(super) fn covered(&self, proposed: &OfferProposals, proposal: &Proposal) -> Vec<LinePart> {
        match &proposal.portions {
            Portions::Listed(portions) => {
                portions.iter().filter_map(|portion| self.part(at(portion.line), portion.quantity)).collect()
            }
            Portions::ItemScope => match proposed.scope_of(proposal) {
                Some(Scope::Lines(lines)) => {
                    lines.iter().filter_map(|&line| self.part(at(line), None)).collect()
                }
                Some(Scope::WholeReceipt) => {
                    (0..self.lines.len()).filter_map(|line| self.part(line, None)).collect()
                }
                None => Vec::new(),
            },
        }
    }

    fn part(&self, line: usize, quantity: Option<i64>) -> Option<LinePart> {
        let whole = self.lines.get(line)?.quantity;
        Some(LinePart { line, quantity: quantity.map_or(whole, |part| part.min(whole)) })
    }

    fn limit_units(&self, parts: &mut Vec<LinePart>, limits: &UnitLimits) {
        if limits.max_units.is_none() && limits.unit_multiple.is_none() {
            return;
        }
        match limits.pick.unwrap_or_default() {
            Pick::Listed => {}
            Pick::Cheapest => parts.sort_by(|a, b| self.by_unit_cost(a, b)),
            Pick::Dearest => parts.sort_by(|a, b| self.by_unit_cost(b, a).then(a.line.cmp(&b.line))),
        }
        let total: i64 = parts.iter().map(|part| part.quantity).sum();
        let most = limits.max_units.map_or(total, |most| most.min(total));
        let mut left = match limits.unit_multiple.filter(|&multiple| multiple > 0) {
            Some(multiple) => most.saturating_sub(most.rem_euclid(multiple)),
            None => most,
        };
        parts.retain_mut(|part| {
            part.quantity = part.quantity.min(left);
            left = left.saturating_sub(part.quantity);
            part.quantity > 0
        });
    }

    /// Orders by the exact price of a unit at the till.
    fn by_unit_cost(&self, a: &LinePart, b: &LinePart) -> std::cmp::Ordering {
        let (Some(first), Some(second)) = (self.lines.get(a.line), self.lines.get(b.line)) else {
            return std::cmp::Ordering::Equal;
        };
        let left = i128::from(first.amount) * i128::from(second.quantity);
        let right = i128::from(second.amount) * i128::from(first.quantity);
        left.cmp(&right)
    }
}
