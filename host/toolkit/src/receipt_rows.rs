//! Receipts from a stream of JSON: one a line, or values that span lines.

use std::io::{self, BufRead};

/// The text of one receipt.
pub struct Row {
    /// Number in the stream, from 1. Blank lines are not counted.
    pub number: usize,
    pub text: Vec<u8>,
}

/// Splits a stream into rows.
///
/// If the first line is a whole value, every line is one, so that a broken row costs only itself.
/// Otherwise a row ends where its brackets do.
pub struct Rows<R> {
    input: R,
    layout: Option<Layout>,
    number: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Lines,
    Values,
}

impl<R: BufRead> Rows<R> {
    pub fn new(input: R) -> Self {
        Self { input, layout: None, number: 0 }
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut brackets = Brackets::default();
        loop {
            let start = text.len();
            if self.input.read_until(b'\n', &mut text)? == 0 {
                return Ok(text);
            }
            let line = text.get(start..).unwrap_or_default();
            brackets.feed(line);
            if start == 0 && line.trim_ascii().is_empty() {
                text.clear();
                continue;
            }
            let of_first = if brackets.closed() { Layout::Lines } else { Layout::Values };
            let layout = *self.layout.get_or_insert(of_first);
            if layout == Layout::Lines || brackets.closed() {
                return Ok(text);
            }
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read() {
            Ok(text) if text.is_empty() => None,
            Ok(text) => {
                self.number = self.number.saturating_add(1);
                Some(Ok(Row { number: self.number, text }))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Counts the brackets of JSON that are open, those inside strings left aside.
#[derive(Default)]
struct Brackets {
    open: usize,
    in_string: bool,
    escaped: bool,
}

impl Brackets {
    fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.open = self.open.saturating_add(1),
                b'}' | b']' if !self.in_string => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn closed(&self) -> bool {
        self.open == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_lines_or_whole_values() {
        for (stream, rows) in [
            ("", vec![]),
            ("{\"a\":1}\n{\"a\":2}\n", vec!["{\"a\":1}", "{\"a\":2}"]),
            ("{\"a\":1}", vec!["{\"a\":1}"]),
            ("\n{\"a\":1}\n\n \n{\"a\":2}", vec!["{\"a\":1}", "{\"a\":2}"]),
            ("{}\n{\"a\":\nnonsense\n{}", vec!["{}", "{\"a\":", "nonsense", "{}"]),
            ("{\n\"a\": \"}\\\"\"\n}\n", vec!["{\n\"a\": \"}\\\"\"\n}"]),
            ("{\n\"a\": [\n{}]}\n{\n}\n{}", vec!["{\n\"a\": [\n{}]}", "{\n}", "{}"]),
            ("{\n\"a\":", vec!["{\n\"a\":"]),
        ] {
            let read: Vec<_> = Rows::new(stream.as_bytes())
                .map(|row| String::from_utf8(row.unwrap().text).unwrap().trim().to_owned())
                .collect();
            assert_eq!(read, rows, "{stream:?}");
        }
    }
}
