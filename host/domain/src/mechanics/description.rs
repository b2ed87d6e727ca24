use super::phase::Phase;

/// What an item of an offer is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// One product.
    Product,
    /// A category with its descendants.
    Category,
    /// A product group.
    Group,
    /// The receipt as a whole.
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

/// Where a parameter of a mechanic's own stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    /// Beside `items`.
    Offer,
    /// In each of the `items`.
    Item,
}

/// A parameter beyond the common ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands.
    pub place: ParameterPlace,
    /// Its JSON key.
    pub name: String,
    /// How it is read.
    pub unit: Unit,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactSource {
    /// An attribute of each line's product.
    Product,
    /// An attribute of the receipt.
    Receipt,
    /// An attribute of the member.
    Member,
}

/// A fact that a mechanic asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Where it comes from.
    pub source: FactSource,
    /// The name of the attribute.
    pub name: String,
}

/// Why a reward was given: an id and its texts by language tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What proposals refer to.
    pub id: u32,
    /// Language tag and text.
    pub texts: Vec<(String, String)>,
}

/// What a mechanic says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its semantic version.
    pub version: String,
    /// The phases it takes part in.
    pub phases: Vec<Phase>,
    /// JSON Schema of an offer's parameters.
    pub params_schema: String,
    /// What its items may be aimed at.
    pub targets: Vec<TargetKind>,
    /// Parameters of its own.
    pub parameters: Vec<Parameter>,
    /// Facts it wants.
    pub needs: Vec<Need>,
    /// Whether it wants the parameters as JSON text at every call.
    pub wants_params_text: bool,
    /// Why it rewards.
    pub reasons: Vec<Reason>,
}
