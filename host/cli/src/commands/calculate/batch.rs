//! Prices many receipts on all cores, and writes the answers in the order of the input.

use std::fmt;
use std::io::{self, BufRead, BufWriter, Write};
use std::thread;
use std::time::{Duration, Instant};

use domain::mechanics::Mechanics;
use domain::time::Moment;
use serde::Serialize;
use serde_json::Value;
use toolkit::progress::Progress;
use toolkit::receipt_rows::{Row, Rows};
use toolkit::threads;
use wire::json;
use wire::problem::{ProblemDocument, Problems};
use wire::receipt::Request;

use super::plan_file::Loaded;

/// Receipts that one thread prices between two writes.
const ROWS_PER_THREAD: usize = 256;

/// How many receipts were priced.
pub(super) struct Summary {
    pub(super) receipts: usize,
    pub(super) refused: usize,
    took: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.took.as_millis().max(1);
        let receipts = u128::try_from(self.receipts).unwrap_or(u128::MAX);
        let per_second = receipts.saturating_mul(1000) / millis;
        let (seconds, rest) = (millis / 1000, millis % 1000);
        write!(formatter, "{receipts} receipts in {seconds}.{rest:03} s, {per_second} receipts/s")?;
        if self.refused > 0 { write!(formatter, ", {} refused", self.refused) } else { Ok(()) }
    }
}

/// Prices every row and writes one line for it. Fails if the input cannot be read or the output not be written.
pub(super) fn price_all(
    loaded: &Loaded,
    rows: Rows<impl BufRead>,
    output: impl Write,
) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let mechanics = loaded.sandbox.set();
    let threads = threads::cores();
    let mut progress = Progress::counter().delayed();
    let mut output = BufWriter::new(output);
    let mut summary = Summary { receipts: 0, refused: 0, took: Duration::ZERO };
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let batch = rows.by_ref().take(ROWS_PER_THREAD.saturating_mul(threads));
        let batch = batch.collect::<io::Result<Vec<Row>>>()?;
        for answer in price_batch(loaded, &mechanics, &batch, threads) {
            summary.receipts = summary.receipts.saturating_add(1);
            let line = answer.unwrap_or_else(|refusal| {
                summary.refused = summary.refused.saturating_add(1);
                refusal
            });
            writeln!(output, "{line}")?;
        }
        progress.show(format!("{} receipts", summary.receipts));
    }
    output.flush()?;
    summary.took = started.elapsed();
    Ok(summary)
}

/// The answers in the order of the rows; the error is the line to write for a receipt that is refused.
fn price_batch(
    loaded: &Loaded,
    mechanics: &dyn Mechanics,
    rows: &[Row],
    threads: usize,
) -> Vec<Result<String, String>> {
    let share = |thread: usize| {
        let mine = rows.iter().enumerate().skip(thread).step_by(threads);
        mine.map(|(index, row)| (index, price_row(loaded, mechanics, row))).collect::<Vec<_>>()
    };
    let mut answers: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        let mine = share(0);
        let others = others.into_iter().flat_map(|other| match other.join() {
            Ok(answers) => answers,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        mine.into_iter().chain(others).collect()
    });
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn price_row(loaded: &Loaded, mechanics: &dyn Mechanics, row: &Row) -> Result<String, String> {
    let answer = json::parse_bytes(&row.text, usize::MAX).and_then(|document| {
        let fallback = format!("row-{}", row.number);
        let purchase_id = document.get("purchase_id").and_then(Value::as_str).unwrap_or(&fallback);
        let member =
            |kind: &str, value: &str, at: &Moment| loaded.members.find(&loaded.plan, (kind, value), at);
        wire::answer_receipt(&loaded.plan, mechanics, member, Request::new(purchase_id), &document)
    });
    answer.map_err(|problems| refusal(row, problems))
}

#[derive(Serialize)]
struct Refusal {
    error: ProblemDocument,
    row: usize,
}

fn refusal(row: &Row, problems: Problems) -> String {
    let error = ProblemDocument::refusal("invalid_receipt", "The receipt cannot be priced", problems);
    let refusal = Refusal { error, row: row.number };
    serde_json::to_string(&refusal).unwrap_or_else(|error| format!(r#"{{"error":"{error}"}}"#))
}
