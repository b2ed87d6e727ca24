//! Coupon codes of pools on a receipt: those that the store has of them, and those that a priced receipt takes.

use std::collections::BTreeSet;

use domain::caseless::Code;
use domain::coupon::{self, CodeLife, CouponRefusal, PoolCoupon};
use domain::id::CHARACTERS_MAX;
use domain::offer::OfferId;
use domain::plan::Plan;
use domain::pricing::PricedReceipt;
use domain::receipt::Receipt;
use store::{CouponClaim, FoundCoupon};

use crate::error::Error;
use crate::results::events::{Event, OfCoupon};
use crate::state::App;

/// The codes of a receipt that belong to pools, and their claims if the receipt uses them.
#[derive(Default)]
pub(super) struct ReceiptCoupons {
    /// In the order of the receipt.
    pub(super) read: Vec<PoolCoupon>,
    found: Vec<FoundCoupon>,
}

impl ReceiptCoupons {
    /// Reads the codes as they are for a buyer, at the time of the receipt. `purchase_id` is the purchase whose own
    /// reservations do not count.
    pub(super) async fn read(
        app: &App,
        plan: &Plan,
        receipt: &Receipt,
        buyer: Option<&str>,
        (purchase_id, now): (&str, i64),
    ) -> Result<Self, Error> {
        if receipt.coupons.is_empty() {
            return Ok(Self::default());
        }
        let running: BTreeSet<&str> =
            plan.offers.iter().flat_map(|offer| &offer.filters.coupon_pools).map(String::as_str).collect();
        let public = plan.offers.iter().flat_map(|offer| &offer.filters.coupons);
        let public: BTreeSet<&str> = public.map(|code| receipt.compared(code)).collect();
        let is_public = |code: &Code| public.contains(receipt.compared(code));
        if running.is_empty() && receipt.coupons.iter().all(is_public) {
            return Ok(Self::default());
        }
        // No stored code is longer.
        let is_short = |code: &&Code| code.folded().chars().count() <= CHARACTERS_MAX;
        let codes: Vec<&Code> = coupon::distinct(&receipt.coupons).filter(is_short).collect();
        let keys: Vec<String> = codes.iter().map(|code| code.folded().to_owned()).collect();
        let found = app.store.find_coupons(&keys, purchase_id, now).await?;
        let read = |code: &&Code| {
            let found = found.iter().find(|found| found.key == code.folded())?;
            let life = CodeLife {
                member: found.member_id.as_deref(),
                most: found.most,
                used: found.used,
                reserved: found.reserved,
                expires_at: found.expires_at,
            };
            let is_running = running.contains(found.pool.as_str());
            let not_running = (!is_running).then_some(CouponRefusal::OfferNotRunning);
            let refusal = life.refusal(buyer, receipt.at.instant).or(not_running);
            Some(PoolCoupon { code: (*code).clone(), pool: found.pool.clone(), refusal })
        };
        Ok(Self { read: codes.iter().filter_map(read).collect(), found })
    }

    /// The claims of a priced receipt: on the code of each offer that pays.
    pub(super) fn claims(&self, plan: &Plan, receipt: &Receipt, priced: &PricedReceipt) -> Vec<CouponClaim> {
        let used = used(plan, receipt, &self.read, priced);
        let claim = |(code, _, _): (&Code, &str, &str)| {
            let found = self.found.iter().find(|found| found.key == code.folded())?;
            Some(CouponClaim { key: found.key.clone(), most: found.most })
        };
        used.into_iter().filter_map(claim).collect()
    }
}

/// Code, pool and external id of the offer of each code of a pool that a priced receipt uses.
fn used<'a>(
    plan: &'a Plan,
    receipt: &'a Receipt,
    coupons: &'a [PoolCoupon],
    priced: &PricedReceipt,
) -> Vec<(&'a Code, &'a str, &'a str)> {
    if coupons.is_empty() {
        return Vec::new();
    }
    let paid: BTreeSet<OfferId> =
        priced.lines.iter().flat_map(|line| &line.offers).map(|reward| reward.offer).collect();
    let used = |offer: OfferId| {
        let offer = plan.offer(offer)?;
        let presented = coupon::presented(&offer.filters, receipt, coupons)?;
        Some((presented.code, presented.pool?, offer.external_id.as_str()))
    };
    paid.into_iter().filter_map(used).collect()
}

/// The events about the codes that a priced receipt uses.
pub(super) fn events<'a>(
    plan: &'a Plan,
    receipt: &'a Receipt,
    coupons: &'a [PoolCoupon],
    priced: &PricedReceipt,
) -> impl Iterator<Item = Event<'a>> {
    let used = used(plan, receipt, coupons, priced).into_iter();
    used.map(|(code, pool, offer)| {
        Event::CouponUsed(OfCoupon { coupon: code.written(), pool, offer, return_id: None })
    })
}
