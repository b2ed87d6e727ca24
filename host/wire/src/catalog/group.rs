//! Product groups. Their products are found once, when the catalogue is read.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalog::{CategoryId, Group, GroupId, Product, ProductId};
use serde_json::Value;

use super::category::Categories;
use super::product::{Products, attribute_value};
use super::{Unique, row};
use crate::reader::{Node, Object};

/// Reads the groups and notes in every product the groups that hold it.
pub(super) fn read(lists: &Object<'_, '_>, categories: &Categories, products: &mut Products) -> Vec<Group> {
    let mut codes = Unique::new("group");
    let selection = Selection { categories, products, below: below(categories, products) };
    let mut read = lists.each("groups", |node| group(node, &selection, &mut codes));
    read.sort_by(|(a, _), (b, _)| a.code.cmp(&b.code));
    let (groups, members): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let holders = holders(members);
    for (product, id) in products.products.iter_mut().zip((1..).map(ProductId)) {
        product.groups = holders.get(&id).cloned().unwrap_or_default();
    }
    groups
}

type Members = BTreeSet<ProductId>;

fn group(
    node: Node<'_, '_>,
    selection: &Selection<'_>,
    codes: &mut Unique<String>,
) -> Option<(Group, Members)> {
    let row = row(node)?;
    let id = row.required("id");
    let name = row.text("name").unwrap_or_default().to_owned();
    let frozen = row.field("frozen").filter(|field| !matches!(field.value(), Value::Bool(_)));
    let members = match frozen {
        Some(field) => {
            row.tolerate(&["include", "exclude"]);
            frozen_members(field, selection)
        }
        None => live_members(&row, selection),
    };
    row.warn_unknown();
    let id = id?;
    let code = id.id()?.into_owned();
    codes.note(code.clone(), &id);
    Some((Group { code, name }, members))
}

fn live_members(row: &Object<'_, '_>, selection: &Selection<'_>) -> Members {
    let mut members = row.object("include").map(|set| selection.members(&set)).unwrap_or_default();
    for product in row.object("exclude").map(|set| selection.members(&set)).unwrap_or_default() {
        members.remove(&product);
    }
    members
}

/// The products that a group had at the time when it was frozen.
fn frozen_members(field: Node<'_, '_>, selection: &Selection<'_>) -> Members {
    let Some(frozen) = field.object() else { return Members::new() };
    frozen.tolerate(&["at"]);
    if frozen.field("products").is_none() {
        let detail = "`products` is required here: only an import over HTTP can look past products up";
        field.problem("frozen_without_products", detail);
    }
    let members = frozen.each("products", |product| selection.product(product)).into_iter().collect();
    frozen.refuse_unknown();
    members
}

struct Selection<'a> {
    categories: &'a Categories,
    products: &'a Products,
    below: BTreeMap<CategoryId, Vec<ProductId>>,
}

impl Selection<'_> {
    /// The union of the named products, the products of the named categories and of their descendants,
    /// and the products that match all the named attributes.
    fn members(&self, set: &Object<'_, '_>) -> Members {
        let mut members: Members = set.each("products", |field| self.product(field)).into_iter().collect();
        for category in set.each("categories", |field| self.categories.resolve(field)) {
            members.extend(self.below.get(&category).into_iter().flatten());
        }
        if let Some(attributes) = set.object("attributes") {
            members.extend(self.matching(&attributes));
        }
        set.refuse_unknown();
        members
    }

    fn product(&self, field: Node<'_, '_>) -> Option<ProductId> {
        let code = field.id()?;
        let found = self.products.find(&code);
        if found.is_none() {
            field.warn("unknown_product", format!("there is no product `{code}`"));
        }
        found
    }

    fn matching(&self, attributes: &Object<'_, '_>) -> Vec<ProductId> {
        let wanted: Vec<(&str, Vec<String>)> =
            attributes.entries().map(|(name, field)| (name, wanted_values(field))).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let matches = |product: &Product| {
            wanted.iter().all(|(name, values)| {
                product.attributes.get(*name).is_some_and(|value| values.contains(value))
            })
        };
        self.products.numbered().filter(|(_, product)| matches(product)).map(|(id, _)| id).collect()
    }
}

fn wanted_values(field: Node<'_, '_>) -> Vec<String> {
    match field.value() {
        Value::Array(_) => field.list().map(|list| list.read(attribute_value)).unwrap_or_default(),
        _ => attribute_value(field).into_iter().collect(),
    }
}

fn below(categories: &Categories, products: &Products) -> BTreeMap<CategoryId, Vec<ProductId>> {
    let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, product) in products.numbered() {
        for category in product.category.map(|category| categories.path(category)).unwrap_or_default() {
            below.entry(*category).or_default().push(id);
        }
    }
    below
}

fn holders(members: Vec<Members>) -> BTreeMap<ProductId, Vec<GroupId>> {
    let mut holders: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (members, group) in members.into_iter().zip((1..).map(GroupId)) {
        for product in members {
            holders.entry(product).or_default().push(group);
        }
    }
    holders
}
