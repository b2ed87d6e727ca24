//! Replays the year of real receipts against the real host, checks the books and says how fast it
//! was: with one client, then with four, each on a new SQLite file.
//!
//! ```sh
//! cargo run --release -p tests --example replay
//! cargo run --release -p tests --example replay -- --database postgres://…   # empty; once, with four clients
//! ```

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tests::replay::{self, Progress, Replay, Report};
use tests::retail::{self, Retail};

const USAGE: &str = "usage: replay [--database URL] [--clients N]
  --database URL   an empty database, for one run (default: a new SQLite file for each run)
  --clients N      tills that send at the same time (default: 1, then 4; with --database: 4)";

/// A line of progress for so many receipts, where there is no terminal to write over.
const LINE_EVERY: usize = 1_000;
const REDRAWN_EVERY: Duration = Duration::from_millis(100);

fn main() -> anyhow::Result<()> {
    let Arguments { database, clients } = arguments()?;
    let retail = Retail::read(&retail::folder()?)?;
    let mut reports: Vec<Report> = Vec::new();
    for clients in clients {
        let meter = Meter::new(clients, retail.receipts.len());
        reports.push(replay::run(&Replay {
            retail: &retail,
            clients,
            database: database.as_deref(),
            settings: &[],
            progress: &|progress| meter.hear(progress),
        })?);
    }
    let mut out = std::io::stdout().lock();
    if let [first, others @ ..] = &reports[..] {
        writeln!(out, "{}", replay::totals(first))?;
        for other in others {
            ensure!(other.totals == first.totals, "more clients, other totals: {:?}", other.totals);
        }
    }
    writeln!(out, "Times in milliseconds, as the client sees them.\n\n{}", replay::speed(&reports))?;
    writeln!(out, "The books agree with the answers, the data and themselves.")?;
    Ok(())
}

struct Arguments {
    database: Option<String>,
    /// Of each run.
    clients: Vec<usize>,
}

fn arguments() -> anyhow::Result<Arguments> {
    let (mut database, mut clients) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--database" => database = Some(arguments.next().context(USAGE)?),
            "--clients" => clients = Some(arguments.next().context(USAGE)?.parse()?),
            _ => bail!("{USAGE}"),
        }
    }
    ensure!(clients != Some(0), "{USAGE}");
    let clients = match (clients, &database) {
        (Some(clients), _) => vec![clients],
        (None, Some(_)) => vec![4],
        (None, None) => vec![1, 4],
    };
    Ok(Arguments { database, clients })
}

/// Says how far it is: in place on a terminal, else a line now and then.
struct Meter {
    clients: usize,
    receipts: usize,
    on_terminal: bool,
    state: Mutex<State>,
}

struct State {
    sold: usize,
    started: Instant,
    drawn: Instant,
    /// When the last line of progress was written.
    line: Instant,
}

impl Meter {
    fn new(clients: usize, receipts: usize) -> Self {
        let now = Instant::now();
        let state = Mutex::new(State { sold: 0, started: now, drawn: now, line: now });
        Self { clients, receipts, on_terminal: std::io::stderr().is_terminal(), state }
    }

    fn hear(&self, progress: Progress) {
        let Ok(mut state) = self.state.lock() else { return };
        match progress {
            Progress::Loading => eprintln!("{} client(s): importing the plan", self.clients),
            Progress::Loaded(took) => {
                eprintln!("the plan is live after {took:.1?}");
                state.started = Instant::now();
                state.line = state.started;
            }
            Progress::Sold => {
                state.sold += 1;
                self.draw(&mut state);
            }
            Progress::Checking => eprintln!("comparing the books"),
        }
    }

    fn draw(&self, state: &mut State) {
        let last = state.sold == self.receipts;
        let rate = replay::per_second(state.sold, state.started.elapsed());
        if !self.on_terminal {
            if state.sold.is_multiple_of(LINE_EVERY) {
                let of_these = replay::per_second(LINE_EVERY, state.line.elapsed());
                eprintln!("{} of {} receipts, {of_these}/s since the line before", state.sold, self.receipts);
                state.line = Instant::now();
            } else if last {
                eprintln!("{} receipts, {rate}/s", state.sold);
            }
        } else if last || state.drawn.elapsed() >= REDRAWN_EVERY {
            state.drawn = Instant::now();
            eprint!("\r{} of {} receipts, {rate}/s\x1b[K", state.sold, self.receipts);
            if last {
                eprintln!();
            }
        }
    }
}
