//! A mechanic that misbehaves on request, to show what the host makes of it.

mod answers;

use mechanic_sdk::{
    Declined, Description, DescriptionBuilder, Fact, Mechanic, Offer, OwnReason, Receipt, TargetKind, Unit,
    Verdict, fail,
};

mechanic_sdk::parameters! {
    const MISBEHAVE: OfferParameter = ("misbehave", Unit::Count, "How to misbehave");
}

/// A reason for declining that the description has, and one that it has not.
const KNOWN: OwnReason = OwnReason::new(1, "too_few", Declined::BelowThreshold, &[("missing", Unit::Count)]);
const UNKNOWN: OwnReason = OwnReason::new(98, "unknown", Declined::BelowThreshold, &[]);

/// The mechanic. `misbehave` says how; without it, or with 0, it works like `product`.
#[derive(Debug)]
pub struct Hostile;

impl Mechanic for Hostile {
    fn describe() -> Description {
        DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Product])
            .parameters(PARAMETERS)
            .reason(1, &[("en", "{value} off {target}")])
            .decline_reason(KNOWN, &[("en", "{missing} more")])
            .build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        let good = || offer.reward_each(receipt, |_| 1);
        match MISBEHAVE.of(offer).unwrap_or(0) {
            1 => trap(),
            2 => run_for_ever(),
            3 => eat_memory(),
            4 => fail("deep", recurse(offer.id.into()).to_string()),
            5 => answers::of_line(u32::MAX),
            6 => answers::of_percent(good(), -1),
            7 => answers::of_percent(good(), 10_001),
            8 => answers::many(good(), 10_000),
            9 => fail("long", "x".repeat(5 << 18)),
            11 => answers::of_reason(good(), 99),
            12 => answers::of_lines(&[(0, None), (0, None)]),
            13 => answers::of_lines(&[(0, Some(-1000))]),
            14 => answers::of_item(good(), u32::MAX),
            15 => answers::without_item(good()),
            16 => fail("sorry", "this offer cannot be worked out"),
            17 => answers::of_lines(&[(0, Some(i64::MAX))]),
            18 => answers::of_cap(good(), -1),
            19 => fail("long", "x".repeat(64 << 10)),
            20 => answers::many(good(), 1_000),
            21 => UNKNOWN.verdict(&[]),
            22 => KNOWN.verdict(&[]),
            23 => KNOWN.about(7, &[1]),
            _ => good(),
        }
    }

    fn evaluate(receipt: &Receipt, offers: &[Offer], facts: &[Fact]) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> =
            offers.iter().map(|offer| Self::evaluate_offer(receipt, offer, facts)).collect();
        if offers.iter().any(|offer| MISBEHAVE.of(offer) == Some(10)) {
            verdicts.pop();
        }
        verdicts
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

fn eat_memory() -> ! {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(Vec::with_capacity(64 << 10));
        std::hint::black_box(&eaten);
    }
}

/// Never ends, but by running out of stack.
#[expect(unconditional_recursion, reason = "running out of stack is what it is for")]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 32]);
    recurse(depth.wrapping_add(1)).wrapping_add(frame.iter().sum::<u64>())
}

mechanic_sdk::export!(Hostile);
