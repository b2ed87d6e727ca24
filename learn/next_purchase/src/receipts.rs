//! Receipts from CSV files, in the columns that the data warehouse drops for features: a row for each line of a
//! receipt. Columns that are not needed may be there.

use std::collections::BTreeMap;
use std::io::Read;
use std::str::FromStr as _;

use chrono::{NaiveDate, NaiveDateTime};

use crate::error::NextPurchaseError;
use crate::history::{Collector, History, Line, Receipt};

/// Names of the columns that goods are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The good: what is guessed.
    pub good: String,
    /// What the good is one of.
    pub group: Option<String>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { good: "category_2".to_owned(), group: Some("category_1".to_owned()) }
    }
}

/// Where columns are: of `receipt`, `member`, `at` and `quantity`, the good, and what may be missing.
struct Places {
    needed: [usize; 4],
    good: usize,
    group: Option<usize>,
    outlet: Option<usize>,
}

/// Reads receipts. Rows of one receipt stand together; those without a member, with a quantity that is not above zero
/// or without a good count for nothing, though a receipt with none of the last is still a visit.
///
/// `at` begins with a date, which is taken as the day by the clocks of the chain.
///
/// # Errors
///
/// A column that is missing, or a row that is wrong.
pub fn read(file: impl Read, columns: &Columns) -> Result<History, NextPurchaseError> {
    let mut reader = csv::Reader::from_reader(file);
    let places = Places::find(&reader.headers()?.clone(), columns)?;
    let mut collector = Collector::default();
    let mut open = Open::default();
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    while reader.read_record(&mut record)? {
        row += 1;
        let field = |place: usize| record.get(place).unwrap_or_default();
        let [receipt, member, at, quantity] = places.needed.map(field);
        let refused = |why: String| NextPurchaseError::Row { row, why };
        if receipt.is_empty() {
            return Err(refused("receipt is empty".to_owned()));
        }
        let outlet = places.outlet.map(field).unwrap_or_default();
        if receipt != open.receipt {
            open.close(&mut collector)?;
            let day = day_of(at).map_err(refused)?;
            open = Open { receipt: receipt.to_owned(), member: member.to_owned(), day, ..Open::default() };
            outlet.clone_into(&mut open.outlet);
        } else if member != open.member {
            return Err(refused(format!("receipt {receipt} has another member than in the row before")));
        }
        if is_above_zero(quantity).map_err(refused)? {
            open.counts = true;
            let good = field(places.good);
            if !good.is_empty() {
                let group = places.group.map(field).unwrap_or_default();
                open.goods.entry(good.to_owned()).or_insert_with(|| group.to_owned());
            }
        }
    }
    open.close(&mut collector)?;
    collector.finish()
}

/// The receipt whose rows are being read.
#[derive(Default)]
struct Open {
    receipt: String,
    member: String,
    day: i64,
    outlet: String,
    /// Whether anything was bought.
    counts: bool,
    /// Groups by good.
    goods: BTreeMap<String, String>,
}

impl Open {
    fn close(&self, collector: &mut Collector) -> Result<(), NextPurchaseError> {
        if self.member.is_empty() || !self.counts {
            return Ok(());
        }
        let lines: Vec<Line<'_>> = self.goods.iter().map(|(good, group)| Line { good, group }).collect();
        collector.add(&Receipt { member: &self.member, day: self.day, outlet: &self.outlet, lines: &lines })
    }
}

impl Places {
    fn find(heading: &csv::StringRecord, columns: &Columns) -> Result<Self, NextPurchaseError> {
        let optional = |name: &str| heading.iter().position(|column| column == name);
        let needed = |name: &str| {
            optional(name).ok_or_else(|| NextPurchaseError::Column {
                column: name.to_owned(),
                found: heading.iter().collect::<Vec<_>>().join(", "),
            })
        };
        Ok(Self {
            needed: [needed("receipt")?, needed("member")?, needed("at")?, needed("quantity")?],
            good: needed(&columns.good)?,
            group: columns.group.as_deref().map(needed).transpose()?,
            outlet: optional("outlet"),
        })
    }
}

/// The day of a time or date such as `2026-01-05T10:15:00+01:00` or `2026-01-05`, as it is written: days since
/// 1 January 1970.
///
/// # Errors
///
/// It is neither.
pub fn day_of(text: &str) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is not a time such as 2026-01-05T10:15:00+01:00, nor a date");
    let (date, rest) = text.split_at_checked(10).ok_or_else(wrong)?;
    let date = NaiveDate::from_str(date).map_err(|_| wrong())?;
    let clock = rest.get(1..9);
    let is_time = |clock: &str| NaiveDateTime::from_str(&format!("2000-01-01T{clock}")).is_ok();
    if !rest.is_empty() && !clock.is_some_and(is_time) {
        return Err(wrong());
    }
    Ok(date.signed_duration_since(NaiveDate::default()).num_days())
}

/// Whether a decimal is above zero.
fn is_above_zero(text: &str) -> Result<bool, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) {
        return Err(format!("quantity: \"{text}\" is not a number such as 2 or 0.375"));
    }
    Ok(digits.len() == text.len() && digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
}
