//! The offer against its control group, as the host's `report uplift` counts it: members to whom terms were
//! uploaded, with and without the control group, whether they bought or not, by what they bought while the assignment
//! held. Returns count on their own day.

use serde::{Deserialize, Serialize};

use crate::bought::{Sums, decimal};

/// Standard errors to each side of a 95 % interval of a normal distribution.
const Z_95: f64 = causal::bootstrap::Z_95;

/// Fewest members of a side that are compared.
const LEAST: u64 = 2;

/// One side of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Side {
    pub(crate) members: u64,
    pub(crate) buyers: u64,
    pub(crate) receipts: u64,
    /// Money, as a decimal.
    pub(crate) revenue: String,
    pub(crate) fired_members: u64,
    pub(crate) would_have_fired_members: u64,
}

/// The comparison. Money is in decimals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Uplift {
    pub(crate) treated: Side,
    pub(crate) control: Side,
    /// Discount of the offer.
    pub(crate) cost: String,
    /// What all treated members brought more than as many of the control group, before the offer's discount.
    pub(crate) extra_revenue: Option<Estimate>,
    /// The same less the discount.
    pub(crate) net: Option<Estimate>,
}

/// A figure with its 95 % interval, in money.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Sums over one side. Exact: floats begin with the means.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    count: u64,
    sum: i128,
    squares: i128,
}

impl Sample {
    fn add(&mut self, value: i64) {
        self.count += 1;
        self.sum += i128::from(value);
        self.squares += i128::from(value) * i128::from(value);
    }

    /// Mean, and its squared standard error.
    fn mean(&self) -> (f64, f64) {
        let count = real(i128::from(self.count));
        let centred = real(self.squares * i128::from(self.count) - self.sum * self.sum);
        (real(self.sum) / count, centred / (count * count * (count - 1.0)))
    }
}

/// Minor units or a count as a float.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from i128 to f64")]
fn real(value: i128) -> f64 {
    value as f64
}

#[derive(Default)]
struct Arm {
    side: Side,
    revenue: i64,
    gross: Sample,
    net: Sample,
}

impl Arm {
    fn add(&mut self, sums: &Sums) {
        self.side.members += 1;
        self.side.buyers += u64::from(sums.receipts > 0);
        self.side.receipts += u64::try_from(sums.receipts).unwrap_or_default();
        self.side.fired_members += u64::from(sums.fired);
        self.side.would_have_fired_members += u64::from(sums.would_have_fired);
        self.revenue = self.revenue.saturating_add(sums.revenue);
        let paid = sums.revenue.saturating_add(sums.points_paid);
        self.gross.add(paid.saturating_add(sums.discount));
        self.net.add(paid);
    }

    fn done(self) -> Side {
        Side { revenue: decimal(self.revenue, 2), ..self.side }
    }
}

/// Compares members: whether each is in the control group, and what they bought.
pub(crate) fn uplift(members: impl Iterator<Item = (bool, Sums)>) -> Uplift {
    let (mut treated, mut control, mut cost) = (Arm::default(), Arm::default(), 0_i64);
    for (in_control_group, sums) in members {
        if in_control_group {
            control.add(&sums);
        } else {
            treated.add(&sums);
            cost = cost.saturating_add(sums.discount);
        }
    }
    Uplift {
        extra_revenue: difference(&treated.gross, &control.gross),
        net: difference(&treated.net, &control.net),
        treated: treated.done(),
        control: control.done(),
        cost: decimal(cost, 2),
    }
}

/// Difference of means (Welch), times the treated members.
fn difference(treated: &Sample, control: &Sample) -> Option<Estimate> {
    if treated.count < LEAST || control.count < LEAST {
        return None;
    }
    let ((mean, error), (control_mean, control_error)) = (treated.mean(), control.mean());
    let money = |minor: f64| (minor * real(i128::from(treated.count)) / 100.0 * 1e4).round() / 1e4;
    let (value, error) = (mean - control_mean, Z_95 * (error + control_error).sqrt());
    Some(Estimate { value: money(value), low: money(value - error), high: money(value + error) })
}
