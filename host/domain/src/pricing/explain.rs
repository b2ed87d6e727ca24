//! Explains what became of one offer on one receipt: every condition, what it asks for and what it found.
//!
//! The receipt is priced again by the steps of [`super::price`], and conditions are checked by the functions that those
//! call, so that an explanation cannot disagree with a price. If an offer was not let in, the steps that pricing did not
//! get to are tried apart, as if it had been let in and no other offer were there.

mod filters;
mod finding;
mod goods;
mod stages;
mod terms;

pub use finding::Finding;

use super::eligibility::EligibilityContext;
use super::lines::{self, LineIndex, WorkingLine};
use super::{Calculation, EligibleOffer, Run, gives_in, items};
use crate::mechanics::Phase;
use crate::member::Member;
use crate::offer::{Item, MemberState, Offer, OfferId};
use crate::quantities::{Money, Points};

/// The reason of an offer that gives discounts only, on a receipt of a sale that was over when it came.
const SOLD_OFFLINE: &str = "sold_offline";

/// The fate of one offer on one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// True if it gave anything.
    pub applied: bool,
    /// Discount that it gave.
    pub discount: Money,
    /// Points that it gave.
    pub points: Points,
    /// The reason in `not_applied`, if it gave nothing.
    pub reason: Option<&'static str>,
    /// The reason for people; empty if it gave something.
    pub detail: String,
    /// Money and points that it would have given to a member outside its control group; zero, or absent, if none.
    pub withheld: Option<(Money, Points)>,
    /// Money and points that it would have given if it had been let in, and no other offer had been there; absent if
    /// it was let in, or cannot be tried.
    pub alone: Option<(Money, Points)>,
    /// Every condition, in the order in which pricing checks them.
    pub conditions: Vec<CheckedCondition>,
}

/// A condition of an offer on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedCondition {
    /// Its name.
    pub condition: &'static str,
    /// The phase that it is about; absent if it is about both.
    pub phase: Option<Phase>,
    /// The value that it asks for.
    pub expected: Finding,
    /// The value on this receipt.
    pub found: Finding,
    /// True if it holds; absent if pricing did not get to it.
    pub holds: Option<bool>,
    /// The reason in `not_applied` that it stands for, if it does not hold.
    pub reason: Option<&'static str>,
    /// A sentence for people.
    pub detail: String,
}

/// The offer and the receipt, before any offer has paid.
struct Subject<'a> {
    calculation: Calculation<'a>,
    id: OfferId,
    offer: &'a Offer,
    /// The member that offers are checked for: none if it is blocked.
    member: Option<&'a Member>,
    lines: Vec<WorkingLine>,
    index: LineIndex,
}

impl<'a> Subject<'a> {
    fn new(calculation: Calculation<'a>, id: OfferId, offer: &'a Offer) -> Self {
        let Calculation { plan, receipt, member, .. } = calculation;
        let lines = lines::classify(plan, receipt);
        let index = LineIndex::new(&plan.catalog, &lines);
        let member = member.filter(|member| member.state != MemberState::Blocked);
        Self { calculation, id, offer, member, lines, index }
    }

    fn context(&self) -> EligibilityContext<'_> {
        let Calculation { plan, receipt, usage, .. } = self.calculation;
        EligibilityContext {
            plan,
            receipt,
            member: self.member,
            lines: &self.lines,
            index: &self.index,
            usage,
        }
    }

    /// The reason for which there is no member, for people.
    fn no_member(&self) -> &'static str {
        match self.calculation.member {
            Some(_) => "the member is blocked, and counts as none",
            None => "no member was identified",
        }
    }
}

