//! The messages of the offers that paid.

use std::collections::BTreeSet;

use super::answer::FilledMessages;
use super::journal::Journal;
use super::text::title;
use crate::decimal::format_scaled;
use crate::locale::LocalizedText;
use crate::offer::{Offer, OfferId};
use crate::placeholder::fill;
use crate::quantities::Points;
use crate::receipt::Receipt;

/// Fills the messages in the order in which the offers first paid, with their final totals. An offer
/// that caps left nothing of has no message.
pub(super) fn filled(journal: &Journal<'_>, receipt: &Receipt, available: Points) -> FilledMessages {
    let totals = journal.totals();
    let mut filled = FilledMessages::default();
    let mut done = BTreeSet::new();
    let locales: Vec<&str> =
        receipt.locale.as_deref().into_iter().chain([journal.plan.locale.as_str()]).collect();
    for entry in &journal.entries {
        let (Some(&given), Some(offer)) = (totals.get(&entry.offer), journal.plan.offer(entry.offer)) else {
            continue;
        };
        if !done.insert(entry.offer) {
            continue;
        }
        let paid = Paid { journal, receipt, id: entry.offer, offer, given, available };
        let fill = |text: &LocalizedText| fill(text.in_locales(&locales), |name| paid.value(name));
        filled.cashier.extend(offer.messages.cashier.as_ref().map(fill));
        filled.receipt.extend(offer.messages.receipt.as_ref().map(fill));
    }
    filled
}

/// An offer that paid.
struct Paid<'a> {
    journal: &'a Journal<'a>,
    receipt: &'a Receipt,
    id: OfferId,
    offer: &'a Offer,
    /// Total money and points that it gave.
    given: (i64, i64),
    available: Points,
}

impl Paid<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let plan = self.journal.plan;
        let (money, points) = self.given;
        Some(match name {
            "discount" => format_scaled(money, plan.currency.exponent),
            "points" => format_scaled(points, plan.points.exponent),
            "title" => title(self.offer).to_owned(),
            "product" => self.goods(),
            "member_points" => format_scaled(self.available.0, plan.points.exponent),
            "currency" => plan.currency.code.clone(),
            _ => return None,
        })
    }

    /// Name of the first rewarded goods by position, and the number of others.
    fn goods(&self) -> String {
        let paid = self.journal.entries.iter().filter(|entry| entry.offer == self.id && entry.value > 0);
        let lines: BTreeSet<usize> = paid.map(|entry| entry.line).collect();
        let mut names: Vec<&str> = Vec::new();
        for name in lines.into_iter().filter_map(|line| self.name(line)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.as_slice() {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [first, others @ ..] => format!("{first} +{}", others.len()),
        }
    }

    fn name(&self, line: usize) -> Option<&str> {
        let line = self.receipt.lines.get(line)?;
        let product = line.product.and_then(|id| self.journal.plan.catalog.product(id));
        let names = [product.map_or(line.name.as_str(), |product| &product.name), &line.goods_id];
        names.into_iter().find(|name| !name.is_empty())
    }
}
