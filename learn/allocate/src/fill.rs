//! What is left of all limits after the cuts, given to those for whom it is worth the most.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::hash::turn;
use crate::hull::{Pick, Work};
use crate::rule::{Rule, Stage, picks};
use crate::scan::Scan;
use crate::totals::Totals;
use crate::{AllocateError, Member};

/// The most changes that are remembered in one reading.
const MOST_CHANGES: usize = 4_096;

/// The most readings.
const READINGS: u32 = 3;

/// Something better for a member, in the order in which it is tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// By how much worth it raises, at the prices of all limits.
    worth: Reverse<i128>,
    turn: u64,
    pick: Pick,
    member: u64,
    gain: i64,
    /// What it uses more, per coordinate.
    more: Vec<i64>,
    /// Whether the member gets something in place of nothing (1), or the reverse (−1).
    assigned: i8,
}

/// Adds exceptions to a rule as long as they bring gain and pass no limit.
pub(crate) fn fill(scan: Scan<'_>, rule: &mut Rule, totals: &mut Totals) -> Result<(), AllocateError> {
    for _ in 0..READINGS {
        let changes = changes(scan, rule, &left(rule, totals))?;
        let mut exceptions = BTreeMap::new();
        for change in changes {
            let left = left(rule, totals);
            if !exceptions.contains_key(&change.member) && fits(&change.more, &left) {
                exceptions.insert(change.member, change.pick);
                apply(totals, &change);
            }
        }
        if exceptions.is_empty() {
            break;
        }
        rule.stages.push(Stage::Exceptions(exceptions));
    }
    Ok(())
}

/// What is left of each limit.
fn left(rule: &Rule, totals: &Totals) -> Vec<i128> {
    let used = totals.used.iter().enumerate();
    used.map(|(coordinate, used)| i128::from(rule.limits.limit(coordinate)).saturating_sub(*used)).collect()
}

fn fits(more: &[i64], left: &[i128]) -> bool {
    more.iter().zip(left).all(|(more, left)| *more <= 0 || i128::from(*more) <= *left)
}

fn apply(totals: &mut Totals, change: &Change) {
    totals.gain = totals.gain.saturating_add(i128::from(change.gain));
    totals.assigned = totals.assigned.saturating_add_signed(i64::from(change.assigned));
    for (used, more) in totals.used.iter_mut().zip(&change.more) {
        *used = used.saturating_add(i128::from(*more));
    }
}

/// The first changes of all that would fit alone.
fn changes(scan: Scan<'_>, rule: &Rule, left: &[i128]) -> Result<BTreeSet<Change>, AllocateError> {
    let (_, changes) = scan.fold(
        || (Work::default(), BTreeSet::new()),
        |(work, changes), _, member| {
            let current = rule.pick(&member, work);
            let gain = Rule::choice(&member, current).map_or(0, |choice| choice.gain);
            for pick in picks(&member) {
                let better = Rule::choice(&member, pick).map_or(0, |choice| choice.gain).saturating_sub(gain);
                if better > 0 {
                    consider(changes, rule, &member, (current, pick, better), left);
                }
            }
            Ok(())
        },
        |(_, all), (_, others)| {
            all.extend(others);
            while all.len() > MOST_CHANGES {
                all.pop_last();
            }
            Ok(())
        },
    )?;
    Ok(changes)
}

fn consider(
    changes: &mut BTreeSet<Change>,
    rule: &Rule,
    member: &Member<'_>,
    (current, pick, gain): (Pick, Pick, i64),
    left: &[i128],
) {
    let worth = |pick| rule.worth(member, pick, |_| true);
    let (worth, turn) = (Reverse(worth(pick).saturating_sub(worth(current))), turn(member.key, rule.salt));
    let full = changes.len() >= MOST_CHANGES;
    if full && changes.last().is_some_and(|last| (last.worth, last.turn) < (worth, turn)) {
        return;
    }
    let used = |coordinate| {
        rule.used(coordinate, member, pick).saturating_sub(rule.used(coordinate, member, current))
    };
    let more: Vec<i64> = (0..rule.limits.coordinates()).map(used).collect();
    if !fits(&more, left) {
        return;
    }
    let assigned = i8::from(pick.is_some()).saturating_sub(i8::from(current.is_some()));
    changes.insert(Change { worth, turn, pick, member: member.key, gain, more, assigned });
    if full {
        changes.pop_last();
    }
}
