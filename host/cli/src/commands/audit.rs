//! `offer-host audit`: lists and verifies the audit log.

use std::io::Write as _;
use std::process::ExitCode;

use app::report::aligned;
use jiff::Timestamp;
use store::{AuditBreak, AuditHead, AuditRecord, Store};
use toolkit::progress::Progress;

use super::opening::DatabaseArgs;

/// Records that one query reads.
const PAGE: i64 = 1_000;

/// Arguments of `offer-host audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that no record was changed, left out or put in. Changes nothing; exits with 1 at the first
    /// record that is not as it was written.
    Verify {
        /// A head that was noted before. A log that was cut off since, or written anew, no longer has it.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
        expect: Option<AuditHead>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show the latest records, oldest first.
    List {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
        last: i64,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Verify { expect, database } => verify(expect.as_ref(), &database),
        Command::List { last, database } => list(last, &database),
    }
}

fn verify(expect: Option<&AuditHead>, database: &DatabaseArgs) -> anyhow::Result<ExitCode> {
    let (walked, loss) =
        database.with_store(async |store, _| Ok((walk(store, expect).await?, store.loss().await?)))?;
    let mut out = std::io::stdout().lock();
    match walked {
        Ok(head) => {
            writeln!(out, "{} records, head {}:{}", head.number, head.number, head.hash)?;
        }
        Err(broken) => {
            writeln!(out, "the audit log is broken: {broken}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let Some(loss) = loss else { return Ok(ExitCode::SUCCESS) };
    writeln!(out, "{loss}")?;
    Ok(ExitCode::FAILURE)
}

/// The first fault of a log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Inside(#[from] AuditBreak),
    #[error("it was cut off: it ends with number {last}, expected number {expected}")]
    CutOff { last: i64, expected: i64 },
    #[error("number {number} was written anew: expected the hash {expected}, got {found}")]
    Other { number: i64, expected: String, found: String },
}

/// Checks the whole chain, page by page. The inner error is the first fault of the log.
pub(super) async fn walk(
    store: &Store,
    expect: Option<&AuditHead>,
) -> anyhow::Result<Result<AuditHead, Broken>> {
    let mut progress = Progress::counter().delayed();
    let mut head = AuditHead::genesis();
    // From the least number there is: one below the first is as wrong as a gap.
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
        progress.show(format!("{} records", head.number));
    }
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

fn list(last: i64, database: &DatabaseArgs) -> anyhow::Result<ExitCode> {
    let records = database.with_store(async |store, _| {
        let head = store.audit_head().await?;
        Ok(store.audit(head.number.saturating_sub(last), last).await?)
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
    // A name with a line break must not look like a record of its own.
    cells.map(|cell| cell.replace(char::is_control, " "))
}

fn head(text: &str) -> Result<AuditHead, String> {
    let read = text.split_once(':').and_then(|(number, hash)| {
        let number = number.parse().ok().filter(|number| *number >= 0)?;
        hash.starts_with("sha256:").then(|| AuditHead { number, hash: hash.to_owned() })
    });
    read.ok_or_else(|| "write the number and the hash of a record, such as 7:sha256:0123…".to_owned())
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
