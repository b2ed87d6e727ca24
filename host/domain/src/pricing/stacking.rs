//! Stacking: exclusive offers are ranked and claim lines, then cumulative offers pay in addition.

use std::cmp::Reverse;

use super::answer::NotAppliedReason;
use super::eligibility::check_receipt;
use super::grant::{Grant, Overflow};
use super::journal::Journal;
use super::lines::WorkingLine;
use super::offer_proposals::OfferProposals;
use super::refusal::Refusal;
use super::reward::{Reward, RewardContext, Rewarder};
use super::text::amount;
use crate::mechanics::Phase;
use crate::offer::{Base, Offer, OfferId, StackingMode};

/// An offer with proposals that competes for lines.
struct Contender<'a> {
    offer: &'a Offer,
    proposed: &'a OfferProposals,
    /// The reward on the whole receipt if it were the only offer.
    alone: Reward,
}

impl Contender<'_> {
    fn benefit(&self) -> i128 {
        self.alone.benefit()
    }
}

/// Grants the proposals of one phase: exclusive offers first, then cumulative ones.
pub(super) fn apply(
    context: RewardContext<'_>,
    lines: &mut [WorkingLine],
    proposed: &[OfferProposals],
    journal: &mut Journal<'_>,
) {
    let of_mode = |mode: StackingMode| {
        proposed.iter().filter_map(move |proposed| {
            let offer = context.plan.offer(proposed.offer)?;
            (offer.stacking.mode == mode).then_some((offer, proposed))
        })
    };
    apply_exclusive(context, lines, of_mode(StackingMode::Exclusive), journal);
    let mut cumulative: Vec<_> = of_mode(StackingMode::Cumulative).collect();
    cumulative.sort_by_key(|(offer, proposed)| (Reverse(offer.stacking.priority), proposed.offer));
    for (offer, proposed) in cumulative {
        apply_cumulative(context, lines, offer, proposed, journal);
    }
}

fn apply_exclusive<'a>(
    context: RewardContext<'_>,
    lines: &mut [WorkingLine],
    offers: impl Iterator<Item = (&'a Offer, &'a OfferProposals)>,
    journal: &mut Journal<'_>,
) {
    let ranked = rank(context, lines, offers, journal);
    let mut claims: Vec<Option<OfferId>> = vec![None; lines.len()];
    for contender in &ranked {
        let id = contender.proposed.offer;
        let reward = match exclusive_reward(context, lines, contender, &claims, journal) {
            Ok(reward) => reward,
            Err(refusal) => {
                journal.refuse(id, refusal);
                continue;
            }
        };
        if reward.grants.is_empty() {
            refuse_without_reward(&context.rewarder(lines), contender, &claims, journal);
            continue;
        }
        for grant in &reward.grants {
            if let Some(claim) = claims.get_mut(grant.line) {
                *claim = Some(id);
            }
        }
        journal.trace("claim", Some(id), || describe_claim(lines, &reward.grants));
        pay(context.phase, lines, contender.proposed, &reward, journal);
    }
}

/// The reward of an offer when its turn comes, on the lines that nobody has claimed.
fn exclusive_reward(
    context: RewardContext<'_>,
    lines: &[WorkingLine],
    contender: &Contender<'_>,
    claims: &[Option<OfferId>],
    journal: &Journal<'_>,
) -> Result<Reward, Refusal> {
    check_net(context, lines, contender.offer)?;
    let reward = if claims.iter().all(Option::is_none) {
        contender.alone.clone()
    } else {
        let free = |line: usize| claims.get(line).is_some_and(Option::is_none);
        context.rewarder(lines).reward(contender.offer, contender.proposed, &free).map_err(overflow)?
    };
    check_ceiling(context, &reward, journal)?;
    Ok(reward)
}

/// Ranks by priority, then by the reward on the whole receipt, then by external id. Offers whose
/// control group the member is in are computed and recorded, but do not compete.
fn rank<'a>(
    context: RewardContext<'_>,
    lines: &[WorkingLine],
    offers: impl Iterator<Item = (&'a Offer, &'a OfferProposals)>,
    journal: &mut Journal<'_>,
) -> Vec<Contender<'a>> {
    let rewarder = context.rewarder(lines);
    let mut ranked: Vec<Contender<'a>> = Vec::new();
    for (offer, proposed) in offers {
        if let Err(refusal) = check_net(context, lines, offer) {
            journal.refuse(proposed.offer, refusal);
            continue;
        }
        let alone = match rewarder.reward(offer, proposed, &|_| true) {
            Ok(alone) => alone,
            Err(error) => {
                journal.refuse(proposed.offer, overflow(error));
                continue;
            }
        };
        let contender = Contender { offer, proposed, alone };
        if journal.is_in_control_group(proposed.offer) {
            journal.note_withheld(context.phase, proposed, &contender.alone.grants_alone());
            if contender.alone.grants.is_empty() {
                refuse_without_reward(&rewarder, &contender, &[], journal);
            }
        } else {
            ranked.push(contender);
        }
    }
    ranked.sort_by_cached_key(|contender| {
        (Reverse(contender.offer.stacking.priority), Reverse(contender.benefit()), contender.proposed.offer)
    });
    for contender in &ranked {
        journal.trace("rank", Some(contender.proposed.offer), || {
            let priority = contender.offer.stacking.priority;
            let benefit = amount(context.plan, context.phase, contender.benefit());
            format!("priority {priority}, would give {benefit} on the whole receipt")
        });
    }
    ranked
}

