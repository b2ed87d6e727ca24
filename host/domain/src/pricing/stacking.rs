//! Which offer pays which line: ranking and claiming, then everything that pays on top.

use std::cmp::Reverse;

use super::answer::NotAppliedReason;
use super::book::Book;
use super::eligibility::check_receipt;
use super::grant::Grant;
use super::lines::Line;
use super::proposed::Proposed;
use super::reward::{Reward, Rewarder, Rules};
use super::text::amount;
use crate::mechanics::Phase;
use crate::offer::{Base, Offer, OfferId, StackingMode};

/// An offer with proposals, on its way to being paid.
struct Contender<'a> {
    offer: &'a Offer,
    proposed: &'a Proposed,
    /// What it would give on the whole receipt if it were alone.
    alone: Reward,
}

impl Contender<'_> {
    fn benefit(&self) -> i64 {
        self.alone.total()
    }
}

/// Settles one phase: exclusive offers first, then cumulative ones.
pub(super) fn settle(rules: Rules<'_>, lines: &mut [Line], proposed: &[Proposed], book: &mut Book<'_>) {
    let of_mode = |mode: StackingMode| {
        proposed.iter().filter_map(move |proposed| {
            let offer = rules.plan.offer(proposed.offer)?;
            (offer.stacking.mode == mode).then_some((offer, proposed))
        })
    };
    settle_exclusive(rules, lines, of_mode(StackingMode::Exclusive), book);
    let mut cumulative: Vec<_> = of_mode(StackingMode::Cumulative).collect();
    cumulative.sort_by_key(|(offer, proposed)| (Reverse(offer.stacking.priority), proposed.offer));
    for (offer, proposed) in cumulative {
        settle_cumulative(rules, lines, offer, proposed, book);
    }
}

fn settle_exclusive<'a>(
    rules: Rules<'_>,
    lines: &mut [Line],
    offers: impl Iterator<Item = (&'a Offer, &'a Proposed)>,
    book: &mut Book<'_>,
) {
    let ranked = rank(rules, lines, offers, book);
    let mut claims: Vec<Option<OfferId>> = vec![None; lines.len()];
    for contender in &ranked {
        let id = contender.proposed.offer;
        let free = |line: usize| claims.get(line).is_some_and(Option::is_none);
        let untouched =
            contender.alone.grants.iter().all(|grant| free(grant.line)) && claims.iter().all(Option::is_none);
        let reward = if untouched {
            contender.alone.clone()
        } else {
            rules.rewarder(lines).reward(contender.offer, contender.proposed, &free)
        };
        if reward.grants.is_empty() {
            refuse_without_reward(&rules.rewarder(lines), contender, &claims, book);
            continue;
        }
        for grant in &reward.grants {
            if let Some(claim) = claims.get_mut(grant.line) {
                *claim = Some(id);
            }
        }
        book.trace("claim", Some(id), || describe_claim(lines, &reward.grants));
        pay(rules.phase, lines, contender.proposed, &reward, book);
    }
}

/// Ranks by priority, then by what an offer gives on the whole receipt, then by external id.
/// Offers whose member is in the control group are worked out and noted, but do not compete.
fn rank<'a>(
    rules: Rules<'_>,
    lines: &[Line],
    offers: impl Iterator<Item = (&'a Offer, &'a Proposed)>,
    book: &mut Book<'_>,
) -> Vec<Contender<'a>> {
    let rewarder = rules.rewarder(lines);
    let mut ranked: Vec<Contender<'a>> = Vec::new();
    for (offer, proposed) in offers {
        if let Some(filter) = offer.filters.receipt.as_ref().filter(|filter| filter.base == Base::Net)
            && let Err(refusal) = check_receipt(rules.plan, lines, filter)
        {
            book.refuse(proposed.offer, refusal);
            continue;
        }
        let alone = rewarder.reward(offer, proposed, &|_| true);
        let contender = Contender { offer, proposed, alone };
        if book.is_masked(proposed.offer) {
            book.note_control_group(rules.phase, proposed.offer, &contender.alone.grants);
            if contender.alone.grants.is_empty() {
                refuse_without_reward(&rewarder, &contender, &[], book);
            }
        } else {
            ranked.push(contender);
        }
    }
    ranked.sort_by_cached_key(|contender| {
        (Reverse(contender.offer.stacking.priority), Reverse(contender.benefit()), contender.proposed.offer)
    });
    for contender in &ranked {
        book.trace("rank", Some(contender.proposed.offer), || {
            let (priority, benefit) = (contender.offer.stacking.priority, contender.benefit());
            format!(
                "priority {priority}, would give {} on the whole receipt",
                amount(rules.plan, rules.phase, benefit)
            )
        });
    }
    ranked
}

