//! Which purchases came of which messages.
//!
//! Four ways to tell, each answered by itself. In each, a purchase is credited to one message at most, so that sums over
//! mailings never count it twice, and what is returned is taken back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::local_time;

/// The condition under which a purchase counts as a message's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The member clicked a link, and then bought. Only clicks of people count.
    Click,
    /// The message reached the member, who then bought: it was opened, or, on channels that cannot tell, delivered.
    Reached,
    /// The purchase used a coupon code or an offer that the message named.
    Used,
    /// The message was sent, or would have been if the member were not in the control group: the sums of both groups say
    /// what the message has brought about.
    ControlGroup,
}

/// Something that happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    /// It was sent.
    Sent,
    /// It would have been sent; the member is in the control group.
    Ghost,
    /// It was delivered.
    Delivered,
    /// It was opened.
    Opened,
    /// A link was clicked by a person.
    Clicked,
}

/// An event by which a message may be credited with a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Id of the message.
    pub message: String,
    /// The cause of the message, such as a mailing.
    pub cause: String,
    /// The kind of event.
    pub kind: TouchKind,
    /// When, in milliseconds.
    pub at: i64,
    /// True if the channel of the message tells of being opened, as e-mail does and SMS does not.
    pub tells_opens: bool,
    /// Coupon codes that the message named.
    pub codes: BTreeSet<String>,
    /// External ids of the offers that the message named.
    pub offers: BTreeSet<String>,
}

/// A confirmed purchase of the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: String,
    /// When, in milliseconds.
    pub at: i64,
    /// The sum that was paid, in the smallest step of money.
    pub net: i64,
    /// Coupon codes that it used.
    pub codes: BTreeSet<String>,
    /// External ids of the offers that it used.
    pub offers: BTreeSet<String>,
}

/// A return of a part of a purchase, or of all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its id; the same return counts once.
    pub id: String,
    /// Id of the purchase.
    pub purchase: String,
    /// The sum that was paid back, in the smallest step of money.
    pub net: i64,
}

/// A purchase that is put down to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// Id of the purchase.
    pub purchase: String,
    /// Id of the message.
    pub message: String,
    /// The cause of the message.
    pub cause: String,
    /// True if the message was not sent, since the member is in the control group.
    pub is_ghost: bool,
    /// The sum that was paid less the one that was returned, in the smallest step of money; not under 0.
    pub net: i64,
    /// True if all that was paid has been returned: no order came of the message after all.
    pub is_returned: bool,
}

/// The credits of one member's purchases, in their order. A purchase counts for what happened before it, up to `days`
/// days of the calendar of `zone` before its own day; 0 for the same day. Among several messages the latest counts.
pub fn credits(
    mode: Mode,
    days: u16,
    zone: &TimeZone,
    touches: &[Touch],
    purchases: &[Purchase],
    returns: &[Return],
) -> Vec<Credit> {
    let returned = returned(returns);
    let mut seen = BTreeSet::new();
    let new = purchases.iter().filter(|purchase| seen.insert(purchase.id.as_str()));
    new.filter_map(|purchase| {
        let touches = touches.iter().filter(|touch| {
            counts(mode, touch, purchase)
                && touch.at <= purchase.at
                && is_near(touch.at, purchase.at, days, zone)
        });
        let touch = touches.max_by_key(|touch| (touch.at, touch.message.as_str()))?;
        let back = returned.get(purchase.id.as_str()).copied().unwrap_or(0);
        Some(Credit {
            purchase: purchase.id.clone(),
            message: touch.message.clone(),
            cause: touch.cause.clone(),
            is_ghost: touch.kind == TouchKind::Ghost,
            net: purchase.net.saturating_sub(back).max(0),
            is_returned: back > 0 && back >= purchase.net,
        })
    })
    .collect()
}

/// The sum that was returned of each purchase.
fn returned(returns: &[Return]) -> BTreeMap<&str, i64> {
    let mut seen = BTreeSet::new();
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for back in returns.iter().filter(|back| seen.insert(back.id.as_str())) {
        let sum = sums.entry(&back.purchase).or_default();
        *sum = sum.saturating_add(back.net);
    }
    sums
}

/// True if this may be why the member bought, whenever it was.
fn counts(mode: Mode, touch: &Touch, purchase: &Purchase) -> bool {
    match mode {
        Mode::Click => touch.kind == TouchKind::Clicked,
        Mode::Reached if touch.tells_opens => touch.kind == TouchKind::Opened,
        Mode::Reached => touch.kind == TouchKind::Delivered,
        Mode::Used => {
            touch.kind == TouchKind::Sent
                && (!touch.codes.is_disjoint(&purchase.codes) || !touch.offers.is_disjoint(&purchase.offers))
        }
        Mode::ControlGroup => matches!(touch.kind, TouchKind::Sent | TouchKind::Ghost),
    }
}

/// True if the day of the later instant is at most so many days after that of the earlier.
fn is_near(earlier: i64, later: i64, days: u16, zone: &TimeZone) -> bool {
    let Some((first, last)) = local_time::date(earlier, zone).zip(local_time::date(later, zone)) else {
        return false;
    };
    // A calendar that ends before the window does does not end the window.
    first.checked_add(i64::from(days).days()).map_or(true, |end| last <= end)
}

#[cfg(test)]
mod tests;
