//! The plan as the retailer's systems send it: what campaigns bring comes apart from the members, and
//! the coupons' offers are made of one template. What is live is that of [`super::plan_file`].

use serde_json::{Value, json};

use super::plan::{given_to, member_row, offers_for_all, personal_terms};
use super::source::{Campaign, Coupon, Retail};
use super::{CAMPAIGNS, campaign_group, coupon_offer, coupon_terms};

/// The template of all coupons' offers.
pub const COUPON_TEMPLATE: &str = "coupon";

/// A campaign's audience.
pub struct Audience {
    /// As offers name it.
    pub name: String,
    /// Of its definition.
    pub title: String,
    /// A row for each household, by its card.
    pub members: Vec<Value>,
}

/// Rows of `POST /v1/members/imports`.
pub fn members(retail: &Retail) -> Vec<Value> {
    retail.households.iter().map(member_row).collect()
}

/// The audience of each campaign; it is empty if the campaign reached none of the households.
pub fn audiences(retail: &Retail) -> Vec<Audience> {
    let known = |household: &&u32| retail.households.iter().any(|known| known.household == **household);
    let row = |household: &u32| json!({"kind": "card", "value": household.to_string()});
    let audience = |campaign: &Campaign| Audience {
        name: campaign_group(campaign.campaign),
        title: format!("Campaign {}, {}", campaign.campaign, campaign.kind),
        members: campaign.households.iter().filter(known).map(row).collect(),
    };
    retail.campaigns.iter().map(audience).collect()
}

/// Rows of `POST /v1/attributes/imports`: the campaigns of each household that has any.
pub fn personal_offers(retail: &Retail) -> Vec<Value> {
    let given = retail.households.iter().map(|household| (household.household, given_to(retail, household)));
    given
        .filter(|(_, given)| !given.is_empty())
        .map(|(household, given)| {
            json!({
                "identifier_kind": "card",
                "identifier": household.to_string(),
                "attribute": CAMPAIGNS,
                "value": personal_terms(&given),
            })
        })
        .collect()
}

/// The offer of any coupon. Coupons are cumulative: several of them may be used on the same goods.
pub fn coupon_template() -> Value {
    json!({
        "title": "A coupon of a campaign",
        "offer": {
            "title": "Coupon ${coupon} of campaign ${campaign}",
            "mechanic": "group",
            "params": {
                "reward": "discount",
                "items": [{"target": "${goods}", "method": "${method}", "value": "${value}"}],
            },
            "stacking": {"mode": "cumulative", "priority": 10},
            "filters": {
                "period": {"start": "${start}", "end": "${end}"},
                "audience": "${audience}",
                "coupon": "${coupon}",
            },
            "messages": {"receipt": "{title}: {discount} off"},
        },
    })
}

/// Rows of `POST /v1/offers/imports`: every coupon, and the offers that are not made of coupons.
pub fn offers(retail: &Retail) -> Vec<Value> {
    let coupons = retail.coupons.iter().filter_map(|coupon| {
        let campaign = retail.campaigns.iter().find(|campaign| campaign.campaign == coupon.campaign)?;
        Some(coupon_row(coupon, campaign))
    });
    coupons.chain(offers_for_all()).collect()
}

fn coupon_row(coupon: &Coupon, campaign: &Campaign) -> Value {
    let id = coupon_offer(coupon.campaign, coupon.coupon);
    let (method, value) = coupon_terms(&campaign.kind);
    json!({
        "template": COUPON_TEMPLATE,
        "external_id": id,
        "values": {
            "coupon": coupon.coupon.to_string(),
            "campaign": campaign.campaign,
            "audience": campaign_group(campaign.campaign),
            "start": campaign.start.to_string(),
            "end": campaign.end.to_string(),
            "goods": id,
            "method": method,
            "value": value,
        },
    })
}
