//! The pricing pipeline: the fixed order of steps from a receipt to an answer.
//!
//! `classify lines → eligible offers → audience and control group → exclusive discounts →
//! cumulative discounts → caps → burn → accrual → messages → answer`. Floors bind at every step: they
//! limit what each line has left to give. The rules are in docs/pricing-rules.md.

mod answer;
mod burn;
mod caps;
mod eligibility;
mod explain;
mod facts;
mod grant;
mod items;
mod journal;
mod limits;
mod lines;
mod messages;
mod offer_proposals;
mod propose;
mod reasons;
mod refusal;
mod reward;
mod stacking;
mod text;
mod verify;
mod warnings;

pub use answer::*;
pub use explain::{CheckedCondition, Explanation, Finding, explain};
pub use items::explored_items;
pub use verify::verify;

use std::collections::BTreeSet;

use crate::mechanics::{MechanicId, Mechanics, Phase, ReceiptCall};
use crate::member::{Member, PersonalAttribute};
use crate::offer::{Item, MemberState, Offer, OfferId, Terms};
use crate::plan::Plan;
use crate::quantities::{Money, Points};
use crate::receipt::Receipt;
use crate::usage::Usage;
use burn::Burn;
use eligibility::EligibilityContext;
use journal::Journal;
use lines::{LineIndex, WorkingLine};
use propose::Proposer;
use reward::RewardContext;

/// The inputs of one calculation.
#[derive(Clone, Copy)]
pub struct Calculation<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The mechanics, sandboxed or native.
    pub mechanics: &'a dyn Mechanics,
    /// The receipt from the till.
    pub receipt: &'a Receipt,
    /// The member; `None` if the receipt names nobody, or nobody known.
    pub member: Option<&'a Member>,
    /// Limits already used or reserved by other purchases, for the period, member, card and till of the
    /// receipt.
    pub usage: &'a Usage,
    /// True for a receipt of a sale made offline: it earns points, but gets no discount and cannot be
    /// paid with points.
    pub offline: bool,
}

/// Prices one receipt. Never fails: a failing mechanic or attribute costs its rewards, and the answer
/// says why.
pub fn price(calculation: Calculation<'_>) -> PricedReceipt {
    let Calculation { plan, receipt, member, usage, .. } = calculation;
    let mut warnings = warnings::of_receipt(plan, receipt, member, usage.coupons());
    let mut run = Run::new(calculation);
    let eligible = run.eligible_offers();
    let burn = run.price_phases(&eligible);
    warnings.extend(burn.warning);
    warnings.extend(run.journal.take_shortfalls());
    warnings.extend(run.journal.limit_warnings());
    warnings.extend(run.uncredited_points());
    warnings.extend(warnings::of_mechanics(plan, &run.proposer.reports));
    run.answer(burn.spent, burn.balance, warnings)
}

/// An offer that passed the host's own checks, with its items.
struct EligibleOffer<'a> {
    id: OfferId,
    offer: &'a Offer,
    items: Vec<&'a Item>,
}

impl EligibleOffer<'_> {
    fn takes_part_in(&self, phase: Phase, plan: &Plan) -> bool {
        gives_in(phase, plan, self.offer, self.items.iter().copied())
    }
}

/// True if an offer can give something in a phase. Without items its mechanic decides.
fn gives_in<'a>(
    phase: Phase,
    plan: &Plan,
    offer: &Offer,
    mut items: impl ExactSizeIterator<Item = &'a Item>,
) -> bool {
    if items.len() == 0 {
        let mechanic = plan.mechanic(offer.mechanic);
        return mechanic.is_some_and(|mechanic| mechanic.description.phases.contains(&phase));
    }
    items.any(|item| item.reward == phase)
}

