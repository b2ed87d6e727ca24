//! Puts the rows of a file together to receipts.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::FileTaken;
use super::rows::Fields;
use crate::calendar::Zone;
use crate::decimal::{MONEY, QUANTITY, amount};
use crate::error::FeaturesError;
use crate::receipt::{Head, Line};
use crate::writer::Writer;

/// The most lines of a receipt.
const MOST_LINES: usize = 100_000;

/// Why a row is not taken.
pub(super) enum RowError {
    Wrong(String),
    Unwritable(FeaturesError),
}

impl From<String> for RowError {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

/// The receipt whose lines are being read, and which were read before.
pub(super) struct Group<'a> {
    name: &'a str,
    zone: Zone,
    /// Id of the receipt, and the texts that all its lines have in common.
    open: Option<(String, [String; 4], Head)>,
    lines: Vec<Line>,
    /// 16 bytes of the SHA-256 of each receipt that was read, so that memory does not depend on their ids.
    seen: HashSet<[u8; 16]>,
    taken: FileTaken,
}

impl<'a> Group<'a> {
    pub(super) fn new(name: &'a str, zone: Zone) -> Self {
        Self { name, zone, open: None, lines: Vec::new(), seen: HashSet::new(), taken: FileTaken::default() }
    }

    pub(super) fn row(&mut self, writer: &mut Writer<'_>, fields: &Fields<'_>) -> Result<(), RowError> {
        let [
            receipt,
            member,
            at,
            quantity,
            spent,
            discount,
            points,
            outlet,
            outlet_kind,
            category_1,
            category_2,
        ] = *fields;
        if receipt.is_empty() {
            return Err(RowError::Wrong("receipt is empty".to_owned()));
        }
        let common = [member, at, outlet, outlet_kind];
        match &self.open {
            Some((open, texts, _)) if open == receipt => {
                if texts.iter().zip(common).any(|(text, other)| text != other) {
                    let why = format!(
                        "receipt {receipt} has another member, time or outlet than in the row before"
                    );
                    return Err(RowError::Wrong(why));
                }
            }
            _ => {
                self.close(writer).map_err(RowError::Unwritable)?;
                let digest: [u8; 32] = Sha256::digest(receipt).into();
                if !self.seen.insert(digest.first_chunk().copied().unwrap_or_default()) {
                    let why = format!("receipt {receipt} was read before; its lines must stand together");
                    return Err(RowError::Wrong(why));
                }
                let head = Head {
                    member: member.to_owned(),
                    at: self.zone.moment(at).map_err(|why| format!("at: {why}"))?,
                    outlet: outlet.to_owned(),
                    outlet_kind: outlet_kind.to_owned(),
                };
                self.open = Some((receipt.to_owned(), common.map(str::to_owned), head));
            }
        }
        if self.lines.len() >= MOST_LINES {
            return Err(RowError::Wrong(format!("receipt {receipt} has more than {MOST_LINES} lines")));
        }
        self.lines.push(Line {
            category_1: category_1.to_owned(),
            category_2: category_2.to_owned(),
            quantity: amount("quantity", quantity, QUANTITY)?,
            spent: amount("spent", spent, MONEY)?,
            discount: optional("discount", discount)?,
            points: optional("points", points)?,
        });
        self.taken.rows += 1;
        Ok(())
    }

    /// Adds the receipt whose lines were read last.
    fn close(&mut self, writer: &mut Writer<'_>) -> Result<(), FeaturesError> {
        let lines = std::mem::take(&mut self.lines);
        let Some((_, _, head)) = self.open.take() else { return Ok(()) };
        if head.member.is_empty() {
            self.taken.of_nobody += 1;
            return Ok(());
        }
        self.taken.receipts += 1;
        writer.receipt(&head, &lines)
    }

    pub(super) fn end(mut self, writer: &mut Writer<'_>) -> Result<FileTaken, FeaturesError> {
        self.close(writer)?;
        if self.taken.rows == 0 {
            return Err(FeaturesError::source(self.name, "has no rows"));
        }
        Ok(self.taken)
    }
}

fn optional(column: &str, text: &str) -> Result<i64, String> {
    if text.is_empty() { Ok(0) } else { amount(column, text, MONEY) }
}
