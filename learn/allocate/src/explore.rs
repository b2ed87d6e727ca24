//! Exploration: now and then a member gets something else than the best, by chance and with a known
//! probability, so that the next models have something to learn from.
//!
//! The probabilities are those of inverse gap weighting (Abe and Long, 1999; Foster and Rakhlin: Beyond UCB,
//! arXiv 2002.04926, "SquareCB"): an arm that is worth `gap` less than the best is drawn with 1/(K + γ·gap) among
//! K arms, but no arm with less than a floor; the best gets the rest. Nothing is an arm too.

use crate::hash::millionth;
use crate::hull::{Pick, Work};
use crate::limits::Limits;
use crate::plan::{Plan, Settings, Summary, summary, surveyed};
use crate::rule::{Rule, SHIFT, picks};
use crate::scan::Scan;
use crate::survey::survey;
use crate::totals::Totals;
use crate::{AllocateError, Choice, Member, Source};

const MILLION: u32 = 1_000_000;

/// The most attempts to keep back enough of the limits for what is drawn.
const ATTEMPTS: i128 = 12;

/// How much is explored.
#[derive(Clone, Copy, Debug)]
pub struct Exploration {
    /// γ, in millionths per unit of gain. The larger it is, the less is drawn that is known to be worse.
    pub gamma_millionths: u64,
    /// No arm is less probable than this, times the share.
    pub floor_millionths: u32,
    /// The share of members who may be explored; who they are is drawn with everything else, so that each member
    /// may be one, and all others get the best.
    pub share_millionths: u32,
    /// The number of the campaign or week: new draws in each.
    pub period: u64,
    /// Draws of different salts are independent.
    pub salt: u64,
}

impl Default for Exploration {
    /// A floor of half a percent for all members. γ fits gains in minor units of money: an arm that is worth 100
    /// less is drawn half as often among a hundred arms.
    fn default() -> Self {
        let share = MILLION;
        Self {
            gamma_millionths: 1_000_000,
            floor_millionths: 5_000,
            share_millionths: share,
            period: 0,
            salt: 0,
        }
    }
}

/// A plan with exploration, within the same limits.
#[derive(Clone, Debug)]
pub struct Explored {
    plan: Plan,
    exploration: Exploration,
    summary: Summary,
    /// Members who got something else than the best by chance.
    explored: u64,
}

/// What a member has drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw<'a> {
    /// `None` is nothing.
    pub choice: Option<&'a Choice>,
    /// The probability with which the member gets this, in millionths.
    pub propensity_millionths: u32,
    /// Whether it is something else than the best.
    pub explored: bool,
}

/// Hands out what was drawn, one member after the other.
#[derive(Debug)]
pub struct Drawer<'a> {
    plan: &'a Plan,
    exploration: &'a Exploration,
    work: Work,
}

/// The probability of each arm in millionths, 1,000,000 together. `gaps_millionths` says by how much each arm is
/// worth less than the best, in millionths of the unit of gain; the arm at `best` gets what the others leave.
/// `None` if the floors alone are more than everything.
pub fn probabilities(
    gaps_millionths: &[u128],
    best: usize,
    gamma_millionths: u64,
    floor_millionths: u32,
) -> Option<Vec<u32>> {
    let arms = u128::try_from(gaps_millionths.len()).ok()?;
    if u128::from(floor_millionths).checked_mul(arms)? > u128::from(MILLION) {
        return None;
    }
    let mut rest = MILLION;
    let mut all = Vec::with_capacity(gaps_millionths.len());
    for (arm, gap) in gaps_millionths.iter().enumerate() {
        // Everything in 10⁻¹²: K + γ·gap below, one above.
        let below = arms
            .saturating_mul(1_000_000_000_000)
            .saturating_add(gap.saturating_mul(gamma_millionths.into()));
        let drawn = 1_000_000_000_000_000_000_u128.checked_div(below).unwrap_or_default();
        let drawn = u32::try_from(drawn).unwrap_or(MILLION).max(floor_millionths);
        all.push(drawn);
        rest = if arm == best { rest } else { rest.checked_sub(drawn)? };
    }
    *all.get_mut(best)? = rest;
    Some(all)
}

/// Finds a plan of which, with all that is drawn by chance, no limit is passed.
///
/// It plans, draws for all members, and where the draws pass a limit plans again with so much less of it.
///
/// # Errors
///
/// As [`crate::allocate`]; and what is drawn passes a limit even if the plan itself uses next to nothing of it.
pub fn explore(
    source: &dyn Source,
    limits: &Limits,
    settings: &Settings,
    exploration: &Exploration,
) -> Result<Explored, AllocateError> {
    limits.check()?;
    exploration.check()?;
    let scan = Scan { source, threads: settings.threads, salt: settings.salt };
    let members = survey(scan, limits)?;
    let mut less = limits.clone();
    let mut passed = None;
    let mut bound = None;
    for attempt in 0..ATTEMPTS {
        let plan = surveyed(scan, &less, members, settings.rounds)?;
        let most = *bound.get_or_insert(plan.summary.bound);
        let (totals, explored) = drawn(scan, &plan, exploration)?;
        passed = over(limits, &totals);
        if passed.is_none() {
            let summary = summary(&plan.rule, &totals, members, i128::from(most))?;
            return Ok(Explored { plan, exploration: *exploration, summary, explored });
        }
        if !keep_back(limits, &mut less, &totals, attempt) {
            break;
        }
    }
    let (coordinate, used) = passed.unwrap_or_default();
    let (name, limit) = (limits.name(coordinate), limits.limit(coordinate));
    Err(AllocateError::ExplorationTooDear { name, used, limit })
}