fn apply_cumulative(
    context: RewardContext<'_>,
    lines: &mut [WorkingLine],
    offer: &Offer,
    proposed: &OfferProposals,
    journal: &mut Journal<'_>,
) {
    if let Err(refusal) = check_net(context, lines, offer) {
        return journal.refuse(proposed.offer, refusal);
    }
    let rewarder = context.rewarder(lines);
    let alone = match rewarder.reward(offer, proposed, &|_| true) {
        Ok(alone) => alone,
        Err(error) => return journal.refuse(proposed.offer, overflow(error)),
    };
    let contender = Contender { offer, proposed, alone };
    let in_control_group = journal.is_in_control_group(proposed.offer);
    if in_control_group {
        journal.note_withheld(context.phase, proposed, &contender.alone.grants_alone());
    }
    if contender.alone.grants.is_empty() {
        return refuse_without_reward(&rewarder, &contender, &[], journal);
    }
    if !in_control_group {
        if let Err(refusal) = check_ceiling(context, &contender.alone, journal) {
            return journal.refuse(proposed.offer, refusal);
        }
        journal.trace("on top", Some(proposed.offer), || describe_claim(lines, &contender.alone.grants));
        pay(context.phase, lines, proposed, &contender.alone, journal);
    }
}

/// Checks the receipt filter of an offer whose base is the net sum, as it is when its turn comes.
fn check_net(context: RewardContext<'_>, lines: &[WorkingLine], offer: &Offer) -> Result<(), Refusal> {
    match &offer.filters.receipt {
        Some(filter) if filter.base == Base::Net => check_receipt(context.plan, lines, filter),
        _ => Ok(()),
    }
}

/// Checks that with a reward the purchase gets no more than the largest grant of the plan.
fn check_ceiling(context: RewardContext<'_>, reward: &Reward, journal: &Journal<'_>) -> Result<(), Refusal> {
    let RewardContext { plan, phase, .. } = context;
    let Some(ceiling) = plan.largest_grants.of(phase) else { return Ok(()) };
    let granted = journal.granted(phase).saturating_add(reward.benefit());
    if granted <= i128::from(ceiling) {
        return Ok(());
    }
    let detail = format!(
        "with it the purchase would get {}, the largest grant is {}",
        amount(plan, phase, granted),
        amount(plan, phase, ceiling)
    );
    Err(Refusal::new(NotAppliedReason::AboveCeiling, detail))
}

/// The refusal of an offer whose reward is larger than any sum may be.
fn overflow(_: Overflow) -> Refusal {
    Refusal::new(NotAppliedReason::Overflow, "its reward is larger than any sum may be")
}

fn pay(
    phase: Phase,
    lines: &mut [WorkingLine],
    proposed: &OfferProposals,
    reward: &Reward,
    journal: &mut Journal<'_>,
) {
    for grant in &reward.grants {
        let Some(line) = lines.get_mut(grant.line) else { continue };
        match phase {
            Phase::Discount => line.discount = line.discount.saturating_add(grant.value),
            Phase::Accrual => line.points_earned = line.points_earned.saturating_add(grant.value),
        }
    }
    journal.enter(phase, proposed, reward);
}

/// Records why an offer with proposals pays nothing.
fn refuse_without_reward(
    rewarder: &Rewarder<'_>,
    contender: &Contender<'_>,
    claims: &[Option<OfferId>],
    journal: &mut Journal<'_>,
) {
    let id = contender.proposed.offer;
    let winner = contender.alone.grants.iter().find_map(|grant| {
        let winner = claims.get(grant.line).copied().flatten()?;
        Some((winner, rewarder.lines.get(grant.line)?.position))
    });
    // The limit is the reason only if it leaves nothing even when the offer gets all its lines.
    let cut = contender.alone.cut.filter(|_| contender.alone.grants.is_empty());
    if let Some(cut) = cut {
        return journal.refuse(id, rewarder.refusal_of(&cut));
    }
    let refusal = match winner {
        Some((winner, position)) => Refusal::lost_to(winner, journal.external_id(winner), position),
        None if !rewarder.covers_rewardable(contender.proposed) => {
            Refusal::new(NotAppliedReason::NotAllowed, "nothing that it covers may be rewarded")
        }
        None => Refusal::new(
            NotAppliedReason::NothingLeft,
            "its lines are at their floor, make no whole set, or earn less than the smallest unit",
        ),
    };
    journal.refuse(id, refusal);
}

fn describe_claim(lines: &[WorkingLine], grants: &[Grant]) -> String {
    let positions: Vec<String> = grants
        .iter()
        .filter_map(|grant| lines.get(grant.line))
        .map(|line| line.position.to_string())
        .collect();
    format!("pays lines {}", positions.join(", "))
}
