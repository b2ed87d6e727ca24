//! One arm of the comparison: sums over its members.

use std::borrow::Cow;

use domain::decimal::parse_scaled;
use serde::Deserialize;

use super::basis::Basis;
use super::statistics::{Ratio, Sample, Share};

/// The purchases of one member that count. Money is in minor units, points are in smallest steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Member {
    receipts: i64,
    /// Receipts in the period that were not sold while the offer ran.
    left_out: i64,
    /// Money paid on receipts.
    sold: i64,
    /// Money given back by returns.
    returned: i64,
    /// Paid with points, in money, less what came back.
    points_paid: i64,
    /// Discount of the offer, less what came back.
    discount: i64,
    /// Points of the offer, less what was taken back.
    points: i64,
    fired: bool,
    would_have_fired: bool,
}

/// The fields of an event of the results feed that count here.
#[derive(Deserialize)]
struct FeedEvent<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    offer: Option<String>,
    payable: Option<String>,
    points_paid: Option<String>,
    discount: Option<String>,
    points: Option<String>,
}

impl Member {
    /// Adds the events of a purchase or a return. Nothing if they cannot be read.
    pub(super) fn add(&mut self, events: &str, offer: &str, basis: &Basis) -> Option<()> {
        let (places, point_places) = (basis.currency().exponent, basis.points().exponent);
        let read =
            |text: Option<String>, places| text.map_or(Some(0), |text| parse_scaled(&text, places).ok());
        let events: Vec<FeedEvent<'_>> = serde_json::from_str(events).ok()?;
        for FeedEvent { event, offer: of, payable, points_paid, discount, points } in events {
            let (is_return, is_of_offer) = (event == "returned", of.as_deref() == Some(offer));
            match event.as_ref() {
                "receipt" | "returned" if of.is_none() => {
                    let money = read(payable, places)?;
                    self.points_paid = self.points_paid.checked_add(read(points_paid, places)?)?;
                    if is_return {
                        self.returned = self.returned.checked_sub(money)?;
                    } else {
                        self.receipts = self.receipts.saturating_add(1);
                        self.sold = self.sold.checked_add(money)?;
                    }
                }
                "fired" | "returned" if is_of_offer => {
                    self.fired |= !is_return;
                    self.discount = self.discount.checked_add(read(discount, places)?)?;
                    self.points = self.points.checked_add(read(points, point_places)?)?;
                }
                "would_have_fired" if is_of_offer => self.would_have_fired = true,
                _ => {}
            }
        }
        Some(())
    }

    /// Counts a receipt in the period that was not sold while the offer ran.
    pub(super) fn leave_out(&mut self) {
        self.left_out = self.left_out.saturating_add(1);
    }
}

/// Sums over the members of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Arm {
    /// Members who bought, and all.
    pub conversion: Share,
    pub receipts: i64,
    /// Receipts in the period that were not sold while the offer ran.
    pub left_out: i64,
    /// Money that a member paid, less returns.
    pub revenue: Sample,
    /// Money per receipt, before returns.
    pub average_receipt: Ratio,
    /// Revenue before the discount of the offer, with the sums paid in points.
    pub gross: Sample,
    /// Gross revenue less the cost of the offer.
    pub net: Sample,
    pub cost: Cost,
    pub fired: i64,
    pub would_have_fired: i64,
}

/// The sum that an offer has given, less what came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cost {
    /// Money off, in minor units.
    pub discount: i128,
    /// Smallest steps of points.
    pub points: i128,
    /// Worth of each member's points, in whole minor units.
    pub points_worth: i128,
}

impl Cost {
    /// Discount and points together, in minor units.
    pub(super) fn total(self) -> i128 {
        self.discount.saturating_add(self.points_worth)
    }
}

impl Arm {
    pub(super) fn add(&mut self, member: &Member, basis: &Basis) {
        let count = |counter: &mut i64, yes: bool| *counter = counter.saturating_add(i64::from(yes));
        count(&mut self.conversion.all, true);
        count(&mut self.conversion.some, member.receipts > 0);
        count(&mut self.fired, member.fired);
        count(&mut self.would_have_fired, member.would_have_fired);
        self.receipts = self.receipts.saturating_add(member.receipts);
        self.left_out = self.left_out.saturating_add(member.left_out);
        let revenue = member.sold.saturating_sub(member.returned);
        self.revenue.add(revenue);
        self.average_receipt.add(member.sold, member.receipts);
        let worth = basis.worth(member.points);
        let paid = revenue.saturating_add(member.points_paid);
        self.gross.add(paid.saturating_add(member.discount));
        self.net.add(paid.saturating_sub(worth));
        let sum = |sum: &mut i128, more: i64| *sum = sum.saturating_add(i128::from(more));
        sum(&mut self.cost.discount, member.discount);
        sum(&mut self.cost.points, member.points);
        sum(&mut self.cost.points_worth, worth);
    }
}
