//! The category tree.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use domain::catalog::{Category, CategoryId};
use serde_json::Value;

use super::{Unique, row};
use crate::reader::{Node, Object};

pub(super) struct Categories {
    pub(super) categories: Vec<Category>,
    by_code: HashMap<String, CategoryId>,
    by_internal: HashMap<i64, CategoryId>,
}

impl Categories {
    /// The category that a field refers to: by code if it is a text, by internal id if a number.
    pub(super) fn resolve(&self, field: Node<'_, '_>) -> Option<CategoryId> {
        let found = match field.value() {
            Value::Number(_) => self.by_internal.get(&field.integer()?),
            _ => self.by_code.get(field.text()?),
        };
        if found.is_none() {
            let detail = format!("there is no category {}", field.value());
            field.problem("unknown_category", detail);
        }
        found.copied()
    }

    /// The category and its ancestors.
    pub(super) fn path(&self, id: CategoryId) -> &[CategoryId] {
        let index = id.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.categories.get(index)).map_or(&[], |category| &category.path)
    }
}

pub(super) fn read(lists: &Object<'_, '_>) -> Categories {
    let Some(list) = lists.list("categories") else { return number(Vec::new()) };
    let mut codes = Unique::new("category");
    let mut internal_ids = Unique::new("category id");
    let mut read: Vec<(Category, Node<'_, '_>)> =
        list.iter().filter_map(|node| Some((category(node, &mut codes, &mut internal_ids)?, node))).collect();
    read.sort_by(|(a, _), (b, _)| a.code.cmp(&b.code));
    let (categories, nodes): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut categories = number(categories);
    let parents = parents(&categories, &nodes);
    report_cycles(&categories, &parents, &nodes);
    let paths: Vec<_> = (1..).map(CategoryId).take(nodes.len()).map(|id| path(id, &parents)).collect();
    for (category, path) in categories.categories.iter_mut().zip(paths) {
        category.path = path;
    }
    categories
}

fn category(
    node: Node<'_, '_>,
    codes: &mut Unique<String>,
    internal_ids: &mut Unique<i64>,
) -> Option<Category> {
    let row = row(node)?;
    let id = row.field("id");
    let internal_id = id.and_then(Node::integer);
    let code_field = row.field("code").or(id);
    let name = row.text("name").unwrap_or_default().to_owned();
    row.tolerate(&["parent"]);
    row.warn_unknown();
    let Some(code_field) = code_field else {
        return node.refuse("missing_field", "a category needs a `code`");
    };
    let code = code_field.id()?.into_owned();
    codes.note(code.clone(), &code_field);
    if let Some((number, field)) = internal_id.zip(id) {
        internal_ids.note(number, &field);
    }
    Some(Category { code, internal_id, name, path: Vec::new() })
}

fn number(categories: Vec<Category>) -> Categories {
    let by_code = first_of(numbered(&categories).map(|(category, id)| (category.code.clone(), id)));
    let by_internal =
        first_of(numbered(&categories).filter_map(|(category, id)| Some((category.internal_id?, id))));
    Categories { categories, by_code, by_internal }
}

/// The rows with their numbers, in the order of their codes.
fn numbered<T>(rows: &[T]) -> impl Iterator<Item = (&T, CategoryId)> {
    rows.iter().zip((1..).map(CategoryId))
}

/// Rows by id; of two rows with one id the first, so that a duplicate does not look like a cycle.
fn first_of<K: Hash + Eq>(ids: impl Iterator<Item = (K, CategoryId)>) -> HashMap<K, CategoryId> {
    let mut first = HashMap::new();
    for (key, id) in ids {
        first.entry(key).or_insert(id);
    }
    first
}

fn parents(categories: &Categories, nodes: &[Node<'_, '_>]) -> HashMap<CategoryId, CategoryId> {
    let parent = |node: &Node<'_, '_>| {
        let row = node.object()?;
        categories.resolve(row.field("parent")?)
    };
    numbered(nodes).filter_map(|(node, id)| Some((id, parent(node)?))).collect()
}

/// The category and its ancestors up to the root, or once around a cycle.
fn path(id: CategoryId, parents: &HashMap<CategoryId, CategoryId>) -> Vec<CategoryId> {
    let mut path = vec![id];
    let mut seen = BTreeSet::from([id]);
    let mut current = id;
    while let Some(parent) = parents.get(&current).copied().filter(|parent| seen.insert(*parent)) {
        path.push(parent);
        current = parent;
    }
    path
}

/// Reports each whole cycle once, at its category with the lowest code.
fn report_cycles(categories: &Categories, parents: &HashMap<CategoryId, CategoryId>, nodes: &[Node<'_, '_>]) {
    let code = |id: &CategoryId| {
        let index = id.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let category = index.and_then(|index| categories.categories.get(index));
        category.map_or(Cow::Borrowed("?"), |category| Cow::Borrowed(category.code.as_str()))
    };
    for (node, id) in numbered(nodes) {
        let path = path(id, parents);
        let closes = path.last().and_then(|last| parents.get(last)) == Some(&id);
        if closes && path.iter().min() == Some(&id) {
            let names: Vec<_> = path.iter().chain([&id]).map(code).collect();
            node.problem("category_cycle", format!("categories form a cycle: {}", names.join(" → ")));
        }
    }
}
