//! Files for the host, which prices the receipts.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{card, dates, member_id, money, purchase_id};
use crate::catalog::CATEGORIES;
use crate::chain::{Basket, Chain};

/// Name of the offer, and of the attribute with each member's levels.
const OFFER: &str = "your-level";

/// Stores of the chain.
const STORES: u32 = 5;

fn rows(file: &mut dyn Write, rows: impl IntoIterator<Item = Value>) -> io::Result<()> {
    rows.into_iter().try_for_each(|row| writeln!(file, "{row}"))
}

pub(super) fn catalog(_: &Chain, file: &mut dyn Write) -> io::Result<()> {
    rows(file, (1..=STORES).map(|store| json!({"type": "pos", "id": till(store), "time_zone": "UTC"})))?;
    rows(
        file,
        (1..).zip(CATEGORIES).map(|(id, category)| {
            json!({"type": "category", "id": id, "code": category.code, "name": category.name, "parent": null})
        }),
    )?;
    let products = CATEGORIES.iter().flat_map(|category| category.products.iter().map(|product| (category.code, product)));
    rows(
        file,
        (1..).zip(products).map(|(id, (category, product))| {
            json!({
                "type": "product", "id": id, "goods_code": product.code, "name": product.name, "category": category,
            })
        }),
    )
}

fn till(store: u32) -> String {
    format!("store-{store}/till-1")
}

/// A member has an item for each week with an offer, which holds through that week only.
pub(super) fn members(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    rows(
        file,
        (0..chain.settings().members).map(|member| {
            let mut row = json!({
                "id": member_id(member), "identifiers": [{"kind": "card", "value": card(member)}],
            });
            let items = items(chain, member);
            if let Some(row) = row.as_object_mut().filter(|_| !items.is_empty()) {
                let terms = json!({"kind": "ml", "id_space": "external", "reward": "discount", "items": items});
                row.insert("attributes".to_owned(), json!({OFFER: terms}));
            }
            row
        }),
    )
}

fn items(chain: &Chain, member: u32) -> Vec<Value> {
    let target = chain.member(member).favourite_category().code;
    (1..=chain.settings().weeks)
        .filter_map(|week| {
            let arm = chain.arms().get(usize::from(chain.assign(member, week)))?;
            let (start, end) = dates::days(week);
            (arm.percent > 0).then(|| {
                json!({
                    "target_kind": "category", "target": target, "method": "percent",
                    "value": arm.percent.to_string(), "start": start, "end": end,
                })
            })
        })
        .collect()
}

pub(super) fn offers(_: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let offer = json!({
        "external_id": OFFER, "title": "Your level on your favourite goods", "mechanic": "ml", "attribute": OFFER,
        "stacking": {"mode": "exclusive", "priority": 1},
    });
    writeln!(file, "{:#}", json!([offer]))
}

pub(super) fn receipts(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    for week in 1..=chain.settings().weeks {
        let mut buyers: Vec<(u32, u32, u8)> = (0..chain.settings().members)
            .filter_map(|member| {
                let arm = chain.assign(member, week);
                chain.basket(member, week, arm).map(|basket| (basket.minute, member, arm))
            })
            .collect();
        buyers.sort_unstable();
        for (_, member, arm) in buyers {
            if let Some(basket) = chain.basket(member, week, arm) {
                writeln!(file, "{}", receipt(chain, member, week, &basket))?;
            }
        }
    }
    Ok(())
}

fn receipt(chain: &Chain, member: u32, week: u32, basket: &Basket) -> Value {
    let lines: Vec<Value> = (1..)
        .zip(&basket.lines)
        .map(|(position, line)| {
            json!({
                "position": position, "goods_id": line.product.code, "name": line.product.name,
                "quantity": line.quantity.to_string(), "price": money(i64::from(line.product.price)),
                "amount": money(line.amount),
            })
        })
        .collect();
    json!({
        "purchase_id": purchase_id(member, week), "at": dates::moment(week, basket.minute),
        "pos": till(chain.member(member).store), "member": {"kind": "card", "value": card(member)}, "lines": lines,
    })
}
