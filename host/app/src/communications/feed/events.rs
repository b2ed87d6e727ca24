//! Events of one row of the results feed. Amounts and points are whole numbers of their smallest step, written as texts;
//! those of a return are below zero.

use domain::catalog::{Catalog, Product};
use domain::decimal::{format_trimmed, parse_scaled};
use domain::plan::Plan;
use serde_json::{Map, Value, json};
use store::{FeedRow, NewEvent, Subject, scope_of, till_id};

/// Who tells these events.
const SOURCE: &str = "till";
const QUANTITY_PLACES: u32 = 3;

/// The events of a row, or why it cannot be read. A row without a member has none.
pub(super) fn of_row(row: &FeedRow, plan: &Plan, now: i64) -> Result<Vec<NewEvent>, String> {
    let Some(member) = &row.member_id else { return Ok(Vec::new()) };
    let told: Vec<Value> = serde_json::from_str(&row.results.events).map_err(|error| error.to_string())?;
    let reader = Reader { row, plan, member, told: &told, now };
    let mut events = Vec::new();
    for (index, told) in reader.told.iter().enumerate() {
        events.extend(match told.get("event").and_then(Value::as_str).unwrap_or_default() {
            "receipt" => reader.sold("purchase", told)?,
            // Those of single offers have the same name; they are part of the whole.
            "returned" if told.get("offer").is_none() => reader.sold("return", told)?,
            "accepted" => vec![reader.event(&format!("/{index}"), "offer_accepted", reader.decision(told))],
            "declined" => vec![reader.event(&format!("/{index}"), "offer_declined", reader.decision(told))],
            "coupon_issued" => {
                vec![reader.event(
                    &format!("/{index}"),
                    "coupon_issued",
                    picked(told, &["coupon", "pool", "offer"]),
                )]
            }
            _ => Vec::new(),
        });
    }
    Ok(events)
}

/// The event that a purchase of a member was cancelled, by its stored id.
pub(super) fn of_cancelled(member: String, stored: &str, at: i64) -> NewEvent {
    NewEvent {
        source: SOURCE.to_owned(),
        id: format!("cancelled/{stored}"),
        subject: Subject::Member(member),
        kind: "cancelled".to_owned(),
        at,
        received_at: at,
        payload: Value::Object(purchase(stored)).to_string(),
    }
}

/// How an event names a purchase, by its stored id.
fn purchase(stored: &str) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("purchase_id".to_owned(), json!(till_id(stored)));
    if let Some(scope) = scope_of(stored) {
        payload.insert("scope".to_owned(), json!(scope));
    }
    payload
}

struct Reader<'a> {
    row: &'a FeedRow,
    plan: &'a Plan,
    member: &'a str,
    told: &'a [Value],
    now: i64,
}

