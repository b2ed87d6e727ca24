//! The calculation and the sum that the customer saw, as a till may name them when it confirms.

use domain::decimal::format_scaled;
use domain::mechanics::Unit;
use domain::pricing::Warning;
use serde_json::Value;
use store::{Purchase, till_id};
use wire::answer::calculation_of;
use wire::problem::{Problem, Problems};
use wire::reader::{Report, Scales};
use wire::receipt::UnusedFields;

use super::sold::Sold;
use crate::error::Error;

/// The calculation that a till means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The id of the calculation.
    pub calculation: Option<String>,
    /// The sum to pay, in minor units.
    pub payable: Option<i64>,
    /// Warnings about other fields: a guard that is misspelt guards nothing.
    pub unused: Vec<Warning>,
}

impl Named {
    /// Reads the fields `calculation` and `payable` of a body. Others are warned about, as in receipts.
    pub(super) fn read(body: &Value, scales: Scales) -> Result<Self, Problems> {
        let report = Report::default();
        let named = report.root(body).object().map(|document| {
            let calculation = document.text("calculation").map(str::to_owned);
            let payable = document.field("payable").and_then(|field| field.measure(Unit::Money, scales));
            let unused = UnusedFields::default();
            unused.note(&document, "");
            Self { calculation, payable, unused: unused.warnings().collect() }
        });
        report.finish(named).map(|(named, _)| named)
    }

    /// Refuses the confirmation if the stored calculation of the purchase is another one.
    pub(super) fn check(&self, purchase: &Purchase, sold: &Sold) -> Result<(), Error> {
        let problems: Problems =
            [self.other_calculation(purchase), self.other_sum(sold)?].into_iter().flatten().collect();
        if problems.is_empty() {
            return Ok(());
        }
        let live = calculation_of(&purchase.answer).unwrap_or("without id");
        let payable = format_scaled(sold.payable()?, sold.scales.money);
        let detail = format!(
            "purchase `{}` has another calculation than the one that is named: `{live}`, with {payable} to \
             pay; show the customer that sum and confirm it, or calculate again",
            till_id(&purchase.id)
        );
        Err(Error::Mismatch { code: REPLACED, detail, problems })
    }

    /// True if the stored calculation is the one that is named, or none is named.
    pub(super) fn is(&self, purchase: &Purchase, sold: &Sold) -> Result<bool, Error> {
        Ok(self.other_calculation(purchase).is_none() && self.other_sum(sold)?.is_none())
    }

    fn other_calculation(&self, purchase: &Purchase) -> Option<Problem> {
        let named = self.calculation.as_deref()?;
        let live = calculation_of(&purchase.answer);
        (live != Some(named)).then(|| {
            problem(
                "calculation",
                format!("is `{named}`; the stored one is `{}`", live.unwrap_or("without id")),
            )
        })
    }

    fn other_sum(&self, sold: &Sold) -> Result<Option<Problem>, Error> {
        let Some(named) = self.payable else { return Ok(None) };
        let live = sold.payable()?;
        let money = |value| format_scaled(value, sold.scales.money);
        Ok((live != named)
            .then(|| problem("payable", format!("is {}; the stored one is {}", money(named), money(live)))))
    }
}

const REPLACED: &str = "calculation_replaced";

fn problem(field: &str, detail: String) -> Problem {
    Problem { pointer: format!("/{field}"), code: REPLACED.into(), detail }
}
