//! JSON at the edge: documents into domain types, results back into JSON.
//!
//! Everything that comes from outside is read here, once, for the command line and for HTTP alike.
//! Reading never stops at the first problem: a document is either taken whole or refused with every
//! problem it has, each with the JSON Pointer of its place. Decimals are read from their text.

pub mod answer;
pub mod catalog;
pub mod json;
pub mod member;
pub mod offer;
pub mod personal;
mod place;
pub mod plan;
pub mod problem;
pub mod reader;
pub mod receipt;
pub mod settings;
pub mod template;
pub mod time;

use std::sync::Arc;

use domain::mechanics::Mechanics;
use domain::member::Member;
use domain::pricing::{Calculation, price};
use serde_json::Value;

use self::plan::BuiltPlan;
use self::problem::Problems;
use self::receipt::Request;

/// Prices one receipt document: what the till gets back, as JSON text.
///
/// `member` finds whom an identifier (kind and value) belongs to.
pub fn price_receipt(
    plan: &BuiltPlan,
    mechanics: &dyn Mechanics,
    member: impl FnOnce(&str, &str) -> Option<Arc<Member>>,
    request: Request<'_>,
    document: &Value,
) -> Result<String, Problems> {
    let read = receipt::read(document, plan, request)?;
    let member = read.receipt.identifier.as_ref().and_then(|(kind, value)| member(kind, value));
    let priced = price(Calculation {
        plan: &plan.plan,
        mechanics,
        receipt: &read.receipt,
        member: member.as_deref(),
        usage: request.usage,
        offline: request.offline,
    });
    answer::write(&plan.plan, &read, &priced)
}
