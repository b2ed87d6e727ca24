//! Rewards: from the proposals for an offer to exact grants on lines.

use super::grant::{Grant, cap_values};
use super::limits::{self, LimitCut};
use super::lines::{WorkingLine, at};
use super::offer_proposals::OfferProposals;
use super::refusal::Refusal;
use crate::distribute::{WeightedLine, distribute};
use crate::mechanics::{Benefit, Phase, Pick, Portions, Proposal, Scope, UnitLimits};
use crate::offer::{Base, Offer};
use crate::plan::Plan;
use crate::rounding::Rounding;
use crate::usage::Usage;

/// The reward of one offer on a receipt.
#[derive(Debug, Clone, Default)]
pub(super) struct Reward {
    /// By ascending line; none is zero.
    pub grants: Vec<Grant>,
    /// The limit that cuts the reward, if one does.
    pub cut: Option<LimitCut>,
}

impl Reward {
    pub(super) fn total(&self) -> i64 {
        self.grants.iter().map(|grant| grant.value).sum()
    }
}

/// The inputs of rewards in one phase.
#[derive(Clone, Copy)]
pub(super) struct RewardContext<'a> {
    pub plan: &'a Plan,
    pub usage: &'a Usage,
    pub phase: Phase,
}

impl<'a> RewardContext<'a> {
    pub(super) fn rewarder(self, lines: &'a [WorkingLine]) -> Rewarder<'a> {
        let Self { plan, usage, phase } = self;
        Rewarder { plan, usage, phase, lines }
    }
}

/// Computes rewards for the current state of the lines.
pub(super) struct Rewarder<'a> {
    plan: &'a Plan,
    usage: &'a Usage,
    phase: Phase,
    pub lines: &'a [WorkingLine],
}

/// A line, or a part of it, that a proposal rewards.
#[derive(Debug, Clone, Copy)]
struct LinePart {
    line: usize,
    /// In thousandths.
    quantity: i64,
}

