//! The section `offers`: their approval, and the lists of them that apps show.

use jiff::tz::TimeZone;
use serde::Deserialize;
use wire::web_address;

/// Offers, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    pub require_approval: bool,
    pub list_items: usize,
    pub time_zone: String,
    pub picture: String,
}

impl Offers {
    /// The time zone of lists; none if it is left to the points of sale.
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZone::get(&self.time_zone).ok().filter(|_| !self.time_zone.is_empty())
    }

    /// The picture that is shown where there is no other.
    pub fn picture(&self) -> Option<&str> {
        Some(self.picture.as_str()).filter(|picture| !picture.is_empty())
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let Self { list_items, time_zone, picture, .. } = self;
        let mut problems = Vec::new();
        if *list_items == 0 {
            problems.push("offers.list_items: must be above 0".to_owned());
        }
        if !time_zone.is_empty() && self.zone().is_none() {
            problems.push(format!(
                "offers.time_zone: `{time_zone}` is not a time zone, as Europe/Moscow, nor empty"
            ));
        }
        if !picture.is_empty() && !web_address::is_one(picture) {
            problems
                .push(format!("offers.picture: `{picture}` is not {}, nor empty", web_address::expected()));
        }
        problems
    }
}
