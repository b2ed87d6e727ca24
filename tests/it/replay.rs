//! Some households' year through HTTP; `examples/replay.rs` does it with everybody's.

use std::collections::{BTreeMap, BTreeSet};

use tests::replay::{self, Replay, Totals};
use tests::retail::{self, Retail};

/// Enough for a few hundred receipts.
const HOUSEHOLDS: usize = 4;

/// The data of the households that redeemed the most coupons.
fn of_some_households() -> Retail {
    let mut retail = Retail::read(&retail::folder().expect("the data")).expect("readable data");
    let mut redeemed: BTreeMap<u32, usize> = BTreeMap::new();
    for redemption in &retail.redemptions {
        *redeemed.entry(redemption.household).or_default() += 1;
    }
    let mut by_coupons: Vec<(usize, u32)> = redeemed.into_iter().map(|(who, count)| (count, who)).collect();
    by_coupons.sort();
    let chosen: BTreeSet<u32> = by_coupons.into_iter().rev().take(HOUSEHOLDS).map(|(_, who)| who).collect();
    retail.households.retain(|household| chosen.contains(&household.household));
    retail.receipts.retain(|receipt| chosen.contains(&receipt.household));
    retail.redemptions.retain(|redemption| chosen.contains(&redemption.household));

    let lines = retail.receipts.iter().flat_map(|receipt| &receipt.lines);
    let bought: BTreeSet<u64> = lines.map(|line| line.product).collect();
    retail.products.retain(|product| bought.contains(&product.product));
    for coupon in &mut retail.coupons {
        coupon.products.retain(|product| bought.contains(product));
    }
    retail
}

fn replayed(retail: &Retail, clients: usize, settings: &[(&str, &str)]) -> Totals {
    let replay = Replay { retail, clients, database: None, settings, progress: &|_| {} };
    replay::run(&replay).unwrap_or_else(|error| panic!("{clients} clients: {error:#}")).totals
}

#[test]
fn the_books_agree_however_many_tills_there_are() {
    let retail = of_some_households();
    let totals = replayed(&retail, 1, &[]);
    assert!(totals.purchases >= 200, "{totals:?}");
    assert!(totals.returns >= 3, "{totals:?}");
    assert!(totals.sold.discount > 0, "{totals:?}");
    assert!(totals.sold.points_spent > 0 && totals.returned.points_earned > 0, "{totals:?}");
    assert_eq!(replayed(&retail, 4, &[]), totals);
}

/// Points live from the time of the receipt on, not from that of the call.
#[test]
fn points_of_past_receipts_may_have_expired() {
    let mut retail = of_some_households();
    retail.redemptions.clear();
    retail.coupons.clear();
    retail.receipts.truncate(60);
    let a_year = [("OFFER_HOST__POINTS__LIFETIME_MINUTES", "525600")];
    let totals = replayed(&retail, 2, &a_year);
    assert!(totals.sold.points_earned > 0, "{totals:?}");
    assert_eq!(totals.sold.points_spent, 0, "{totals:?}");
}
