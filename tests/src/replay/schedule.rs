//! The calls of the tills and their order. The purchases are the same for any number of tills.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context as _;
use domain::decimal::{format_trimmed, parse_scaled};
use serde_json::{Value, json};

use crate::retail::{self, Retail};

/// Receipts of 100 that are returned in part or whole.
const RETURNED_PERCENT: u64 = 3;
/// Receipts of the same household between a purchase and its return, so that points may be spent meanwhile.
const RETURNED_AFTER: usize = 3;
/// One receipt of this many is paid with points as far as they go.
const PAYS_WITH_POINTS_EVERY: usize = 20;
/// One confirmation of this many is sent twice.
const CONFIRMED_TWICE_EVERY: usize = 50;

/// A purchase to make, and its return.
pub(super) struct Purchase {
    pub(super) id: String,
    /// The receipt as it is sent.
    pub(super) body: String,
    /// True if the till sends the confirmation twice, as if the first answer were lost.
    pub(super) confirmed_twice: bool,
    /// The return of it, if any.
    pub(super) given_back: Option<Return>,
}

/// A return to make.
pub(super) struct Return {
    /// The return as it is sent.
    pub(super) body: String,
    /// True if the whole purchase is returned.
    pub(super) whole: bool,
}

/// An action of a till, for the purchase with this index.
#[derive(Clone, Copy)]
pub(super) enum TillAction {
    Buy(usize),
    GiveBack(usize),
}

/// All purchases, and the actions of each till.
pub(super) struct Schedule {
    pub(super) purchases: Vec<Purchase>,
    /// The actions of each till, in order. A household always buys at the same till, in the order of the data, so that
    /// its points do not depend on the number of tills.
    pub(super) tills: Vec<Vec<TillAction>>,
}

impl Schedule {
    pub(super) fn new(retail: &Retail, tills: usize) -> anyhow::Result<Self> {
        let rows = retail::receipt_rows(retail)?;
        let purchases: anyhow::Result<Vec<Purchase>> =
            rows.into_iter().enumerate().map(|(number, row)| purchase(number, row)).collect();
        let purchases = purchases?;
        let households: Vec<u32> = retail.receipts.iter().map(|receipt| receipt.household).collect();
        let till_of = tills_of_households(&households, tills);
        let mut actions = vec![Vec::new(); tills];
        for (household, action) in actions_in_order(&households, &purchases) {
            if let Some(actions) = till_of.get(&household).and_then(|&till| actions.get_mut(till)) {
                actions.push(action);
            }
        }
        Ok(Self { purchases, tills: actions })
    }
}

fn purchase(number: usize, mut row: Value) -> anyhow::Result<Purchase> {
    let fields = row.as_object_mut().context("a receipt is an object")?;
    let id = fields.remove("purchase_id").context("a receipt has an id")?;
    let id = id.as_str().context("an id is text")?.to_owned();
    if number % PAYS_WITH_POINTS_EVERY == PAYS_WITH_POINTS_EVERY - 1 {
        fields.insert("pay_points".to_owned(), "max".into());
    }
    let confirmed_twice = number % CONFIRMED_TWICE_EVERY == CONFIRMED_TWICE_EVERY - 1;
    let given_back = give_back(stable_hash(&id), &row)?;
    Ok(Purchase { id, body: row.to_string(), confirmed_twice, given_back })
}

/// The return of a receipt: none for most; for the others all lines, or part of every other line.
fn give_back(hash: u64, row: &Value) -> anyhow::Result<Option<Return>> {
    if hash % 100 >= RETURNED_PERCENT {
        return Ok(None);
    }
    let whole = (hash / 100).is_multiple_of(2);
    let mut lines = Vec::new();
    for line in row.get("lines").and_then(Value::as_array).context("a receipt has lines")? {
        let quantity = line.get("quantity").and_then(Value::as_str).context("a line has a quantity")?;
        let sold = parse_scaled(quantity, 3)?;
        if sold > 0 {
            let quantity = if whole { sold } else { part_of(sold) };
            lines.push(json!({"position": line.get("position"), "quantity": format_trimmed(quantity, 3)}));
        }
    }
    if !whole {
        lines = lines.into_iter().step_by(2).collect();
    }
    Ok((!lines.is_empty()).then(|| Return { body: json!({"lines": lines}).to_string(), whole }))
}

/// Half of a quantity in thousandths; of whole units a whole number, at least one.
fn part_of(sold: i64) -> i64 {
    if sold % 1000 == 0 { (sold / 2000).max(1) * 1000 } else { (sold + 1) / 2 }
}

/// The actions with their households: purchases in the order of the data, and each return some purchases of its
/// household later, or at the end.
fn actions_in_order(households: &[u32], purchases: &[Purchase]) -> Vec<(u32, TillAction)> {
    let mut actions = Vec::new();
    let mut waiting: BTreeMap<u32, VecDeque<(usize, usize)>> = BTreeMap::new();
    let mut bought: BTreeMap<u32, usize> = BTreeMap::new();
    for (number, (&household, purchase)) in households.iter().zip(purchases).enumerate() {
        actions.push((household, TillAction::Buy(number)));
        let count = bought.entry(household).or_default();
        *count += 1;
        let waiting = waiting.entry(household).or_default();
        if waiting.front().is_some_and(|(due, _)| due <= count)
            && let Some((_, number)) = waiting.pop_front()
        {
            actions.push((household, TillAction::GiveBack(number)));
        }
        if purchase.given_back.is_some() {
            waiting.push_back((*count + RETURNED_AFTER, number));
        }
    }
    let left = waiting.into_iter().flat_map(|(household, waiting)| {
        waiting.into_iter().map(move |(_, number)| (household, TillAction::GiveBack(number)))
    });
    actions.extend(left);
    actions
}

/// The till of each household: those with the most receipts choose first, each the till with the least to do.
fn tills_of_households(households: &[u32], tills: usize) -> BTreeMap<u32, usize> {
    let mut receipts: BTreeMap<u32, usize> = BTreeMap::new();
    for household in households {
        *receipts.entry(*household).or_default() += 1;
    }
    let mut by_size: Vec<(u32, usize)> = receipts.into_iter().collect();
    by_size.sort_by_key(|&(household, receipts)| (std::cmp::Reverse(receipts), household));
    let mut load = vec![0; tills];
    let mut till_of = BTreeMap::new();
    for (household, receipts) in by_size {
        if let Some((till, load)) = load.iter_mut().enumerate().min_by_key(|(till, load)| (**load, *till)) {
            *load += receipts;
            till_of.insert(household, till);
        }
    }
    till_of
}

/// FNV-1a with a finaliser that spreads it over the low digits too.
fn stable_hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
