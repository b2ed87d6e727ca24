//! The events of a return in the results feed, with amounts below zero: one for the return, and one for each offer
//! that had paid on a line that comes back. If nothing is left of the purchase, also one for each code of a pool that it used.

use std::collections::BTreeMap;

use domain::decimal::format_scaled;
use domain::quantities::Quantity;
use domain::returns::ReturnedLine;
use store::{ReturnRecord, UsedCoupon, till_id};
use wire::reader::Scales;

use super::undone::Undone;
use crate::error::Error;
use crate::purchases::sold::{PurchasedLine, Reward};
use crate::purchases::sums::sum;
use crate::results;
use crate::results::events::{self, Event, Goods, OfCoupon, OfOffer, OnLine, Sums};

/// The events as they are stored.
pub(super) fn write(undone: &Undone, record: &ReturnRecord, coupons: &[UsedCoupon]) -> Result<String, Error> {
    let back = Back { undone, own: undone.by_position(), record, scales: undone.sold.scales };
    let offers = back.offers()?;
    let discount = sum(offers.values().flatten().map(|share| share.money))?;
    let mut all = vec![Event::Returned(back.sums(discount)?)];
    for shares in offers.into_values() {
        all.extend(back.of_offer(&shares)?);
    }
    all.extend(coupons.iter().map(|UsedCoupon { code, pool, offer }| {
        Event::CouponGivenBack(OfCoupon { coupon: code, pool, offer, return_id: Some(till_id(&record.id)) })
    }));
    events::write(&all).map_err(|problems| Error::internal(&problems))
}

struct Back<'a> {
    undone: &'a Undone,
    /// The lines of this return.
    own: BTreeMap<u32, &'a ReturnedLine>,
    record: &'a ReturnRecord,
    scales: Scales,
}

/// The part of one reward on one line that comes back.
struct Share<'a> {
    line: &'a PurchasedLine,
    reward: &'a Reward,
    money: i64,
    points: i64,
}

impl<'a> Back<'a> {
    /// By external id.
    fn offers(&self) -> Result<BTreeMap<&'a str, Vec<Share<'a>>>, Error> {
        let mut offers: BTreeMap<&str, Vec<Share<'a>>> = BTreeMap::new();
        let comes_back = |line: &&PurchasedLine| self.own.contains_key(&line.sold.position);
        for line in self.undone.sold.lines.iter().filter(comes_back) {
            for reward in &line.rewards {
                let money = self.undone.share(line, reward.money.0)?;
                let points = self.undone.share(line, reward.points.0)?;
                offers.entry(&reward.offer).or_default().push(Share { line, reward, money, points });
            }
        }
        Ok(offers)
    }

    fn sums(&self, discount: i64) -> Result<Sums<'a>, Error> {
        let total = |value: fn(&ReturnedLine) -> i64| sum(self.undone.lines.iter().map(value));
        let (payable, points_paid) = (total(|line| line.payable.0)?, total(|line| line.points_paid.0)?);
        let amount = sum([payable, points_paid, discount])?;
        Ok(Sums {
            pos: None,
            plan: None,
            return_id: Some(till_id(&self.record.id)),
            amount: self.money(amount),
            discount: self.money(discount),
            points_paid: self.money(points_paid),
            payable: self.money(payable),
            points_spent: self.points(self.record.points_back),
            points_earned: self.points(total(|line| line.points_earned.0)?),
            lines: self.goods()?,
        })
    }

    fn goods(&self) -> Result<Vec<Goods<'a>>, Error> {
        let sold = self.undone.sold.lines.iter();
        let back = sold.filter_map(|line| Some((line, *self.own.get(&line.sold.position)?)));
        let goods = |(line, own): (&'a PurchasedLine, &ReturnedLine)| {
            let shares = line.rewards.iter().map(|reward| self.undone.share(line, reward.money.0));
            let discount = sum(shares.collect::<Result<Vec<i64>, Error>>()?)?;
            let amount = sum([own.payable.0, own.points_paid.0, discount])?;
            Ok(Goods {
                position: line.sold.position,
                goods_id: &line.goods_id,
                quantity: results::quantity(Quantity(own.quantity.0.saturating_neg())),
                amount: self.money(amount),
                payable: self.money(own.payable.0),
            })
        };
        back.map(goods).collect()
    }

    fn of_offer(&self, shares: &[Share<'a>]) -> Result<Option<Event<'a>>, Error> {
        let Some(Share { reward, .. }) = shares.first() else { return Ok(None) };
        let on_line = |share: &Share<'a>| OnLine {
            position: share.line.sold.position,
            goods_id: &share.line.goods_id,
            discount: self.money(share.money),
            points: self.points(share.points),
            decision: None,
        };
        Ok(Some(Event::ReturnedOf(OfOffer {
            offer: &reward.offer,
            offer_version: reward.version,
            mechanic: &reward.mechanic,
            mechanic_version: Some(&reward.mechanic_version),
            return_id: Some(till_id(&self.record.id)),
            discount: self.money(sum(shares.iter().map(|share| share.money))?),
            points: self.points(sum(shares.iter().map(|share| share.points))?),
            lines: shares.iter().map(on_line).collect(),
            ..OfOffer::default()
        })))
    }

    fn money(&self, value: i64) -> String {
        format_scaled(value.saturating_neg(), self.scales.money)
    }

    fn points(&self, value: i64) -> String {
        format_scaled(value.saturating_neg(), self.scales.points)
    }
}
