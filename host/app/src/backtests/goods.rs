//! Rows of the table of goods: categories of lines, and the trees of categories.

use domain::catalog::{Catalog, CategoryId, ProductId};

/// The row that a line is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goods {
    /// The product's category.
    Of(CategoryId),
    /// Products without a category.
    Uncategorised,
    /// Goods that the catalogue does not know.
    Unknown,
}

/// Code and name of a row, for people.
pub(super) struct Named {
    pub code: Option<String>,
    pub name: String,
}

impl Goods {
    pub(super) fn of(catalog: &Catalog, product: Option<ProductId>) -> Self {
        match product.and_then(|product| catalog.product(product)) {
            None => Self::Unknown,
            Some(product) => product.category.map_or(Self::Uncategorised, Self::Of),
        }
    }

    /// The root of its tree of categories; itself if it has none.
    pub(super) fn top(self, catalog: &Catalog) -> Self {
        let Self::Of(category) = self else { return self };
        let top = catalog.category(category).and_then(|category| category.path.last().copied());
        Self::Of(top.unwrap_or(category))
    }

    pub(super) fn named(self, catalog: &Catalog) -> Named {
        let category = match self {
            Self::Of(category) => catalog.category(category),
            Self::Uncategorised => return Named { code: None, name: "without a category".to_owned() },
            Self::Unknown => None,
        };
        category.map_or_else(
            || Named { code: None, name: "unknown goods".to_owned() },
            |category| {
                let name = if category.name.is_empty() { &category.code } else { &category.name };
                Named { code: Some(category.code.clone()), name: name.clone() }
            },
        )
    }
}
