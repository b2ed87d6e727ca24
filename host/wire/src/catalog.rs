//! The catalogue: rows of an import, or the lists of a plan file, into one index.

mod category;
mod class;
mod group;
mod pos;
mod product;
mod row_type;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use domain::catalog::Catalog;

pub use self::pos::{PointsOfSale, Widths};
pub use self::row_type::{ROW_TYPES, RowType};
use super::reader::{Node, Object, Scales};

/// A catalogue as read.
#[derive(Debug, Default)]
pub struct ReadCatalog {
    /// Products, categories, groups and regulated classes.
    pub catalog: Catalog,
    /// Points of sale.
    pub points_of_sale: PointsOfSale,
}

/// Reads the five lists `categories`, `products`, `groups`, `classes` and `pos`.
///
/// Rows with a problem are still indexed as far as they can be read, so that what refers to them
/// is not reported too.
pub fn read(lists: &Object<'_, '_>, scales: Scales) -> ReadCatalog {
    let classes = class::read(lists, scales);
    let categories = category::read(lists);
    let mut products = product::read(lists, scales, &categories, &classes);
    let groups = group::read(lists, &categories, &mut products);
    let catalog = Catalog::new(products.products, categories.categories, groups, classes.classes);
    let points_of_sale = pos::read(lists);
    lists.warn_unknown();
    ReadCatalog { catalog, points_of_sale }
}

/// The object of a row. Rows of an import have a `type`, by which they are told apart.
fn row<'v, 'r>(node: Node<'v, 'r>) -> Option<Object<'v, 'r>> {
    let row = node.object()?;
    row.tolerate(&["type"]);
    Some(row)
}

/// Ids read so far, each with the pointer of its field, to refuse the second use of an id.
struct Unique<K> {
    what: &'static str,
    seen: HashMap<K, String>,
}

impl<K: Hash + Eq + std::fmt::Display> Unique<K> {
    fn new(what: &'static str) -> Self {
        Self { what, seen: HashMap::new() }
    }

    /// Notes an id; reports a problem at the field if the id was used before.
    fn note(&mut self, id: K, field: &Node<'_, '_>) {
        match self.seen.entry(id) {
            Entry::Occupied(seen) => {
                let (what, id, first) = (self.what, seen.key(), seen.get());
                field.problem("duplicate_id", format!("{what} `{id}` is already given at {first}"));
            }
            Entry::Vacant(new) => {
                new.insert(field.pointer());
            }
        }
    }
}
