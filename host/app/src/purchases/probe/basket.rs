//! The basket that an offer is probed with: one of the goods of each of its items, and what else it asks for.

use domain::catalog::{Catalog, Product};
use domain::decimal::format_scaled;
use domain::offer::{GoodsSet, Item, Offer, Target};
use serde_json::{Value, json};
use wire::plan::BuiltPlan;

use super::Buyer;

/// The most lines of a basket.
const LINES_MAX: usize = 20;
/// Thousandths of a unit.
const UNIT: i64 = 1000;
/// Code of goods that are in no catalogue: offers on the whole receipt pay them, too.
const NO_GOODS: &str = "promise";

/// Lines of a receipt.
pub(super) struct Basket {
    pub(super) lines: Vec<Value>,
    /// True if what the member pays for its goods is known.
    pub(super) is_priced: bool,
}

/// The basket for the items of an offer, with so many units of each of the goods.
pub(super) fn of(plan: &BuiltPlan, offer: &Offer, items: &[Item], buyer: &Buyer<'_>, units: i64) -> Basket {
    let catalog = &plan.plan.catalog;
    let find = |target: &Target| find(catalog, &offer.exclude, target, buyer);
    let row = |code: &str, least: i64, item| (code.to_owned(), least.max(units), item);
    let mut rows: Vec<(String, i64, Option<&Item>)> = Vec::new();
    for item in items.iter().take(LINES_MAX) {
        let least = item.min_units.map_or(1, |units| whole(units.0));
        match find(&item.target) {
            Some(product) => rows.push(row(&product.code, least, Some(item))),
            None if item.target == Target::Receipt => rows.push(row(NO_GOODS, least, Some(item))),
            None => {}
        }
    }
    if let Some(contains) = &offer.filters.contains
        && let Some(product) = contained(catalog, &contains.lines, buyer)
    {
        rows.push(row(&product.code, contains.units.map_or(1, |units| whole(units.0)), None));
    }
    if rows.is_empty() {
        rows.push(row(NO_GOODS, 1, None));
    }
    rows.dedup_by(|one, other| one.0 == other.0);
    let needed = least_sum(offer);
    let count = i64::try_from(rows.len()).unwrap_or(1).max(1);
    let mut is_priced = true;
    let mut lines = Vec::new();
    for (position, (code, units, item)) in (1_i64..).zip(rows) {
        let known = buyer.prices.get(&code).copied();
        let least =
            needed.max(item.map_or(0, least_of)).div_euclid(count.saturating_mul(units)).saturating_add(1);
        let price = within(known.unwrap_or(buyer.stand_in_price).max(least), item);
        is_priced &= known == Some(price);
        let money = |sum: i64| format_scaled(sum, plan.scales().money);
        lines.push(json!({
            "position": position,
            "goods_id": code,
            "quantity": units.to_string(),
            "price": money(price),
            "amount": money(price.saturating_mul(units)),
        }));
    }
    Basket { lines, is_priced }
}

/// Whole units that are at least so many thousandths.
fn whole(thousandths: i64) -> i64 {
    thousandths.saturating_add(UNIT.saturating_sub(1)).div_euclid(UNIT).max(1)
}

/// The sum that the receipt must have.
fn least_sum(offer: &Offer) -> i64 {
    let filters = &offer.filters;
    let receipt = filters.receipt.as_ref().and_then(|receipt| receipt.threshold).map_or(0, |least| least.sum);
    let contains = filters.contains.as_ref().and_then(|contains| contains.sum).map_or(0, |sum| sum.0);
    receipt.max(contains)
}

/// The sum that the lines of an item must have.
fn least_of(item: &Item) -> i64 {
    item.threshold.map_or(0, |least| least.sum).max(item.min_sum.map_or(0, |sum| sum.0))
}

/// The price within the range that the item asks for.
fn within(price: i64, item: Option<&Item>) -> i64 {
    let Some((low, high)) = item.and_then(|item| item.unit_price) else { return price };
    let price = low.map_or(price, |low| price.max(low.0));
    high.map_or(price, |high| price.min(high.0))
}

/// The product for a target: one that the member has bought, else the first of the catalogue.
fn find<'c>(
    catalog: &'c Catalog,
    exclude: &GoodsSet,
    target: &Target,
    buyer: &Buyer<'_>,
) -> Option<&'c Product> {
    let fits = |product: &Product| {
        let excluded = |id| exclude.products.contains(&id);
        !catalog.product_by_code(&product.code).is_some_and(excluded)
            && is_in(catalog, product, target)
            && !exclude.groups.iter().any(|group| product.groups.contains(group))
            && !exclude.categories.iter().any(|id| is_in(catalog, product, &Target::Category(*id, 0)))
    };
    match target {
        Target::Product(id) => catalog.product(*id),
        Target::Unknown(_) => None,
        Target::Category(..) | Target::Group(_) | Target::Receipt => first(catalog, buyer, fits),
    }
}

/// One of the goods that must be on the receipt.
fn contained<'c>(catalog: &'c Catalog, goods: &GoodsSet, buyer: &Buyer<'_>) -> Option<&'c Product> {
    if let Some(product) = goods.products.first() {
        return catalog.product(*product);
    }
    first(catalog, buyer, |product| {
        goods.groups.iter().any(|group| product.groups.contains(group))
            || goods.categories.iter().any(|id| is_in(catalog, product, &Target::Category(*id, 0)))
    })
}

fn first<'c>(
    catalog: &'c Catalog,
    buyer: &Buyer<'_>,
    fits: impl Fn(&Product) -> bool,
) -> Option<&'c Product> {
    let bought = buyer.prices.keys().filter_map(|code| catalog.product(catalog.product_by_code(code)?));
    let is_usual = |product: &&Product| product.discountable && product.class.is_none() && fits(product);
    bought.into_iter().find(is_usual).or_else(|| catalog.products().iter().find(is_usual))
}

fn is_in(catalog: &Catalog, product: &Product, target: &Target) -> bool {
    match target {
        Target::Category(id, _) => product.category.is_some_and(|own| {
            own == *id || catalog.category(own).is_some_and(|category| category.path.contains(id))
        }),
        Target::Group(id) => product.groups.contains(id),
        Target::Receipt => true,
        Target::Product(_) | Target::Unknown(_) => false,
    }
}
