//! Prices of products without a receipt: each as if it were bought alone. Nothing is stored.

use std::ops::Range;
use std::sync::Arc;

use domain::offer::MemberState;
use domain::pricing::FilledMessages;
use domain::usage::Usage;
use serde::Serialize;
use serde_json::value::RawValue;
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
use crate::live::PlanVariant;
use crate::nodes;
use crate::state::App;

/// Products that are priced at once. A request of more is cut into pieces of so many, which wait until no receipt does.
const PIECE: usize = 32;

/// The prices of a request.
#[derive(Debug, Serialize)]
pub struct Prices {
    /// Hash of the plan.
    plan: String,
    /// In the order of the request.
    products: Vec<Box<RawValue>>,
}

/// The price of every product of `products`.
pub async fn preview(app: &App, body: Value) -> Result<Prices, Error> {
    let asked = Arc::new(Asked::of(app, body)?);
    let live = nodes::serving(app).await?;
    let first = check(app, &live.active, &asked).await?;
    // All of them have the same member and time.
    let first = first.as_ref().map(|read| &read.receipt);
    let record = match first.and_then(|receipt| receipt.identifier.as_ref()) {
        Some((kind, value)) => app.store.member_by_identifier(kind, value).await?,
        None => None,
    };
    let sale = Sale {
        member: record.as_ref().map(|record| record.id.as_str()),
        purchase_id: "",
        pos: asked.base.get("pos").and_then(Value::as_str).unwrap_or(""),
    };
    let variant = Arc::clone(live.variant_for(sale));
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
    let is_one_piece = asked.is_one_piece();
    let mut products = Vec::with_capacity(asked.products.len());
    for piece in asked.pieces() {
        let (asked, live, variant) = (Arc::clone(&asked), Arc::clone(&live), Arc::clone(&variant));
        let (member, usage) = (member.clone(), usage.clone());
        let price = move || {
            let price = |number| {
                // It was read before without a problem.
                let read = Arc::new(asked.read(number, &live.active).map_err(refused)?);
                let (variant, member, usage) = (Arc::clone(&variant), member.clone(), usage.clone());
                let messages = FilledMessages::default();
                let input = Input { variant, read, member, usage, offline: false, messages };
                product(&input, asked.is_anywhere)
            };
            piece.map(price).collect::<Result<Vec<_>, Error>>()
        };
        products.extend(run(app, is_one_piece, price).await??);
    }
    Ok(Prices { plan, products })
}

/// Reads all products, so that one with a problem refuses the request before anything is priced. Returns the first.
async fn check(
    app: &App,
    variant: &Arc<PlanVariant>,
    asked: &Arc<Asked>,
) -> Result<Option<ReadReceipt>, Error> {
    let mut first = None;
    let mut problems = Problems::default();
    for piece in asked.pieces() {
        let (asked_here, variant) = (Arc::clone(asked), Arc::clone(variant));
        let read = move || {
            let (mut first, mut problems) = (None, Problems::default());
            for number in piece {
                match asked_here.read(number, &variant) {
                    Ok(read) => first = first.or(Some(read)),
                    Err(found) => problems.append(found),
                }
            }
            (first, problems)
        };
        let (read, found) = run(app, asked.is_one_piece(), read).await?;
        first = first.or(read);
        problems.append(found);
        // Of what all products share: the others have it too.
        if problems.iter().any(|problem| !problem.pointer.starts_with(PRODUCTS)) {
            break;
        }
    }
    problems.or(first).map_err(refused)
}

/// Runs a piece of a request: behind the receipts of tills, unless it is all of it.
async fn run<T: Send + 'static>(
    app: &App,
    is_all: bool,
    piece: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if is_all { app.threads.run(piece).await } else { app.threads.run_piece(piece).await }
}

const PRODUCTS: &str = "/products";

/// A request for prices.
struct Asked {
    /// The receipt that all products share, without its lines.
    base: Map<String, Value>,
    products: Vec<Value>,
    /// True if no place is named.
    is_anywhere: bool,
    /// Number of coupon codes that were sent; the base has those that are looked at.
    coupons: usize,
    max_coupons: usize,
}

