//! The receipt and its facts as sent to a mechanic.

use jiff::civil::DateTime;

use super::description::Phase;

/// The way in which goods are sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// The product is not known.
    Unknown,
    /// By the piece.
    Piece,
    /// By weight or another measure.
    Measure,
}

impl UnitKind {
    /// The number that stands for it in the WIT contract.
    pub fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Piece => 1,
            Self::Measure => 2,
        }
    }
}

/// One line of the receipt as a mechanic sees it; units as in the WIT contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented once, in the WIT contract")]
pub struct LineCall {
    pub position: u32,
    pub product: u32,
    pub category: u32,
    pub quantity: i64,
    pub price: i64,
    pub gross: i64,
    pub amount: i64,
    pub net: i64,
    pub cash: i64,
    pub rewardable: bool,
    pub counts: bool,
    pub unit_kind: UnitKind,
}

/// The lines of a receipt in columns, by ascending position, as the WIT contract has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "documented once, in the WIT contract")]
pub struct LineColumns {
    pub position: Vec<u32>,
    pub product: Vec<u32>,
    pub category: Vec<u32>,
    pub quantity: Vec<i64>,
    pub price: Vec<i64>,
    pub gross: Vec<i64>,
    pub amount: Vec<i64>,
    pub net: Vec<i64>,
    pub cash: Vec<i64>,
    pub rewardable: Vec<u8>,
    pub counts: Vec<u8>,
    pub unit_kind: Vec<u8>,
}

impl LineColumns {
    /// The number of lines.
    pub fn len(&self) -> usize {
        self.position.len()
    }

    /// True if there are no lines.
    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    fn with_capacity(lines: usize) -> Self {
        Self {
            position: Vec::with_capacity(lines),
            product: Vec::with_capacity(lines),
            category: Vec::with_capacity(lines),
            quantity: Vec::with_capacity(lines),
            price: Vec::with_capacity(lines),
            gross: Vec::with_capacity(lines),
            amount: Vec::with_capacity(lines),
            net: Vec::with_capacity(lines),
            cash: Vec::with_capacity(lines),
            rewardable: Vec::with_capacity(lines),
            counts: Vec::with_capacity(lines),
            unit_kind: Vec::with_capacity(lines),
        }
    }

    fn push(&mut self, line: &LineCall) {
        self.position.push(line.position);
        self.product.push(line.product);
        self.category.push(line.category);
        self.quantity.push(line.quantity);
        self.price.push(line.price);
        self.gross.push(line.gross);
        self.amount.push(line.amount);
        self.net.push(line.net);
        self.cash.push(line.cash);
        self.rewardable.push(line.rewardable.into());
        self.counts.push(line.counts.into());
        self.unit_kind.push(line.unit_kind.number());
    }
}

impl FromIterator<LineCall> for LineColumns {
    fn from_iter<I: IntoIterator<Item = LineCall>>(lines: I) -> Self {
        let lines = lines.into_iter();
        let mut columns = Self::with_capacity(lines.size_hint().0);
        lines.for_each(|line| columns.push(&line));
        columns
    }
}

/// Date and time on the store's clock, as the WIT contract has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Gregorian year.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Monday is 1, Sunday is 7.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl From<DateTime> for LocalTime {
    fn from(local: DateTime) -> Self {
        Self {
            year: local.year().into(),
            month: local.month().unsigned_abs(),
            day: local.day().unsigned_abs(),
            weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
            hour: local.hour().unsigned_abs(),
            minute: local.minute().unsigned_abs(),
            second: local.second().unsigned_abs(),
        }
    }
}

/// The receipt as a mechanic sees it, in one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptCall {
    /// The phase.
    pub phase: Phase,
    /// Digits after the point of money.
    pub money_exponent: u32,
    /// Digits after the point of points.
    pub points_exponent: u32,
    /// Date and time on the store's clock.
    pub time: LocalTime,
    /// True if a member was identified.
    pub has_member: bool,
    /// The lines.
    pub lines: LineColumns,
}

/// A fact that the mechanic requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Index in [`super::Description::needs`].
    pub need: u32,
    /// Index of the line, if the fact is an attribute of it or of its product.
    pub line: Option<u32>,
    /// Its value.
    pub value: FactValue,
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Text(String),
}
