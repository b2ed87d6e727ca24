//! Rows of the table of goods: the category of a line, and the tree that it stands in.

use domain::catalog::{Catalog, CategoryId, ProductId};

/// What a line is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goods {
    /// A category, the product's own.
    Of(CategoryId),
    /// A product without one.
    Uncategorised,
    /// Goods that the catalogue does not know.
    Unknown,
}

/// A category as people know it.
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

    /// The root of its tree; itself if it stands in none.
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
