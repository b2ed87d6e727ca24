//! The tables of `docs/performance.md`, printed at the end.

use std::fmt::Write;
use std::time::Duration;

use domain::mechanics::Mechanics;

use crate::measure::{Spread, side_by_side, throughput};
use crate::store::Store;
use crate::{LINES, OFFERS};

const SIZES: [usize; 4] = [1, 10, 100, 1000];

/// Rounds in which throughput is measured; the best counts.
const ROUNDS: usize = 8;
/// Runs of each thread in a round.
const RUNS: u32 = 2_000;

/// All tables.
pub(crate) fn all(native: &dyn Mechanics, sandbox: &dyn Mechanics) -> String {
    let mut text = String::from("\nProcessor time of a receipt, microseconds.\n\n");
    text += "| lines | offers | native p50 | native p99 | sandbox p50 | sandbox p99 | tax p50 |\n|---|---|---|---|---|---|---|\n";
    text += &row(LINES, OFFERS, native, sandbox);
    for lines in SIZES {
        text += &row(lines, OFFERS, native, sandbox);
    }
    for offers in SIZES {
        text += &row(LINES, offers, native, sandbox);
    }
    text += &row(1000, 1000, native, sandbox);
    text + &threads(native, sandbox)
}

fn row(lines: usize, offers: usize, native: &dyn Mechanics, sandbox: &dyn Mechanics) -> String {
    let store = Store::new(lines, offers);
    let runs = 20_000_000 / (lines * offers + 4_000);
    let (native, sandbox) = side_by_side(runs, || store.price(native), || store.price(sandbox));
    let ratio = sandbox.p50.as_nanos() * 100 / native.p50.as_nanos().max(1);
    format!(
        "| {lines} | {offers} | {} | {} | {}.{:02} × |\n",
        cells(native),
        cells(sandbox),
        ratio / 100,
        ratio % 100
    )
}

fn cells(spread: Spread) -> String {
    let tenths = |time: Duration| {
        let tenths = time.as_nanos() / 100;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!("{} | {}", tenths(spread.p50), tenths(spread.p99))
}

/// Throughput by the number of threads, natively and in the sandbox: the native gain of a second thread is the most
/// that the machine allows. The best of several rounds counts, because other processes can only slow a round down.
fn threads(native: &dyn Mechanics, sandbox: &dyn Mechanics) -> String {
    let mut text = format!("\nReceipts a second, {LINES} lines and {OFFERS} offers.\n\n");
    text += "| mechanics | 1 thread | 2 threads | gain |\n|---|---|---|---|\n";
    let store = Store::new(LINES, OFFERS);
    for (name, mechanics) in [("native", native), ("sandbox", sandbox)] {
        let receipts = |threads| throughput(threads, RUNS, || store.price(mechanics));
        let (one, two) =
            (0..ROUNDS).fold((0, 0), |(one, two), _| (receipts(1).max(one), receipts(2).max(two)));
        let ratio = two * 100 / one.max(1);
        writeln!(text, "| {name} | {one} | {two} | {}.{:02} × |", ratio / 100, ratio % 100)
            .expect("writing to a string");
    }
    text
}
