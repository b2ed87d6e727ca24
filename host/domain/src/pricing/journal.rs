//! The journal of a calculation: grants, refusals with their reasons, and the trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answer::{
    LimitUse, LineReward, NotApplied, NotAppliedReason, TraceStep, Warning, WithheldLine, WithheldReward,
};
use super::grant::Grant;
use super::limits::LimitCut;
use super::lines::WorkingLine;
use super::offer_proposals::OfferProposals;
use super::reasons::reason_text;
use super::refusal::Refusal;
use super::reward::Reward;
use super::text::amount;
use crate::mechanics::{Benefit, MechanicId, Phase};
use crate::offer::{LimitKey, OfferId};
use crate::plan::Plan;
use crate::quantities::{Money, Points};

/// A grant of one offer on one line.
pub(super) struct JournalEntry {
    pub phase: Phase,
    pub offer: OfferId,
    pub line: usize,
    pub value: i64,
    mechanic: MechanicId,
    reason: Arc<str>,
    decision: Option<Arc<str>>,
}

/// What an offer withholds on one line.
#[derive(Default)]
struct WithheldPart {
    money: i64,
    points: i64,
    decision: Option<Arc<str>>,
}

/// The grants, refusals and warnings of a calculation so far.
pub(super) struct Journal<'a> {
    pub plan: &'a Plan,
    pub entries: Vec<JournalEntry>,
    refusals: Vec<Option<Refusal>>,
    in_control_group: Vec<bool>,
    /// By offer and index of the line.
    withheld: BTreeMap<OfferId, BTreeMap<usize, WithheldPart>>,
    passed_over: BTreeSet<OfferId>,
    shortfalls: Vec<Warning>,
    cuts: Vec<(Phase, OfferId, LimitCut)>,
    /// Sum of the grants of each phase, before caps that are applied to all discounts together.
    granted: BTreeMap<Phase, i128>,
    trace: Option<Vec<TraceStep>>,
    watched: Option<Watched>,
}

/// An offer of which all refusals are kept.
struct Watched {
    offer: OfferId,
    /// The phase that runs; none before the first.
    phase: Option<Phase>,
    refusals: Vec<(Option<Phase>, Refusal)>,
}

impl<'a> Journal<'a> {
    pub(super) fn new(plan: &'a Plan, explain: bool) -> Self {
        Self {
            plan,
            entries: Vec::new(),
            refusals: vec![None; plan.offers.len()],
            in_control_group: vec![false; plan.offers.len()],
            withheld: BTreeMap::new(),
            passed_over: BTreeSet::new(),
            shortfalls: Vec::new(),
            cuts: Vec::new(),
            granted: BTreeMap::new(),
            trace: explain.then(Vec::new),
            watched: None,
        }
    }

    /// Keeps all refusals of an offer, and the trace.
    pub(super) fn watch(&mut self, offer: OfferId) {
        self.watched = Some(Watched { offer, phase: None, refusals: Vec::new() });
        self.trace.get_or_insert_default();
    }

    pub(super) fn begin_phase(&mut self, phase: Phase) {
        if let Some(watched) = &mut self.watched {
            watched.phase = Some(phase);
        }
    }

    /// The first refusal of the watched offer in a phase, or before the phases.
    pub(super) fn refusal_in(&self, phase: Option<Phase>) -> Option<&Refusal> {
        let mut refusals = self.watched.iter().flat_map(|watched| &watched.refusals);
        refusals.find(|(found, _)| *found == phase).map(|(_, refusal)| refusal)
    }

    /// Records why an offer gives nothing. The first reason of an offer is kept.
    pub(super) fn refuse(&mut self, offer: OfferId, refusal: Refusal) {
        if let Some(watched) = self.watched.as_mut().filter(|watched| watched.offer == offer) {
            watched.refusals.push((watched.phase, refusal.clone()));
        }
        if let Some(slot) = self.refusals.get_mut(offer.0) {
            slot.get_or_insert(refusal);
        }
    }

    /// Leaves an offer out of the answer altogether, also of `not_applied`.
    pub(super) fn pass_over(&mut self, offer: OfferId) {
        self.passed_over.insert(offer);
    }

    pub(super) fn is_passed_over(&self, offer: OfferId) -> bool {
        self.passed_over.contains(&offer)
    }

    /// Records that the member is in the control group of the offer.
    pub(super) fn mark_control_group(&mut self, offer: OfferId) {
        if let Some(slot) = self.in_control_group.get_mut(offer.0) {
            *slot = true;
        }
    }

    pub(super) fn is_in_control_group(&self, offer: OfferId) -> bool {
        self.in_control_group.get(offer.0).copied().unwrap_or(false)
    }

