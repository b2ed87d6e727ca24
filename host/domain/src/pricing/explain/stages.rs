//! The conditions of each phase: goods, the mechanic's own ones, and what other offers and caps leave.

use super::super::answer::NotAppliedReason;
use super::super::refusal::Refusal;
use super::super::text::amount;
use super::{CheckedCondition, Finding, Run, Subject, goods, phases};
use crate::conditions;
use crate::decimal::format_trimmed;
use crate::mechanics::{Outcome, Phase};
use crate::offer::{Base, Item, Limit, StackingMode};

/// The steps of a phase, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Goods,
    Mechanic,
    NetReceipt,
    LimitLeft,
    Reward,
    ControlGroup,
    Stacking,
    LargestGrant,
    Cap,
}

/// The conditions of the phases that an offer takes part in. `competed` is false if the run had no other offer.
pub(super) fn checked(
    subject: &Subject<'_>,
    run: &Run<'_>,
    items: &[&Item],
    competed: bool,
) -> Vec<CheckedCondition> {
    phases(subject, items)
        .flat_map(|phase| {
            let of_goods = goods::checked(subject, items, phase);
            let has_goods = of_goods.as_ref().is_none_or(|goods| goods.holds == Some(true));
            let course = Course::of(subject, run, phase, has_goods, competed);
            of_goods.into_iter().chain(course.checked())
        })
        .collect()
}

/// The course of an offer through a phase.
struct Course<'a> {
    subject: &'a Subject<'a>,
    run: &'a Run<'a>,
    phase: Phase,
    competed: bool,
    refusal: Option<&'a Refusal>,
    /// The stage at which the offer ended; none if it paid.
    end: Option<Stage>,
}

impl<'a> Course<'a> {
    fn of(subject: &'a Subject<'_>, run: &'a Run<'_>, phase: Phase, has_goods: bool, competed: bool) -> Self {
        let refusal = run.journal.refusal_in(Some(phase));
        let given = run.journal.totals().get(&subject.id).copied().unwrap_or_default();
        let paid = match phase {
            Phase::Discount => given.0 > 0,
            Phase::Accrual => given.1 > 0,
        };
        let end = match refusal {
            Some(_) if !has_goods => Some(Stage::Goods),
            Some(refusal) => Some(stage_of(refusal.reason)),
            None if run.journal.is_in_control_group(subject.id) => Some(Stage::ControlGroup),
            None if paid => None,
            None => Some(Stage::Cap),
        };
        Self { subject, run, phase, competed, refusal, end }
    }

    fn checked(&self) -> Vec<CheckedCondition> {
        let conditions = [
            Some(self.mechanic()),
            self.net_receipt(),
            self.limit_left(),
            Some(self.reward()),
            self.control_group(),
            self.stacking(),
            self.largest_grant(),
            self.cap(),
        ];
        conditions.into_iter().flatten().collect()
    }

    fn holds(&self, stage: Stage) -> Option<bool> {
        let reached = self.competed || stage <= Stage::ControlGroup;
        match self.end {
            Some(end) if stage == end => Some(false),
            Some(end) if stage > end => None,
            _ => reached.then_some(true),
        }
    }

    /// The detail of the refusal, if the offer ended at this stage.
    fn ended(&self, stage: Stage) -> Option<&str> {
        let refusal = self.refusal.filter(|_| self.end == Some(stage))?;
        Some(&refusal.detail)
    }

