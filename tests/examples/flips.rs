//! 1,000 swaps between two versions of a mechanic while tills sell: what they cost the tills.
//!
//! `cargo run --release -p tests --example flips`, with `-- SECONDS FLIPS TILLS` for other numbers.

use anyhow::Context as _;
use tests::flips::{Load, measure};

fn main() -> anyhow::Result<()> {
    let mut load = Load { seconds: 60, flips: 1_000, tills: 4 };
    for (number, argument) in std::env::args().skip(1).enumerate() {
        let value = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        match number {
            0 => load.seconds = value,
            1 => load.flips = value,
            _ => load.tills = value,
        }
    }
    measure(load)
}
