//! Prices of products without a receipt: each as if it were bought alone. Nothing is stored.

use std::sync::Arc;

use domain::offer::MemberState;
use domain::usage::Usage;
use serde_json::{Map, Value, json};
use wire::answer;
use wire::problem::{Problem, Problems};
use wire::receipt::{self, ReadReceipt, Request};
use wire::rollout::Sale;

use super::coupons::ReceiptCoupons;
use super::members;
use super::pricing::{Input, priced, refused};
use crate::clock::now;
use crate::error::Error;
use crate::nodes;
use crate::state::App;

/// The price of every product of `products`.
pub async fn preview(app: &App, body: &Value) -> Result<Value, Error> {
    let products = products(app, body)?;
    let live = nodes::serving(app).await?;
    let sale =
        |member| Sale { member, purchase_id: "", pos: body.get("pos").and_then(Value::as_str).unwrap_or("") };
    let mut receipts = Vec::new();
    let mut problems = Vec::new();
    let at = body.get("at").cloned().unwrap_or_else(this_moment);
    for (number, product) in products.iter().enumerate() {
        let max_coupons = app.config.coupons.receipt_codes;
        let request = Request { max_coupons, ..Request::new("preview") };
        match receipt::read(&alone(body, product, &at), &live.active.plan, request) {
            Ok(read) => receipts.push(Arc::new(read)),
            Err(found) => problems.extend(found.0.into_iter().map(|problem| at_product(number, problem))),
        }
    }
    if !problems.is_empty() {
        return Err(refused(Problems(problems)));
    }
    // All of them have the same member and time.
    let first = receipts.first().map(|read| &read.receipt);
    let record = match first.and_then(|receipt| receipt.identifier.as_ref()) {
        Some((kind, value)) => app.store.member_by_identifier(kind, value).await?,
        None => None,
    };
    let variant = Arc::clone(live.variant_for(sale(record.as_ref().map(|record| record.id.as_str()))));
    let member = record
        .and_then(|record| members::restore(&record, variant.plan.scales()).ok())
        .zip(first)
        .map(|(member, receipt)| Arc::new(member.resolve(&variant.plan, &receipt.at)));
    let mut usage = Usage::default();
    if let Some(receipt) = first {
        let buyer = member.as_ref().filter(|member| member.state != MemberState::Blocked);
        let buyer = buyer.map(|member| member.id.as_str());
        let at = app.store.now().await?;
        let coupons = ReceiptCoupons::read(app, &variant.plan.plan, receipt, buyer, ("", at)).await?;
        usage.set_coupons(coupons.read);
    }
    let plan = variant.plan.plan.hash.clone();
    let anywhere = body.get("pos").is_none();
    let priced: Vec<Value> = app
        .threads
        .run(move || {
            let price = |read: Arc<ReadReceipt>| {
                let input = Input {
                    variant: Arc::clone(&variant),
                    read,
                    member: member.clone(),
                    usage: usage.clone(),
                    offline: false,
                };
                let priced = priced(&input);
                let answer = answer::answer(&variant.plan.plan, &input.read, &priced);
                (
                    input.read.receipt.lines.first().map(|line| line.goods_id.clone()),
                    serde_json::to_value(answer),
                )
            };
            receipts
                .into_iter()
                .map(price)
                .map(|(goods_id, answer)| product_answer(goods_id, answer, anywhere))
                .collect()
        })
        .await?;
    Ok(json!({"plan": plan, "products": priced}))
}

fn products<'a>(app: &App, body: &'a Value) -> Result<&'a [Value], Error> {
    let problem = |code: &'static str, detail: String| {
        refused(Problems(vec![Problem { pointer: "/products".to_owned(), code: code.into(), detail }]))
    };
    let Some(products) = body.get("products").and_then(Value::as_array) else {
        return Err(problem(
            "missing_field",
            "must be a list of goods, each with `goods_id` and `price`".to_owned(),
        ));
    };
    let most = app.config.limits.receipt_lines;
    if products.len() > most {
        return Err(problem(
            "too_many_lines",
            format!("has {} goods; at most {most} are accepted", products.len()),
        ));
    }
    Ok(products)
}

/// A receipt of one product: one unit at its list price, or the `quantity` and `amount` it says.
fn alone(body: &Value, product: &Value, at: &Value) -> Value {
    let mut line = product.as_object().cloned().unwrap_or_default();
    line.insert("position".to_owned(), json!(1));
    if !line.contains_key("quantity") {
        line.insert("quantity".to_owned(), json!("1"));
        if let Some(price) = line.get("price").cloned() {
            line.entry("amount").or_insert(price);
        }
    }
    let mut receipt: Map<String, Value> = ["pos", "member", "coupons"]
        .iter()
        .filter_map(|&key| Some((key.to_owned(), body.get(key)?.clone())))
        .collect();
    receipt.insert("at".to_owned(), at.clone());
    receipt.insert("lines".to_owned(), json!([line]));
    Value::Object(receipt)
}

/// The time of all receipts of a preview that names none.
fn this_moment() -> Value {
    let now = jiff::Timestamp::from_second(now()).unwrap_or_default();
    json!(now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string())
}

fn at_product(number: usize, problem: Problem) -> Problem {
    let pointer = match problem.pointer.strip_prefix("/lines/0") {
        Some(rest) => format!("/products/{number}{rest}"),
        None => problem.pointer,
    };
    Problem { pointer, ..problem }
}

fn product_answer(
    goods_id: Option<String>,
    answer: Result<Value, serde_json::Error>,
    anywhere: bool,
) -> Value {
    let answer = answer.unwrap_or_default();
    let mut product = answer.pointer("/lines/0").and_then(Value::as_object).cloned().unwrap_or_default();
    product.remove("position");
    product.remove("points_paid");
    product.insert("goods_id".to_owned(), json!(goods_id));
    let warnings = answer.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    // A request without a place needs no warning that the place is unknown.
    let surprises = |warning: &Value| !(anywhere && warning.get("code") == Some(&json!("unknown_pos")));
    product.insert("warnings".to_owned(), warnings.into_iter().filter(surprises).collect());
    Value::Object(product)
}