fn settle_cumulative(
    rules: Rules<'_>,
    lines: &mut [Line],
    offer: &Offer,
    proposed: &Proposed,
    book: &mut Book<'_>,
) {
    if let Some(filter) = offer.filters.receipt.as_ref().filter(|filter| filter.base == Base::Net)
        && let Err(refusal) = check_receipt(rules.plan, lines, filter)
    {
        return book.refuse(proposed.offer, refusal);
    }
    let rewarder = rules.rewarder(lines);
    let contender = Contender { offer, proposed, alone: rewarder.reward(offer, proposed, &|_| true) };
    let masked = book.is_masked(proposed.offer);
    if masked {
        book.note_control_group(rules.phase, proposed.offer, &contender.alone.grants);
    }
    if contender.alone.grants.is_empty() {
        return refuse_without_reward(&rewarder, &contender, &[], book);
    }
    if !masked {
        book.trace("on top", Some(proposed.offer), || describe_claim(lines, &contender.alone.grants));
        pay(rules.phase, lines, proposed, &contender.alone, book);
    }
}

fn pay(phase: Phase, lines: &mut [Line], proposed: &Proposed, reward: &Reward, book: &mut Book<'_>) {
    for grant in &reward.grants {
        let Some(line) = lines.get_mut(grant.line) else { continue };
        match phase {
            Phase::Discount => line.discount = line.discount.saturating_add(grant.value),
            Phase::Accrual => line.points_earned = line.points_earned.saturating_add(grant.value),
        }
    }
    book.enter(phase, proposed, reward);
}

/// Says why an offer that had proposals pays nothing.
fn refuse_without_reward(
    rewarder: &Rewarder<'_>,
    contender: &Contender<'_>,
    claims: &[Option<OfferId>],
    book: &mut Book<'_>,
) {
    let id = contender.proposed.offer;
    let winner = contender.alone.grants.iter().find_map(|grant| {
        let winner = claims.get(grant.line).copied().flatten()?;
        Some((winner, rewarder.lines.get(grant.line)?.position))
    });
    // A limit that leaves something alone leaves something of any part, too.
    let cut = contender.alone.cut.filter(|_| contender.alone.grants.is_empty());
    if let Some(cut) = cut {
        return book.refuse(id, rewarder.refusal_of(&cut));
    }
    let refusal = match winner {
        Some((winner, position)) => {
            (NotAppliedReason::LostTo, format!("{} pays line {position}", book.external_id(winner)))
        }
        None if !rewarder.covers_rewardable(contender.proposed) => {
            (NotAppliedReason::NotAllowed, "nothing that it covers may be rewarded".to_owned())
        }
        None => (
            NotAppliedReason::NothingLeft,
            "its lines are at their floor, make no whole set, or earn less than the smallest unit".to_owned(),
        ),
    };
    book.refuse(id, refusal);
}

fn describe_claim(lines: &[Line], grants: &[Grant]) -> String {
    let positions: Vec<String> = grants
        .iter()
        .filter_map(|grant| lines.get(grant.line))
        .map(|line| line.position.to_string())
        .collect();
    format!("pays lines {}", positions.join(", "))
}
