//! Loads a large chain into the real host on a new SQLite file, over HTTP: catalogue, members, and a
//! personal offer for each of them while tills are selling; twice, as every night.
//!
//! ```sh
//! cargo run --release -p tests --example scale                       # 100,000 products, 1,000,000 members
//! cargo run --release -p tests --example scale -- --members 50000
//! ```

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, bail, ensure};
use tests::scale::{self, Size};

const USAGE: &str = "usage: scale [--products N] [--members N]";

fn main() -> anyhow::Result<()> {
    let size = arguments()?;
    let on_terminal = std::io::stderr().is_terminal();
    let said = std::cell::Cell::new(0);
    let (quiet, steps) = scale::run(size, &|what, done, all| {
        if on_terminal {
            eprint!("\r{what}: row {done} of {all}\x1b[K");
        } else if done == all || done.saturating_sub(said.get()) >= 100_000 || done < said.get() {
            said.set(done);
            eprintln!("{what}: row {done} of {all}");
        }
    })?;
    if on_terminal {
        eprintln!();
    }
    write!(std::io::stdout().lock(), "{}", scale::table(&quiet, &steps))?;
    Ok(())
}

fn arguments() -> anyhow::Result<Size> {
    let mut size = Size { products: 100_000, members: 1_000_000 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number: usize = arguments.next().context(USAGE)?.parse().context(USAGE)?;
        ensure!(number > 0, "{USAGE}");
        match name.as_str() {
            "--products" => size.products = number,
            "--members" => size.members = number,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(size)
}
