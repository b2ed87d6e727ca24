//! The description that a mechanic gives of itself.

use super::proposal::Declined;

/// The kind of reward: discounts are granted in one phase, points in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Discounts, in money.
    Discount,
    /// Points earned.
    Accrual,
}

impl Phase {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Accrual => "accrual",
        }
    }
}

/// The kind of target of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// One product.
    Product,
    /// A category with its descendants.
    Category,
    /// A product group.
    Group,
    /// The whole receipt.
    Receipt,
}

/// The unit in which a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Minor units of the currency.
    Money,
    /// The smallest step of points.
    Points,
    /// Thousandths.
    Quantity,
    /// Hundredths of a percent.
    Percent,
    /// A whole number.
    Count,
    /// 1 or 0.
    Boolean,
}

/// The place in an offer where a mechanic's own parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    /// Beside `items`.
    Offer,
    /// In each of the `items`.
    Item,
}

/// A parameter of the mechanic's own, beyond the common ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its place in the offer.
    pub place: ParameterPlace,
    /// Its JSON key.
    pub name: String,
    /// The unit of its value.
    pub unit: Unit,
}

/// The source of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactSource {
    /// An attribute of each line's product.
    Product,
    /// An attribute of the receipt.
    Receipt,
    /// An attribute of the member.
    Member,
    /// An attribute of each line of the receipt.
    Line,
}

/// A fact that a mechanic requests for its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its source.
    pub source: FactSource,
    /// Name of the attribute.
    pub name: String,
}

/// A reason for rewards: an id and its texts by language tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Id that proposals refer to.
    pub id: u32,
    /// Language tag and text.
    pub texts: Vec<(String, String)>,
}

/// A number that a mechanic gives with a reason for declining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its placeholder without braces.
    pub name: String,
    /// The unit of its values; never [`Unit::Boolean`].
    pub unit: Unit,
}

/// A reason for declining an offer, in the mechanic's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclineReason {
    /// Id that [`super::Decline::reason`] refers to.
    pub id: u32,
    /// Stable code.
    pub code: String,
    /// The kind of reason.
    pub kind: Declined,
    /// Its variables, in the order of the values.
    pub variables: Vec<Variable>,
    /// Language tag and text.
    pub texts: Vec<(String, String)>,
}

/// The parameter of items that a mechanic declares if it counts units in sets.
const SET_UNITS: &str = "set_units";

/// The description that a mechanic gives of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its semantic version.
    pub version: String,
    /// The phases that it proposes rewards in.
    pub phases: Vec<Phase>,
    /// JSON Schema of an offer's parameters.
    pub params_schema: String,
    /// Kinds of targets that its items may have.
    pub targets: Vec<TargetKind>,
    /// Its own parameters, referred to by index.
    pub parameters: Vec<Parameter>,
    /// Facts that it requests, referred to by index.
    pub needs: Vec<Need>,
    /// True if it gets the parameters as JSON text at every call.
    pub wants_params_text: bool,
    /// Reasons that its proposals may give.
    pub reasons: Vec<Reason>,
    /// Reasons for declining that it may name.
    pub decline_reasons: Vec<DeclineReason>,
}

impl Description {
    /// True if the mechanic counts units in sets: it declares the item parameter `set_units`.
    pub fn counts_sets(&self) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.place == ParameterPlace::Item && parameter.name == SET_UNITS)
    }
}
