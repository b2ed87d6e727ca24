//! The report on cases, as `--json` writes it; `text` prints it for people.

mod text;

use serde::Serialize;
use serde_json::Value;

use crate::cases::Difference;

pub(super) use text::print;

/// The report on all cases.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) mechanic: Tested,
    /// Receipts whose answers are as expected.
    pub(super) passed: usize,
    /// Receipts and plans that are not as expected.
    pub(super) failed: usize,
    /// Cases that cannot be used.
    pub(super) unusable: usize,
    pub(super) cases: Vec<CaseReport>,
}

/// The mechanic under test.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mechanic) struct Tested {
    pub(in crate::mechanic) name: String,
    pub(in crate::mechanic) version: String,
    pub(in crate::mechanic) digest: String,
    pub(in crate::mechanic) contract: &'static str,
    pub(in crate::mechanic) class: &'static str,
    pub(in crate::mechanic) size: usize,
}

/// The report on a case.
#[derive(Debug, Default, Serialize)]
pub(in crate::mechanic) struct CaseReport {
    pub(in crate::mechanic) file: String,
    pub(in crate::mechanic) title: String,
    /// The reason why the case cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mechanic) unusable: Option<String>,
    /// Differences of the plan, if it should be refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::mechanic) differences: Vec<Difference>,
    pub(super) receipts: Vec<ReceiptReport>,
}

impl CaseReport {
    /// For each call of the mechanic under test, the titles of its case and receipt.
    pub(in crate::mechanic) fn titles_of_calls(&self) -> Vec<String> {
        let under_test =
            |receipt: &ReceiptReport| receipt.calls.iter().filter(|call| call.under_test).count();
        let titles =
            |receipt: &ReceiptReport| vec![format!("{}: {}", self.title, receipt.title); under_test(receipt)];
        self.receipts.iter().flat_map(titles).collect()
    }
}

/// The report on a receipt of a case.
#[derive(Debug, Serialize)]
pub(super) struct ReceiptReport {
    pub(super) title: String,
    pub(super) passed: bool,
    pub(super) differences: Vec<Difference>,
    pub(super) calls: Vec<CallReport>,
    /// Verdicts and rewards in the form of the table `expect`.
    pub(super) happened: Value,
    /// The answer as a till gets it; null if the receipt was refused.
    pub(super) answer: Value,
}

/// A call to a mechanic and its cost.
#[derive(Debug, Serialize)]
pub(super) struct CallReport {
    pub(super) mechanic: String,
    /// True if it is the mechanic under test.
    pub(super) under_test: bool,
    pub(super) phase: &'static str,
    pub(super) offers: usize,
    pub(super) lines: usize,
    pub(super) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    /// Advice to the author after a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<&'static str>,
    pub(super) fuel: u64,
    pub(super) fuel_limit: u64,
    pub(super) memory_bytes: usize,
    pub(super) memory_limit_bytes: usize,
    pub(super) returned_bytes: usize,
    pub(super) returned_limit_bytes: usize,
    pub(super) time_ns: u128,
    pub(super) deadline_ns: u128,
    /// Used part of each limit, for people.
    #[serde(skip)]
    pub(super) usage: [String; 4],
}
