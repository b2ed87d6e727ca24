//! A plan: the rule by which each member gets what, and what it comes to.

use crate::around;
use crate::cut::{self, Cut};
use crate::fill::fill;
use crate::hull::Work;
use crate::limits::Limits;
use crate::prices;
use crate::rule::{Held, Rule, SHIFT, Stage, View};
use crate::scan::Scan;
use crate::survey::survey;
use crate::totals::Totals;
use crate::{AllocateError, Choice, Member, Source};

/// How a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads that read members; the plan does not depend on them.
    pub threads: usize,
    /// Decides whose turn it is among equals.
    pub salt: u64,
    /// The most rounds of setting prices, if there are caps.
    pub rounds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threads: 2, salt: 0, rounds: 12 }
    }
}

/// What a plan comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub members: u64,
    /// Members who get something.
    pub assigned: u64,
    /// The sum of costs, in minor units; below 0 if more comes in than goes out.
    pub spend: i64,
    /// The sum of gains.
    pub gain: i64,
    /// The gain that no plan within the limits can pass: the linear bound, rounded up.
    pub bound: i64,
    /// The price of each limit, the budget first, in millionths of gain per unit, rounded down; 0 for a limit that
    /// is not reached. The first is λ.
    pub prices_millionths: Vec<i128>,
    /// What is used of each cap.
    pub used: Vec<i64>,
}

/// Who gets what.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) rule: Rule,
    pub(crate) summary: Summary,
}

/// Hands out what a plan gives, one member after the other.
#[derive(Debug)]
pub struct Chooser<'a> {
    plan: &'a Plan,
    work: Work,
}

/// Finds who gets which choice, so that the sum of gains is as large as the limits allow.
///
/// # Errors
///
/// Members or limits are not as they must be (see [`AllocateError`]), or sums leave 64 bits.
pub fn allocate(source: &dyn Source, limits: &Limits, settings: &Settings) -> Result<Plan, AllocateError> {
    limits.check()?;
    let scan = Scan { source, threads: settings.threads, salt: settings.salt };
    let members = survey(scan, limits)?;
    surveyed(scan, limits, members, settings.rounds)
}

/// The plan for members that have been checked.
pub(crate) fn surveyed(
    scan: Scan<'_>,
    limits: &Limits,
    members: u64,
    rounds: u32,
) -> Result<Plan, AllocateError> {
    let prices = vec![0; limits.coordinates()];
    let mut rule = Rule { limits: limits.clone(), prices, salt: scan.salt, stages: Vec::new() };
    let bound = prices::find(scan, &mut rule, members, rounds)?;
    let budget = View { coordinate: 0, held: Held::Nothing };
    let first = stage(scan, &mut rule, budget)?;
    // Each cap gets its cut, which leaves the caps before it kept; the last cut brings the budget back.
    for coordinate in 1..limits.coordinates() {
        stage(scan, &mut rule, View { coordinate, held: Held::Caps })?;
    }
    if !limits.caps.is_empty() {
        stage(scan, &mut rule, View { coordinate: 0, held: Held::All })?;
    }
    let mut totals = Totals::of(scan, &rule)?;
    fill(scan, &mut rule, &mut totals)?;
    if limits.caps.is_empty() {
        around::search(scan, &mut rule, first, &mut totals)?;
    }
    let summary = summary(&rule, &totals, members, bound)?;
    Ok(Plan { rule, summary })
}

fn stage(scan: Scan<'_>, rule: &mut Rule, view: View) -> Result<Cut, AllocateError> {
    let cut = cut::cut(scan, rule, view)?;
    rule.stages.push(Stage::Cut(view, cut));
    Ok(cut)
}

pub(crate) fn summary(
    rule: &Rule,
    totals: &Totals,
    members: u64,
    bound: i128,
) -> Result<Summary, AllocateError> {
    let narrow = |sum: i128, what| i64::try_from(sum).map_err(|_| AllocateError::Overflow { what });
    let mut used = Vec::new();
    for sum in &totals.used {
        used.push(narrow(*sum, "what is used")?);
    }
    Ok(Summary {
        members,
        assigned: totals.assigned,
        spend: used.first().copied().unwrap_or_default(),
        gain: narrow(totals.gain, "gains")?,
        bound: narrow(bound, "gains")?,
        prices_millionths: rule.prices.iter().map(|price| price.saturating_mul(1_000_000) >> SHIFT).collect(),
        used: used.into_iter().skip(1).collect(),
    })
}

impl Plan {
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// For handing out; any number may do so at the same time.
    pub fn chooser(&self) -> Chooser<'_> {
        Chooser { plan: self, work: Work::default() }
    }
}

impl Chooser<'_> {
    /// What a member gets; `None` is nothing. The member must be as it was when the plan was made.
    pub fn choose<'a>(&mut self, member: &Member<'a>) -> Option<&'a Choice> {
        let pick = self.plan.rule.pick(member, &mut self.work);
        Rule::choice(member, pick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_leave_64_bits_are_refused() {
        let rule = Rule { limits: Limits::default(), prices: vec![0], salt: 0, stages: Vec::new() };
        let mut totals = Totals::new(1);
        assert_eq!(summary(&rule, &totals, 0, i128::from(i64::MAX)).unwrap().bound, i64::MAX);
        totals.gain = i128::from(i64::MAX) + 1;
        let error = summary(&rule, &totals, 0, 0).unwrap_err();
        assert_eq!(error.to_string(), "the sum of gains is too large for 64 bits: use a coarser unit");
        assert_eq!(
            totals.add(&Totals { gain: i128::MAX, ..totals.clone() }).unwrap_err().to_string(),
            error.to_string()
        );
    }
}
