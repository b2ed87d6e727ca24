//! Reads the files of the data, in their own fields.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// All files of the folder that are used.
#[derive(Debug)]
pub struct Retail {
    /// The receipts, with the zero-quantity lines put back.
    pub receipts: Vec<Receipt>,
    /// The catalogue.
    pub products: Vec<Product>,
    /// The coupons, one row for each campaign that gives one out.
    pub coupons: Vec<Coupon>,
    /// The campaigns.
    pub campaigns: Vec<Campaign>,
    /// Coupons that were used.
    pub redemptions: Vec<Redemption>,
    /// Everybody who buys.
    pub households: Vec<Household>,
    /// Totals to reconcile with.
    pub stats: Stats,
}

/// A receipt of the data.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    /// Number of the receipt.
    pub receipt: u64,
    /// Number of the store.
    pub store: u32,
    /// Number of the household that bought.
    pub household: u32,
    /// Time of the receipt.
    pub ts: jiff::Timestamp,
    /// Lines of the receipt, in order.
    pub lines: Vec<SourceLine>,
}

/// A line of a receipt of the data; money in cents.
#[derive(Debug, Deserialize)]
pub struct SourceLine {
    /// Number on the receipt; zero-quantity lines have none.
    pub n: Option<u32>,
    /// Number of the product.
    pub product: u64,
    /// Quantity, in units of 10^-`scale`.
    pub qty: i64,
    /// Digits after the point of `qty`.
    #[serde(default)]
    pub scale: u32,
    /// Price of a unit, or the nearest to it.
    #[serde(default)]
    pub unit_price: i64,
    /// Sum before any discount.
    pub gross: i64,
    /// The till's discount.
    #[serde(default)]
    pub retail_disc: i64,
}

impl SourceLine {
    /// Sum that the till charges, in cents.
    pub fn amount(&self) -> i64 {
        self.gross.saturating_sub(self.retail_disc)
    }

    /// The quantity in thousandths.
    pub fn thousandths(&self) -> i64 {
        let digits = 3_u32.saturating_sub(self.scale);
        self.qty.saturating_mul(10_i64.saturating_pow(digits))
    }
}

/// A zero-quantity line and the receipt it was on.
#[derive(Debug, Deserialize)]
struct Anomaly {
    receipt: u64,
    line: SourceLine,
}

/// A product.
#[derive(Debug, Deserialize)]
pub struct Product {
    /// Its number.
    pub product: u64,
    /// First level of its path.
    pub department: String,
    /// Second level.
    pub category: String,
    /// Third level.
    #[serde(rename = "type")]
    pub kind: String,
    /// `National` or `Private`.
    pub brand: String,
    /// Number of the manufacturer.
    pub manufacturer: String,
}

impl Product {
    /// The levels that are named.
    pub fn path(&self) -> Vec<&str> {
        let levels = [&self.department, &self.category, &self.kind];
        levels.into_iter().map(String::as_str).filter(|level| !level.is_empty()).collect()
    }
}

/// A coupon in one campaign.
#[derive(Debug, Deserialize)]
pub struct Coupon {
    /// The number printed on it.
    pub coupon: u64,
    /// The campaign.
    pub campaign: u32,
    /// Numbers of the products of the coupon that the data has.
    pub products: Vec<u64>,
}

/// A campaign; days are local and inclusive.
#[derive(Debug, Deserialize)]
pub struct Campaign {
    /// Its number.
    pub campaign: u32,
    /// `Type A`, `Type B` or `Type C`.
    #[serde(rename = "type")]
    pub kind: String,
    /// First day.
    pub start: jiff::civil::Date,
    /// Last day.
    pub end: jiff::civil::Date,
    /// Households that received it.
    pub households: Vec<u32>,
}

/// A coupon that was used.
#[derive(Debug, Deserialize)]
pub struct Redemption {
    /// The household that used it.
    pub household: u32,
    /// Number of the coupon.
    pub coupon: u64,
    /// Campaign of the coupon.
    pub campaign: u32,
    /// Local day of the receipt.
    pub date: jiff::civil::Date,
}

/// A household with what is known of it; blank where nothing is.
#[derive(Debug, Deserialize)]
pub struct Household {
    /// Its number.
    pub household: u32,
    /// A range of years.
    pub age: String,
    /// A range of income.
    pub income: String,
    /// A number, or `3+`.
    pub kids_count: String,
}

/// Totals of the data.
#[derive(Debug, Deserialize)]
pub struct Stats {
    /// Numbers of rows.
    pub counts: Counts,
    /// Sums in cents.
    pub money_minor: MoneyTotals,
}

/// Numbers of rows by file.
#[derive(Debug, Deserialize)]
pub struct Counts {
    pub receipts: usize,
    pub lines: usize,
    pub products: usize,
    pub coupons: usize,
    pub redemptions: usize,
}

/// Sums in cents.
#[derive(Debug, Deserialize)]
pub struct MoneyTotals {
    pub gross: i64,
    pub retail_disc: i64,
    pub coupon_match: i64,
    pub received: i64,
}

impl Retail {
    /// Reads the folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let stats = std::fs::read(folder.join("stats.json")).context("stats.json")?;
        let mut receipts: Vec<Receipt> = json_lines(&folder.join("receipts.jsonl.gz"))?;
        put_back(&mut receipts, json_lines(&folder.join("anomalies.jsonl.gz"))?);
        Ok(Self {
            receipts,
            products: csv_rows(&folder.join("products.csv.gz"))?,
            coupons: json_lines(&folder.join("coupons.jsonl.gz"))?,
            campaigns: json_lines(&folder.join("campaigns.jsonl.gz"))?,
            redemptions: csv_rows(&folder.join("redemptions.csv.gz"))?,
            households: csv_rows(&folder.join("households.csv.gz"))?,
            stats: serde_json::from_slice(&stats).context("stats.json")?,
        })
    }
}

fn put_back(receipts: &mut [Receipt], anomalies: Vec<Anomaly>) {
    for anomaly in anomalies {
        if let Some(receipt) = receipts.iter_mut().find(|receipt| receipt.receipt == anomaly.receipt) {
            receipt.lines.push(anomaly.line);
        }
    }
}

fn unpacked(path: &Path) -> anyhow::Result<GzDecoder<File>> {
    Ok(GzDecoder::new(File::open(path).with_context(|| path.display().to_string())?))
}

fn json_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(unpacked(path)?).lines()) {
        let line = line?;
        if !line.is_empty() {
            rows.push(
                serde_json::from_str(&line).with_context(|| format!("{}, line {number}", path.display()))?,
            );
        }
    }
    Ok(rows)
}

fn csv_rows<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(unpacked(path)?);
    reader.deserialize().map(|row| row.with_context(|| path.display().to_string())).collect()
}
