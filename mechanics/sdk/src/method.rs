//! Ways to state the value of an item.

/// The way in which the value of an item is stated: `method` in the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A percentage of each line.
    Percent,
    /// A sum, spread over the lines.
    Amount,
    /// A sum for every unit.
    AmountPerUnit,
    /// A sum for every line.
    AmountPerLine,
    /// The unit costs this much instead.
    UnitPrice,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] =
        [Self::Percent, Self::Amount, Self::AmountPerUnit, Self::AmountPerLine, Self::UnitPrice];

    /// The name in parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Amount => "amount",
            Self::AmountPerUnit => "amount_per_unit",
            Self::AmountPerLine => "amount_per_line",
            Self::UnitPrice => "unit_price",
        }
    }
}
