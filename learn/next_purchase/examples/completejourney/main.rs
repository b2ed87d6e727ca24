//! How good guesses are on real receipts: `cargo run --release -p next-purchase --example completejourney [DATE [FORESTS [WINDOWS [TREES]]]]`.
//!
//! Prints precision and recall of ten guesses for the 28 days from a date (2017-10-01 if none is given) of the
//! baseline and of the ranker, over households with at least five receipts before. The ranker learns from windows
//! that end before that date. The goals and the baseline hold for all 2,469 households of the package, not for the 94 of `shared/data/retail`.

#![allow(clippy::print_stdout, reason = "an example")]

mod data;

use next_purchase::{Estimate, Settings, day_of, evaluate};
use trees::Options;

fn main() -> anyhow::Result<()> {
    let history = data::receipts()?;
    let word = |number| std::env::args().nth(number);
    let number = |place, usual| word(place).map_or(Ok(usual), |word| word.parse::<u32>());
    let date = word(1).unwrap_or_else(|| "2017-10-01".to_owned());
    let day = day_of(&date).map_err(anyhow::Error::msg)?;
    println!(
        "{} receipts of {} members, {} goods",
        history.receipts(),
        history.members().len(),
        history.goods().len()
    );
    let usual = Settings::default();
    let trees = Options { threads: 2, trees: number(4, usual.trees.trees)?, ..usual.trees.clone() };
    let settings =
        Settings { forests: number(2, usual.forests)?, windows: number(3, usual.windows)?, trees, ..usual };
    let found = evaluate(&history, day, &settings)?;
    println!("{date}, {} days, {} guesses, {} members", settings.horizon, settings.guesses, found.members);
    let rows = [
        ("baseline", found.baseline_precision, found.baseline_recall),
        ("ranker", found.precision, found.recall),
        ("gained", found.gained_precision, found.gained_recall),
    ];
    for (name, precision, recall) in rows {
        println!("{name:9} precision {}  recall {}", words(precision), words(recall));
    }
    Ok(())
}

fn words(estimate: Estimate) -> String {
    format!("{:.4} ({:.4} to {:.4})", estimate.mean, estimate.low, estimate.high)
}
