//! Prints the replays that differ, and counts all.

use std::io::Write as _;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Instant;

use app::replay::compare::AnswerDifference;
use app::replay::{ReplayError, Replayed};
use futures_util::{Stream, StreamExt as _};
use serde_json::json;
use store::till_id;
use toolkit::progress::Progress;

use super::stored::Outcome;

/// Exit status when a purchase could not be worked out again.
const NOT_REPLAYED: u8 = 2;

/// Counts of replays.
pub(super) struct Tally {
    json: bool,
    started: Instant,
    purchases: u64,
    differences: u64,
    not_replayed: u64,
}

impl Tally {
    /// Counts the outcomes, and prints each that is not identical, as text or as JSON.
    pub(super) async fn of(
        count: usize,
        json: bool,
        outcomes: impl Stream<Item = Outcome>,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut tally = Self { json, started, purchases: 0, differences: 0, not_replayed: 0 };
        let text = "{human_pos} of {human_len}, {per_sec}";
        let mut progress = Progress::bar(u64::try_from(count)?, text).delayed();
        let mut outcomes = pin!(outcomes);
        while let Some((id, outcome)) = outcomes.next().await {
            let line = tally.note(&id, &outcome);
            if let Some(line) = line {
                progress.suspend(|| writeln!(std::io::stdout(), "{line}"))?;
            }
            progress.step();
        }
        Ok(tally)
    }

    /// Prints the summary, and answers the exit status.
    pub(super) fn end(&self) -> anyhow::Result<ExitCode> {
        let Self { purchases, differences, not_replayed, .. } = self;
        let tenths = self.started.elapsed().as_millis().checked_div(100).unwrap_or_default();
        let seconds = domain::decimal::format_scaled(i64::try_from(tenths)?, 1);
        let mut out = std::io::stdout().lock();
        if self.json {
            let summary = json!({
                "purchases": purchases,
                "differences": differences,
                "not_replayed": not_replayed,
                "seconds": seconds,
            });
            writeln!(out, "{summary}")?;
        } else {
            let more = match not_replayed {
                0 => String::new(),
                more => format!(", {more} could not be replayed"),
            };
            writeln!(out, "{purchases} purchases, {differences} differences{more}, {seconds} s")?;
        }
        Ok(match (differences, not_replayed) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(NOT_REPLAYED),
            _ => ExitCode::FAILURE,
        })
    }

    fn note(&mut self, id: &str, outcome: &Result<Replayed, ReplayError>) -> Option<String> {
        self.purchases = self.purchases.saturating_add(1);
        let count = match outcome {
            Ok(replayed) if replayed.identical => return None,
            Ok(replayed) if replayed.note.is_none() => &mut self.differences,
            _ => &mut self.not_replayed,
        };
        *count = count.saturating_add(1);
        Some(match outcome {
            Ok(replayed) if self.json => json!(replayed).to_string(),
            Ok(replayed) => describe(replayed),
            Err(error) if self.json => {
                let code = error.code().unwrap_or("failed");
                json!({"purchase_id": till_id(id), "code": code, "detail": error.to_string()}).to_string()
            }
            Err(error) => format!("{}: {error}", till_id(id)),
        })
    }
}

fn describe(replayed: &Replayed) -> String {
    let Replayed { purchase_id, scope, differences, note, .. } = replayed;
    let scope = scope.as_ref().map(|scope| format!(" of {scope}")).unwrap_or_default();
    let value = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    let first = differences.first().map(|AnswerDifference { pointer, stored, replayed }| {
        format!(": at {pointer} stored {}, replayed {}", value(stored), value(replayed))
    });
    let more = match differences.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{purchase_id}{scope} differs{}{more}{note}", first.unwrap_or_default())
}
