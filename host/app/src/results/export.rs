//! The export of the feed: flat rows, page by page.

use serde_json::Value;
use serde_json::value::RawValue;
use store::{ResultRecord, Store, scope_of, till_id};

use super::cursor::{Cursor, Start};
use crate::error::Error;

/// Rows of the store that are read at once.
const PAGE: i64 = 200;

/// A reader on its way through the feed.
pub struct Export {
    store: Store,
    start: Start,
    /// Number of events that may still be exported.
    left: usize,
    /// True once the rows after the cursor are known to be stored.
    begun: bool,
    /// True once all rows are numbered that existed when the reader first came to the end.
    caught_up: bool,
    done: bool,
}

impl Export {
    /// An export from `start` on, of at most `most` events.
    pub fn new(store: Store, start: Start, most: Option<usize>) -> Self {
        Self { store, start, left: most.unwrap_or(usize::MAX), begun: false, caught_up: false, done: false }
    }

    /// The next events, an NDJSON row each; `None` once the reader has caught up.
    pub async fn page(&mut self) -> Result<Option<String>, Error> {
        if !std::mem::replace(&mut self.begun, true) {
            self.refuse_removed().await?;
        }
        while !self.done {
            // The row of the cursor is read again: it may have more events.
            let Start { after, since } = self.start;
            let records = self.store.results(after.row, since, PAGE).await?;
            let full = i64::try_from(records.len()).is_ok_and(|rows| rows == PAGE);
            let mut rows = String::new();
            for record in &records {
                self.expand(record, &mut rows)?;
            }
            if self.left == 0 || (!full && self.caught_up) {
                self.done = true;
            } else if !full {
                // Rows without a number come next; rows written from now on are for the next call.
                self.caught_up = self.store.number_results().await?;
            }
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// Refuses a cursor whose row was removed: rows after it may have been, too. Rows are removed from the first one on.
    async fn refuse_removed(&self) -> Result<(), Error> {
        let row = self.start.after.row;
        match self.store.first_result().await? {
            Some(first) if row > 0 && row < first => Err(Error::Gone {
                code: "results_removed",
                detail: format!(
                    "the rows of the feed up to {} were removed (see retention.results_days), and the cursor is {}; \
                     read on with a time as `since`",
                    first.saturating_sub(1),
                    self.start.after
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Adds the events of a row that the reader has not seen.
    fn expand(&mut self, record: &ResultRecord, rows: &mut String) -> Result<(), Error> {
        let damaged = || Error::damaged(&format!("row {} of the results", record.seq));
        let events: Vec<&RawValue> = serde_json::from_str(&record.results.events).map_err(|_| damaged())?;
        let at = jiff::Timestamp::from_second(record.results.at).map_err(|_| damaged())?;
        let stored = record.purchase_id.as_deref();
        let (member, purchase) = (json(record.member_id.as_deref()), json(stored.map(till_id)));
        let scope = stored.and_then(scope_of).map(|scope| format!(",\"scope\":{}", Value::from(scope)));
        let scope = scope.unwrap_or_default();
        let seen = if record.seq == self.start.after.row { self.start.after.event } else { 0 };
        self.start.after = Cursor { row: record.seq, event: seen };
        for event in events.into_iter().skip(seen).take(self.left) {
            let fields = event.get().strip_prefix('{').ok_or_else(damaged)?;
            self.start.after.event = self.start.after.event.saturating_add(1);
            self.left = self.left.saturating_sub(1);
            rows.push_str(&format!(
                "{{\"cursor\":\"{}\",\"at\":\"{at}\",\"member_id\":{member},\"purchase_id\":{purchase}{scope},{fields}\n",
                self.start.after
            ));
        }
        Ok(())
    }
}

fn json(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}