/// The first limit that is passed, and by what sum.
fn over(limits: &Limits, totals: &Totals) -> Option<(usize, i128)> {
    let mut used = totals.used.iter().copied().enumerate();
    used.find(|(coordinate, used)| *used > i128::from(limits.limit(*coordinate)))
}

/// Lowers each limit that was passed by what was too much; says whether any could be lowered.
fn keep_back(limits: &Limits, less: &mut Limits, totals: &Totals, attempt: i128) -> bool {
    let mut lowered = false;
    // Of what a limit is lowered by, only a part is saved, since part of what is drawn does not depend on it. So
    // each attempt lowers by a larger multiple of what was too much, which itself gets smaller.
    let eighths = attempt.saturating_mul(attempt).saturating_add(9);
    let caps = less.caps.iter_mut().map(|cap| &mut cap.limit);
    let lower = std::iter::once(&mut less.budget).chain(caps);
    for ((coordinate, used), limit) in totals.used.iter().enumerate().zip(lower) {
        let excess = used.saturating_sub(i128::from(limits.limit(coordinate)));
        if excess > 0 && *limit > 0 {
            let more = excess.saturating_mul(eighths).saturating_div(8).saturating_add(1);
            *limit = limit.saturating_sub(i64::try_from(more).unwrap_or(i64::MAX)).max(0);
            lowered = true;
        }
    }
    lowered
}

fn drawn(scan: Scan<'_>, plan: &Plan, exploration: &Exploration) -> Result<(Totals, u64), AllocateError> {
    let new = || {
        let drawer = Drawer { plan, exploration, work: Work::default() };
        (drawer, Totals::new(plan.rule.limits.coordinates()), 0_u64)
    };
    let (_, totals, explored) = scan.fold(
        new,
        |(drawer, totals, explored), _, member| {
            let (pick, _, other) = drawer.pick(&member)?;
            *explored = explored.saturating_add(u64::from(other));
            totals.give(&plan.rule, &member, pick)
        },
        |(_, all, explored), (_, one, more)| {
            *explored = explored.saturating_add(more);
            all.add(&one)
        },
    )?;
    Ok((totals, explored))
}

impl Exploration {
    fn check(&self) -> Result<(), AllocateError> {
        for (what, value) in [("floor", self.floor_millionths), ("share", self.share_millionths)] {
            if value > MILLION {
                return Err(AllocateError::Millionths { what, value: value.into(), most: MILLION.into() });
            }
        }
        Ok(())
    }
}

impl Explored {
    /// What was drawn comes to; the prices are those of the plan, and the bound is that without exploration.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Members who got something else than the best by chance.
    pub const fn explored(&self) -> u64 {
        self.explored
    }

    /// For handing out; any number may do so at the same time.
    pub fn drawer(&self) -> Drawer<'_> {
        Drawer { plan: &self.plan, exploration: &self.exploration, work: Work::default() }
    }
}

impl Drawer<'_> {
    /// What a member gets. The same at each call.
    ///
    /// # Errors
    ///
    /// The member has so many arms that their floors are more than everything.
    pub fn draw<'a>(&mut self, member: &Member<'a>) -> Result<Draw<'a>, AllocateError> {
        let (pick, propensity_millionths, explored) = self.pick(member)?;
        Ok(Draw { choice: Rule::choice(member, pick), propensity_millionths, explored })
    }

    fn pick(&mut self, member: &Member<'_>) -> Result<(Pick, u32, bool), AllocateError> {
        let Exploration { period, salt, .. } = *self.exploration;
        let best = self.plan.rule.pick(member, &mut self.work);
        let all = self.probabilities(member, best)?;
        let mut place = millionth(member.key, period, salt);
        for (pick, probability) in picks(member).zip(all) {
            match place.checked_sub(probability) {
                Some(rest) => place = rest,
                None => return Ok((pick, probability, pick != best)),
            }
        }
        Ok((best, MILLION, false))
    }

    fn probabilities(&self, member: &Member<'_>, best: Pick) -> Result<Vec<u32>, AllocateError> {
        let rule = &self.plan.rule;
        let worth = |pick| rule.worth(member, pick, |_| true);
        let most = worth(best);
        let gap = |pick| u128::try_from(most.saturating_sub(worth(pick))).unwrap_or_default();
        let gaps: Vec<u128> =
            picks(member).map(|pick| gap(pick).saturating_mul(MILLION.into()) >> SHIFT).collect();
        let place = picks(member).position(|pick| pick == best).unwrap_or_default();
        let Exploration { gamma_millionths, floor_millionths, share_millionths, .. } = *self.exploration;
        let all = probabilities(&gaps, place, gamma_millionths, floor_millionths);
        let mut all = all.ok_or(AllocateError::FloorTooHigh {
            member: member.key,
            arms: gaps.len(),
            floor: floor_millionths,
        })?;
        let mut rest = MILLION;
        for (_, probability) in all.iter_mut().enumerate().filter(|(arm, _)| *arm != place) {
            let both = u64::from(*probability) * u64::from(share_millionths) / u64::from(MILLION);
            *probability = u32::try_from(both).unwrap_or_default();
            rest = rest.saturating_sub(*probability);
        }
        if let Some(best) = all.get_mut(place) {
            *best = rest;
        }
        Ok(all)
    }
}
