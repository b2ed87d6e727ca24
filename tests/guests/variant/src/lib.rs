//! Versions of `product`, all from one build: tests write another number over the version in the bytes,
//! and its first digit says how the version behaves on receipts of 2025. On others, such as those of a
//! rehearsal, all behave alike.

use mechanic_sdk::{
    Benefit, Description, DescriptionBuilder, Fact, Mechanic, Offer, Portion, Portions, Proposal, Receipt,
    TargetKind, Verdict, rewards,
};

/// Tests look for it in the bytes.
const VERSION: &str = "1.100.100";

/// The mechanic.
#[derive(Debug)]
pub struct Variant;

impl Mechanic for Variant {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new("product", std::hint::black_box(VERSION));
        rewards::describe(builder.targets([TargetKind::Product])).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        let good = offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item));
        if receipt.time.year != 2025 {
            return good;
        }
        match std::hint::black_box(VERSION).as_bytes().first() {
            Some(b'2') => each(good, |proposal| round_down(receipt, offer, proposal)),
            Some(b'3') => each(good, |proposal| vec![three_times(proposal)]),
            Some(b'6') => trap(),
            Some(b'7') => run_for_ever(),
            Some(b'8') => slowly(good),
            _ => good,
        }
    }
}

fn each(verdict: Verdict, change: impl Fn(Proposal) -> Vec<Proposal>) -> Verdict {
    match verdict {
        Verdict::Proposals(proposals) => Verdict::Proposals(proposals.into_iter().flat_map(change).collect()),
        other => other,
    }
}

/// The percentage as a sum for each line, rounded down instead of half up: a mistake that tests must find.
fn round_down(receipt: &Receipt, offer: &Offer, proposal: Proposal) -> Vec<Proposal> {
    let item = offer.indexed_items().find(|(index, _)| Some(*index) == proposal.item);
    let (Benefit::Percent(percent), Some((_, item))) = (proposal.benefit, item) else {
        return vec![proposal];
    };
    let line = |(line, row): (u32, mechanic_sdk::Line)| Proposal {
        portions: Portions::Listed(vec![Portion { line, quantity: None }]),
        benefit: Benefit::Amount(row.amount.saturating_mul(percent.into()) / 10_000),
        ..proposal.clone()
    };
    receipt.lines_of(&item.scope).map(line).collect()
}

fn three_times(proposal: Proposal) -> Proposal {
    match proposal.benefit {
        Benefit::Percent(percent) => {
            Proposal { benefit: Benefit::Percent(percent.saturating_mul(3).min(10_000)), ..proposal }
        }
        _ => proposal,
    }
}

#[expect(clippy::panic, reason = "crashing is what it is for")]
fn trap() -> ! {
    panic!("on request")
}

fn run_for_ever() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

/// Within its limits, but with many times the fuel.
fn slowly(verdict: Verdict) -> Verdict {
    for turn in 0..200_000_u32 {
        std::hint::black_box(turn);
    }
    verdict
}

mechanic_sdk::export!(Variant);
