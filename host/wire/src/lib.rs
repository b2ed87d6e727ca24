//! JSON documents into domain types, and results back into JSON.
//!
//! The command line and HTTP read documents with the same functions. Reading does not stop at the first
//! problem: a document is either taken whole or refused with all its problems, each with a JSON Pointer
//! to its place. Decimals are read from their text.

pub mod answer;
pub mod attribute;
pub mod audience;
pub mod backtest;
pub mod catalog;
pub mod coupon;
pub mod digest;
pub mod explanation;
pub mod json;
pub mod member;
pub mod offer;
pub mod personal;
pub mod plan;
pub mod pointer;
pub mod problem;
pub mod reader;
pub mod receipt;
pub mod recommendations;
pub mod rollout;
pub mod settings;
pub mod template;
pub mod time;
pub mod web_address;
mod wrap;

use std::borrow::Cow;
use std::sync::Arc;

use domain::mechanics::Mechanics;
use domain::member::Member;
use domain::pricing::{Calculation, price};
use domain::time::Moment;
use serde_json::Value;

use self::plan::BuiltPlan;
use self::problem::Problems;
use self::receipt::{ReadReceipt, Request};

/// Prices one receipt document. The result is the answer as JSON text, or the problems of the document.
///
/// `member` finds the member with an identifier (kind and value), as of the time of the receipt.
pub fn price_receipt(
    plan: &BuiltPlan,
    mechanics: &dyn Mechanics,
    member: impl FnOnce(&str, &str, &Moment) -> Option<Arc<Member>>,
    request: Request<'_>,
    document: &Value,
) -> Result<String, Problems> {
    priced(plan, mechanics, member, request, document).map(|(_, answer)| answer)
}

/// As [`price_receipt`], with the id of the calculation, as a till gets the answer.
pub fn answer_receipt(
    plan: &BuiltPlan,
    mechanics: &dyn Mechanics,
    member: impl FnOnce(&str, &str, &Moment) -> Option<Arc<Member>>,
    request: Request<'_>,
    document: &Value,
) -> Result<String, Problems> {
    let (read, answer) = priced(plan, mechanics, member, request, document)?;
    Ok(answer::with_calculation(&read.receipt, &answer))
}

fn priced(
    plan: &BuiltPlan,
    mechanics: &dyn Mechanics,
    member: impl FnOnce(&str, &str, &Moment) -> Option<Arc<Member>>,
    request: Request<'_>,
    document: &Value,
) -> Result<(ReadReceipt, String), Problems> {
    let read = receipt::read(document, plan, request)?;
    let identifier = read.receipt.identifier.as_ref();
    let member = identifier.and_then(|(kind, value)| member(kind, value, &read.receipt.at));
    let coupons = plan.coupon_codes().of_receipt(&read.receipt, member.as_deref());
    let mut usage = Cow::Borrowed(request.usage);
    if !coupons.is_empty() {
        usage.to_mut().set_coupons(coupons);
    }
    let priced = price(Calculation {
        plan: &plan.plan,
        mechanics,
        receipt: &read.receipt,
        member: member.as_deref(),
        usage: &usage,
        offline: request.offline,
    });
    let answer = answer::write(&plan.plan, &read, &priced)?;
    Ok((read, answer))
}
