//! The JSON forms of types of other crates, in stored documents only. Numbers are counts of the smallest step.

use domain::quantities::{Money, Points, Quantity};
use domain::returns::{ReturnedLine, SoldLine};
use domain::rounding::Rounding;
use serde::{Deserialize, Serialize};
use store::Validity;
use wire::reader::Scales;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Money")]
pub(in crate::purchases) struct MoneyForm(i64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Points")]
pub(in crate::purchases) struct PointsForm(i64);

/// In thousandths.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Quantity")]
pub(in crate::purchases) struct QuantityForm(i64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Scales", deny_unknown_fields)]
pub(in crate::purchases) struct ScalesForm {
    money: u32,
    points: u32,
}

/// By the names of the settings.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Rounding", rename_all = "snake_case")]
pub(in crate::purchases) enum RoundingForm {
    HalfUp,
    HalfDown,
    HalfEven,
    Down,
}

/// In seconds since 1970.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Validity", deny_unknown_fields)]
pub(in crate::purchases) struct ValidityForm {
    active_from: i64,
    expires_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SoldLine", deny_unknown_fields)]
pub(in crate::purchases) struct SoldLineForm {
    position: u32,
    #[serde(with = "QuantityForm")]
    quantity: Quantity,
    #[serde(with = "MoneyForm")]
    payable: Money,
    #[serde(with = "MoneyForm")]
    points_paid: Money,
    #[serde(with = "PointsForm")]
    points_earned: Points,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReturnedLine", deny_unknown_fields)]
pub(in crate::purchases) struct ReturnedLineForm {
    position: u32,
    #[serde(with = "QuantityForm")]
    quantity: Quantity,
    #[serde(with = "MoneyForm")]
    payable: Money,
    #[serde(with = "MoneyForm")]
    points_paid: Money,
    #[serde(with = "PointsForm")]
    points_earned: Points,
}
