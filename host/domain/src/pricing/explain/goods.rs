//! The goods that an offer is for, and the lines that it finds.

use super::super::items::{activate, excluded, scope};
use super::super::lines::{WorkingLine, at};
use super::{CheckedCondition, Finding, Subject};
use crate::decimal::{format_scaled, format_trimmed};
use crate::mechanics::{Phase, Scope, TargetKind};
use crate::offer::Item;
use crate::plan::Plan;
use crate::quantities::Money;

/// The condition that the receipt has goods of the offer; absent if the offer names no items.
pub(super) fn checked(subject: &Subject<'_>, items: &[&Item], phase: Phase) -> Option<CheckedCondition> {
    let plan = subject.calculation.plan;
    let of_phase: Vec<&Item> = items.iter().copied().filter(|item| item.reward == phase).collect();
    if of_phase.is_empty() {
        return None;
    }
    let Subject { id, offer, lines, index, .. } = subject;
    let refusal = activate(plan, *id, offer, items, phase, lines, index).err();
    let left_out = excluded(plan, offer, lines, index);
    let found: Vec<FoundLines<'_>> =
        of_phase.iter().map(|item| FoundLines::of(subject, item, &left_out)).collect();
    let clauses: Vec<String> = found.iter().map(|found| found.clause(plan)).collect();
    Some(CheckedCondition {
        condition: "goods",
        phase: Some(phase),
        expected: Finding::List(of_phase.iter().map(|item| expected(plan, item)).collect()),
        found: Finding::List(found.iter().map(|found| found.finding(plan)).collect()),
        holds: Some(refusal.is_none()),
        reason: refusal.map(|refusal| refusal.reason.name()),
        detail: format!("It is for goods that the receipt must have; {}.", clauses.join("; ")),
    })
}

fn expected(plan: &Plan, item: &Item) -> Finding {
    let tier = |exclusive: bool| {
        let threshold = item.threshold.filter(|threshold| threshold.exclusive == exclusive)?;
        Some(Finding::money(plan, threshold.sum))
    };
    let side = |price: Option<Money>| price.map(|price| Finding::money(plan, price.0));
    let unit_price =
        item.unit_price.map(|(from, to)| Finding::fields([("from", side(from)), ("to", side(to))]));
    Finding::fields([
        ("target_kind", Some(Finding::text(kind(item.target.kind())))),
        ("target", (!item.target_text.is_empty()).then(|| Finding::text(&item.target_text))),
        ("min_units", item.min_units.map(|units| Finding::units(units.0))),
        ("min_sum", item.min_sum.map(|sum| Finding::money(plan, sum.0))),
        ("from", tier(false)),
        ("above", tier(true)),
        ("unit_price", unit_price),
    ])
}

fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Product => "product",
        TargetKind::Category => "category",
        TargetKind::Group => "group",
        TargetKind::Receipt => "receipt",
    }
}

/// The lines of an item.
struct FoundLines<'a> {
    item: &'a Item,
    lines: Vec<&'a WorkingLine>,
    /// Positions of lines with its goods that the offer excludes.
    left_out: Vec<u32>,
}

impl<'a> FoundLines<'a> {
    fn of(subject: &'a Subject<'_>, item: &'a Item, excluded: &[u32]) -> Self {
        let Subject { lines, index, .. } = subject;
        let numbers = |excluded: &[u32]| match scope(item, excluded, lines, index) {
            Scope::WholeReceipt => (0_u32..).zip(lines).map(|(number, _)| number).collect(),
            Scope::Lines(numbers) => numbers,
        };
        let own = numbers(excluded);
        let line = |number: u32| lines.get(at(number));
        let left_out = numbers(&[]).into_iter().filter(|number| !own.contains(number)).filter_map(line);
        Self {
            item,
            left_out: left_out.map(|line| line.position).collect(),
            lines: own.iter().copied().filter_map(line).collect(),
        }
    }

    fn counting(&self) -> impl Iterator<Item = &WorkingLine> {
        self.lines.iter().copied().filter(|line| line.counts)
    }

    fn units(&self) -> i64 {
        self.counting().map(|line| line.quantity).sum()
    }

    fn sum(&self) -> i64 {
        self.counting().map(|line| line.amount).sum()
    }

    fn finding(&self, plan: &Plan) -> Finding {
        let numbers = |positions: Vec<u32>| {
            Finding::List(positions.into_iter().map(|position| Finding::Number(position.into())).collect())
        };
        let positions = self.lines.iter().map(|line| line.position).collect();
        Finding::fields([
            ("lines", Some(numbers(positions))),
            ("units", Some(Finding::units(self.units()))),
            ("sum", Some(Finding::money(plan, self.sum()))),
            ("excluded_lines", (!self.left_out.is_empty()).then(|| numbers(self.left_out.clone()))),
        ])
    }

    fn clause(&self, plan: &Plan) -> String {
        let text = &self.item.target_text;
        let target = if text.is_empty() { "the receipt" } else { text.as_str() };
        let asked = self.asked(plan);
        let excluded = if self.left_out.is_empty() {
            String::new()
        } else {
            format!(", without lines that the offer leaves out ({})", listed(&self.left_out))
        };
        if self.lines.is_empty() {
            return format!("{target}{asked}: no line{excluded}");
        }
        let positions: Vec<u32> = self.lines.iter().map(|line| line.position).collect();
        let units = format_trimmed(self.units(), 3);
        let sum = format_scaled(self.sum(), plan.currency.exponent);
        format!("{target}{asked}: {units} units for {sum} on lines {}{excluded}", listed(&positions))
    }

    /// The least quantity and sum that an item asks for, which its mechanic checks.
    fn asked(&self, plan: &Plan) -> String {
        let sum = |sum: i64| format_scaled(sum, plan.currency.exponent);
        let units = self.item.min_units.map(|units| format!("at least {} units", format_trimmed(units.0, 3)));
        let least = self.item.min_sum.map(|least| format!("at least {}", sum(least.0)));
        let tier = self.item.threshold.map(|tier| {
            let word = if tier.exclusive { "above" } else { "from" };
            format!("{word} {}", sum(tier.sum))
        });
        let parts: Vec<String> = units.into_iter().chain(least).chain(tier).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }
}

fn listed(positions: &[u32]) -> String {
    positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
