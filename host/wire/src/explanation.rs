//! The explanation of an offer on a receipt, as JSON.

use domain::decimal::format_scaled;
use domain::mechanics::Phase;
use domain::plan::Plan;
use domain::pricing::{CheckedCondition, Explanation, Finding};
use domain::quantities::{Money, Points};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The explanation of an offer on a receipt. Sums are decimal texts with all digits of their scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferFate {
    /// True if it gave anything.
    pub applied: bool,
    /// Discount that it gave.
    pub discount: String,
    /// Points that it gave.
    pub points: String,
    /// The reason as in `not_applied`, if it gave nothing and the reason is known.
    pub reason: Option<String>,
    /// The reason for people.
    pub detail: String,
    /// The sums that its control group was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Given>,
    /// The sums that it would have given had it been let in and had there been no other offer; absent if it was let in, or
    /// cannot be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_have_given: Option<Given>,
    /// Every condition, in the order in which they are checked.
    pub conditions: Vec<ConditionShown>,
}

/// Sums of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Given {
    /// Discount.
    pub discount: String,
    /// Points.
    pub points: String,
}

/// A condition of an offer on a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionShown {
    /// Its name.
    pub condition: String,
    /// `discount` or `accrual`, if it is of one phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<&'static str>,
    /// The value that the offer asks for.
    #[schema(value_type = Object)]
    pub expected: Value,
    /// The value on the receipt.
    #[schema(value_type = Object)]
    pub found: Value,
    /// `null` if pricing did not get to it.
    pub holds: Option<bool>,
    /// The reason in `not_applied` that it stands for, if it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A sentence for people.
    pub detail: String,
}

/// An explanation as JSON.
pub fn fate(plan: &Plan, explanation: Explanation) -> OfferFate {
    let sums = |(discount, points): (Money, Points)| Given {
        discount: format_scaled(discount.0, plan.currency.exponent),
        points: format_scaled(points.0, plan.points.exponent),
    };
    let Given { discount, points } = sums((explanation.discount, explanation.points));
    OfferFate {
        applied: explanation.applied,
        discount,
        points,
        reason: explanation.reason.map(str::to_owned),
        detail: explanation.detail,
        withheld: explanation.withheld.map(sums),
        would_have_given: explanation.alone.map(sums),
        conditions: explanation.conditions.into_iter().map(condition).collect(),
    }
}

fn condition(checked: CheckedCondition) -> ConditionShown {
    ConditionShown {
        condition: checked.condition.to_owned(),
        phase: checked.phase.map(Phase::name),
        expected: value(checked.expected),
        found: value(checked.found),
        holds: checked.holds,
        reason: checked.reason.map(str::to_owned),
        detail: checked.detail,
    }
}

fn value(finding: Finding) -> Value {
    match finding {
        Finding::Nothing => Value::Null,
        Finding::Yes(yes) => Value::Bool(yes),
        Finding::Number(number) => Value::from(number),
        Finding::Text(text) => Value::String(text),
        Finding::List(list) => Value::Array(list.into_iter().map(value).collect()),
        Finding::Fields(fields) => {
            let named = |(name, finding): (&'static str, Finding)| (name.to_owned(), value(finding));
            Value::Object(fields.into_iter().map(named).collect())
        }
    }
}
