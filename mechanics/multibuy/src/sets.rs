//! Counts the complete sets of "buy x get y" on a receipt.

use mechanic_sdk::{Item, Receipt, Scope, exact};

use crate::reward_units;

/// The sets that every buy item allows.
pub(crate) fn complete(receipt: &Receipt, buys: &[(u32, &Item)], gets: &[(u32, &Item)]) -> i64 {
    buys.iter().map(|(_, buy)| complete_of(receipt, buy, gets)).min().unwrap_or(0)
}

/// The sets of one buy item. Units that it shares with get items are used once: bought or got.
fn complete_of(receipt: &Receipt, buy: &Item, gets: &[(u32, &Item)]) -> i64 {
    let Ok(tally) = buy.check(receipt) else { return 0 };
    let bought_per_set = buy.min_units.unwrap_or(exact::ONE_UNIT);
    let most = exact::whole_sets(tally.units, bought_per_set);
    let goods = Goods::of(receipt, &buy.scope, gets);
    if goods.shared == 0 {
        return most;
    }
    let fits = |sets: i64| {
        let bought = sets.saturating_mul(bought_per_set).saturating_sub(goods.only_bought).max(0);
        let got = sets.saturating_mul(goods.got_per_set).saturating_sub(goods.only_got).max(0);
        bought.saturating_add(got) <= goods.shared
    };
    last_that_fits(most, fits)
}

/// The units on either side of one buy item, and those on both.
#[derive(Default)]
struct Goods {
    only_bought: i64,
    shared: i64,
    only_got: i64,
    got_per_set: i64,
}

impl Goods {
    /// Get items that share no line with the buy item take nothing from it, and are left out.
    fn of(receipt: &Receipt, buy: &Scope, gets: &[(u32, &Item)]) -> Self {
        let counting = || receipt.lines.iter().filter(|(_, line)| line.counts);
        let overlaps =
            |get: &Item| counting().any(|(index, _)| buy.contains(index) && get.scope.contains(index));
        let sharing: Vec<&Item> = gets.iter().map(|(_, get)| *get).filter(|get| overlaps(get)).collect();
        let mut goods =
            Self { got_per_set: sharing.iter().map(|get| reward_units(get)).sum(), ..Self::default() };
        for (index, line) in counting() {
            let units = match (buy.contains(index), sharing.iter().any(|get| get.scope.contains(index))) {
                (true, true) => &mut goods.shared,
                (true, false) => &mut goods.only_bought,
                (false, true) => &mut goods.only_got,
                (false, false) => continue,
            };
            *units = units.saturating_add(line.quantity);
        }
        goods
    }
}

/// The largest number up to `most` that fits, if every smaller one does too.
fn last_that_fits(most: i64, fits: impl Fn(i64) -> bool) -> i64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = high - (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}
