//! In how many of 100 experiments do 95 % intervals hold the truth?
//!
//! `cargo run -p simulate --example coverage -- [RUNS] [MEMBERS]`

mod run;

use std::io::Write as _;

use run::{Held, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let runs = arguments.next().transpose()?.unwrap_or(100);
    let members = arguments.next().transpose()?.unwrap_or(4_000);
    let mut output = std::io::stdout().lock();
    let mut held = Held::default();
    for seed in 1..=u64::from(runs) {
        let judged = run(seed, members)?;
        held.count(&judged);
        writeln!(output, "seed {seed:>3}: {judged}")?;
    }
    writeln!(
        output,
        "of {runs} intervals, {} of the value and {} of the difference hold the truth",
        held.value, held.difference
    )?;
    Ok(())
}
