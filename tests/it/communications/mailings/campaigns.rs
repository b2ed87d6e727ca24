//! The campaigns of a real year as mailings: each sends the coupons of its campaign to the households that it reached, but for
//! a control group; then receipts of that year are sold with the codes of the mails. What is credited to each mailing is what
//! is counted in the data without the host.

use std::collections::{BTreeMap, BTreeSet};

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use tests::retail::{self, Campaign, Retail, campaign_group, coupon_offer, coupon_terms};

use super::sink::Sink;
use super::{attributes, channel, open};
use crate::communications::{events_of, now_ms};
use crate::shop::{Database, Shop, hundredths, on_both_databases, path};
use crate::waiting::until;

on_both_databases!(campaigns_of_a_year_reconcile_with_their_redemptions,);

/// Sells all receipts of the households that campaigns reached, if it is `all`; else those with redemptions, and some others.
const RECEIPTS: &str = "OFFER_HOST_TEST_CAMPAIGNS";
/// One of so many receipts is sold besides.
const SOME: usize = 6;
/// The longest time in which purchases are credited, in days.
const WINDOW_MAX: i32 = 90;

/// The part of the year that is replayed.
struct Replay {
    retail: Retail,
    rows: Vec<Value>,
    /// Receipts by their places.
    sold: Vec<usize>,
    /// Redemptions by household, coupon's offer and place of the receipt.
    redeemed: BTreeSet<(u32, String, usize)>,
}

fn zone() -> TimeZone {
    TimeZone::get(retail::TIME_ZONE).expect("a zone")
}

fn member(household: u32) -> String {
    format!("household-{household}")
}

fn is_ghost(household: u32) -> bool {
    ControlGroup { percent: Percent(2_000), salt: "retail".to_owned() }.contains(&member(household))
}

impl Replay {
    fn read() -> Self {
        let retail = Retail::read(&retail::folder().expect("the data")).expect("readable data");
        let rows = retail::receipt_rows(&retail).expect("rows");
        let mut redeemed = BTreeSet::new();
        for (place, (receipt, row)) in retail.receipts.iter().zip(&rows).enumerate() {
            let day = receipt.ts.to_zoned(zone()).date();
            let shown: Vec<&str> =
                row["coupons"].as_array().expect("coupons").iter().filter_map(Value::as_str).collect();
            let of_receipt = retail.redemptions.iter().filter(|redemption| {
                (redemption.household, redemption.date) == (receipt.household, day)
                    && shown.contains(&redemption.coupon.to_string().as_str())
            });
            redeemed.extend(of_receipt.map(|redemption| {
                (receipt.household, coupon_offer(redemption.campaign, redemption.coupon), place)
            }));
        }
        let with: BTreeSet<usize> = redeemed.iter().map(|(_, _, place)| *place).collect();
        let reached: BTreeSet<u32> =
            retail.campaigns.iter().flat_map(|campaign| campaign.households.iter().copied()).collect();
        let buyers: BTreeSet<u32> = redeemed.iter().map(|(household, ..)| *household).collect();
        let all = std::env::var(RECEIPTS).is_ok_and(|value| value == "all");
        let is_sold = |place: &usize| {
            let household = retail.receipts[*place].household;
            if all {
                return reached.contains(&household);
            }
            with.contains(place) || buyers.contains(&household) && place.is_multiple_of(SOME)
        };
        let sold = (0..rows.len()).filter(is_sold).collect();
        Self { retail, rows, sold, redeemed }
    }

    /// Offers of coupons of a campaign that anybody redeemed.
    fn offers_of(&self, campaign: u32) -> BTreeSet<String> {
        let of_campaign = self.retail.redemptions.iter().filter(|redemption| redemption.campaign == campaign);
        of_campaign.map(|redemption| coupon_offer(campaign, redemption.coupon)).collect()
    }

    /// True if a receipt has goods of a coupon that cost something.
    fn has_goods(&self, place: usize, offer: &str) -> bool {
        let is_it = |coupon: &&retail::Coupon| coupon_offer(coupon.campaign, coupon.coupon) == offer;
        let coupon = self.retail.coupons.iter().find(is_it).expect("a coupon");
        let lines = &self.retail.receipts[place].lines;
        lines.iter().any(|line| coupon.products.contains(&line.product) && line.qty > 0 && line.amount() > 0)
    }
}

/// When the mailing of a campaign goes out: on its first day, each a second after the one before.
fn sent_at(campaign: &Campaign) -> i64 {
    let start = campaign.start.to_zoned(zone()).expect("a day").timestamp();
    start.as_millisecond() + i64::from(campaign.campaign) * 1_000
}