/// Explains one offer of the plan; nothing if the plan does not have it.
pub fn explain(calculation: Calculation<'_>, id: OfferId) -> Option<Explanation> {
    let offer = calculation.plan.offer(id)?;
    let subject = Subject::new(calculation, id, offer);
    let mut run = Run::new(calculation);
    run.journal.watch(id);
    let eligible = run.eligible_offers();
    run.price_phases(&eligible);

    let items = items::valid_items(calculation.plan, offer, subject.member, &calculation.receipt.at);
    let mut conditions: Vec<CheckedCondition> = connection(&subject, &run).into_iter().collect();
    conditions.extend(filters::checked(&subject));
    conditions.extend(terms::checked(&subject, &items));
    let mut alone = None;
    if let Ok(items) = items {
        if eligible.iter().any(|eligible| eligible.id == id) {
            conditions.extend(stages::checked(&subject, &run, &items, true));
        } else if !run.journal.is_passed_over(id) {
            let apart = run_apart(&subject, items.clone());
            conditions.extend(stages::checked(&subject, &apart, &items, false));
            alone = Some(sums(&apart, id).or(withheld(&apart, id)).unwrap_or_default());
        }
    }
    Some(concluded(&run, id, alone, conditions))
}

/// Prices the receipt as if this offer were let in and alone.
fn run_apart<'a>(subject: &Subject<'a>, items: Vec<&'a Item>) -> Run<'a> {
    let (id, offer) = (subject.id, subject.offer);
    let mut run = Run::new(subject.calculation);
    run.journal.watch(id);
    if run.member.is_some_and(|member| member.is_in_control_group(offer)) {
        run.journal.mark_control_group(id);
    }
    run.price_phases(&[EligibleOffer { id, offer, items }]);
    run
}

fn concluded(
    run: &Run<'_>,
    id: OfferId,
    alone: Option<(Money, Points)>,
    conditions: Vec<CheckedCondition>,
) -> Explanation {
    let given = sums(run, id);
    let (discount, points) = given.unwrap_or_default();
    let (reason, detail) = match given {
        Some(_) => (None, String::new()),
        None if run.journal.is_passed_over(id) => {
            (Some(SOLD_OFFLINE), "the sale was over when the receipt came: it gets no discounts".to_owned())
        }
        None => {
            let refusal = run.journal.why_nothing(id);
            (Some(refusal.reason.name()), refusal.detail)
        }
    };
    let withheld = withheld(run, id);
    Explanation { applied: given.is_some(), discount, points, reason, detail, withheld, alone, conditions }
}

/// Money and points that an offer gave; nothing if it gave none.
fn sums(run: &Run<'_>, id: OfferId) -> Option<(Money, Points)> {
    let (money, points) = run.journal.totals().get(&id).copied()?;
    Some((Money(money), Points(points)))
}

fn withheld(run: &Run<'_>, id: OfferId) -> Option<(Money, Points)> {
    let [money, points] = run.journal.withheld_sum(id);
    (money > 0 || points > 0).then_some((Money(money), Points(points)))
}

/// The condition that the sale is not over yet, of a receipt that came late.
fn connection(subject: &Subject<'_>, run: &Run<'_>) -> Option<CheckedCondition> {
    if !subject.calculation.offline {
        return None;
    }
    let holds = !run.journal.is_passed_over(subject.id);
    let detail = if holds {
        "The receipt was made offline; offers that give points count all the same."
    } else {
        "It gives discounts only, and the receipt was made offline: the sale was over when it came."
    };
    Some(CheckedCondition {
        condition: "online",
        phase: None,
        expected: Finding::texts(if holds { vec!["online", "offline"] } else { vec!["online"] }),
        found: Finding::text("offline"),
        holds: Some(holds),
        reason: (!holds).then_some(SOLD_OFFLINE),
        detail: detail.to_owned(),
    })
}

/// The phases that an offer with these items takes part in, on this receipt.
fn phases(subject: &Subject<'_>, items: &[&Item]) -> impl Iterator<Item = Phase> {
    let Calculation { plan, offline, .. } = subject.calculation;
    let runs = move |phase: &Phase| !(offline && *phase == Phase::Discount);
    [Phase::Discount, Phase::Accrual]
        .into_iter()
        .filter(runs)
        .filter(move |phase| gives_in(*phase, plan, subject.offer, items.iter().copied()))
}
