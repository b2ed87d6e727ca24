//! The first reading: whether members are as a source must give them.

use crate::limits::Limits;
use crate::scan::Scan;
use crate::{AllocateError, MOST, MOST_CHOICES, Member};

/// The keys of one part.
#[derive(Clone, Copy)]
struct Range {
    part: usize,
    first: u64,
    last: u64,
}

#[derive(Default)]
struct Found {
    members: u64,
    ranges: Vec<Range>,
    /// For each cap whether any choice falls under it.
    met: Vec<bool>,
}

/// Checks all members, and that each cap is of something; returns the number of members.
pub(crate) fn survey(scan: Scan<'_>, limits: &Limits) -> Result<u64, AllocateError> {
    let mut found = scan.fold(
        || Found { met: vec![false; limits.caps.len()], ..Found::default() },
        |found, part, member| {
            check(&member)?;
            found.members = found.members.saturating_add(1);
            for (cap, met) in limits.caps.iter().zip(&mut found.met) {
                *met = *met || Limits::met(cap, &member);
            }
            match found.ranges.last_mut().filter(|range| range.part == part) {
                Some(range) => {
                    follows(range.last, member.key)?;
                    range.last = member.key;
                }
                None => found.ranges.push(Range { part, first: member.key, last: member.key }),
            }
            Ok(())
        },
        |all, one| {
            all.members = all.members.saturating_add(one.members);
            all.ranges.extend(one.ranges);
            all.met.iter_mut().zip(one.met).for_each(|(met, other)| *met = *met || other);
            Ok(())
        },
    )?;
    found.ranges.sort_unstable_by_key(|range| range.part);
    for (before, after) in found.ranges.iter().zip(found.ranges.iter().skip(1)) {
        follows(before.last, after.first)?;
    }
    match limits.caps.iter().zip(&found.met).find(|(_, met)| !**met) {
        Some((cap, _)) => Err(AllocateError::UnknownGroup { name: cap.name.clone() }),
        None => Ok(found.members),
    }
}

const fn follows(before: u64, member: u64) -> Result<(), AllocateError> {
    if before == member {
        Err(AllocateError::MemberTwice { member })
    } else if before > member {
        Err(AllocateError::OutOfOrder { member })
    } else {
        Ok(())
    }
}

fn check(member: &Member<'_>) -> Result<(), AllocateError> {
    let (key, count) = (member.key, member.choices.len());
    if count > MOST_CHOICES {
        return Err(AllocateError::TooManyChoices { member: key, count, most: MOST_CHOICES });
    }
    let mut before = None;
    for choice in member.choices {
        let level = choice.level;
        match before {
            Some(before) if before == level => return Err(AllocateError::LevelTwice { member: key, level }),
            Some(before) if before > level => {
                return Err(AllocateError::LevelsOutOfOrder { member: key, level });
            }
            _ => before = Some(level),
        }
        for (what, value) in [("cost", choice.cost), ("gain", choice.gain)] {
            if value.unsigned_abs() > MOST.unsigned_abs() {
                return Err(AllocateError::OutOfRange { member: key, level, what, value });
            }
        }
    }
    Ok(())
}