/// Days in which purchases are credited.
fn window(campaign: &Campaign) -> i32 {
    (campaign.end - campaign.start).get_days().min(WINDOW_MAX)
}

/// The catalogue that the receipts need, with the goods of each coupon as a group.
fn stock(shop: &Shop, replay: &Replay) {
    let retail = &replay.retail;
    let goods: BTreeSet<u64> = replay
        .sold
        .iter()
        .flat_map(|place| retail.receipts[*place].lines.iter().map(|line| line.product))
        .collect();
    let stores: BTreeSet<u32> = replay.sold.iter().map(|place| retail.receipts[*place].store).collect();
    let mut rows = vec![json!({"type": "category", "id": 1, "code": "ALL", "name": "All", "parent": null})];
    rows.extend((1_u32..).zip(&goods).map(|(id, code)| {
        json!({"type": "product", "id": id, "goods_code": code.to_string(), "name": format!("Goods {code}"), "category": "ALL"})
    }));
    rows.extend(
        stores.iter().map(
            |store| json!({"type": "pos", "id": format!("store-{store}"), "time_zone": retail::TIME_ZONE}),
        ),
    );
    let mut offers = Vec::new();
    for campaign in &retail.campaigns {
        let wanted = replay.offers_of(campaign.campaign);
        for coupon in retail.coupons.iter().filter(|coupon| coupon.campaign == campaign.campaign) {
            let id = coupon_offer(campaign.campaign, coupon.coupon);
            if !wanted.contains(&id) {
                continue;
            }
            let of_coupon: Vec<String> =
                coupon.products.iter().filter(|code| goods.contains(code)).map(u64::to_string).collect();
            rows.push(json!({"type": "group", "id": id, "name": id, "include": {"products": of_coupon}}));
            let (method, value) = coupon_terms(&campaign.kind);
            let params =
                json!({"reward": "discount", "items": [{"target": id, "method": method, "value": value}]});
            let period = json!({"start": campaign.start.to_string(), "end": campaign.end.to_string()});
            offers.push((
                id,
                json!({"mechanic": "group", "params": params, "filters": {"period": period},
                                    "stacking": {"mode": "cumulative", "priority": 10}}),
            ));
        }
    }
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import("/v1/catalog/imports", &rows.join("\n")).accepted();
    for (id, offer) in offers {
        shop.run_offer(&id, &offer);
        shop.put(&format!("/v1/coupon-pools/{id}"), &json!({"offer": id, "uses": 9}).to_string()).accepted();
        let generate = json!({"generate": 60, "length": 10}).to_string();
        let codes = format!("/v1/coupon-pools/{id}/codes");
        shop.call(("POST", &codes), "integration", &[("Content-Type", "application/json")], &generate)
            .accepted();
        until("there are codes", || {
            shop.as_integration("GET", &format!("/v1/coupon-pools/{id}"), "").accepted()["codes"] == 60
        });
    }
}

