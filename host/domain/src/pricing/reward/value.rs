//! The value of a proposal on the parts that it rewards: exact, rounded once on each line.

use super::Rewarder;
use super::select::LinePart;
use crate::distribute::{WeightedLine, distribute};
use crate::mechanics::{Benefit, Phase};
use crate::offer::Base;
use crate::pricing::grant::{MAX_LINE_VALUE, Overflow};
use crate::pricing::lines::WorkingLine;
use crate::rounding::Rounding;

impl Rewarder<'_> {
    /// The exact base of a part in minor units, as numerator and denominator.
    fn part_base(&self, part: &LinePart, base: Base) -> (i128, i128) {
        match self.lines.get(part.line) {
            Some(line) if part.quantity == line.quantity || line.quantity <= 0 => {
                (i128::from(line.base(base)), 1)
            }
            Some(line) => {
                (i128::from(line.base(base)) * i128::from(part.quantity), i128::from(line.quantity))
            }
            None => (0, 1),
        }
    }

    /// The value of a benefit on a part, rounded once.
    pub(super) fn value(&self, benefit: Benefit, part: &LinePart, base: Base) -> Result<i64, Overflow> {
        let (numerator, denominator) = self.part_base(part, base);
        let value = match benefit {
            Benefit::Percent(percent) => {
                let (up, down) = self.money_to_reward();
                let exact = numerator * i128::from(percent.0) * up;
                self.rounding().divide(exact, denominator * 10_000 * down)
            }
            Benefit::AmountPerUnit(sum) => {
                self.rounding().divide(i128::from(sum) * i128::from(part.quantity), 1000)
            }
            Benefit::UnitPrice(price) => {
                let wanted = i128::from(price) * i128::from(part.quantity) * denominator;
                self.rounding().divide((numerator * 1000 - wanted).max(0), denominator * 1000)
            }
            Benefit::AmountPerLine(sum) | Benefit::Amount(sum) => sum,
        };
        let value = self.clamp(value, part, base);
        if value <= MAX_LINE_VALUE { Ok(value) } else { Err(Overflow) }
    }

    /// The parts of a sum that is distributed over lines, weighted by their base.
    pub(super) fn spread(&self, sum: i64, parts: &[LinePart], base: Base) -> Vec<i64> {
        let shares: Vec<WeightedLine> = parts
            .iter()
            .map(|part| {
                let (numerator, denominator) = self.part_base(part, base);
                let weight = self.plan.currency.rounding.divide(numerator, denominator);
                WeightedLine { weight, cap: self.clamp(sum, part, base) }
            })
            .collect();
        distribute(sum, &shares)
    }

    /// Limits a discount to the room of its line and to the price of the rewarded part.
    fn clamp(&self, value: i64, part: &LinePart, base: Base) -> i64 {
        if self.phase == Phase::Accrual {
            return value.max(0);
        }
        let room = self.lines.get(part.line).map_or(0, WorkingLine::discount_room);
        let (numerator, denominator) = self.part_base(part, base);
        let worth = self.plan.currency.rounding.divide(numerator, denominator);
        value.min(room).min(worth).max(0)
    }

    fn rounding(&self) -> Rounding {
        match self.phase {
            Phase::Discount => self.plan.currency.rounding,
            Phase::Accrual => self.plan.points.rounding,
        }
    }

    /// Factors from minor units of money to the smallest step of the reward.
    fn money_to_reward(&self) -> (i128, i128) {
        match self.phase {
            Phase::Discount => (1, 1),
            Phase::Accrual => {
                (power_of_ten(self.plan.points.exponent), power_of_ten(self.plan.currency.exponent))
            }
        }
    }
}

/// 10 to the power of a currency's exponent.
fn power_of_ten(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(1)
}