impl Asked {
    fn of(app: &App, body: Value) -> Result<Self, Error> {
        let Value::Object(mut body) = body else { return Err(no_products()) };
        let Some(Value::Array(products)) = body.remove("products") else { return Err(no_products()) };
        let most = app.config.limits.receipt_lines;
        if products.len() > most {
            let detail = format!("has {} goods; at most {most} are accepted", products.len());
            return Err(problem("too_many_lines", detail));
        }
        let is_anywhere = !body.contains_key("pos");
        let mut base = Map::new();
        for name in ["pos", "member", "coupons"] {
            base.extend(body.remove(name).map(|value| (name.to_owned(), value)));
        }
        base.insert("at".to_owned(), body.remove("at").unwrap_or_else(this_moment));
        // It is copied for every product: nothing stays in it that is not read.
        if let Some(member) = base.get_mut("member").and_then(Value::as_object_mut) {
            member.retain(|name, _| ["kind", "value"].contains(&name.as_str()));
        }
        let max_coupons = app.config.coupons.receipt_codes;
        let mut coupons = 0;
        if let Some(codes) = base.get_mut("coupons").and_then(Value::as_array_mut) {
            coupons = codes.len();
            codes.truncate(max_coupons);
        }
        Ok(Self { base, products, is_anywhere, coupons, max_coupons })
    }

    fn is_one_piece(&self) -> bool {
        self.products.len() <= PIECE
    }

    /// The numbers of the products, in pieces.
    fn pieces(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let all = self.products.len();
        (0..all).step_by(PIECE).map(move |from| from..from.saturating_add(PIECE).min(all))
    }

    /// A product as a receipt, or its problems with pointers into the request.
    fn read(&self, number: usize, variant: &PlanVariant) -> Result<ReadReceipt, Problems> {
        let product = self.products.get(number).unwrap_or(&Value::Null);
        let request = Request { max_coupons: self.max_coupons, ..Request::new("preview") };
        let mut read = receipt::read(&alone(&self.base, product), &variant.plan, request)
            .map_err(|found| found.map(|problem| at_product(number, problem)))?;
        receipt::leave_out_coupons(&mut read, self.coupons, self.max_coupons);
        Ok(read)
    }
}

fn no_products() -> Error {
    problem("missing_field", "must be a list of goods, each with `goods_id` and `price`".to_owned())
}

fn problem(code: &'static str, detail: String) -> Error {
    refused(Problem { pointer: PRODUCTS.to_owned(), code: code.into(), detail }.into())
}

/// A receipt of one product: one unit at its list price, or the `quantity` and `amount` it says.
fn alone(base: &Map<String, Value>, product: &Value) -> Value {
    let mut line = product.as_object().cloned().unwrap_or_default();
    line.insert("position".to_owned(), json!(1));
    if !line.contains_key("quantity") {
        line.insert("quantity".to_owned(), json!("1"));
        if let Some(price) = line.get("price").cloned() {
            line.entry("amount").or_insert(price);
        }
    }
    let mut receipt = base.clone();
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

/// Prices a product; its answer as text, which takes less memory than values.
fn product(input: &Input, is_anywhere: bool) -> Result<Box<RawValue>, Error> {
    let priced = priced(input);
    let answer = answer::answer(&input.variant.plan.plan, &input.read, &priced);
    let answer = serde_json::to_value(answer).unwrap_or_default();
    let mut product = answer.pointer("/lines/0").and_then(Value::as_object).cloned().unwrap_or_default();
    product.remove("position");
    product.remove("points_paid");
    let goods_id = input.read.receipt.lines.first().map(|line| line.goods_id.as_str());
    product.insert("goods_id".to_owned(), json!(goods_id));
    let warnings = answer.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    // A request without a place needs no warning that the place is unknown.
    let surprises = |warning: &Value| !(is_anywhere && warning.get("code") == Some(&json!("unknown_pos")));
    product.insert("warnings".to_owned(), warnings.into_iter().filter(surprises).collect());
    serde_json::value::to_raw_value(&product).map_err(|error| Error::internal(&error))
}
