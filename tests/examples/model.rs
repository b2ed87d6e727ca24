//! Compares models of 300 trees with 64 leaves in the sandbox with their forests, on many receipts, and prints what
//! a call takes, and what one takes of a mechanic that asks no model: `cargo run --release -p tests --example model
//! 100000`.

use std::env;
use std::io::Write as _;

use anyhow::Context as _;
use tests::model::{walk, without_model, without_walk};
use till::sample;

fn main() -> anyhow::Result<()> {
    let receipts = env::args().nth(1).context("how many receipts?")?.parse()?;
    let mut out = std::io::stdout();
    writeln!(out, "no model: {:?}", without_model(receipts)?)?;
    for model in [sample::model(9, &[100, 100, 100], 6), sample::wide(10, &[100, 100, 100])] {
        let model = model.map_err(|error| anyhow::anyhow!("{error}"))?;
        let (name, bytes) = (&model.parts().name, component::component(&model)?.len());
        writeln!(out, "{name}, not asked: {:?}", without_walk(&model, receipts)?)?;
        writeln!(
            out,
            "{name}, {} bytes, component {bytes}: {:?}",
            model.table().len(),
            walk(&model, receipts)?
        )?;
    }
    Ok(())
}
