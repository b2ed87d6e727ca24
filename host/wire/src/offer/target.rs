//! Targets of items, and sets of goods: ids as written into numbers of the catalogue.

use domain::catalog::{Catalog, CategoryId};
use domain::mechanics::TargetKind;
use domain::offer::{GoodsSet, Target};
use domain::plan::Mechanic;

use super::Context;
use crate::reader::{Node, Object};

/// The kind of ids that products and categories are written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IdSpace {
    /// Not given: read as external ids, with a warning where an internal id may be meant.
    #[default]
    Unsaid,
    /// Ids of the retailer's own systems.
    External,
    /// Internal ids of the catalogue, which are numbers.
    Internal,
}

pub(crate) const ID_SPACES: [(&str, IdSpace); 2] =
    [("external", IdSpace::External), ("internal", IdSpace::Internal)];

pub(crate) const KINDS: [(&str, TargetKind); 4] = [
    ("product", TargetKind::Product),
    ("category", TargetKind::Category),
    ("group", TargetKind::Group),
    ("receipt", TargetKind::Receipt),
];

/// The target of an item and its id as written; [`Target::Unknown`] if the catalogue does not have the id.
///
/// `kinds` are the kinds of targets that the mechanic takes; empty for all kinds. A refusal of another kind says what
/// to use if it `advises`: that of personal terms is told in stored answers, in the words of earlier releases.
pub(super) fn read(
    item: &Object<'_, '_>,
    context: &Context<'_>,
    id_space: IdSpace,
    kinds: &[TargetKind],
    advises: bool,
) -> Option<(Target, String)> {
    let field = item.field("target");
    match (kind(item, kinds, field.is_some(), advises.then_some(context))?, field) {
        (TargetKind::Receipt, None) => Some((Target::Receipt, String::new())),
        (TargetKind::Receipt, Some(field)) => {
            field.refuse("unexpected_target", "an item for the whole receipt has no target")
        }
        (_, None) => {
            item.required("target");
            None
        }
        (kind, Some(field)) => {
            let id = field.id()?;
            let target = resolve(&field, &id, context, id_space, kind)?;
            Some((target, id.into_owned()))
        }
    }
}

/// The fields `products`, `categories` and `groups`. An unknown product is only a warning.
pub(super) fn line_set(set: &Object<'_, '_>, context: &Context<'_>, id_space: IdSpace) -> GoodsSet {
    let find = |kind: TargetKind| {
        move |field: Node<'_, '_>| {
            let id = field.id()?;
            let target = resolve(&field, &id, context, id_space, kind)?;
            if let Target::Unknown(kind) = target {
                report_unknown(&field, &id, kind, context, id_space, Taker::List);
                return None;
            }
            Some(target)
        }
    };
    let lists = [
        ("products", TargetKind::Product),
        ("categories", TargetKind::Category),
        ("groups", TargetKind::Group),
    ];
    let mut goods = GoodsSet::default();
    for target in lists.into_iter().flat_map(|(name, kind)| set.each(name, find(kind))) {
        match target {
            Target::Product(id) => goods.products.push(id),
            Target::Category(id, _) => goods.categories.push(id),
            Target::Group(id) => goods.groups.push(id),
            Target::Receipt | Target::Unknown(_) => {}
        }
    }
    goods
}

/// Reports an unknown target of an offer: a warning for products, which come and go, otherwise a problem. The id of
/// something else can never become right, and is a problem in every offer that is new.
pub(super) fn report_unknown(
    field: &Node<'_, '_>,
    id: &str,
    kind: TargetKind,
    context: &Context<'_>,
    id_space: IdSpace,
    taker: Taker<'_>,
) {
    if let Some(other) = other_kind(id, kind, context.catalog, id_space) {
        let detail = format!(
            "`{id}` is a {}, and the offer takes it for a {}: it would never apply; {}",
            name(other),
            name(kind),
            taker.advice(other, context)
        );
        // As a product it was only a warning in earlier releases.
        return if kind == TargetKind::Product {
            field.problem_of_new("wrong_target_kind", detail);
        } else {
            field.problem("wrong_target_kind", detail);
        };
    }
    match kind {
        TargetKind::Product => field.warn("unknown_product", format!("there is no product `{id}`")),
        TargetKind::Category => {
            field.problem("unknown_category", format!("there is no category `{id}`"));
        }
        TargetKind::Group | TargetKind::Receipt => {
            field.problem("unknown_group", format!("there is no group `{id}`"));
        }
    }
}

/// The part of an offer that takes a target.
#[derive(Clone, Copy)]
pub(super) enum Taker<'a> {
    /// A list of goods of one kind.
    List,
    /// An item of a mechanic that takes targets of these kinds; empty for all kinds.
    Item(&'a [TargetKind]),
}

