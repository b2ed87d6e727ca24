//! Sells receipts of the year on the real host, then back-tests a candidate on them, and replays all of them
//! after ten newer versions and a restart: how long that took, and how much memory the host held.
//!
//! ```sh
//! cargo run --release -p tests --example backtest
//! cargo run --release -p tests --example backtest -- --receipts 2000 --html backtest.html
//! ```

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, bail};
use tests::backtest::{self, Measured};
use tests::replay::Progress;
use tests::retail::{self, Retail};

const USAGE: &str = "usage: backtest [--receipts N] [--html FILE]";
const RECEIPTS: usize = 10_000;
/// Tills that sell at the same time.
const CLIENTS: usize = 4;
const LINE_EVERY: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let (mut receipts, mut html) = (RECEIPTS, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--receipts" => receipts = arguments.next().context(USAGE)?.parse()?,
            "--html" => html = Some(arguments.next().context(USAGE)?),
            _ => bail!("{USAGE}"),
        }
    }
    let retail = Retail::read(&retail::folder()?)?;
    let sold = AtomicUsize::new(0);
    let hear = |progress| match progress {
        Progress::Loaded(took) => eprintln!("the plan is live after {took:.1?}"),
        Progress::Sold => {
            let sold = sold.fetch_add(1, Ordering::Relaxed) + 1;
            if sold.is_multiple_of(LINE_EVERY) {
                eprintln!("{sold} receipts sold");
            }
        }
        Progress::Loading | Progress::Checking => {}
    };
    let Measured { receipts, took, peak_kib: (before, after), report, page, replayed } =
        backtest::run(&retail, receipts, CLIENTS, &hear)?;
    if let Some(file) = html {
        std::fs::write(&file, page).with_context(|| file.clone())?;
    }
    let mut out = std::io::stdout().lock();
    let of = |pointer: &str| report.pointer(pointer).cloned().unwrap_or_default();
    writeln!(out, "{receipts} receipts, {} of them changed", of("/receipts_changed"))?;
    writeln!(out, "{took:.1?} from the call to the report")?;
    let mebibytes = |kib: u64| kib / 1024;
    writeln!(out, "peak memory {} MiB before, {} MiB after", mebibytes(before), mebibytes(after))?;
    writeln!(out, "replayed after ten newer versions and a restart: {}", replayed.trim())?;
    for name in ["discount", "points", "payable"] {
        writeln!(out, "{name}: {}", of(&format!("/totals/{name}")))?;
    }
    Ok(())
}