impl Rewarder<'_> {
    /// The reward of the offer if only the `free` lines may be rewarded.
    pub(super) fn reward(
        &self,
        offer: &Offer,
        proposed: &OfferProposals,
        free: &dyn Fn(usize) -> bool,
    ) -> Reward {
        let base = offer.stacking.base_in(self.phase);
        let mut open: Vec<bool> =
            (0..self.lines.len()).map(|line| free(line) && self.allows(offer, line)).collect();
        let mut grants = Vec::new();
        let mut rest: Vec<usize> = (0..proposed.proposals.len()).collect();
        rest.sort_by_key(|&number| std::cmp::Reverse(proposed.precedence(number).specificity));
        let mut rest = rest.as_slice();
        while let Some((&first, _)) = rest.split_first() {
            let level = proposed.precedence(first).specificity;
            let size = rest.partition_point(|&number| proposed.precedence(number).specificity == level);
            let (peers, others) = rest.split_at(size);
            self.reward_level(proposed, peers, base, &mut open, &mut grants);
            rest = others;
        }
        grants.retain(|grant| grant.value > 0);
        grants.sort_by_key(|grant| grant.line);
        let cut = limits::cap(self.usage, self.phase, proposed.offer, offer, &mut grants);
        Reward { grants, cut }
    }

    /// The refusal of an offer if a limit leaves nothing.
    pub(super) fn refusal_of(&self, cut: &LimitCut) -> Refusal {
        cut.refusal(self.plan, self.phase)
    }

    /// True if any line that the offer covers may be rewarded in this phase.
    pub(super) fn covers_rewardable(&self, proposed: &OfferProposals) -> bool {
        let may = |part: &LinePart| self.lines.get(part.line).is_some_and(|line| line.rewardable(self.phase));
        proposed.proposals.iter().any(|proposal| self.covered(proposed, proposal).iter().any(may))
    }

    fn allows(&self, offer: &Offer, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| {
            line.rewardable(self.phase) && !(offer.skip_discounted_lines && line.is_discounted())
        })
    }

    /// Rewards by proposals of equal specificity: each line goes to the one that gives it most.
    fn reward_level(
        &self,
        proposed: &OfferProposals,
        peers: &[usize],
        base: Base,
        open: &mut [bool],
        grants: &mut Vec<Grant>,
    ) {
        let winners = if peers.len() > 1 { self.winners(proposed, peers, base, open) } else { Vec::new() };
        for &number in peers {
            let mine = |line: usize| {
                open.get(line).copied().unwrap_or(false)
                    && winners.get(line).copied().flatten().is_none_or(|winner| winner == number)
            };
            let given = self.give(proposed, number, base, &mine);
            for grant in &given {
                if let Some(slot) = open.get_mut(grant.line) {
                    *slot = false;
                }
            }
            grants.extend(given);
        }
    }

    /// For each line the proposal that gives it most, if any.
    fn winners(
        &self,
        proposed: &OfferProposals,
        peers: &[usize],
        base: Base,
        open: &[bool],
    ) -> Vec<Option<usize>> {
        let mut best: Vec<Option<Grant>> = vec![None; self.lines.len()];
        let mut in_order = peers.to_vec();
        in_order.sort_by_key(|&number| (proposed.precedence(number).order, number));
        for number in in_order {
            for grant in self.give(proposed, number, base, &|line| open.get(line).copied().unwrap_or(false)) {
                if let Some(slot) = best.get_mut(grant.line)
                    && slot.is_none_or(|best| grant.value > best.value)
                {
                    *slot = Some(grant);
                }
            }
        }
        best.into_iter().map(|grant| grant.map(|grant| grant.proposal)).collect()
    }

    /// Grants of one proposal on the lines that are free for it, zeros included.
    fn give(
        &self,
        proposed: &OfferProposals,
        number: usize,
        base: Base,
        free: &dyn Fn(usize) -> bool,
    ) -> Vec<Grant> {
        let Some(proposal) = proposed.proposals.get(number) else { return Vec::new() };
        let parts = self.select(proposed, proposal, free);
        let mut values = match proposal.benefit {
            Benefit::Amount(sum) => self.spread(sum, &parts, base),
            _ => parts.iter().map(|part| self.value(proposal.benefit, part, base)).collect(),
        };
        if let Some(cap) = proposal.limits.cap {
            cap_values(&mut values, cap);
        }
        parts
            .iter()
            .zip(values)
            .map(|(part, value)| Grant { line: part.line, value, proposal: number })
            .collect()
    }

    /// The parts that a proposal rewards, by ascending line.
    fn select(
        &self,
        proposed: &OfferProposals,
        proposal: &Proposal,
        free: &dyn Fn(usize) -> bool,
    ) -> Vec<LinePart> {
        let mut parts = self.covered(proposed, proposal);
        parts.retain(|part| free(part.line));
        self.limit_units(&mut parts, &proposal.limits);
        parts.sort_by_key(|part| part.line);
        parts
    }

    /// The parts that a proposal covers, including those that may not be rewarded.
    fn covered(&self, proposed: &OfferProposals, proposal: &Proposal) -> Vec<LinePart> {
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

    /// The exact base of a part in minor units, as numerator and denominator.
    fn part_base(&self, part: &LinePart, base: Base) -> (i128, i128) {
        match self.lines.get(part.line) {
            Some(line) if part.quantity == line.quantity || line.quantity <= 0 => {
                (i128::from(line.base(base)), 1)
            }
            Some(line) => {
                (i128::from(line.base(base)) * i128::from(part.quantity), i128::from(line.quantity))
            }
            None => (0, 1),
        }
    }

    /// The value of a benefit on a part, rounded once.
    fn value(&self, benefit: Benefit, part: &LinePart, base: Base) -> i64 {
        let (numerator, denominator) = self.part_base(part, base);
        let value = match benefit {
            Benefit::Percent(percent) => {
                let (up, down) = self.money_to_reward();
                let exact = numerator * i128::from(percent.0) * up;
                self.rounding().divide(exact, denominator * 10_000 * down)
            }
            Benefit::AmountPerUnit(sum) => {
                self.rounding().divide(i128::from(sum) * i128::from(part.quantity), 1000)
            }
            Benefit::UnitPrice(price) => {
                let wanted = i128::from(price) * i128::from(part.quantity) * denominator;
                self.rounding().divide((numerator * 1000 - wanted).max(0), denominator * 1000)
            }
            Benefit::AmountPerLine(sum) | Benefit::Amount(sum) => sum,
        };
        self.clamp(value, part, base)
    }

    fn spread(&self, sum: i64, parts: &[LinePart], base: Base) -> Vec<i64> {
        let shares: Vec<WeightedLine> = parts
            .iter()
            .map(|part| {
                let (numerator, denominator) = self.part_base(part, base);
                let weight = self.plan.currency.rounding.divide(numerator, denominator);
                WeightedLine { weight, cap: self.clamp(sum, part, base) }
            })
            .collect();
        distribute(sum, &shares)
    }

    /// Limits a discount to the room of its line and to the price of the rewarded part.
    fn clamp(&self, value: i64, part: &LinePart, base: Base) -> i64 {
        if self.phase == Phase::Accrual {
            return value.max(0);
        }
        let room = self.lines.get(part.line).map_or(0, WorkingLine::discount_room);
        let (numerator, denominator) = self.part_base(part, base);
        let worth = self.plan.currency.rounding.divide(numerator, denominator);
        value.min(room).min(worth).max(0)
    }

    fn rounding(&self) -> Rounding {
        match self.phase {
            Phase::Discount => self.plan.currency.rounding,
            Phase::Accrual => self.plan.points.rounding,
        }
    }

    /// Factors from minor units of money to the smallest step of the reward.
    fn money_to_reward(&self) -> (i128, i128) {
        match self.phase {
            Phase::Discount => (1, 1),
            Phase::Accrual => {
                (power_of_ten(self.plan.points.exponent), power_of_ten(self.plan.currency.exponent))
            }
        }
    }
}

/// 10 to the power of a currency's exponent.
pub(super) fn power_of_ten(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(1)
}
