//! Rewards: from the proposals for an offer to exact grants on lines.

mod select;
mod value;

use super::grant::{Grant, Overflow, cap_values, total};
use super::limits::{self, LimitCut};
use super::lines::WorkingLine;
use super::offer_proposals::OfferProposals;
use super::refusal::Refusal;
use crate::mechanics::{Benefit, Phase};
use crate::offer::{Base, Offer};
use crate::plan::Plan;
use crate::usage::Usage;
use select::LinePart;

/// The reward of one offer on a receipt.
#[derive(Debug, Clone, Default)]
pub(super) struct Reward {
    /// By ascending line; none is zero.
    pub grants: Vec<Grant>,
    /// The limit that cuts the reward, if one does.
    pub cut: Option<LimitCut>,
    /// The most that limits over time leave of it, if they bind: they cut once all discounts are known.
    pub most: Option<i64>,
}

impl Reward {
    /// The sum of its grants, before limits over time cut it.
    pub(super) fn total(&self) -> i128 {
        total(self.grants.iter().map(|grant| grant.value))
    }

    /// The grants as the customer would get them if no other offer paid.
    pub(super) fn grants_alone(&self) -> Vec<Grant> {
        let mut values: Vec<i64> = self.grants.iter().map(|grant| grant.value).collect();
        if let Some(most) = self.most {
            cap_values(&mut values, most);
        }
        self.grants.iter().zip(values).map(|(grant, value)| Grant { value, ..*grant }).collect()
    }

    /// The sum that the customer would get if no other offer paid.
    pub(super) fn benefit(&self) -> i128 {
        let total = self.total();
        self.most.map_or(total, |most| total.min(i128::from(most)))
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

impl Rewarder<'_> {
    /// The reward of the offer if only the `free` lines may be rewarded. Fails if it is larger than any
    /// sum may be.
    pub(super) fn reward(
        &self,
        offer: &Offer,
        proposed: &OfferProposals,
        free: &dyn Fn(usize) -> bool,
    ) -> Result<Reward, Overflow> {
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
            self.reward_level(proposed, peers, base, &mut open, &mut grants)?;
            rest = others;
        }
        grants.retain(|grant| grant.value > 0);
        grants.sort_by_key(|grant| grant.line);
        let cut = limits::cap(self.usage, self.phase, proposed.offer, offer, &mut grants);
        let most = limits::left_over_time(self.usage, self.phase, proposed.offer, offer);
        Ok(Reward { grants, cut, most: most.map(|(most, _)| most) })
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
    ) -> Result<(), Overflow> {
        let winners = if peers.len() > 1 { self.winners(proposed, peers, base, open)? } else { Vec::new() };
        for &number in peers {
            let mine = |line: usize| {
                open.get(line).copied().unwrap_or(false)
                    && winners.get(line).copied().flatten().is_none_or(|winner| winner == number)
            };
            let given = self.give(proposed, number, base, &mine)?;
            for grant in &given {
                if let Some(slot) = open.get_mut(grant.line) {
                    *slot = false;
                }
            }
            grants.extend(given);
        }
        Ok(())
    }

    /// For each line the proposal that gives it most, if any.
    fn winners(
        &self,
        proposed: &OfferProposals,
        peers: &[usize],
        base: Base,
        open: &[bool],
    ) -> Result<Vec<Option<usize>>, Overflow> {
        let mut best: Vec<Option<Grant>> = vec![None; self.lines.len()];
        let mut in_order = peers.to_vec();
        in_order.sort_by_key(|&number| (proposed.precedence(number).order, number));
        let is_open = |line: usize| open.get(line).copied().unwrap_or(false);
        for number in in_order {
            for grant in self.give(proposed, number, base, &is_open)? {
                if let Some(slot) = best.get_mut(grant.line)
                    && slot.is_none_or(|best| grant.value > best.value)
                {
                    *slot = Some(grant);
                }
            }
        }
        Ok(best.into_iter().map(|grant| grant.map(|grant| grant.proposal)).collect())
    }

    /// Grants of one proposal on the lines that are free for it, zeros included.
    fn give(
        &self,
        proposed: &OfferProposals,
        number: usize,
        base: Base,
        free: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<Grant>, Overflow> {
        let Some(proposal) = proposed.proposals.get(number) else { return Ok(Vec::new()) };
        let parts = self.select(proposed, proposal, free);
        let mut values = match proposal.benefit {
            Benefit::Amount(sum) => self.spread(sum, &parts, base),
            _ => {
                parts.iter().map(|part| self.value(proposal.benefit, part, base)).collect::<Result<_, _>>()?
            }
        };
        if let Some(cap) = proposal.limits.cap {
            cap_values(&mut values, cap);
        }
        let grant = |(part, value): (&LinePart, i64)| Grant { line: part.line, value, proposal: number };
        Ok(parts.iter().zip(values).map(grant).collect())
    }
}
