//! One arm of the comparison: sums over its members.

use std::borrow::Cow;

use domain::decimal::parse_scaled;
use serde::Deserialize;

use super::statistics::{Ratio, Sample, Share};

/// The purchases of one member in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Member {
    receipts: i64,
    /// Money paid on receipts, in minor units.
    sold: i64,
    /// Money given back by returns.
    returned: i64,
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
}

impl Member {
    /// Adds the events of a purchase or a return. Nothing if they cannot be read.
    pub(super) fn add(&mut self, events: &str, offer: &str, places: u32) -> Option<()> {
        let events: Vec<FeedEvent<'_>> = serde_json::from_str(events).ok()?;
        for FeedEvent { event, offer: of, payable } in events {
            let money = payable.map_or(Some(0), |text| parse_scaled(&text, places).ok())?;
            match (event.as_ref(), of) {
                ("receipt", None) => {
                    self.receipts = self.receipts.saturating_add(1);
                    self.sold = self.sold.checked_add(money)?;
                }
                ("returned", None) => self.returned = self.returned.checked_sub(money)?,
                ("fired", Some(of)) if of == offer => self.fired = true,
                ("would_have_fired", Some(of)) if of == offer => self.would_have_fired = true,
                _ => {}
            }
        }
        Some(())
    }
}

/// Sums over the members of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Arm {
    /// Members who bought, and all.
    pub conversion: Share,
    pub receipts: i64,
    /// Money that a member paid, less returns.
    pub revenue: Sample,
    /// Money per receipt, before returns.
    pub average_receipt: Ratio,
    pub fired: i64,
    pub would_have_fired: i64,
}

impl Arm {
    pub(super) fn add(&mut self, member: &Member) {
        let count = |counter: &mut i64, yes: bool| *counter = counter.saturating_add(i64::from(yes));
        count(&mut self.conversion.all, true);
        count(&mut self.conversion.some, member.receipts > 0);
        count(&mut self.fired, member.fired);
        count(&mut self.would_have_fired, member.would_have_fired);
        self.receipts = self.receipts.saturating_add(member.receipts);
        self.revenue.add(member.sold.saturating_sub(member.returned));
        self.average_receipt.add(member.sold, member.receipts);
    }
}