impl Reader<'_> {
    fn event(&self, part: &str, kind: &str, payload: Map<String, Value>) -> NewEvent {
        NewEvent {
            source: SOURCE.to_owned(),
            id: format!("{}{part}", self.row.id),
            subject: Subject::Member(self.member.to_owned()),
            kind: kind.to_owned(),
            at: self.row.results.at.saturating_mul(1000),
            received_at: self.now,
            payload: Value::Object(payload).to_string(),
        }
    }

    /// A purchase or a return, and the points that it moved.
    fn sold(&self, kind: &str, told: &Value) -> Result<Vec<NewEvent>, String> {
        let mut payload = self.purchase();
        payload.extend(picked(told, &["pos", "return_id"]));
        for (name, field) in [
            ("total", "amount"),
            ("discount", "discount"),
            ("points_paid", "points_paid"),
            ("net", "payable"),
        ] {
            payload.insert(name.to_owned(), self.money(told, field)?);
        }
        let (spent, earned) = (self.points(told, "points_spent")?, self.points(told, "points_earned")?);
        payload.insert("points_spent".to_owned(), json!(spent.to_string()));
        payload.insert("points_earned".to_owned(), json!(earned.to_string()));
        let lines = told.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let lines: Vec<Value> = lines.iter().map(|line| self.line(line)).collect::<Result<_, _>>()?;
        payload.insert("lines".to_owned(), Value::Array(lines));
        payload.insert("offers".to_owned(), Value::Array(self.offers()?));
        payload.insert("coupons".to_owned(), Value::Array(self.coupons()));
        let mut events = vec![self.event("", kind, payload)];
        for (part, kind, points) in
            [("/earned", "points_accrued", earned), ("/spent", "points_burned", spent)]
        {
            if points != 0 {
                let mut payload = self.purchase();
                payload.insert("points".to_owned(), json!(points.to_string()));
                events.push(self.event(part, kind, payload));
            }
        }
        Ok(events)
    }

    /// The purchase that the row is about.
    fn purchase(&self) -> Map<String, Value> {
        self.row.purchase_id.as_deref().map(purchase).unwrap_or_default()
    }

    fn line(&self, told: &Value) -> Result<Value, String> {
        let goods = told.get("goods_id").and_then(Value::as_str).unwrap_or_default();
        let catalog = &self.plan.catalog;
        let product = product(catalog, goods);
        let quantity = parse_scaled(text(told, "quantity"), QUANTITY_PLACES)
            .map_err(|error| format!("quantity: {error}"))?;
        Ok(json!({
            "product": product.map_or(goods, |product| product.code.as_str()),
            "categories": product.map(|product| categories(catalog, product)).unwrap_or_default(),
            "quantity": format_trimmed(quantity, QUANTITY_PLACES),
            "amount": self.money(told, "amount")?,
            "net": self.money(told, "payable")?,
        }))
    }

    /// The offers that paid, or whose part comes back.
    fn offers(&self) -> Result<Vec<Value>, String> {
        let is_part = |told: &&Value| {
            let name = text(told, "event");
            name == "fired" || (name == "returned" && told.get("offer").is_some())
        };
        let offer = |told: &Value| {
            let points = self.points(told, "points")?;
            Ok(json!({
                "offer": text(told, "offer"),
                "discount": self.money(told, "discount")?,
                "points": points.to_string(),
            }))
        };
        self.told.iter().filter(is_part).map(offer).collect()
    }

    /// The codes of pools that were used, or can be used again.
    fn coupons(&self) -> Vec<Value> {
        let is_used = |told: &&Value| matches!(text(told, "event"), "coupon_used" | "coupon_given_back");
        self.told.iter().filter(is_used).map(|told| json!(text(told, "coupon"))).collect()
    }

    fn decision(&self, told: &Value) -> Map<String, Value> {
        picked(told, &["offer", "offer_version", "attribute", "item_id", "decision"])
    }

    fn money(&self, told: &Value, field: &str) -> Result<Value, String> {
        let scaled = parse_scaled(text(told, field), self.plan.currency.exponent);
        scaled.map(|scaled| json!(scaled.to_string())).map_err(|error| format!("{field}: {error}"))
    }

    fn points(&self, told: &Value, field: &str) -> Result<i64, String> {
        parse_scaled(text(told, field), self.plan.points.exponent)
            .map_err(|error| format!("{field}: {error}"))
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Those of some fields that an object has.
fn picked(value: &Value, fields: &[&str]) -> Map<String, Value> {
    let field = |name: &&str| Some(((*name).to_owned(), value.get(*name)?.clone()));
    fields.iter().filter_map(field).collect()
}

/// The goods by the id that the till sent.
fn product<'c>(catalog: &'c Catalog, goods: &str) -> Option<&'c Product> {
    let id = catalog
        .product_by_code(goods)
        .or_else(|| goods.parse().ok().and_then(|id| catalog.product_by_internal_id(id)))?;
    catalog.product(id)
}

/// The category of a product, then its ancestors up to the root, by their codes.
fn categories<'c>(catalog: &'c Catalog, product: &Product) -> Vec<&'c str> {
    let category = product.category.and_then(|id| catalog.category(id));
    let path = category.map(|category| category.path.as_slice()).unwrap_or_default();
    path.iter().filter_map(|id| catalog.category(*id)).map(|category| category.code.as_str()).collect()
}
