//! The catalogue: products, the category tree, product groups and regulated classes.
//!
//! Products, categories, groups and classes are numbered once, when the catalogue is built, so that
//! pricing and mechanics compare integers only. Numbers follow the order of the external codes, so
//! that the same catalogue always gets the same numbers. The contract with mechanics has 0 for an
//! unknown product or category.

use std::collections::{BTreeMap, HashMap};

use crate::quantities::{Money, Percent};

/// Number of a product in one catalogue, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(pub u32);

/// Number of a category in one catalogue, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryId(pub u32);

/// Number of a product group in one catalogue, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// Number of a regulated class in one catalogue, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub usize);

/// A product of the retailer.
#[derive(Debug, Clone, Default)]
pub struct Product {
    /// External id, from the retailer's own system.
    pub code: String,
    /// Internal id, if the catalogue gives one.
    pub internal_id: Option<i64>,
    /// Name shown to people.
    pub name: String,
    /// Address of a picture on the web.
    pub picture: Option<Box<str>>,
    /// Its parent category.
    pub category: Option<CategoryId>,
    /// Regulated class, if any.
    pub class: Option<ClassId>,
    /// Floor price: the lowest price of a unit after all discounts and payment with points.
    pub floor_price: Option<Money>,
    /// Largest discount of a line, in percent of its amount.
    pub max_discount: Option<Percent>,
    /// True if it is sold by weight or measure: its `unit` is not `piece`.
    pub weighed: bool,
    /// False if the product never gets a discount.
    pub discountable: bool,
    /// Attributes: name to value.
    pub attributes: BTreeMap<String, String>,
    /// The groups that contain the product, ascending.
    pub groups: Vec<GroupId>,
}

/// A node of the category tree.
#[derive(Debug, Clone, Default)]
pub struct Category {
    /// External code.
    pub code: String,
    /// Internal id, if the catalogue gives one.
    pub internal_id: Option<i64>,
    /// Name shown to people.
    pub name: String,
    /// The category itself, then its ancestors up to the root.
    pub path: Vec<CategoryId>,
}

impl Category {
    /// Distance from the root, which has depth 1.
    pub fn depth(&self) -> u32 {
        u32::try_from(self.path.len()).unwrap_or(u32::MAX)
    }
}

/// A product group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its id; the same inside and outside.
    pub code: String,
    /// Name shown to people.
    pub name: String,
}

/// A regulated class of goods, such as tobacco, with the operations that it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegulatedClass {
    /// Its external id.
    pub code: String,
    /// Discounts are allowed.
    pub discount: bool,
    /// Payment with points is allowed.
    pub burn: bool,
    /// Lines earn points.
    pub earn: bool,
    /// Lines count towards thresholds and minimum quantities.
    pub counts_to_threshold: bool,
    /// Floor price of a unit, for every product of the class.
    pub floor_price: Option<Money>,
}

/// An immutable catalogue with its indexes.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    products: Vec<Product>,
    categories: Vec<Category>,
    groups: Vec<Group>,
    classes: Vec<RegulatedClass>,
    product_by_code: HashMap<String, ProductId>,
    product_by_internal: HashMap<i64, ProductId>,
    category_by_code: HashMap<String, CategoryId>,
    category_by_internal: HashMap<i64, CategoryId>,
    group_by_code: HashMap<String, GroupId>,
}

impl Catalog {
    /// Builds the indexes. The caller has checked that ids are unique, that every number refers
    /// to something, and that the lists are in the order of their codes.
    pub fn new(
        products: Vec<Product>,
        categories: Vec<Category>,
        groups: Vec<Group>,
        classes: Vec<RegulatedClass>,
    ) -> Self {
        Self {
            product_by_code: numbered(products.iter().map(|product| product.code.clone()), ProductId),
            product_by_internal: numbered_if_any(
                products.iter().map(|product| product.internal_id),
                ProductId,
            ),
            category_by_code: numbered(categories.iter().map(|category| category.code.clone()), CategoryId),
            category_by_internal: numbered_if_any(
                categories.iter().map(|category| category.internal_id),
                CategoryId,
            ),
            group_by_code: numbered(groups.iter().map(|group| group.code.clone()), GroupId),
            products,
            categories,
            groups,
            classes,
        }
    }

    /// The product with this number.
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        entry(&self.products, id.0)
    }

    /// The products, in the order of their numbers.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// The category with this number.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        entry(&self.categories, id.0)
    }

    /// The group with this number.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        entry(&self.groups, id.0)
    }

    /// The regulated class of a product.
    pub fn class_of(&self, product: &Product) -> Option<&RegulatedClass> {
        self.classes.get(product.class?.0)
    }

    /// The product with this external id.
    pub fn product_by_code(&self, code: &str) -> Option<ProductId> {
        self.product_by_code.get(code).copied()
    }

    /// The product with this internal id.
    pub fn product_by_internal_id(&self, id: i64) -> Option<ProductId> {
        self.product_by_internal.get(&id).copied()
    }

    /// The category with this external code.
    pub fn category_by_code(&self, code: &str) -> Option<CategoryId> {
        self.category_by_code.get(code).copied()
    }

    /// The category with this internal id.
    pub fn category_by_internal_id(&self, id: i64) -> Option<CategoryId> {
        self.category_by_internal.get(&id).copied()
    }

    /// The group with this id.
    pub fn group_by_code(&self, code: &str) -> Option<GroupId> {
        self.group_by_code.get(code).copied()
    }

    /// The number of products, categories and groups.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.products.len(), self.categories.len(), self.groups.len())
    }
}

fn numbered<T>(codes: impl Iterator<Item = String>, id: fn(u32) -> T) -> HashMap<String, T> {
    codes.zip((1..).map(id)).collect()
}

fn numbered_if_any<T>(ids: impl Iterator<Item = Option<i64>>, id: fn(u32) -> T) -> HashMap<i64, T> {
    ids.zip((1..).map(id)).filter_map(|(internal, id)| Some((internal?, id))).collect()
}

fn entry<T>(list: &[T], number: u32) -> Option<&T> {
    list.get(usize::try_from(number.checked_sub(1)?).ok()?)
}
