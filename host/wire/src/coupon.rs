//! Pools of coupon codes: their definitions, rows of codes, and the pools of a plan.

mod codes;

use std::collections::BTreeMap;

use domain::plan::Plan;
use serde_json::{Value, json};

pub use self::codes::{ALPHABET, Codes, Generate, RowOfCode, parse_generate, parse_row};
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report};
use super::time;

/// The most purchases that may use one code.
const USES_MAX: i64 = 1_000_000_000;

/// The definition of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// External id of the offer that its codes let in.
    pub offer: String,
    /// Purchases that may use one code.
    pub uses: i64,
    /// The first second in which its codes cannot be used.
    pub expires_at: Option<i64>,
}

/// Reads the document of one pool. `name` is that of its URL.
pub fn parse(document: &Value, name: &str) -> Result<Definition, Problems> {
    let report = Report::default();
    let read = report.root(document).object().and_then(|pool| {
        if let Some(field) = pool.field("name")
            && field.id().is_some_and(|written| written != name)
        {
            field.problem("id_mismatch", format!("must be `{name}`, as in the URL"));
        }
        let read = definition(&pool);
        pool.refuse_unknown();
        read
    });
    report.finish(read).map(|(definition, _)| definition)
}

fn definition(pool: &Object<'_, '_>) -> Option<Definition> {
    let offer = pool.required("offer").and_then(|field| {
        let offer = field.id()?;
        field.check_id(&offer)?;
        Some(offer)
    });
    let uses = pool.field("uses").map_or(Some(1), uses);
    let expires_at = match pool.field("expires_at") {
        Some(field) => Some(time::instant(field)?),
        None => None,
    };
    Some(Definition { offer: offer?.into_owned(), uses: uses?, expires_at })
}

fn uses(field: Node<'_, '_>) -> Option<i64> {
    let uses = field.integer()?;
    if (1..=USES_MAX).contains(&uses) {
        return Some(uses);
    }
    field.refuse("out_of_range", format!("must be a whole number from 1 to {USES_MAX}"))
}

/// The pools of a plan: the offer of each, by name. Codes are not part of a plan, and neither is what a change of
/// their pool does to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CouponPools(BTreeMap<String, String>);

impl CouponPools {
    /// Adds a pool of an offer, or replaces the one with this name.
    pub fn put(&mut self, name: String, offer: String) {
        self.0.insert(name, offer);
    }

    /// Name and external id of the offer of each pool, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, offer)| (name.as_str(), offer.as_str()))
    }

    /// Tells the offers of a plan about their pools. Returns the pools that it told of, for the plan's hash.
    pub(super) fn enter(&self, plan: &mut Plan) -> Vec<Value> {
        let mut entered = Vec::new();
        for (name, offer) in self.iter() {
            let place = plan.offers.binary_search_by(|known| known.external_id.as_str().cmp(offer));
            if let Some(owner) = place.ok().and_then(|place| plan.offers.get_mut(place)) {
                owner.filters.coupon_pools.push(name.to_owned());
                entered.push(json!({"name": name, "offer": offer}));
            }
        }
        entered
    }
}

impl FromIterator<(String, String)> for CouponPools {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pools: T) -> Self {
        Self(pools.into_iter().collect())
    }
}

/// The pools of a plan file, with their codes.
pub(super) fn of_plan_file(root: &Object<'_, '_>) -> (CouponPools, Codes) {
    let (mut pools, mut codes) = (CouponPools::default(), Codes::default());
    root.each("coupon_pools", |node| {
        let pool = node.object()?;
        let name = pool.required("name").and_then(Node::id);
        let definition = definition(&pool);
        let entries = pool.each("codes", codes::entry);
        pool.refuse_unknown();
        let (name, definition) = (name?.into_owned(), definition?);
        if pools.0.contains_key(&name) {
            return node.refuse("duplicate_id", format!("coupon pool `{name}` is already given"));
        }
        pools.put(name.clone(), definition.offer.clone());
        codes.add(node, &name, &definition, entries)
    });
    (pools, codes)
}

/// Reports the pools of a plan file whose offer is not in it.
pub(super) fn check_offers(root: &Object<'_, '_>, plan: &Plan) {
    for node in root.list("coupon_pools").iter().flat_map(|list| list.iter()) {
        let Some(offer) = node.value().get("offer") else { continue };
        let offer = offer.as_str().map_or_else(|| offer.to_string(), str::to_owned);
        if !plan.offers.iter().any(|known| known.external_id == offer) {
            let problem = Problem {
                pointer: "/offer".to_owned(),
                code: "unknown_offer".into(),
                detail: format!("there is no offer `{offer}`"),
            };
            node.adopt("", problem);
        }
    }
}
