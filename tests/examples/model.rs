//! Compares a model of 300 trees with 64 leaves in the sandbox with its forests, on many receipts, and prints
//! the most fuel of a call: `cargo run --release -p tests --example model 100000`.

use std::env;
use std::io::Write as _;

use anyhow::Context as _;
use tests::model::walk;
use till::sample;

fn main() -> anyhow::Result<()> {
    let receipts = env::args().nth(1).context("how many receipts?")?.parse()?;
    for model in [sample::model(9, &[100, 100, 100], 6), sample::wide(10, &[100, 100, 100])] {
        let model = model.map_err(|error| anyhow::anyhow!("{error}"))?;
        writeln!(std::io::stdout(), "{}: {:?}", model.parts().name, walk(&model, receipts)?)?;
    }
    Ok(())
}