/// Households with card, address and consent; an attribute for each campaign says whom it reached.
fn enrol(shop: &Shop, retail: &Retail) {
    let households: BTreeSet<u32> = retail.households.iter().map(|household| household.household).collect();
    let row = |household: &u32| {
        let card = json!({"kind": "card", "value": household.to_string()});
        json!({"id": member(*household), "identifiers": [card]}).to_string()
    };
    shop.import("/v1/members/imports", &households.iter().map(row).collect::<Vec<_>>().join("\n")).accepted();
    shop.put("/v1/attributes/time_zone", r#"{"type":"string"}"#).accepted();
    let mut rows = Vec::new();
    for household in &households {
        rows.push((member(*household), "email", format!("h{household}@example.com")));
        rows.push((member(*household), "time_zone", retail::TIME_ZONE.to_owned()));
    }
    attributes(shop, &rows);
    let mut reached = Vec::new();
    for campaign in &retail.campaigns {
        let name = campaign_group(campaign.campaign);
        shop.put(&format!("/v1/attributes/{name}"), r#"{"type":"bool"}"#).accepted();
        reached.extend(campaign.households.iter().map(|household| {
            json!({"identifier_kind": "member", "identifier": member(*household), "attribute": name, "value": true}).to_string()
        }));
    }
    shop.import("/v1/attributes/imports", &reached.join("\n")).accepted();
    let at = now_ms() - 60_000;
    let consent = |household: &u32| {
        json!({"member": {"id": member(*household)}, "channel": "mail", "topic": "news", "state": "granted",
               "at": at, "source": "test", "text_version": "1"})
        .to_string()
    };
    shop.import("/v1/consents", &households.iter().map(consent).collect::<Vec<_>>().join("\n")).accepted();
}

/// Sends the mailing of a campaign, and moves it to the day on which the campaign began.
fn send(shop: &Shop, replay: &Replay, campaign: &Campaign) {
    let name = campaign_group(campaign.campaign);
    let codes: String = replay
        .offers_of(campaign.campaign)
        .iter()
        .map(|offer| format!("<p>[{offer}:{{{{ coupon('{offer}') }}}}]</p>"))
        .collect();
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {"subject": name, "html":
            format!("<html><body>{codes}<a href=\"{{{{ unsubscribe_url }}}}\">No more</a></body></html>")}},
    });
    shop.put(&format!("/v1/message-templates/{name}"), &template.to_string()).accepted();
    let mailing = json!({
        "template": name, "channel": "mail", "topic": "news", "attribution_days": window(campaign),
        "audience": {"rule": {"attribute": name, "is": true}},
        "control_group": {"percent": "20", "salt": "retail"},
    });
    let address = format!("/v1/mailings/{name}");
    shop.put(&address, &mailing.to_string()).accepted();
    super::start(shop, &name);
    until("the mailing is done", || shop.as_integration("GET", &address, "").accepted()["state"] == "done");
    let told = shop.as_integration("GET", &format!("{address}/statistics"), "").accepted();
    let ghosts = campaign.households.iter().filter(|household| is_ghost(**household)).count();
    let sent = campaign.households.len() - ghosts;
    assert_eq!(
        (&told["messages"]["sent"], &told["messages"]["ghost"]),
        (&json!(sent), &json!(ghosts)),
        "{told}"
    );
    let at = sent_at(campaign);
    shop.communications_sql(&format!(
        "UPDATE messages SET planned_at = {at}, not_before = {at}, changed_at = {at},
             sent_at = CASE WHEN sent_at IS NULL THEN NULL ELSE {at} END WHERE cause = 'mailing/{name}'"
    ));
    shop.communications_sql(&format!("UPDATE mailings SET started_at = {at} WHERE name = '{name}'"));
}

/// The codes that households have got, by household and offer.
fn codes(sink: &Sink) -> BTreeMap<(u32, String), String> {
    let mut codes = BTreeMap::new();
    for (address, mails) in sink.mails() {
        let household = address.trim_start_matches('h').split('@').next().expect("a name");
        let household: u32 = household.parse().expect("a number");
        for mail in mails {
            let mail = mail.replace("=\r\n", "").replace("=3D", "=");
            for part in mail.split("[coupon-").skip(1) {
                let (offer, code) = part.split_once(':').expect("a code");
                let code = code.split(']').next().expect("an end");
                codes.insert((household, format!("coupon-{offer}")), code.to_owned());
            }
        }
    }
    codes
}

/// A purchase as the till answered it.
struct Bought {
    household: u32,
    at: Timestamp,
    /// Offers of the coupons that paid.
    used: BTreeSet<String>,
    /// Cents.
    net: i64,
}

/// Sells the receipts, with the codes that the mails brought.
fn sell(shop: &Shop, replay: &Replay, codes: &BTreeMap<(u32, String), String>) -> Vec<Bought> {
    let mut all = Vec::new();
    for place in &replay.sold {
        let (receipt, mut row) = (&replay.retail.receipts[*place], replay.rows[*place].clone());
        let household = receipt.household;
        let id = row["purchase_id"].as_str().expect("an id").to_owned();
        row.as_object_mut().expect("an object").remove("purchase_id");
        let redeemed = replay.redeemed.iter().filter(|(of, _, at)| (*of, at) == (household, place));
        let shown: Vec<&String> =
            redeemed.filter_map(|(_, offer, _)| codes.get(&(household, offer.clone()))).collect();
        row["coupons"] = json!(shown);
        let sold = shop.post(&path(&id, "calculate"), &id, &row.to_string()).accepted();
        shop.post(&path(&id, "confirm"), &format!("{id}-c"), "").accepted();
        let lines = sold["lines"].as_array().expect("lines").iter();
        let offers = lines.flat_map(|line| line["offers"].as_array().expect("offers").clone());
        let used = offers.map(|reward| reward["offer"].as_str().expect("an id").to_owned()).collect();
        all.push(Bought { household, at: receipt.ts, used, net: hundredths(&sold["totals"]["payable"]) });
    }
    all
}

