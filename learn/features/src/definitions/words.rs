//! Features in words.

use super::file::{Metric, Season, Weekdays, Window};
use crate::calendar::DAYPARTS;

impl Metric {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Receipts => "receipts",
            Self::Quantity => "quantity",
            Self::Spent => "spent",
            Self::Discount => "discount",
            Self::Points => "points",
            Self::Returned => "returned",
            Self::Recency => "recency",
            Self::Tenure => "tenure",
            Self::Variety => "variety",
            Self::Favourite => "favourite",
            Self::SeveralOutlets => "several_outlets",
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Receipts => "Number of receipts",
            Self::Quantity => "Quantity bought, in thousandths",
            Self::Spent => "Money paid, in minor units",
            Self::Discount => "Money taken off, in minor units",
            Self::Points => "Points earned less points spent, in hundredths",
            Self::Returned => "Money paid back for returned goods, in minor units",
            Self::Recency => "Days since the last receipt, 100,000 if there is none",
            Self::Tenure => "Days since the first receipt, 0 if there is none",
            Self::Variety => "Number of categories bought",
            Self::Favourite => "Money paid for the category that most was paid for, in minor units",
            Self::SeveralOutlets => "1 if there are receipts of more than one outlet, else 0",
        }
    }
}

impl Window {
    pub(super) fn name(self) -> String {
        match self {
            Self::Last(0) => "ever".to_owned(),
            Self::Last(days) => format!("{days}d"),
            Self::Between([from, to]) => format!("{}_to_{to}d", from + 1),
        }
    }

    pub(super) fn sentence(self) -> String {
        match self {
            Self::Last(0) => "ever".to_owned(),
            Self::Last(1) => "on the last day".to_owned(),
            Self::Last(days) => format!("in the last {days} days"),
            Self::Between([from, to]) => format!("{} to {to} days ago", from + 1),
        }
    }
}

impl Season {
    pub(super) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    pub(super) fn sentence(self) -> String {
        match self {
            Self::Winter | Self::Spring | Self::Summer | Self::Autumn => format!("in {}", self.name()),
            _ => format!("in {self:?}"),
        }
    }

    pub(super) fn months(self) -> &'static [i64] {
        match self {
            Self::Winter => &[12, 1, 2],
            Self::Spring => &[3, 4, 5],
            Self::Summer => &[6, 7, 8],
            Self::Autumn => &[9, 10, 11],
            Self::January => &[1],
            Self::February => &[2],
            Self::March => &[3],
            Self::April => &[4],
            Self::May => &[5],
            Self::June => &[6],
            Self::July => &[7],
            Self::August => &[8],
            Self::September => &[9],
            Self::October => &[10],
            Self::November => &[11],
            Self::December => &[12],
        }
    }
}

impl Weekdays {
    pub(super) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    pub(super) fn sentence(self) -> String {
        match self {
            Self::Workdays => "from Monday to Friday".to_owned(),
            Self::Weekend => "on Saturdays and Sundays".to_owned(),
            _ => format!("on {self:?}s"),
        }
    }

    pub(super) fn numbers(self) -> &'static [i64] {
        match self {
            Self::Workdays => &[1, 2, 3, 4, 5],
            Self::Weekend => &[6, 7],
            Self::Monday => &[1],
            Self::Tuesday => &[2],
            Self::Wednesday => &[3],
            Self::Thursday => &[4],
            Self::Friday => &[5],
            Self::Saturday => &[6],
            Self::Sunday => &[7],
        }
    }
}

/// The number of a part of the day, and it in words.
pub(super) fn daypart(name: &str) -> Result<(i64, String), String> {
    let found = DAYPARTS.iter().find(|(_, known, ..)| *known == name);
    found.map(|(number, _, from, to)| (*number, format!("from {from} to {to} o'clock"))).ok_or_else(|| {
        format!("\"{name}\" is not a part of the day: night, morning, midday, afternoon, evening")
    })
}
