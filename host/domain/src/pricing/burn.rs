//! Payment with points: the maximum, and its distribution over the lines.

use super::answer::{PointsBalance, Warning};
use super::lines::WorkingLine;
use crate::decimal::format_scaled;
use crate::distribute::{WeightedLine, distribute};
use crate::member::Member;
use crate::plan::{Plan, PointsCurrency};
use crate::quantities::Points;
use crate::receipt::PayPoints;
use crate::rounding::{Rounding, divide_up};

/// The result of paying with points.
pub(super) struct Burn {
    /// Points spent.
    pub spent: Points,
    pub balance: PointsBalance,
    pub warning: Option<Warning>,
}

/// Pays with points and distributes the sum over the lines, weighted by net and down to the floor.
pub(super) fn burn(plan: &Plan, lines: &mut [WorkingLine], member: Option<&Member>, wish: PayPoints) -> Burn {
    let available = member.map_or(0, |member| member.points_available.0.max(0));
    let most = steps_for(&plan.points, most_payable(plan, lines)).min(available);
    let can_pay_max = Payment::with(&plan.points, most).steps;
    let wanted = match wish {
        PayPoints::None => 0,
        PayPoints::Max => can_pay_max,
        PayPoints::Points(points) => points.0,
    };
    let paid = Payment::with(&plan.points, wanted.min(most));
    let shares: Vec<WeightedLine> = lines
        .iter()
        .map(|line| WeightedLine {
            weight: if line.burnable { line.net() } else { 0 },
            cap: line.burn_room(),
        })
        .collect();
    for (line, part) in lines.iter_mut().zip(distribute(paid.money, &shares)) {
        line.points_paid = part;
    }
    let balance = PointsBalance { available: Points(available), can_pay_max: Points(can_pay_max) };
    let warning = (paid.steps < wanted).then(|| reduced(plan, member.is_some(), wish, paid.steps));
    Burn { spent: Points(paid.steps), balance, warning }
}

/// The result for an offline receipt: the sale is over, nothing can be paid with points.
pub(super) fn no_burn(member: Option<&Member>, wish: PayPoints) -> Burn {
    let available = member.map_or(0, |member| member.points_available.0.max(0));
    let balance = PointsBalance { available: Points(available), can_pay_max: Points::ZERO };
    let asked = !matches!(wish, PayPoints::None | PayPoints::Points(Points::ZERO));
    let warning = asked.then(|| Warning {
        code: "offline_no_burn",
        detail: "nothing was paid with points: the receipt was made offline".to_owned(),
    });
    Burn { spent: Points::ZERO, balance, warning }
}

/// Maximum sum that may be paid with points, in minor units of money: the allowed part of the net of
/// lines that allow it, and never more than their room above the floor.
fn most_payable(plan: &Plan, lines: &[WorkingLine]) -> i64 {
    let eligible: i64 = lines.iter().filter(|line| line.burnable).map(WorkingLine::net).sum();
    let room: i64 = lines.iter().map(WorkingLine::burn_room).sum();
    let share = Rounding::Down.divide(i128::from(eligible) * i128::from(plan.points.max_burn.0), 10_000);
    share.min(room)
}

/// A sum paid with points.
struct Payment {
    /// Points, in their smallest steps.
    steps: i64,
    /// Money, in minor units.
    money: i64,
}

impl Payment {
    /// The payment with at most so many steps: the money that they are worth in whole minor units, and
    /// the fewest steps that are worth as much.
    fn with(points: &PointsCurrency, steps: i64) -> Self {
        let (rate, step) = points.rate;
        let money = Rounding::Down.divide(i128::from(steps) * i128::from(rate), i128::from(step));
        let steps = divide_up(i128::from(money) * i128::from(step), i128::from(rate));
        Self { steps, money }
    }
}

/// The most steps of points that are worth no more than a sum.
fn steps_for(points: &PointsCurrency, money: i64) -> i64 {
    let (rate, step) = points.rate;
    Rounding::Down.divide(i128::from(money) * i128::from(step), i128::from(rate))
}

fn reduced(plan: &Plan, has_member: bool, wish: PayPoints, spent: i64) -> Warning {
    if !has_member {
        let detail = "nothing was paid with points: no member was identified".to_owned();
        return Warning { code: "points_not_payable", detail };
    }
    let exponent = plan.points.exponent;
    let wanted = match wish {
        PayPoints::Points(points) => format_scaled(points.0, exponent),
        PayPoints::Max | PayPoints::None => String::new(),
    };
    let detail = format!("{} points of {wanted} can be used on this receipt", format_scaled(spent, exponent));
    Warning { code: "points_reduced", detail }
}
