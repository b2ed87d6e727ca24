//! A cap as it is written on the command line.

use allocate::Measure;

use crate::refused::{Refused, refuse};

/// The choices that a cap is of, by the names in the file.
pub(super) enum Group {
    Category(String),
    Brand(String),
    All,
}

/// What somebody wants to cap.
pub(super) struct Wish {
    pub(super) words: String,
    pub(super) group: Group,
    pub(super) measure: Measure,
    pub(super) limit: i64,
}

impl Wish {
    /// Reads `category:dairy:members=20000`, `brand:NAME:spend=…` or `all:contacts=…`.
    pub(super) fn parse(words: &str) -> Result<Self, Refused> {
        let parts = words.rsplit_once('=').and_then(|(left, limit)| {
            let (group, measure) = left.rsplit_once(':')?;
            Some((group, measure.trim(), limit.trim()))
        });
        let Some((group, measure, limit)) = parts else {
            refuse!("--cap {words}: this must read like category:dairy:members=20000 or all:contacts=50000");
        };
        let group = match group.split_once(':') {
            Some(("category", name)) => Group::Category(name.to_owned()),
            Some(("brand", name)) => Group::Brand(name.to_owned()),
            None if group == "all" => Group::All,
            _ => refuse!("--cap {words}: it must begin with category:NAME, brand:NAME or all"),
        };
        let measure = match measure {
            "members" => Measure::Members,
            "spend" => Measure::Spend,
            "contacts" => Measure::Contacts,
            _ => refuse!("--cap {words}: \"{measure}\" must be members, spend or contacts"),
        };
        match limit.parse() {
            Ok(limit) => Ok(Self { words: words.to_owned(), group, measure, limit }),
            Err(_) => refuse!("--cap {words}: \"{limit}\" is not a whole number"),
        }
    }
}