/// True if an offer can give discounts only, whatever the receipt. False if its terms come from an
/// attribute that the member lacks or that is not valid.
fn only_discounts(plan: &Plan, offer: &Offer, member: Option<&Member>) -> bool {
    let items = match &offer.terms {
        Terms::Configured(items) => items,
        Terms::Attribute(name) => match member.and_then(|member| member.personal.get(name)) {
            Some(PersonalAttribute::Terms(terms)) if !terms.items.is_empty() => &terms.items,
            _ => return false,
        },
    };
    !gives_in(Phase::Accrual, plan, offer, items.iter())
}

/// The state of a calculation.
struct Run<'a> {
    plan: &'a Plan,
    receipt: &'a Receipt,
    member: Option<&'a Member>,
    usage: &'a Usage,
    offline: bool,
    lines: Vec<WorkingLine>,
    index: LineIndex,
    journal: Journal<'a>,
    proposer: Proposer<'a>,
    failed: Option<NotApplied>,
}

impl<'a> Run<'a> {
    fn new(calculation: Calculation<'a>) -> Self {
        let Calculation { plan, mechanics, receipt, member, usage, offline } = calculation;
        let lines = lines::classify(plan, receipt);
        Self {
            plan,
            receipt,
            member: member.filter(|member| member.state != MemberState::Blocked),
            usage,
            offline,
            index: LineIndex::new(&plan.catalog, &lines),
            lines,
            journal: Journal::new(plan, receipt.explain),
            proposer: Proposer { plan, session: mechanics.open(), reports: Vec::new() },
            failed: None,
        }
    }

