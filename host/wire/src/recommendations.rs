//! Recommendations: goods and content for a member, the best first, as an attribute of the member carries them.

use domain::catalog::{Catalog, CategoryId, GroupId, ProductId};
use serde_json::Value;

use super::personal::unpacked;
use super::plan::BuiltPlan;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report};

/// The fields of a good of which an entry has exactly one: it names a thing of the catalogue by its external id.
const KINDS: [&str; 3] = ["product", "category", "group"];

/// The largest `chance`: certain.
const CERTAIN: i64 = 1_000_000;

/// A good of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Good {
    /// A product.
    Product(ProductId),
    /// A category.
    Category(CategoryId),
    /// A group of products.
    Group(GroupId),
}

/// A recommended good or piece of content, and the probability, in millionths, that it is bought or answered, if the
/// upload has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked<T> {
    /// The good or the piece of content.
    pub what: T,
    /// From 0 to a million.
    pub chance: Option<i64>,
}

/// A piece of content of messages and apps, which the host only knows by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// As the upload has it.
    pub id: String,
    /// The offer that it is about, if any.
    pub offer: Option<String>,
}

/// The recommendations of a member, those left out that the plan does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recommendations {
    /// Goods, the best first.
    pub goods: Vec<Ranked<Good>>,
    /// Content, the best first.
    pub content: Vec<Ranked<Content>>,
}

/// The most entries of an upload.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Of goods.
    pub goods: usize,
    /// Of content.
    pub content: usize,
}

/// Reads stored recommendations.
///
/// # Errors
///
/// They are not recommendations.
pub fn read(value: &Value, plan: &BuiltPlan) -> Result<Recommendations, Problems> {
    parsed(value, plan, None, Report::of_stored()).map(|(read, _)| read)
}

/// Checks recommendations that are uploaded: the warnings of those that can be used, such as goods that the catalogue
/// does not have.
///
/// # Errors
///
/// They are not recommendations, or too many.
pub fn check(value: &Value, plan: &BuiltPlan, most: Most) -> Result<Vec<Problem>, Problems> {
    parsed(value, plan, Some(most), Report::of_new()).map(|(_, warnings)| warnings)
}

fn parsed(
    value: &Value,
    plan: &BuiltPlan,
    most: Option<Most>,
    report: Report,
) -> Result<(Recommendations, Vec<Problem>), Problems> {
    let value = unpacked(value)?;
    let read = document(report.root(&value), plan, most);
    report.finish(read)
}

fn document(node: Node<'_, '_>, plan: &BuiltPlan, most: Option<Most>) -> Option<Recommendations> {
    let document = node.object()?;
    let goods =
        entries(&document, "goods", most.map(|most| most.goods), |node| good(node, &plan.plan.catalog));
    let content = entries(&document, "content", most.map(|most| most.content), |node| content(node, plan));
    // The systems that compute recommendations may send more than is used.
    document.warn_unknown();
    Some(Recommendations { goods, content })
}

/// The entries of a list that can be read and are known; none if there is no list.
fn entries<T>(
    document: &Object<'_, '_>,
    name: &'static str,
    most: Option<usize>,
    read: impl FnMut(Node<'_, '_>) -> Option<T>,
) -> Vec<T> {
    let Some(list) = document.list(name) else { return Vec::new() };
    if let Some(most) = most.filter(|most| list.len() > *most) {
        list.node().problem("too_many", format!("{} entries; a member has at most {most}", list.len()));
        return Vec::new();
    }
    list.read(read)
}

fn good(node: Node<'_, '_>, catalog: &Catalog) -> Option<Ranked<Good>> {
    let entry = node.object()?;
    let named: Vec<_> = KINDS.into_iter().filter_map(|kind| Some((kind, entry.id(kind)?))).collect();
    let chance = chance(&entry);
    entry.warn_unknown();
    let [(kind, id)] = named.as_slice() else {
        return node.refuse("one_good", format!("must name one of {}", KINDS.join(", ")));
    };
    let what = match *kind {
        "product" => catalog.product_by_code(id).map(Good::Product),
        "category" => catalog.category_by_code(id).map(Good::Category),
        _ => catalog.group_by_code(id).map(Good::Group),
    };
    if what.is_none() {
        node.warn("unknown_target", format!("the catalogue has no {kind} `{id}`; it is left out"));
    }
    Some(Ranked { what: what?, chance })
}

fn content(node: Node<'_, '_>, plan: &BuiltPlan) -> Option<Ranked<Content>> {
    let entry = node.object()?;
    let id = entry.required("id").and_then(Node::id);
    let offer = entry.id("offer");
    let chance = chance(&entry);
    entry.warn_unknown();
    if let Some(offer) = &offer
        && !plan.plan.offers.iter().any(|known| known.external_id == *offer)
    {
        node.warn("unknown_offer", format!("offer `{offer}` does not run; this content is left out"));
        return None;
    }
    let offer = offer.map(|offer| offer.into_owned());
    Some(Ranked { what: Content { id: id?.into_owned(), offer }, chance })
}

fn chance(entry: &Object<'_, '_>) -> Option<i64> {
    let field = entry.field("chance")?;
    let chance = field.integer()?;
    if (0..=CERTAIN).contains(&chance) {
        return Some(chance);
    }
    field.refuse("out_of_range", format!("must be in millionths, from 0 to {CERTAIN}"))
}
