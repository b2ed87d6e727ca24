//! Answers that the types allow and the host must not believe.

use mechanic_sdk::{Benefit, Portion, Portions, Proposal, Verdict};

/// A line by its index, and how much of it.
type Part = (u32, Option<i64>);

pub(crate) fn of_line(line: u32) -> Verdict {
    of_lines(&[(line, None)])
}

pub(crate) fn of_lines(parts: &[Part]) -> Verdict {
    let portions = parts.iter().map(|&(line, quantity)| Portion { line, quantity }).collect();
    Verdict::Proposals(vec![Proposal {
        item: None,
        portions: Portions::Listed(portions),
        benefit: Benefit::Percent(1000),
        max_units: None,
        unit_multiple: None,
        pick: None,
        cap: None,
        reason: 1,
    }])
}

pub(crate) fn of_percent(good: Verdict, percent: i32) -> Verdict {
    changed(good, |proposal| proposal.benefit = Benefit::Percent(percent))
}

pub(crate) fn of_reason(good: Verdict, reason: u32) -> Verdict {
    changed(good, |proposal| proposal.reason = reason)
}

pub(crate) fn of_item(good: Verdict, item: u32) -> Verdict {
    changed(good, |proposal| proposal.item = Some(item))
}

pub(crate) fn without_item(good: Verdict) -> Verdict {
    changed(good, |proposal| proposal.item = None)
}

pub(crate) fn of_cap(good: Verdict, cap: i64) -> Verdict {
    changed(good, |proposal| proposal.cap = Some(cap))
}

pub(crate) fn many(good: Verdict, count: usize) -> Verdict {
    match good {
        Verdict::Proposals(proposals) => match proposals.into_iter().next() {
            Some(proposal) => Verdict::Proposals(vec![proposal; count]),
            None => Verdict::Proposals(Vec::new()),
        },
        other => other,
    }
}

fn changed(verdict: Verdict, change: impl Fn(&mut Proposal)) -> Verdict {
    match verdict {
        Verdict::Proposals(mut proposals) => {
            proposals.iter_mut().for_each(change);
            Verdict::Proposals(proposals)
        }
        other => other,
    }
}