    /// Records the grants that an offer withholds from a member of its control group.
    pub(super) fn note_withheld(&mut self, phase: Phase, proposed: &OfferProposals, grants: &[Grant]) {
        let lines = self.withheld.entry(proposed.offer).or_default();
        for grant in grants {
            let part = lines.entry(grant.line).or_default();
            let value = if phase == Phase::Discount { &mut part.money } else { &mut part.points };
            *value = value.saturating_add(grant.value);
            part.decision = part.decision.take().or_else(|| proposed.decision(grant.proposal).cloned());
        }
    }

    /// Records the grants of an offer that pays.
    pub(super) fn enter(&mut self, phase: Phase, proposed: &OfferProposals, reward: &Reward) {
        let mut texts: Vec<Option<Arc<str>>> = vec![None; proposed.proposals.len()];
        for grant in &reward.grants {
            let text = texts.get_mut(grant.proposal).map(|slot| {
                Arc::clone(
                    slot.get_or_insert_with(|| reason_text(self.plan, phase, proposed, grant.proposal)),
                )
            });
            let reason = text.unwrap_or_else(|| Arc::from(""));
            let Grant { line, value, .. } = *grant;
            let (offer, mechanic) = (proposed.offer, proposed.mechanic);
            let decision = proposed.decision(grant.proposal).cloned();
            self.entries.push(JournalEntry { phase, offer, line, value, mechanic, reason, decision });
        }
        let granted = self.granted.entry(phase).or_default();
        *granted = granted.saturating_add(reward.benefit());
        match reward.cut.filter(LimitCut::is_over_time) {
            Some(cut) => self.note_cut(phase, proposed.offer, cut),
            None => self.note_shortfalls(phase, proposed, &reward.grants),
        }
    }

    /// Sum of the grants in a phase so far.
    pub(super) fn granted(&self, phase: Phase) -> i128 {
        self.granted.get(&phase).copied().unwrap_or_default()
    }

    /// Records that a limit over time cuts what an offer gives.
    pub(super) fn note_cut(&mut self, phase: Phase, offer: OfferId, cut: LimitCut) {
        self.cuts.push((phase, offer, cut));
    }

    /// Adds a warning for each sum that could not be granted in full.
    fn note_shortfalls(&mut self, phase: Phase, proposed: &OfferProposals, grants: &[Grant]) {
        for (number, proposal) in proposed.proposals.iter().enumerate() {
            let Benefit::Amount(sum) = proposal.benefit else { continue };
            let wanted = proposal.limits.cap.map_or(sum, |cap| cap.min(sum));
            let mine = || grants.iter().filter(|grant| grant.proposal == number);
            let given: i64 = mine().map(|grant| grant.value).sum();
            if mine().next().is_some() && given < wanted {
                let (given, wanted) = (amount(self.plan, phase, given), amount(self.plan, phase, wanted));
                let detail =
                    format!("offer {}: {given} of {wanted} found room", self.external_id(proposed.offer));
                self.shortfalls.push(Warning { code: "partly_granted", detail });
            }
        }
    }

