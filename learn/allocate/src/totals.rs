//! What a rule uses and brings, and what no rule could pass.

use crate::hull::{Pick, Work};
use crate::rule::{Rule, SHIFT, picks};
use crate::scan::{Scan, sum};
use crate::{AllocateError, Member};

/// Sums over all members.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    /// Members who get something.
    pub(crate) assigned: u64,
    pub(crate) gain: i128,
    /// Per coordinate.
    pub(crate) used: Vec<i128>,
}

impl Totals {
    pub(crate) fn new(coordinates: usize) -> Self {
        Self { assigned: 0, gain: 0, used: vec![0; coordinates] }
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result<(), AllocateError> {
        self.assigned = self.assigned.saturating_add(other.assigned);
        sum(&mut self.gain, other.gain, "gains")?;
        self.used.iter_mut().zip(&other.used).try_for_each(|(used, more)| sum(used, *more, "what is used"))
    }

    pub(crate) fn of(scan: Scan<'_>, rule: &Rule) -> Result<Self, AllocateError> {
        let coordinates = rule.limits.coordinates();
        let (_, totals) = scan.fold(
            || (Work::default(), Self::new(coordinates)),
            |(work, totals), _, member| {
                let pick = rule.pick(&member, work);
                totals.give(rule, &member, pick)
            },
            |(_, all), (_, one)| all.add(&one),
        )?;
        Ok(totals)
    }

    /// Adds what a pick uses and brings.
    pub(crate) fn give(&mut self, rule: &Rule, member: &Member<'_>, pick: Pick) -> Result<(), AllocateError> {
        let Some(choice) = Rule::choice(member, pick) else { return Ok(()) };
        self.assigned = self.assigned.saturating_add(1);
        sum(&mut self.gain, i128::from(choice.gain), "gains")?;
        self.used.iter_mut().enumerate().try_for_each(|(coordinate, used)| {
            sum(used, i128::from(rule.limits.used(coordinate, choice)), "what is used")
        })
    }
}

/// The gain that no plan within the limits can pass, rounded up: for any prices, what members would take if they
/// paid them, and the prices of all that there is (weak duality). At the best prices it is the linear bound.
/// Where that leaves 128 bits, it is what there were to gain without limits.
pub(crate) fn bound(scan: Scan<'_>, rule: &Rule) -> Result<i128, AllocateError> {
    let limits = rule.prices.iter().enumerate().try_fold(0_i128, |all, (coordinate, price)| {
        all.checked_add(price.checked_mul(i128::from(rule.limits.limit(coordinate)))?)
    });
    let (priced, free) = scan.fold(
        || (limits, 0_i128),
        |(priced, free), _, member| {
            let best = picks(&member).map(|pick| rule.worth(&member, pick, |_| true)).max();
            *priced = priced.and_then(|all| all.checked_add(best.unwrap_or_default()));
            let most = member.choices.iter().map(|choice| choice.gain.max(0)).max();
            sum(free, i128::from(most.unwrap_or_default()), "gains")
        },
        |(priced, free), (other, others)| {
            // The limits are in both.
            let more = other.zip(limits).and_then(|(other, limits)| other.checked_sub(limits));
            *priced = priced.zip(more).and_then(|(all, more)| all.checked_add(more));
            sum(free, others, "gains")
        },
    )?;
    let up = priced.and_then(|all| all.checked_add((1 << SHIFT) - 1)).map(|all| all >> SHIFT);
    Ok(up.unwrap_or(free).min(free))
}