    fn condition(
        &self,
        (name, stage): (&'static str, Stage),
        (expected, found): (Finding, Finding),
        detail: String,
    ) -> CheckedCondition {
        let holds = self.holds(stage);
        let reason = match self.refusal {
            Some(refusal) => refusal.reason,
            None if stage == Stage::ControlGroup => NotAppliedReason::ControlGroup,
            None => NotAppliedReason::NothingLeft,
        };
        CheckedCondition {
            condition: name,
            phase: Some(self.phase),
            expected,
            found,
            holds,
            reason: (holds == Some(false)).then(|| reason.name()),
            detail,
        }
    }

    fn mechanic(&self) -> CheckedCondition {
        let plan = self.subject.calculation.plan;
        let id = self.subject.offer.mechanic;
        let (name, version) = plan
            .mechanic(id)
            .map_or(("", ""), |mechanic| (mechanic.name.as_str(), mechanic.description.version.as_str()));
        let report = self.run.proposer.reports.iter().find(|report| report.mechanic == id);
        let failed = self.refusal.is_some_and(|refusal| refusal.reason == NotAppliedReason::MechanicFailed);
        let fault = report.filter(|report| failed && report.outcome != Outcome::Ok);
        let outcome = match (self.holds(Stage::Mechanic), self.refusal, fault) {
            (Some(true), ..) => "proposed",
            (Some(false), _, Some(fault)) => fault.outcome.name(),
            (Some(false), Some(refusal), None) => refusal.reason.name(),
            _ => "not_asked",
        };
        let expected = Finding::fields([
            ("mechanic", Some(Finding::text(name))),
            ("version", Some(Finding::text(version))),
            ("outcome", Some(Finding::text("proposed"))),
        ]);
        let ended = self.ended(Stage::Mechanic);
        let code = self.refusal.filter(|_| ended.is_some()).and_then(|refusal| refusal.code.as_deref());
        let found = Finding::fields([
            ("outcome", Some(Finding::text(outcome))),
            ("code", code.map(Finding::text)),
            ("detail", ended.map(Finding::text)),
        ]);
        // Texts of partners may end with a full stop.
        let detail = match (self.holds(Stage::Mechanic), ended.map(|why| why.trim_end_matches('.'))) {
            (Some(true), _) => format!("Mechanic {name} {version} proposed a reward."),
            (_, Some(why)) if failed => format!("Mechanic {name} {version} failed: {why}."),
            (_, Some(why)) => format!("Mechanic {name} {version} proposed nothing: {why}."),
            _ => format!("Mechanic {name} {version} was not asked."),
        };
        self.condition(("mechanic", Stage::Mechanic), (expected, found), detail)
    }

    /// The least sum after discounts, which is compared again when the turn of the offer comes.
    fn net_receipt(&self) -> Option<CheckedCondition> {
        let filter = self.subject.offer.filters.receipt.as_ref()?;
        let threshold = filter.threshold.filter(|_| filter.base == Base::Net)?;
        let plan = self.subject.calculation.plan;
        let expected = Finding::fields([
            (if threshold.exclusive { "above" } else { "from" }, Some(Finding::money(plan, threshold.sum))),
            ("base", Some(Finding::text("net"))),
        ]);
        let ended = self.ended(Stage::NetReceipt);
        let detail = ended.map_or_else(
            || "The least sum after discounts is compared when the turn of the offer comes.".to_owned(),
            |why| format!("After the discounts before it, {why}."),
        );
        let found = Finding::maybe(ended.map(Finding::text));
        Some(self.condition(("net_receipt", Stage::NetReceipt), (expected, found), detail))
    }

    /// A limit of money or points that must leave something.
    fn limit_left(&self) -> Option<CheckedCondition> {
        let plan = self.subject.calculation.plan;
        let sums = |limit: &&Limit| match self.phase {
            Phase::Discount => limit.money.is_some(),
            Phase::Accrual => limit.points.is_some(),
        };
        let limits: Vec<String> = self
            .subject
            .offer
            .limits
            .iter()
            .filter(sums)
            .map(|limit| conditions::limit(plan, limit))
            .collect();
        if limits.is_empty() {
            return None;
        }
        let ended = self.ended(Stage::LimitLeft);
        let clause = match (self.holds(Stage::LimitLeft), ended) {
            (_, Some(why)) => why,
            (Some(true), None) => "they leave something",
            _ => "it did not get so far",
        };
        let detail = format!("It gives {}; {clause}.", limits.join(", "));
        let found = Finding::maybe(ended.map(Finding::text));
        Some(self.condition(("limit_left", Stage::LimitLeft), (Finding::texts(limits), found), detail))
    }

    fn reward(&self) -> CheckedCondition {
        let offer = self.subject.offer;
        let would = self.run.journal.traced("rank", self.subject.id);
        let ended = self.ended(Stage::Reward);
        let detail = match (ended, would) {
            (Some(why), _) => format!("It has nothing to give: {why}."),
            (None, Some(would)) => format!("Something is left to give: {would}."),
            (None, None) if self.holds(Stage::Reward) == Some(true) => {
                "Something is left to give.".to_owned()
            }
            (None, None) => "Pricing did not get to its reward.".to_owned(),
        };
        let expected = Finding::fields([(
            "skip_discounted_lines",
            offer.skip_discounted_lines.then_some(Finding::Yes(true)),
        )]);
        let found = Finding::maybe(ended.or(would).map(Finding::text));
        self.condition(("reward", Stage::Reward), (expected, found), detail)
    }

    fn control_group(&self) -> Option<CheckedCondition> {
        let group = self.subject.offer.control_group.as_ref()?;
        let is_in = self.run.journal.is_in_control_group(self.subject.id);
        let percent = format_trimmed(group.percent.0.into(), 2);
        let expected = Finding::fields([
            ("percent", Some(Finding::text(&percent))),
            ("in_control_group", Some(Finding::Yes(false))),
        ]);
        let found = Finding::fields([("in_control_group", Some(Finding::Yes(is_in)))]);
        let clause = if is_in { "the member is one of them" } else { "the buyer is none of them" };
        let detail = format!("A control group of {percent} % of members gets nothing of it; {clause}.");
        let condition = self.condition(("control_group", Stage::ControlGroup), (expected, found), detail);
        // The member is in it or not, wherever the offer ended.
        let reason = is_in.then(|| NotAppliedReason::ControlGroup.name());
        Some(CheckedCondition { holds: Some(!is_in), reason, ..condition })
    }

    fn stacking(&self) -> Option<CheckedCondition> {
        let stacking = self.subject.offer.stacking;
        if stacking.mode == StackingMode::Cumulative {
            return None;
        }
        let plan = self.subject.calculation.plan;
        let winner =
            self.refusal.filter(|_| self.end == Some(Stage::Stacking)).and_then(|refusal| refusal.lost_to);
        let expected = Finding::fields([
            ("mode", Some(Finding::text("exclusive"))),
            ("priority", Some(Finding::Number(stacking.priority))),
        ]);
        let by = winner.and_then(|winner| plan.offer(winner));
        let found = by.map(|by| {
            Finding::fields([
                ("lost_to", Some(Finding::text(&by.external_id))),
                ("version", Some(Finding::Number(by.version.into()))),
                ("priority", Some(Finding::Number(by.stacking.priority))),
            ])
        });
        let detail = match (self.ended(Stage::Stacking), winner, by) {
            (Some(why), Some(winner), Some(by)) => {
                let rank = |id| self.run.journal.traced("rank", id).unwrap_or("unknown");
                format!(
                    "At most one exclusive offer pays a line, and {why}. It: {}; {}: {}.",
                    rank(self.subject.id),
                    by.external_id,
                    rank(winner)
                )
            }
            _ if self.holds(Stage::Stacking) == Some(true) => {
                "At most one exclusive offer pays a line; this one did.".to_owned()
            }
            _ => "At most one exclusive offer pays a line; it did not get so far.".to_owned(),
        };
        Some(self.condition(("stacking", Stage::Stacking), (expected, Finding::maybe(found)), detail))
    }

    fn largest_grant(&self) -> Option<CheckedCondition> {
        let plan = self.subject.calculation.plan;
        let ceiling = plan.largest_grants.of(self.phase)?;
        let ended = self.ended(Stage::LargestGrant);
        // That of points is always set, and so high that it is no news.
        if ended.is_none() && self.phase == Phase::Accrual {
            return None;
        }
        let most = amount(plan, self.phase, ceiling);
        let detail = match ended {
            Some(why) => format!("A purchase may get {most} in all; {why}."),
            None => format!("A purchase may get {most} in all."),
        };
        let expected = match self.phase {
            Phase::Discount => Finding::money(plan, ceiling),
            Phase::Accrual => Finding::points(plan, ceiling),
        };
        let found = Finding::maybe(ended.map(Finding::text));
        Some(self.condition(("largest_grant", Stage::LargestGrant), (expected, found), detail))
    }

    /// The cap of all discounts, or a limit over time that cuts after it.
    fn cap(&self) -> Option<CheckedCondition> {
        let plan = self.subject.calculation.plan;
        let share = plan.receipt_max_discount.filter(|_| self.phase == Phase::Discount);
        if share.is_none() && self.end != Some(Stage::Cap) {
            return None;
        }
        let percent = share.map(|share| format_trimmed(share.0.into(), 2));
        let start = percent.as_ref().map_or_else(
            || "Caps shrink what offers give once all of it is known".to_owned(),
            |percent| format!("All discounts together are at most {percent} % of the receipt"),
        );
        let clause = match self.holds(Stage::Cap) {
            Some(true) => "something of this one is left",
            Some(false) => "nothing of this one is left",
            None => "it did not get so far",
        };
        let expected = Finding::fields([("receipt_max_percent", percent.map(Finding::text))]);
        let found = Finding::Nothing;
        Some(self.condition(("cap", Stage::Cap), (expected, found), format!("{start}; {clause}.")))
    }
}

/// The stage that refuses for a reason, of an offer whose goods are on the receipt.
fn stage_of(reason: NotAppliedReason) -> Stage {
    match reason {
        NotAppliedReason::ReceiptBelow => Stage::NetReceipt,
        NotAppliedReason::LimitReached => Stage::LimitLeft,
        NotAppliedReason::NotAllowed | NotAppliedReason::NothingLeft | NotAppliedReason::Overflow => {
            Stage::Reward
        }
        NotAppliedReason::ControlGroup => Stage::ControlGroup,
        NotAppliedReason::LostTo => Stage::Stacking,
        NotAppliedReason::AboveCeiling => Stage::LargestGrant,
        // The others come from the mechanic; those of filters never come in a phase.
        _ => Stage::Mechanic,
    }
}