    /// Removes and returns the warnings about sums that could not be granted in full.
    pub(super) fn take_shortfalls(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.shortfalls)
    }

    /// Warnings about offers that were cut by a limit over time, with their final grant.
    pub(super) fn limit_warnings(&self) -> Vec<Warning> {
        let totals = self.totals();
        let warning = |(phase, offer, cut): &(Phase, OfferId, LimitCut)| {
            let (money, points) = totals.get(offer).copied().unwrap_or_default();
            let granted = match phase {
                Phase::Discount => money,
                Phase::Accrual => points,
            };
            // Other caps may have taken what the limit left.
            (granted > 0).then(|| cut.warning(self.plan, *phase, self.external_id(*offer), granted))
        };
        self.cuts.iter().filter_map(warning).collect()
    }

    /// Use of limits over time by the offers that paid.
    pub(super) fn limit_uses(&self) -> Vec<LimitUse> {
        let is_limited = |offer: &OfferId| {
            let limits = self.plan.offer(*offer).map_or(&[][..], |offer| &offer.limits);
            limits.iter().any(|limit| limit.per != LimitKey::Receipt)
        };
        self.totals()
            .into_iter()
            .filter(|(offer, _)| is_limited(offer))
            .map(|(offer, (money, points))| LimitUse {
                offer,
                uses: 1,
                money: Money(money),
                points: Points(points),
            })
            .collect()
    }

    /// Adds a step to the trace, if one is kept.
    pub(super) fn trace(
        &mut self,
        stage: &'static str,
        offer: Option<OfferId>,
        detail: impl FnOnce() -> String,
    ) {
        if let Some(steps) = &mut self.trace {
            steps.push(TraceStep { stage, offer, detail: detail() });
        }
    }

    pub(super) fn external_id(&self, offer: OfferId) -> &'a str {
        self.plan.offer(offer).map_or("", |offer| offer.external_id.as_str())
    }

    /// The text of the first step of this stage about an offer, if there is one and the trace is kept.
    pub(super) fn traced(&self, stage: &str, offer: OfferId) -> Option<&str> {
        let mut steps = self.trace.iter().flatten();
        let found = steps.find(|step| step.stage == stage && step.offer == Some(offer))?;
        Some(&found.detail)
    }

    pub(super) fn take_trace(&mut self) -> Option<Vec<TraceStep>> {
        self.trace.take()
    }

    /// The rewards of each line: one for each offer that paid, in the order in which they did.
    pub(super) fn line_rewards(&self, lines: usize) -> Vec<Vec<LineReward>> {
        let mut rewards: Vec<Vec<LineReward>> = Vec::new();
        rewards.resize_with(lines, Vec::new);
        for entry in self.entries.iter().filter(|entry| entry.value > 0) {
            let Some(line) = rewards.get_mut(entry.line) else { continue };
            let (discount, points) = match entry.phase {
                Phase::Discount => (Money(entry.value), Points::ZERO),
                Phase::Accrual => (Money::ZERO, Points(entry.value)),
            };
            match line.iter_mut().find(|reward| reward.offer == entry.offer) {
                Some(reward) => {
                    reward.discount += discount;
                    reward.points += points;
                    reward.decision = reward.decision.take().or_else(|| entry.decision.clone());
                }
                None => {
                    let (reason, decision) = (Arc::clone(&entry.reason), entry.decision.clone());
                    let JournalEntry { offer, mechanic, .. } = *entry;
                    line.push(LineReward { offer, discount, points, mechanic, reason, decision });
                }
            }
        }
        rewards
    }

    /// Total money and points of each offer. Offers that gave nothing are absent.
    pub(super) fn totals(&self) -> BTreeMap<OfferId, (i64, i64)> {
        let mut totals: BTreeMap<OfferId, (i64, i64)> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.value > 0) {
            let (money, points) = totals.entry(entry.offer).or_default();
            match entry.phase {
                Phase::Discount => *money = money.saturating_add(entry.value),
                Phase::Accrual => *points = points.saturating_add(entry.value),
            }
        }
        totals
    }

    /// The offers that gave nothing, with the reason. Offers whose coupon was not presented are listed
    /// only if the receipt requests a trace: a chain has thousands.
    pub(super) fn not_applied(&self, explain: bool) -> Vec<NotApplied> {
        let paid = self.totals();
        let wanted = |reason: NotAppliedReason| explain || reason != NotAppliedReason::NoCoupon;
        (0..self.plan.offers.len())
            .map(OfferId)
            .filter(|offer| !paid.contains_key(offer) && !self.passed_over.contains(offer))
            .filter_map(|offer| {
                let refusal = self.why_nothing(offer);
                wanted(refusal.reason).then(|| refusal.of(offer))
            })
            .collect()
    }

    /// The offers whose control group the member is in, with the rewards that they withhold.
    pub(super) fn withheld_rewards(&self, lines: &[WorkingLine]) -> Vec<WithheldReward> {
        let in_control_group =
            (0..).map(OfferId).zip(&self.in_control_group).filter(|(_, in_control_group)| **in_control_group);
        let line = |(line, part): (&usize, &WithheldPart)| {
            Some(WithheldLine {
                position: lines.get(*line)?.position,
                discount: Money(part.money),
                points: Points(part.points),
                decision: part.decision.clone(),
            })
        };
        in_control_group
            .map(|(offer, _)| {
                let [money, points] = self.withheld_sum(offer);
                let lines = self.withheld.get(&offer).into_iter().flatten().filter_map(line).collect();
                WithheldReward { offer, discount: Money(money), points: Points(points), lines }
            })
            .collect()
    }

    /// Total withheld money and points of an offer.
    pub(super) fn withheld_sum(&self, offer: OfferId) -> [i64; 2] {
        let lines = self.withheld.get(&offer).into_iter().flat_map(BTreeMap::values);
        lines.fold([0, 0], |[money, points], part| {
            [money.saturating_add(part.money), points.saturating_add(part.points)]
        })
    }

    /// The reason why an offer that pays nothing does not.
    pub(super) fn why_nothing(&self, offer: OfferId) -> Refusal {
        let [money, points] = self.withheld_sum(offer);
        if money > 0 || points > 0 {
            let mut parts = Vec::new();
            if money > 0 {
                parts.push(format!("{} off", amount(self.plan, Phase::Discount, money)));
            }
            if points > 0 {
                parts.push(amount(self.plan, Phase::Accrual, points));
            }
            let detail =
                format!("the member is in the control group; would have given {}", parts.join(" and "));
            return Refusal::new(NotAppliedReason::ControlGroup, detail);
        }
        let refusal = self.refusals.get(offer.0).cloned().flatten();
        refusal.unwrap_or_else(|| Refusal::new(NotAppliedReason::NothingLeft, "a cap left nothing of it"))
    }
}
