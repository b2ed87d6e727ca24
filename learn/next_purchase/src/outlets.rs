//! What is bought in each outlet.

use std::collections::BTreeMap;

use crate::history::{Basket, History};
use crate::slots::{add, at};

/// Receipts of the whole chain that are added to those of an outlet.
const PRIOR: u64 = 50;

/// Receipts of the last weeks, by outlet and good.
#[derive(Debug)]
pub(crate) struct Outlets {
    receipts: Vec<u64>,
    all_receipts: u64,
    with: BTreeMap<(u32, u32), u64>,
    all_with: Vec<u64>,
}

impl Outlets {
    pub(crate) fn new(history: &History) -> Self {
        let outlets = usize::try_from(history.outlets).unwrap_or_default();
        Self {
            receipts: vec![0; outlets],
            all_receipts: 0,
            with: BTreeMap::new(),
            all_with: vec![0; history.goods.len()],
        }
    }

    pub(crate) fn count(&mut self, history: &History, basket: &Basket) {
        add(&mut self.receipts, basket.outlet, 1);
        self.all_receipts += 1;
        for good in history.goods_of(basket) {
            *self.with.entry((basket.outlet, *good)).or_default() += 1;
            add(&mut self.all_with, *good, 1);
        }
    }

    /// Share of an outlet's receipts with a good, in millionths, drawn to that of the chain.
    pub(crate) fn share(&self, outlet: u32, good: u32) -> i64 {
        let usual = crate::slots::millionths(at(&self.all_with, good), self.all_receipts);
        let usual = u64::try_from(usual).unwrap_or_default();
        let with = self.with.get(&(outlet, good)).copied().unwrap_or_default();
        let whole = (at(&self.receipts, outlet) + PRIOR) * 1_000_000;
        crate::slots::millionths(with * 1_000_000 + PRIOR * usual, whole)
    }
}
