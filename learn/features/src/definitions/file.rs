//! Definitions as they are written.

use serde::Deserialize;

use super::Group;
use crate::error::FeaturesError;

/// The longest file.
const MOST_BYTES: usize = 1_000_000;
/// The longest window, in days.
const MOST_DAYS: u32 = 36_500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) categories: Categories,
    #[serde(default)]
    pub(super) outlet_kinds: Vec<String>,
    #[serde(rename = "set")]
    pub(super) sets: Vec<Set>,
}

/// The categories that sets with a `level` go through.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Categories {
    #[serde(default)]
    pub(super) level_1: Vec<String>,
    #[serde(default)]
    pub(super) level_2: Vec<String>,
}

/// Features: each metric in each window, for each value of each list that the set goes through.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    pub(super) group: Group,
    pub(super) metrics: Vec<Metric>,
    pub(super) days: Vec<Window>,
    /// 1 or 2.
    pub(super) level: Option<u8>,
    #[serde(default)]
    pub(super) seasons: Vec<Season>,
    #[serde(default)]
    pub(super) weekdays: Vec<Weekdays>,
    #[serde(default)]
    pub(super) dayparts: Vec<String>,
    #[serde(default)]
    pub(super) by_outlet_kind: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    Receipts,
    Quantity,
    Spent,
    Discount,
    Points,
    Returned,
    Recency,
    Tenure,
    Variety,
    Favourite,
    SeveralOutlets,
}

/// The last days before the day that features are as of (0: all), or the days between two numbers of days ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Window {
    Last(u32),
    Between([u32; 2]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Season {
    Winter,
    Spring,
    Summer,
    Autumn,
    January,
    February,
    March,
    April,
    May,
    June,
    July,
    August,
    September,
    October,
    November,
    December,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Weekdays {
    Workdays,
    Weekend,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

pub(super) fn read(text: &str) -> Result<Document, FeaturesError> {
    if text.len() > MOST_BYTES {
        return Err(FeaturesError::Definitions(format!("the file is larger than {MOST_BYTES} bytes")));
    }
    let document: Document =
        toml::from_str(text).map_err(|error| FeaturesError::Definitions(error.to_string()))?;
    for (number, set) in (1..).zip(&document.sets) {
        let wrong = |why: String| Err(FeaturesError::Definitions(format!("set {number}: {why}")));
        if set.metrics.is_empty() || set.days.is_empty() {
            return wrong("metrics and days must each have a value".to_owned());
        }
        for window in &set.days {
            match *window {
                Window::Between([from, to]) if from >= to || to > MOST_DAYS => {
                    return wrong(format!("days [{from}, {to}] must rise, up to {MOST_DAYS}"));
                }
                Window::Last(days) if days > MOST_DAYS => {
                    return wrong(format!("{days} days are more than {MOST_DAYS}"));
                }
                _ => {}
            }
        }
    }
    Ok(document)
}