    /// The offers that pass their filters, with the items that are valid at the time of the receipt.
    fn eligible_offers(&mut self) -> Vec<EligibleOffer<'a>> {
        let Self { plan, receipt, member, usage, offline, lines, index, journal, .. } = self;
        let (plan, receipt, member, offline) = (*plan, *receipt, *member, *offline);
        let context = EligibilityContext { plan, receipt, member, lines, index, usage };
        let mut eligible = Vec::new();
        for (id, offer) in plan.numbered_offers() {
            if offline && only_discounts(plan, offer, member) {
                journal.pass_over(id);
                continue;
            }
            let items =
                context.check(id, offer).and_then(|()| items::valid_items(plan, offer, member, &receipt.at));
            match items {
                Ok(items) => {
                    let offer = EligibleOffer { id, offer, items };
                    if offline && !offer.takes_part_in(Phase::Accrual, plan) {
                        journal.pass_over(id);
                        continue;
                    }
                    eligible.push(offer);
                }
                Err(refusal) => {
                    journal.refuse(id, refusal);
                    continue;
                }
            }
            if member.is_some_and(|member| member.is_in_control_group(offer)) {
                journal.mark_control_group(id);
            }
        }
        eligible
    }

    /// Discounts with their caps, payment with points, then points.
    fn price_phases(&mut self, eligible: &[EligibleOffer<'a>]) -> Burn {
        let burn = if self.offline {
            burn::no_burn(self.member, self.receipt.pay_points)
        } else {
            self.price_phase(Phase::Discount, eligible);
            caps::apply(self);
            burn::burn(self.plan, &mut self.lines, self.member, self.receipt.pay_points)
        };
        self.price_phase(Phase::Accrual, eligible);
        burn
    }

    /// Runs one phase: calls the mechanics, and grants what stacking leaves of their proposals.
    fn price_phase(&mut self, phase: Phase, eligible: &[EligibleOffer<'a>]) {
        self.journal.begin_phase(phase);
        let mut active = Vec::new();
        for offer in eligible.iter().filter(|offer| offer.takes_part_in(phase, self.plan)) {
            let EligibleOffer { id, offer, items } = offer;
            match items::activate(self.plan, *id, offer, items, phase, &self.lines, &self.index) {
                Ok(offer) => active.push(offer),
                Err(refusal) => self.journal.refuse(*id, refusal),
            }
        }
        let call = self.receipt_call(phase);
        let Self { plan, receipt, member, lines, proposer, .. } = self;
        let gather = |mechanic: MechanicId| facts::gather(plan, mechanic, receipt, *member, lines);
        let answers = proposer.ask(&call, active, &gather);
        // A sale that is over already cannot be stopped any more.
        if !self.offline {
            self.failed = self.failed.take().or(answers.failed);
        }
        for (offer, refusal) in answers.refused {
            self.journal.refuse(offer, refusal);
        }
        let context = RewardContext { plan: self.plan, usage: self.usage, phase };
        stacking::apply(context, &mut self.lines, &answers.proposed, &mut self.journal);
    }

    fn receipt_call(&self, phase: Phase) -> ReceiptCall {
        ReceiptCall {
            phase,
            money_exponent: self.plan.currency.exponent,
            points_exponent: self.plan.points.exponent,
            time: self.receipt.at.local.into(),
            has_member: self.member.is_some(),
            lines: self.lines.iter().map(|line| line.call(phase)).collect(),
        }
    }

    /// A warning if points were computed for a receipt without a member: nobody is credited.
    fn uncredited_points(&self) -> Option<Warning> {
        let earned = self.lines.iter().any(|line| line.points_earned > 0);
        (earned && self.member.is_none()).then(|| Warning {
            code: "points_not_credited",
            detail: "no member was identified: the points are what a member would have earned".to_owned(),
        })
    }

    /// What the member was handed of the offers that paid, would have paid, or let the member in.
    fn handed(
        &self,
        lines: &[PricedLine],
        not_applied: &[NotApplied],
        withheld: &[WithheldReward],
    ) -> Vec<Handed> {
        let Some(member) = self.member else { return Vec::new() };
        let paid = lines.iter().flat_map(|line| &line.offers).map(|reward| reward.offer);
        let would_have_paid =
            |would: &&WithheldReward| would.discount.is_positive() || would.points.is_positive();
        let masked = withheld.iter().filter(would_have_paid).map(|would| would.offer);
        let in_vain = not_applied.iter().filter(|entry| entry.reason.lets_in()).map(|entry| entry.offer);
        let offers: BTreeSet<OfferId> = paid.chain(masked).chain(in_vain).collect();
        let handed = |id: OfferId| items::handed(id, self.plan.offer(id)?, member, &self.receipt.at);
        offers.into_iter().filter_map(handed).collect()
    }

    fn answer(mut self, spent: Points, points: PointsBalance, warnings: Vec<Warning>) -> PricedReceipt {
        let rewards = self.journal.line_rewards(self.lines.len());
        let lines: Vec<PricedLine> =
            self.lines.iter().zip(rewards).map(|(line, offers)| priced_line(line, offers)).collect();
        let totals = Totals {
            amount: lines.iter().map(|line| line.amount).sum(),
            discount: lines.iter().map(|line| line.discount).sum(),
            points_paid: lines.iter().map(|line| line.points_paid).sum(),
            points_spent: spent,
            payable: lines.iter().map(|line| line.payable).sum(),
            points_earned: lines.iter().map(|line| line.points_earned).sum(),
        };
        let not_applied = self.journal.not_applied(self.receipt.explain);
        let withheld = self.journal.withheld_rewards(&self.lines);
        PricedReceipt {
            handed: self.handed(&lines, &not_applied, &withheld),
            lines,
            totals,
            points,
            messages: messages::filled(&self.journal, self.receipt, points.available),
            not_applied,
            withheld,
            limit_uses: self.journal.limit_uses(),
            mechanics: self.proposer.reports,
            warnings,
            trace: self.journal.take_trace(),
            failed: self.failed,
        }
    }
}

fn priced_line(line: &WorkingLine, offers: Vec<LineReward>) -> PricedLine {
    PricedLine {
        position: line.position,
        amount: Money(line.amount),
        discount: Money(line.discount),
        points_paid: Money(line.points_paid),
        payable: Money(line.cash()),
        points_earned: Points(line.points_earned),
        offers,
    }
}
