//! Where the value of a feature comes from.

use crate::ModelError;

/// Names that begin so are what the till knows; all others are attributes of the member.
const TILL: &str = "till.";
const GOODS_SUM: &str = "goods_sum.";
const GOODS_UNITS: &str = "goods_units.";

/// Where the value of a feature comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A numeric attribute of the member: its place among the facts that the mechanic asks for.
    Member(u8),
    /// `till.hour`: hour of the receipt at the till, 0 to 23.
    Hour,
    /// `till.weekday`: 1 is Monday.
    Weekday,
    /// `till.lines`: lines of the receipt.
    Lines,
    /// `till.units`: quantity of the lines that count, in thousandths.
    Units,
    /// `till.sum`: what the till charges for the lines that count, in minor units.
    Sum,
    /// `till.goods_sum.LABEL`: the same of the goods that the offer names for a label, by the place of the
    /// label among those of the model.
    GoodsSum(u8),
    /// `till.goods_units.LABEL`: their quantity.
    GoodsUnits(u8),
}

/// What the name of a feature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    Member(&'a str),
    Till(Source),
    /// Goods with a label; their sum, or else their units.
    Goods {
        label: &'a str,
        sum: bool,
    },
}

impl<'a> Named<'a> {
    /// Reads the name of a feature.
    pub(crate) fn read(name: &'a str) -> Result<Self, ModelError> {
        let Some(known) = name.strip_prefix(TILL) else {
            return Ok(Self::Member(name));
        };
        let goods =
            |label: &'a str, sum| if label.is_empty() { None } else { Some(Self::Goods { label, sum }) };
        let read = match known {
            "hour" => Some(Self::Till(Source::Hour)),
            "weekday" => Some(Self::Till(Source::Weekday)),
            "lines" => Some(Self::Till(Source::Lines)),
            "units" => Some(Self::Till(Source::Units)),
            "sum" => Some(Self::Till(Source::Sum)),
            _ => match (known.strip_prefix(GOODS_SUM), known.strip_prefix(GOODS_UNITS)) {
                (Some(label), _) => goods(label, true),
                (None, Some(label)) => goods(label, false),
                (None, None) => None,
            },
        };
        read.ok_or_else(|| ModelError::NotKnownAtTill { name: name.to_owned() })
    }
}

impl Source {
    /// Two bytes of the table: the kind, and a place.
    pub(crate) fn to_bytes(self) -> [u8; 2] {
        match self {
            Self::Member(place) => [0, place],
            Self::Hour => [1, 0],
            Self::Weekday => [2, 0],
            Self::Lines => [3, 0],
            Self::Units => [4, 0],
            Self::Sum => [5, 0],
            Self::GoodsSum(place) => [6, place],
            Self::GoodsUnits(place) => [7, place],
        }
    }

    pub(crate) fn of_bytes(bytes: [u8; 2]) -> Option<Self> {
        match bytes {
            [0, place] => Some(Self::Member(place)),
            [1, 0] => Some(Self::Hour),
            [2, 0] => Some(Self::Weekday),
            [3, 0] => Some(Self::Lines),
            [4, 0] => Some(Self::Units),
            [5, 0] => Some(Self::Sum),
            [6, place] => Some(Self::GoodsSum(place)),
            [7, place] => Some(Self::GoodsUnits(place)),
            _ => None,
        }
    }
}
