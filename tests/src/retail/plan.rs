//! The plan file: catalogue, coupons and campaigns as offers, households as members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::source::{Campaign, Coupon, Household, Product, Retail};
use super::{CAMPAIGN_OFFER, CAMPAIGNS, CLUB_OFFER, TIME_ZONE};

/// The external id of the offer behind a coupon of a campaign.
pub fn coupon_offer(campaign: u32, coupon: u64) -> String {
    format!("coupon-{campaign:02}-{coupon}")
}

/// The id of the group of everything that a campaign's coupons name.
pub fn campaign_group(campaign: u32) -> String {
    format!("campaign-{campaign:02}")
}

/// Method and value of the coupons of a campaign of this type: 1.00 off together (more than many
/// a line), 20 % off, or 0.25 off a unit.
pub fn coupon_terms(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Type A" => ("amount", "1.00"),
        "Type B" => ("percent", "20"),
        _ => ("amount_per_unit", "0.25"),
    }
}

/// The whole plan.
pub fn plan_file(retail: &Retail) -> Value {
    json!({
        "currency": {"code": "USD", "exponent": 2, "rounding": "half_up"},
        "points": {"exponent": 2},
        "catalog": {
            "categories": categories(&retail.products),
            "products": products(&retail.products),
            "groups": groups(retail),
            "classes": [],
            "pos": stores(retail),
        },
        "members": members(retail),
        "offers": offers(retail),
        "mechanics": [],
    })
}

/// The code of a category is its whole path: the same name occurs in several departments.
fn category_code(path: &[&str]) -> String {
    path.join(" > ")
}

fn categories(products: &[Product]) -> Vec<Value> {
    let mut codes: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    for product in products {
        let path = product.path();
        let mut parent = None;
        for depth in 1..=path.len() {
            let Some((level, name)) = path.get(..depth).and_then(|level| Some((level, level.last()?))) else {
                continue;
            };
            let code = category_code(level);
            codes.entry(code.clone()).or_insert_with(|| ((*name).to_owned(), parent.take()));
            parent = Some(code);
        }
    }
    (1_u32..)
        .zip(codes)
        .map(|(id, (code, (name, parent)))| json!({"id": id, "code": code, "name": name, "parent": parent}))
        .collect()
}

fn products(products: &[Product]) -> Vec<Value> {
    (1_u32..)
        .zip(products)
        .map(|(id, product)| {
            let path = product.path();
            json!({
                "id": id,
                "goods_code": product.product.to_string(),
                "name": path.last(),
                "category": category_code(&path),
                "attributes": {"brand": product.brand, "manufacturer": product.manufacturer},
            })
        })
        .collect()
}

fn groups(retail: &Retail) -> Vec<Value> {
    let mut by_campaign: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
    let mut groups = Vec::new();
    for Coupon { coupon, campaign, products } in &retail.coupons {
        by_campaign.entry(*campaign).or_default().extend(products);
        groups.push(group(coupon_offer(*campaign, *coupon), products.iter().copied()));
    }
    for campaign in &retail.campaigns {
        let products = by_campaign.remove(&campaign.campaign).unwrap_or_default();
        groups.push(group(campaign_group(campaign.campaign), products.into_iter()));
    }
    groups
}

fn group(id: String, products: impl Iterator<Item = u64>) -> Value {
    let products: Vec<String> = products.map(|product| product.to_string()).collect();
    json!({"id": id, "name": id, "include": {"products": products}})
}

fn stores(retail: &Retail) -> Vec<Value> {
    let stores: BTreeSet<u32> = retail.receipts.iter().map(|receipt| receipt.store).collect();
    stores.into_iter().map(|store| json!({"id": format!("store-{store}"), "time_zone": TIME_ZONE})).collect()
}

fn members(retail: &Retail) -> Vec<Value> {
    let member = |household: &Household| {
        let given = given_to(retail, household);
        let mut member = member_row(household);
        let audiences: Vec<String> = given.iter().map(|campaign| campaign_group(campaign.campaign)).collect();
        member["audiences"] = json!(audiences);
        if !given.is_empty() {
            member["attributes"][CAMPAIGNS] = personal_terms(&given);
        }
        member
    };
    retail.households.iter().map(member).collect()
}

/// A household as a member, without what the campaigns bring.
pub(super) fn member_row(household: &Household) -> Value {
    let number = household.household;
    json!({
        "id": format!("household-{number}"),
        "identifiers": [{"kind": "card", "value": number.to_string()}],
        "points": "0.00",
        "attributes": {"age": household.age, "income": household.income, "kids": household.kids_count},
    })
}

/// The campaigns that reach a household.
pub(super) fn given_to<'a>(retail: &'a Retail, household: &Household) -> Vec<&'a Campaign> {
    retail.campaigns.iter().filter(|campaign| campaign.households.contains(&household.household)).collect()
}

/// The normal form of a personal offer: an item with its own period for each campaign.
pub(super) fn personal_terms(given: &[&Campaign]) -> Value {
    let item = |campaign: &&Campaign| {
        json!({
            "target": campaign_group(campaign.campaign),
            "method": "percent",
            "value": "5",
            "start": campaign.start.to_string(),
            "end": campaign.end.to_string(),
        })
    };
    json!({
        "kind": "group",
        "id_space": "external",
        "require_accept": false,
        "reward": "points",
        "items": given.iter().map(item).collect::<Vec<_>>(),
    })
}

fn offers(retail: &Retail) -> Vec<Value> {
    let mut offers: Vec<Value> = retail
        .coupons
        .iter()
        .filter_map(|coupon| {
            let campaign = retail.campaigns.iter().find(|campaign| campaign.campaign == coupon.campaign)?;
            Some(coupon_as_offer(coupon, campaign))
        })
        .collect();
    offers.extend(offers_for_all());
    offers
}

/// The offers that are not made of coupons.
pub(super) fn offers_for_all() -> [Value; 2] {
    let campaigns = json!({
        "external_id": CAMPAIGN_OFFER,
        "title": "Points on the goods of your campaigns",
        "mechanic": "group",
        "attribute": CAMPAIGNS,
        "stacking": {"mode": "exclusive", "priority": 0},
        "messages": {"receipt": "Your campaigns brought you {points} points"},
    });
    let club = json!({
        "external_id": CLUB_OFFER,
        "title": "1 % in points for every member",
        "mechanic": "receipt",
        "params": {"reward": "points", "items": [{"method": "percent", "value": "1"}]},
        "stacking": {"mode": "cumulative", "priority": 0},
        "filters": {"member_state": "normal"},
    });
    [campaigns, club]
}

/// Coupons are cumulative: several of them may be used on the same goods.
fn coupon_as_offer(coupon: &Coupon, campaign: &Campaign) -> Value {
    let id = coupon_offer(coupon.campaign, coupon.coupon);
    let (method, value) = coupon_terms(&campaign.kind);
    json!({
        "external_id": id,
        "title": format!("Coupon {} of campaign {}", coupon.coupon, coupon.campaign),
        "mechanic": "group",
        "params": {"reward": "discount", "items": [{"target": id, "method": method, "value": value}]},
        "stacking": {"mode": "cumulative", "priority": 10},
        "filters": {
            "period": {"start": campaign.start.to_string(), "end": campaign.end.to_string()},
            "audience": campaign_group(campaign.campaign),
            "coupon": coupon.coupon.to_string(),
        },
        "messages": {"receipt": "{title}: {discount} off"},
    })
}