impl Taker<'_> {
    /// The way to name a target of another kind.
    fn advice(self, other: TargetKind, context: &Context<'_>) -> String {
        let named = name(other);
        let kinds = match self {
            Self::List => return format!("name it in the list of {}", plural(other)),
            Self::Item(kinds) => kinds,
        };
        if kinds.is_empty() || kinds.contains(&other) {
            return format!("say `\"target_kind\": \"{named}\"`");
        }
        let takes =
            |mechanic: &&Mechanic| mechanic.name == named && mechanic.description.targets.contains(&other);
        match context.mechanics.iter().find(takes) {
            Some(mechanic) => format!("use mechanic `{}`", mechanic.name),
            None => {
                let taken: Vec<&str> = kinds.iter().map(|kind| name(*kind)).collect();
                format!("the mechanic takes targets of these kinds: {}", taken.join(", "))
            }
        }
    }
}

fn plural(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Product => "`products`",
        TargetKind::Category => "`categories`",
        TargetKind::Group => "`groups`",
        TargetKind::Receipt => "targets",
    }
}

/// The kind of which the catalogue has this external id, if it is another one than `kind`. Numbers say nothing: products
/// and categories are often counted alike.
fn other_kind(id: &str, kind: TargetKind, catalog: &Catalog, id_space: IdSpace) -> Option<TargetKind> {
    if id_space == IdSpace::Internal || id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let found = if catalog.product_by_code(id).is_some() {
        TargetKind::Product
    } else if catalog.category_by_code(id).is_some() {
        TargetKind::Category
    } else if catalog.group_by_code(id).is_some() {
        TargetKind::Group
    } else {
        return None;
    };
    (found != kind).then_some(found)
}

fn name(kind: TargetKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("target", |(name, _)| *name)
}

fn kind(
    item: &Object<'_, '_>,
    kinds: &[TargetKind],
    has_target: bool,
    advisor: Option<&Context<'_>>,
) -> Option<TargetKind> {
    let allowed = |kind: TargetKind| kinds.is_empty() || kinds.contains(&kind);
    if let Some(field) = item.field("target_kind") {
        let kind = field.choice(&KINDS)?;
        if allowed(kind) {
            return Some(kind);
        }
        let advice = advisor.map(|context| format!("; {}", Taker::Item(kinds).advice(kind, context)));
        let advice = advice.unwrap_or_default();
        let detail = format!("the mechanic does not take targets of this kind{advice}");
        return field.refuse("wrong_target_kind", detail);
    }
    match kinds {
        [only] => Some(*only),
        _ if !has_target && allowed(TargetKind::Receipt) => Some(TargetKind::Receipt),
        _ if !has_target => {
            item.required("target");
            None
        }
        _ if allowed(TargetKind::Product) => Some(TargetKind::Product),
        _ => {
            item.required("target_kind");
            None
        }
    }
}

fn resolve(
    field: &Node<'_, '_>,
    id: &str,
    context: &Context<'_>,
    id_space: IdSpace,
    kind: TargetKind,
) -> Option<Target> {
    let catalog = context.catalog;
    let found = match (kind, id_space) {
        (TargetKind::Receipt, _) => Some(Target::Receipt),
        (TargetKind::Group, _) => catalog.group_by_code(id).map(Target::Group),
        (TargetKind::Product, IdSpace::External | IdSpace::Unsaid) => {
            catalog.product_by_code(id).map(Target::Product)
        }
        (TargetKind::Product, IdSpace::Internal) => {
            catalog.product_by_internal_id(internal_id(field, id)?).map(Target::Product)
        }
        (TargetKind::Category, IdSpace::External | IdSpace::Unsaid) => {
            category(catalog, catalog.category_by_code(id))
        }
        (TargetKind::Category, IdSpace::Internal) => {
            category(catalog, catalog.category_by_internal_id(internal_id(field, id)?))
        }
    };
    if let (Some(found), IdSpace::Unsaid) = (&found, id_space) {
        warn_ambiguous(field, id, catalog, found);
    }
    Some(found.unwrap_or(Target::Unknown(kind)))
}

/// Warns of an id that is the external id of one row and the internal id of another.
fn warn_ambiguous(field: &Node<'_, '_>, id: &str, catalog: &Catalog, found: &Target) {
    let Ok(internal) = id.parse() else { return };
    let (what, names_another) = match found {
        Target::Product(id) => {
            ("product", catalog.product_by_internal_id(internal).is_some_and(|other| other != *id))
        }
        Target::Category(id, _) => {
            ("category", catalog.category_by_internal_id(internal).is_some_and(|other| other != *id))
        }
        Target::Group(_) | Target::Receipt | Target::Unknown(_) => return,
    };
    if names_another {
        let detail = format!(
            "`{id}` is read as an external id, but is also the internal id of another {what}; set `id_space`"
        );
        field.warn("ambiguous_id", detail);
    }
}

fn internal_id(field: &Node<'_, '_>, id: &str) -> Option<i64> {
    let number = id.parse().ok();
    number.or_else(|| field.refuse("not_an_internal_id", format!("`{id}` is not an internal id: a number")))
}

fn category(catalog: &Catalog, id: Option<CategoryId>) -> Option<Target> {
    let id = id?;
    Some(Target::Category(id, catalog.category(id)?.depth()))
}
