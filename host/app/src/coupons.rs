//! Pools of unique coupon codes, and the codes of pools outside of purchases: issued, shown, listed. What purchases do
//! with codes is in `purchases::coupons`, how pools get their codes in `imports`.

pub mod codes;
pub mod pools;
mod state;

use std::collections::BTreeMap;

use crate::state::App;

/// External ids of the live offers with public codes, by the key of the code.
pub fn public_codes(app: &App) -> BTreeMap<String, String> {
    let live = app.live.load();
    let codes = live.active.plan.plan.offers.iter().flat_map(|offer| {
        offer.filters.coupons.iter().map(|code| (code.folded().to_owned(), offer.external_id.clone()))
    });
    codes.collect()
}
