//! The prices of budget and caps together, by coordinate descent on the dual problem: each price in turn is set
//! to where its own limit is reached, given the others (Zhang and others, arXiv 2002.00352, section 4). That
//! never raises the bound, and whatever the prices, the bound holds.

use crate::cut;
use crate::hash::turn;
use crate::rule::{HIGHEST, Held, Rule, View};
use crate::scan::Scan;
use crate::totals::bound;
use crate::{AllocateError, Member, Source};

/// Above twice so many members, prices are first looked for on a sample of about so many.
const SAMPLE: u64 = 20_000;

/// Sets the prices of a rule that has no stages yet, and returns the bound.
pub(crate) fn find(
    scan: Scan<'_>,
    rule: &mut Rule,
    members: u64,
    rounds: u32,
) -> Result<i128, AllocateError> {
    if rule.limits.caps.is_empty() {
        round(scan, rule)?;
        return bound(scan, rule);
    }
    if members > SAMPLE.saturating_mul(2) {
        let below = (u64::MAX / members).saturating_mul(SAMPLE);
        let sample = Sample { source: scan.source, below, salt: scan.salt };
        let mut smaller = rule.clone();
        let part = |limit: i64| {
            i64::try_from(i128::from(limit) * i128::from(SAMPLE) / i128::from(members.max(1)))
                .unwrap_or(limit)
        };
        smaller.limits.budget = part(rule.limits.budget);
        smaller.limits.caps.iter_mut().for_each(|cap| cap.limit = part(cap.limit));
        descend(Scan { source: &sample, ..scan }, &mut smaller, rounds)?;
        rule.prices = smaller.prices;
    }
    descend(scan, rule, rounds)
}

/// Rounds until the bound falls by less than a hundred-thousandth, at most `rounds`.
fn descend(scan: Scan<'_>, rule: &mut Rule, rounds: u32) -> Result<i128, AllocateError> {
    let mut best = bound(scan, rule)?;
    for _ in 0..rounds {
        let before = rule.prices.clone();
        round(scan, rule)?;
        let now = bound(scan, rule)?;
        if now > best {
            rule.prices = before;
            break;
        }
        let fell = best.saturating_sub(now);
        best = now;
        if fell <= now / 100_000 {
            break;
        }
    }
    Ok(best)
}

/// Sets each price once.
fn round(scan: Scan<'_>, rule: &mut Rule) -> Result<(), AllocateError> {
    for coordinate in 0..rule.limits.coordinates() {
        let found = cut::price(scan, rule, View { coordinate, held: Held::Nothing })?;
        if let Some(price) = rule.prices.get_mut(coordinate) {
            // A cap's is a hair lower, so that members for whom it is all the same are in, not out: the cut of
            // the cap then takes them out again, one by one.
            *price = found.min(HIGHEST).saturating_sub(i128::from(coordinate > 0)).max(0);
        }
    }
    Ok(())
}

/// The members of a source whose turns are below a limit.
struct Sample<'a> {
    source: &'a dyn Source,
    below: u64,
    salt: u64,
}

impl Source for Sample<'_> {
    fn parts(&self) -> usize {
        self.source.parts()
    }

    fn visit(
        &self,
        part: usize,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), AllocateError>,
    ) -> Result<(), AllocateError> {
        self.source.visit(part, &mut |member| {
            if turn(member.key, self.salt) < self.below { each(member) } else { Ok(()) }
        })
    }
}