/// Numbers of purchases and cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    orders: i64,
    net: i64,
}

/// The purchases credited to a campaign, counted without the host: those of its window, for which no later message counts.
fn credited(
    replay: &Replay,
    bought: &[Bought],
    campaign: &Campaign,
    counts: impl Fn(&Campaign, &Bought) -> bool,
) -> Sum {
    let day = |at: i64| -> Date { Timestamp::from_millisecond(at).expect("a time").to_zoned(zone()).date() };
    let mut sum = Sum::default();
    for purchase in bought {
        let at = purchase.at.as_millisecond();
        let may = |other: &&Campaign| {
            let sent = sent_at(other);
            other.households.contains(&purchase.household)
                && sent <= at
                && day(at) <= day(sent) + window(campaign).days()
                && counts(other, purchase)
        };
        let latest = replay.retail.campaigns.iter().filter(may).max_by_key(|other| sent_at(other));
        if latest.is_some_and(|latest| latest.campaign == campaign.campaign) {
            sum.orders += 1;
            sum.net += purchase.net;
        }
    }
    sum
}

fn campaigns_of_a_year_reconcile_with_their_redemptions(database: Database) {
    let replay = Replay::read();
    let shop = open(
        database,
        &[
            ("COMMUNICATIONS__EVENTS_DAYS", "0"),
            ("COMMUNICATIONS__MESSAGES_DAYS", "36500"),
            ("COMMUNICATIONS__SEND_LEASE_MS", "60000"),
            ("RETENTION__RESULTS_DAYS", "0"),
            ("PURCHASES__TILL_BEHIND_SECONDS", "100000000000"),
        ],
    );
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    stock(&shop, &replay);
    enrol(&shop, &replay.retail);
    assert_eq!(replay.retail.campaigns.len(), 27);
    for campaign in &replay.retail.campaigns {
        send(&shop, &replay, campaign);
    }
    let bought = sell(&shop, &replay, &codes(&sink));
    let last = replay.rows[*replay.sold.last().expect("a receipt")].clone();
    let household = replay.retail.receipts[*replay.sold.last().expect("a receipt")].household;
    until("all purchases are events", || {
        events_of(&shop, &member(household))
            .iter()
            .any(|event| event["payload"]["purchase_id"] == last["purchase_id"])
    });

    let mut used_orders = 0;
    for campaign in &replay.retail.campaigns {
        let name = campaign_group(campaign.campaign);
        let told = shop.as_integration("GET", &format!("/v1/mailings/{name}/attribution"), "").accepted();
        let of = |told: &Value| Sum {
            orders: told["orders"].as_i64().expect("a number"),
            net: hundredths(&told["net"]),
        };
        let offers = |of: &Campaign| replay.offers_of(of.campaign);
        let used = credited(&replay, &bought, campaign, |other, purchase| {
            !is_ghost(purchase.household) && !offers(other).is_disjoint(&purchase.used)
        });
        assert_eq!(of(&told["used"]), used, "{name}: {told}");
        used_orders += used.orders;
        // The latest message counts, whichever it is: whoever is a ghost of one is a ghost of all.
        for (group, ghosts) in [("sent", false), ("ghosts", true)] {
            let expected =
                credited(&replay, &bought, campaign, |_, purchase| is_ghost(purchase.household) == ghosts);
            let told = &told["control_group"][group];
            assert_eq!(of(told), expected, "{name}, {group}: {told}");
            let members = campaign.households.iter().filter(|household| is_ghost(**household) == ghosts);
            assert_eq!(told["members"], json!(members.count()), "{name}, {group}");
        }
    }

    // Redemptions of the data: those of ghosts had no code; of the others each paid whose goods are on the receipt.
    let (of_ghosts, of_others): (Vec<_>, Vec<_>) =
        replay.redeemed.iter().partition(|(household, ..)| is_ghost(*household));
    assert_eq!((replay.redeemed.len(), of_ghosts.len()), (70, 15));
    let paid: BTreeSet<_> =
        of_others.iter().filter(|(_, offer, place)| replay.has_goods(*place, offer)).collect();
    let found: usize = bought.iter().map(|purchase| purchase.used.len()).sum();
    assert_eq!(found, paid.len(), "of {} redemptions", of_others.len());
    let receipts: BTreeSet<usize> = paid.iter().map(|(.., place)| *place).collect();
    assert_eq!(
        usize::try_from(used_orders).expect("a number"),
        receipts.len(),
        "each receipt is credited once"
    );
    shop.verify();
}
