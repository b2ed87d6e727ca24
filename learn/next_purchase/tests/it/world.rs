//! A made-up chain: each member has goods that they buy in cycles of their own, and now and then what many buy.

use causal::folds::split_mix;
use next_purchase::{Collector, History, Line, Receipt, Settings};
use trees::Options;

/// 1 January 2026.
pub(crate) const BEGIN: i64 = 20_454;

/// A receipt that owns its texts.
#[derive(Clone, Debug)]
pub(crate) struct Bought {
    pub(crate) member: String,
    pub(crate) day: i64,
    pub(crate) goods: Vec<String>,
}

/// Settings for few members.
pub(crate) fn settings() -> Settings {
    let trees = Options { trees: 30, depth: 3, least_rows: 20, ..Options::default() };
    Settings { forests: 2, trees, ..Settings::default() }
}

/// Receipts of some members over some days. A member shops every third day; of twelve goods each has a cycle of 6 to
/// 50 days, and two receipts of three have one of four goods that everybody buys.
pub(crate) fn receipts(members: u64, days: i64) -> Vec<Bought> {
    let mut receipts = Vec::new();
    for member in 0..members {
        let mut last = [0_i64; 12];
        for day in (0..days).step_by(3) {
            let drawn = |salt: u64| split_mix(member * 1_000_003 + u64::try_from(day).unwrap() * 17 + salt);
            let mut goods = Vec::new();
            for (slot, last) in (0_u64..).zip(&mut last) {
                let kind = split_mix(member * 31 + slot);
                let cycle = 6 + (kind >> 8).cast_signed().rem_euclid(45);
                if day - *last >= cycle + drawn(slot).cast_signed().rem_euclid(4) {
                    goods.push(format!("good {:02}", kind % 60));
                    *last = day;
                }
            }
            if drawn(99) % 3 < 2 {
                goods.push(format!("usual {}", drawn(98) % 4));
            }
            receipts.push(Bought { member: format!("m{member:03}"), day: BEGIN + day, goods });
        }
    }
    receipts
}

pub(crate) fn history(receipts: &[Bought]) -> History {
    let mut collector = Collector::default();
    for bought in receipts {
        let line = |good| Line { good, group: good.split(' ').next().unwrap() };
        let lines: Vec<Line<'_>> = bought.goods.iter().map(|good| line(good.as_str())).collect();
        let outlet = if bought.member.ends_with('1') { "one" } else { "other" };
        collector.add(&Receipt { member: &bought.member, day: bought.day, outlet, lines: &lines }).unwrap();
    }
    collector.finish().unwrap()
}
