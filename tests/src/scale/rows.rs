//! Catalogue, members and terms of any number, made while they are sent.

use std::io::{self, Read};

use serde_json::json;

/// Products of the catalogue in each category.
const PER_CATEGORY: usize = 100;
/// Personal items of a member.
const ITEMS: usize = 5;

/// Rows that are made as they are read, each with its line end.
pub(super) struct Rows<I> {
    rows: I,
    row: io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = String>> Rows<I> {
    pub(super) fn new(rows: I) -> Self {
        Self { rows, row: io::Cursor::new(Vec::new()) }
    }
}

impl<I: Iterator<Item = String>> Read for Rows<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let read = self.row.read(rest)?;
            filled += read;
            if read == 0 {
                let Some(mut row) = self.rows.next() else { break };
                row.push('\n');
                self.row = io::Cursor::new(row.into_bytes());
            }
        }
        Ok(filled)
    }
}

/// One store, and products in categories below one root.
pub(super) fn catalog(products: usize) -> impl Iterator<Item = String> {
    let pos = json!({"type": "pos", "id": "store-1/till-1", "time_zone": "Europe/Moscow"});
    let root = json!({"type": "category", "id": 1, "code": "ALL", "name": "All", "parent": null});
    let category = |number: usize| {
        json!({"type": "category", "id": number + 2, "code": format!("C{number}"),
               "name": format!("Category {number}"), "parent": "ALL"})
    };
    let categories = (0..products.div_ceil(PER_CATEGORY)).map(category);
    let product = |number: usize| {
        json!({"type": "product", "id": number + 1, "goods_code": goods(number),
               "name": format!("Product {number}, 250 g"), "category": format!("C{}", number / PER_CATEGORY)})
    };
    [pos, root].into_iter().chain(categories).chain((0..products).map(product)).map(|row| row.to_string())
}

/// Members, each with a card.
pub(super) fn members(members: usize) -> impl Iterator<Item = String> {
    (0..members).map(|number| {
        json!({"id": format!("m-{number}"), "identifiers": [{"kind": "card", "value": card(number)}]})
            .to_string()
    })
}

/// Terms of each member as CSV, five products of the member's own.
pub(super) fn terms(members: usize, products: usize) -> impl Iterator<Item = String> {
    let header = "identifier_kind,identifier,attribute,value".to_owned();
    let row = move |number: usize| {
        let item = |index: usize| {
            let target = goods((number * 7 + index * 13) % products);
            json!({"target": target, "method": "percent", "value": (5 + index).to_string(), "order": index})
        };
        let terms = json!({
            "kind": "product", "reward": "discount", "start": "2026-01-01", "end": "2099-12-31",
            "items": (0..ITEMS).map(item).collect::<Vec<_>>(),
        });
        format!("card,{},personal,\"{}\"", card(number), terms.to_string().replace('"', "\"\""))
    };
    std::iter::once(header).chain((0..members).map(row))
}

pub(super) fn goods(number: usize) -> String {
    format!("G{number:06}")
}

pub(super) fn card(number: usize) -> String {
    format!("77{number:08}")
}
