//! The categories of goods, from the rows that were imported into the host's catalogue.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;

use crate::error::FeaturesError;

/// The most goods and categories.
const MOST_ROWS: u64 = 10_000_000;
/// The most levels of categories.
const MOST_LEVELS: usize = 32;

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    parent: Option<String>,
    goods_code: Option<String>,
    category: Option<String>,
}

/// Which goods are of which category.
#[derive(Debug, Default)]
pub struct Catalog {
    category_of_goods: BTreeMap<String, String>,
    parent_of_category: BTreeMap<String, String>,
}

impl Catalog {
    /// Reads NDJSON rows of `POST /v1/catalog/imports`; other kinds of rows than `category` and `product` are
    /// passed over.
    ///
    /// # Errors
    ///
    /// A row is not of that form, or there are too many.
    pub fn read(name: &str, rows: impl BufRead) -> Result<Self, FeaturesError> {
        let mut catalog = Self::default();
        for (number, line) in (1..).zip(rows.lines()) {
            let refused = |why: String| FeaturesError::input(name, number, why);
            if number > MOST_ROWS {
                return Err(refused(format!("a catalogue has at most {MOST_ROWS} rows")));
            }
            let line = line.map_err(|error| refused(format!("cannot be read: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let row: Row = serde_json::from_str(&line)
                .map_err(|error| refused(format!("is not a row of a catalogue import: {error}")))?;
            match (row.kind.as_str(), row.code, row.goods_code) {
                ("category", Some(code), _) => {
                    if let Some(parent) = row.parent {
                        catalog.parent_of_category.insert(code, parent);
                    }
                }
                ("product", _, Some(goods)) => {
                    if let Some(category) = row.category {
                        catalog.category_of_goods.insert(goods, category);
                    }
                }
                ("category", None, _) => return Err(refused("a category needs a code".to_owned())),
                ("product", _, None) => return Err(refused("a product needs a goods_code".to_owned())),
                _ => {}
            }
        }
        Ok(catalog)
    }

    /// The two upper levels of the goods' categories; empty texts for those that are unknown.
    pub fn levels(&self, goods: &str) -> (&str, &str) {
        let mut upper = "";
        let mut lower = "";
        let mut next = self.category_of_goods.get(goods);
        for _ in 0..MOST_LEVELS {
            let Some(category) = next else { break };
            (upper, lower) = (category.as_str(), upper);
            next = self.parent_of_category.get(category);
        }
        (upper, lower)
    }
}
