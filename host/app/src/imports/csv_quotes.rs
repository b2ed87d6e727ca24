//! Quotes in CSV, checked before a row is applied: a quote that is never closed swallows the rows after it.
//!
//! This is own code because the `csv` crate, which reads the rows afterwards, accepts every stream of bytes:
//! it takes an unclosed quote for one long value, and a quote in a plain field for content, and reports
//! neither.

/// Checks the quotes of a stream of CSV (RFC 4180) and counts its records.
#[derive(Debug)]
pub(super) struct Quotes {
    /// Bytes of a byte order mark at the start of the stream: it is no content, as in the `csv` crate.
    mark_bytes: Option<usize>,
    state: State,
    /// Records that have ended, the header among them.
    pub(super) records: i64,
    line: i64,
    /// True if the current record has content: blank lines are no records.
    begun: bool,
    /// Bytes of the current record, and the most that it may have.
    bytes: usize,
    bytes_max: usize,
    quoted_from: Place,
}

/// A place in the stream: record and line, both from 0 for the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) record: i64,
    pub(super) line: i64,
}

/// A quote that is not closed, or stands in a field without quotes, or a record that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokenQuote {
    pub(super) at: Place,
    pub(super) detail: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote in a quoted field: it ends there, or the quote is doubled.
    QuoteInQuoted,
}

impl BrokenQuote {
    /// The code of the problem.
    pub(super) fn code(&self) -> &'static str {
        if self.detail == TOO_LONG { "row_too_long" } else { "broken_quote" }
    }
}

/// The byte order mark of UTF-8, which some spreadsheets write.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const NOT_CLOSED: &str = "the quote that opens here is not closed, or a quote within is not doubled";
pub(super) const TOO_LONG: &str = "the row is longer than a row may be (limits.row_bytes)";
const QUOTE_IN_PLAIN: &str =
    "a quote in a field without quotes: put the field in quotes, and double each quote within";

impl Quotes {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: 0,
            bytes_max,
            mark_bytes: Some(0),
            state: State::FieldStart,
            records: 0,
            line: 0,
            begun: false,
            quoted_from: Place::default(),
        }
    }

    /// Reads the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), BrokenQuote> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    /// Checks the end of the stream.
    pub(super) fn end(&mut self) -> Result<(), BrokenQuote> {
        if self.state == State::Quoted {
            return Err(BrokenQuote { at: self.quoted_from, detail: NOT_CLOSED });
        }
        self.end_record();
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<(), BrokenQuote> {
        if self.is_of_mark(byte) {
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(1);
        if self.bytes > self.bytes_max {
            return Err(BrokenQuote { at: self.here(), detail: TOO_LONG });
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
            (State::Quoted, b'\n') => self.line = self.line.saturating_add(1),
            (State::QuoteInQuoted, b'"') => self.state = State::Quoted,
            // Line ends of Windows.
            (State::Quoted, _) | (State::QuoteInQuoted, b'\r') => {}
            (_, b'\n') => {
                self.line = self.line.saturating_add(1);
                self.end_record();
            }
            (_, b',') => self.next_field(),
            (State::QuoteInQuoted, _) => {
                return Err(BrokenQuote { at: self.quoted_from, detail: NOT_CLOSED });
            }
            (State::FieldStart, b'"') => {
                self.quoted_from = self.here();
                self.state = State::Quoted;
                self.begun = true;
            }
            (State::Plain, b'"') => return Err(BrokenQuote { at: self.here(), detail: QUOTE_IN_PLAIN }),
            (State::FieldStart, b'\r') => {}
            (State::FieldStart | State::Plain, _) => {
                self.state = State::Plain;
                self.begun = true;
            }
        }
        Ok(())
    }

    /// True if the stream has been a byte order mark so far, and this byte continues it.
    fn is_of_mark(&mut self, byte: u8) -> bool {
        let read = self.mark_bytes.filter(|read| BYTE_ORDER_MARK.get(*read) == Some(&byte));
        self.mark_bytes = read.map(|read| read.saturating_add(1));
        read.is_some()
    }

    fn next_field(&mut self) {
        self.state = State::FieldStart;
        self.begun = true;
    }

    fn end_record(&mut self) {
        self.state = State::FieldStart;
        self.bytes = 0;
        if std::mem::take(&mut self.begun) {
            self.records = self.records.saturating_add(1);
        }
    }

    fn here(&self) -> Place {
        Place { record: self.records, line: self.line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<i64, BrokenQuote> {
        let mut quotes = Quotes::new(100);
        // In pieces, as it comes from the network.
        text.as_bytes().chunks(3).try_for_each(|bytes| quotes.feed(bytes))?;
        quotes.end()?;
        Ok(quotes.records)
    }

    #[test]
    fn counts_records_and_finds_the_record_whose_quote_is_broken() {
        let broken = |record, line, detail| Err(BrokenQuote { at: Place { record, line }, detail });
        for (text, expected) in [
            ("", Ok(0)),
            ("a,b\n1,2\n", Ok(2)),
            ("a,b\r\n1,2", Ok(2)),
            ("a\n\n1\n\r\n2\n", Ok(3)),
            ("a,b\n1,\"{\"\"x\"\":1}\"\n", Ok(2)),
            ("a\n\"two\nlines\"\n3\n", Ok(3)),
            ("a,b\n\"\",\"\"\r\n", Ok(2)),
            ("\u{feff}\"a\",b\n1,2\n", Ok(2)),
            ("\u{feff}a\"\n", broken(0, 0, QUOTE_IN_PLAIN)),
            ("a,b\n1,\"{\"\"x\"\":1}\n2,\"{\"\"x\"\":1}\"\n", broken(1, 1, NOT_CLOSED)),
            ("a,b\n1,2\n3,\"never\n", broken(2, 2, NOT_CLOSED)),
            ("a,b\n1,{\"x\":1}\n", broken(1, 1, QUOTE_IN_PLAIN)),
            ("a\n\"x\ny\"\n\"z", broken(2, 3, NOT_CLOSED)),
            (&format!("a\n{}\n", "x".repeat(99)), Ok(2)),
            (&format!("a\n{}\n", "x".repeat(100)), broken(1, 1, TOO_LONG)),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
