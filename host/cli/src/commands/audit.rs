//! `offer-host audit`: who changed what, and whether the log is as it was written.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use app::config::Config;
use app::report::aligned;
use jiff::Timestamp;
use store::{AuditBreak, AuditHead, AuditRecord, Store};

/// Records that are read together.
const PAGE: i64 = 1_000;
const SILENT_FOR: Duration = Duration::from_secs(2);

/// What `offer-host audit` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that no record was changed, left out or put in. Only looks; exits with 1 at the first
    /// place where the log is not as it was written.
    Verify {
        /// A head that was noted before: a log that was cut off since, or written anew, does not have
        /// it any more.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
        expect: Option<AuditHead>,
        /// The settings of `serve`.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Show the latest records, oldest first.
    List {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
        last: i64,
        /// The settings of `serve`.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Verify { expect, config } => verify(expect.as_ref(), config),
        Command::List { last, config } => list(last, config),
    }
}

fn verify(expect: Option<&AuditHead>, config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let config = Config::load(config.as_deref())?;
    let walked = tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&config.database.url).await?;
        let walked = walk(&store, expect).await;
        store.close().await;
        walked
    })?;
    let mut out = std::io::stdout().lock();
    match walked {
        Ok(head) => {
            writeln!(out, "{} records, head {}:{}", head.number, head.number, head.hash)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            writeln!(out, "the audit log is broken: {broken}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Why a log is not what was expected.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Inside(#[from] AuditBreak),
    #[error("it was cut off: it ends with number {last}, and number {expected} is expected")]
    CutOff { last: i64, expected: i64 },
    #[error("number {number} was written anew: it has the hash {found}, and {expected} is expected")]
    Other { number: i64, expected: String, found: String },
}

/// Checks the whole chain, page by page.
async fn walk(store: &Store, expect: Option<&AuditHead>) -> anyhow::Result<Result<AuditHead, Broken>> {
    let mut counter = Counter::new();
    let mut head = AuditHead::genesis();
    // Numbers below the first one are as wrong as a gap.
    let mut after = i64::MIN;
    loop {
        let page = store.audit(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        for record in &page {
            head = match follow(record, &head, expect) {
                Ok(head) => head,
                Err(broken) => return Ok(Err(broken)),
            };
        }
        counter.show(head.number);
    }
    counter.end();
    match expect.filter(|expect| expect.number > head.number) {
        Some(expect) => Ok(Err(Broken::CutOff { last: head.number, expected: expect.number })),
        None => Ok(Ok(head)),
    }
}

fn follow(record: &AuditRecord, before: &AuditHead, expect: Option<&AuditHead>) -> Result<AuditHead, Broken> {
    let head = record.follow(before)?;
    match expect.filter(|expect| expect.number == head.number && expect.hash != head.hash) {
        Some(AuditHead { number, hash }) => {
            Err(Broken::Other { number: *number, expected: hash.clone(), found: head.hash })
        }
        None => Ok(head),
    }
}

fn list(last: i64, config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let config = Config::load(config.as_deref())?;
    let records = tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&config.database.url).await?;
        let head = store.audit_head().await?;
        let records = store.audit(head.number.saturating_sub(last), last).await?;
        store.close().await;
        anyhow::Ok(records)
    })?;
    let header = ["number", "at", "actor", "role", "action", "subject", "detail"].map(str::to_owned);
    let columns = header.len();
    let rows: Vec<_> = std::iter::once(header).chain(records.into_iter().map(row)).collect();
    let mut out = std::io::stdout().lock();
    for line in aligned(&rows, columns) {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(record: AuditRecord) -> [String; 7] {
    let AuditRecord { number, entry, .. } = record;
    let at = Timestamp::from_second(entry.at).map_or_else(|_| entry.at.to_string(), |time| time.to_string());
    let cells = [number.to_string(), at, entry.actor, entry.role, entry.action, entry.subject, entry.detail];
    // A name must not forge a line of its own.
    cells.map(|cell| cell.replace(char::is_control, " "))
}

fn head(text: &str) -> Result<AuditHead, String> {
    let read = text.split_once(':').and_then(|(number, hash)| {
        let number = number.parse().ok().filter(|number| *number >= 0)?;
        hash.starts_with("sha256:").then(|| AuditHead { number, hash: hash.to_owned() })
    });
    read.ok_or_else(|| "write the number and the hash of a record, such as 7:sha256:0123…".to_owned())
}

/// Says on a terminal how far a long run is.
struct Counter {
    started: Instant,
    shown: bool,
    terminal: bool,
}

impl Counter {
    fn new() -> Self {
        Self { started: Instant::now(), shown: false, terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, records: i64) {
        if self.terminal && self.started.elapsed() >= SILENT_FOR {
            self.shown = true;
            // Nobody misses it if stderr is gone.
            let _ = write!(std::io::stderr(), "\r{records} records");
        }
    }

    fn end(&self) {
        if self.shown {
            let _ = writeln!(std::io::stderr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        let expected = AuditHead { number: 7, hash: "sha256:ab".to_owned() };
        assert_eq!(head("7:sha256:ab"), Ok(expected));
        for text in ["", "7", "7:", "x:sha256:ab", "-1:sha256:ab", "7:md5:ab"] {
            assert!(head(text).is_err(), "{text}");
        }
    }
}
