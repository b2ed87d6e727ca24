//! Receipts: the body of `calculate`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use domain::caseless::Code;
use domain::decimal::format_scaled;
use domain::mechanics::{FactValue, Unit};
use domain::plan::Plan;
use domain::pricing::Warning;
use domain::quantities::{MAX_AMOUNT, Money, Points, Quantity};
use domain::receipt::{PayPoints, Receipt, ReceiptLine};
use domain::usage::Usage;
use serde_json::Value;

use super::catalog::Widths;
use super::member::{facts, identifier};
use super::plan::BuiltPlan;
use super::problem::{Problems, UNKNOWN_FIELD};
use super::reader::{List, Node, Object, Report, Scales};
use super::time;

/// The inputs of a calculation that are not in the receipt's document.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The till's id of the purchase.
    pub purchase_id: &'a str,
    /// The most lines that are accepted.
    pub max_lines: usize,
    /// The most coupon codes that are looked at; more of them are left out, with a warning.
    pub max_coupons: usize,
    /// The use of the offers' limits by other purchases.
    pub usage: &'a Usage,
    /// True for a late receipt: the sale is over, so that there is no discount and no paying with points.
    pub offline: bool,
    /// The rules that a stored receipt was read by; none for a receipt that is read for the first time.
    pub recorded: Option<ReadingRules>,
}

/// The rules of reading receipts that earlier releases did not have. A stored receipt is read by those that it was read
/// by first, or it would not come out again; its ids are not checked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingRules {
    /// True if coupon codes compare by their folded form, false if byte by byte.
    pub folded_codes: bool,
    /// True if amounts that are far from their prices are told.
    pub told_amounts: bool,
    /// True if a till is known only by a row of its own, false if that of its store is enough.
    pub exact_pos: bool,
    /// True if fields that are not used are told, and an unknown member by its own kind of identifier.
    pub told_fields: bool,
    /// True if lines have attributes; false if they are fields that are not used.
    pub line_attributes: bool,
}

impl ReadingRules {
    /// The rules of this release.
    const LATEST: Self = Self {
        folded_codes: true,
        told_amounts: true,
        exact_pos: true,
        told_fields: true,
        line_attributes: true,
    };
}

impl<'a> Request<'a> {
    /// A request at the till with the default numbers of lines and coupon codes, and no use of limits by others.
    pub fn new(purchase_id: &'a str) -> Self {
        Self {
            purchase_id,
            max_lines: 10_000,
            max_coupons: 50,
            usage: Usage::nothing(),
            offline: false,
            recorded: None,
        }
    }
}

/// A receipt that can be priced.
#[derive(Debug, Clone)]
pub struct ReadReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// Widths of the till's lines.
    pub widths: Widths,
    /// Oddities that do not prevent a calculation.
    pub warnings: Vec<Warning>,
    /// The till's count of its calculations of this purchase, if it counts them.
    pub sequence: Option<i64>,
    /// Number of coupon codes that were left out, since there are too many.
    pub coupons_left_out: usize,
    /// True if the receipt reads otherwise where lines have no attributes: a line has some, or a warning about another
    /// field suggests them.
    pub has_line_attributes: bool,
}

impl ReadReceipt {
    /// True if the answer has warnings, or words in them, that earlier releases did not write.
    pub fn has_later_warnings(&self) -> bool {
        let names_id = |(kind, _): &(String, String)| kind == "member" || kind == "id";
        self.warnings.iter().any(|warning| warning.code == UNKNOWN_FIELD)
            || self.receipt.names_kind && self.receipt.identifier.as_ref().is_some_and(names_id)
    }
}

/// Reads a receipt. Unknown fields are only warnings, since tills send more than is used.
pub fn read(document: &Value, plan: &BuiltPlan, request: Request<'_>) -> Result<ReadReceipt, Problems> {
    let report = Report::default();
    let unused = UnusedFields::default();
    let read = receipt(report.root(document), plan, request, &unused);
    let ((receipt, sequence), _) = report.finish(read)?;
    let rules = request.recorded.unwrap_or(ReadingRules::LATEST);
    let told_amounts = rules.told_amounts;
    let zero = receipt.lines.iter().filter(|line| line.quantity.is_zero()).map(zero_quantity);
    let far = receipt.lines.iter().filter(|line| told_amounts && is_far_from_price(line));
    let far = far.map(|line| amount_far_from_price(line, plan.plan.currency.exponent));
    let mut warnings: Vec<Warning> = zero.chain(far).collect();
    let coupons = document.get("coupons").and_then(Value::as_array).map_or(0, Vec::len);
    let suggests_attributes = unused.suggests(OF_LINES, ATTRIBUTES);
    if rules.told_fields {
        warnings.extend(unused.warnings());
    }
    let widths = plan.points_of_sale.widths(&receipt.pos);
    let sent = document.get("lines").and_then(Value::as_array).into_iter().flatten();
    let has_line_attributes =
        suggests_attributes || sent.into_iter().any(|line| line.get(ATTRIBUTES).is_some());
    let mut read =
        ReadReceipt { receipt, widths, warnings, sequence, coupons_left_out: 0, has_line_attributes };
    leave_out_coupons(&mut read, coupons, request.max_coupons);
    Ok(read)
}

/// Notes that `sent` coupon codes came with a receipt of which `most` are looked at.
pub fn leave_out_coupons(read: &mut ReadReceipt, sent: usize, most: usize) {
    let left_out = sent.saturating_sub(most);
    if left_out > 0 {
        read.coupons_left_out = left_out;
        let detail = format!("the receipt has {sent} coupon codes; only the first {most} are looked at");
        read.warnings.push(Warning { code: "too_many_coupons", detail });
    }
}

/// The receipt, and the till's count of its calculations.
fn receipt<'v>(
    node: Node<'v, '_>,
    plan: &BuiltPlan,
    request: Request<'_>,
    unused: &UnusedFields<'v>,
) -> Option<(Receipt, Option<i64>)> {
    let document = node.object()?;
    let scales = plan.scales();
    let rules = request.recorded.unwrap_or(ReadingRules::LATEST);
    let pos = document.field("pos").and_then(|field| {
        let pos = field.id()?;
        if request.recorded.is_none() {
            field.check_id(&pos)?;
        }
        Some(pos)
    });
    let pos = pos.unwrap_or_default();
    let zone = plan.points_of_sale.zone(&pos);
    let at = document.required("at").and_then(|field| time::moment(field, zone));
    let lines = document.required("lines").and_then(Node::list);
    let lines = lines.and_then(|list| self::lines(&list, plan, (request.max_lines, rules), unused));
    let attributes = document.object("attributes");
    // Earlier releases ignored it, whatever it was.
    let counted = document.field("sequence").filter(|_| request.recorded.is_none());
    let sequence = counted.and_then(sequence);
    let receipt = Receipt {
        purchase_id: request.purchase_id.to_owned(),
        at: at?,
        pos_known: plan.points_of_sale.has_row(&pos) || (!rules.exact_pos && zone.is_some()),
        limits_pos: plan.points_of_sale.counted(&pos).to_owned(),
        locale: document.text("locale").or_else(|| plan.points_of_sale.locale(&pos)).map(str::to_owned),
        pos: pos.into_owned(),
        identifier: document.field("member").and_then(identifier),
        lines: lines.unwrap_or_default(),
        coupons: coupons(&document, request.max_coupons),
        exact_codes: !rules.folded_codes,
        names_kind: rules.told_fields,
        pay_points: document
            .field("pay_points")
            .and_then(|field| pay_points(field, scales))
            .unwrap_or_default(),
        facts: attributes
            .and_then(|attributes| attributes.node().value().as_object().map(facts))
            .unwrap_or_default(),
        explain: document.boolean("explain").unwrap_or(false),
    };
    document.tolerate(&BESIDE_RECEIPTS);
    unused.note(&document, "");
    Some((receipt, sequence))
}

/// Fields that are read with a receipt elsewhere: of rows of an upload, of late receipts, and those of earlier answers
/// that a till sends back.
const BESIDE_RECEIPTS: [&str; 4] = ["purchase_id", "calculation", "payable", "sequence"];

fn sequence(field: Node<'_, '_>) -> Option<i64> {
    let number = field.integer()?;
    if number < 0 { field.refuse("out_of_range", "must not be negative") } else { Some(number) }
}

fn coupons(document: &Object<'_, '_>, most: usize) -> Vec<Code> {
    let Some(list) = document.list("coupons") else { return Vec::new() };
    list.iter().take(most).filter_map(|field| field.id().map(Code::new)).collect()
}

fn lines<'v>(
    list: &List<'v, '_>,
    plan: &BuiltPlan,
    (max_lines, rules): (usize, ReadingRules),
    unused: &UnusedFields<'v>,
) -> Option<Vec<ReceiptLine>> {
    if list.len() > max_lines {
        let detail = format!("has {} lines; at most {max_lines} are accepted", list.len());
        return list.node().refuse("too_many_lines", detail);
    }
    let mut positions = BTreeMap::new();
    let mut lines = list.read(|node| {
        let document = node.object()?;
        let position = document.required("position").and_then(position);
        if let Some(position) = position
            && let Some(first) = positions.insert(position, node.pointer())
        {
            let detail = format!("position {position} is already given at {first}");
            document.field("position")?.problem("duplicate_position", detail);
        }
        let attributes = if rules.line_attributes { attributes(&document) } else { BTreeMap::new() };
        let line = line(&document, position, &plan.plan, plan.scales());
        document.tolerate(&["name"]);
        unused.note(&document, OF_LINES);
        line.map(|line| ReceiptLine { facts: attributes, ..line })
    });
    lines.sort_by_key(|line| line.position);
    Some(lines)
}

/// The place of the fields of lines, in warnings.
const OF_LINES: &str = "lines[].";

/// The field of a line with its attributes.
const ATTRIBUTES: &str = "attributes";

/// The attributes of a line. Those that are no object are left as a field that is not used: tills sent what they liked
/// before there were attributes of lines.
fn attributes(document: &Object<'_, '_>) -> BTreeMap<String, FactValue> {
    match document.node().value().get(ATTRIBUTES) {
        None | Some(Value::Null) => {
            document.tolerate(&[ATTRIBUTES]);
            BTreeMap::new()
        }
        Some(Value::Object(attributes)) => {
            document.tolerate(&[ATTRIBUTES]);
            facts(attributes)
        }
        Some(_) => BTreeMap::new(),
    }
}

fn line(
    document: &Object<'_, '_>,
    position: Option<u32>,
    plan: &Plan,
    scales: Scales,
) -> Option<ReceiptLine> {
    let measure = |name, unit| document.required(name).and_then(|field| field.measure(unit, scales));
    let goods_id = document.required("goods_id").and_then(Node::id);
    let quantity = measure("quantity", Unit::Quantity);
    let price = measure("price", Unit::Money);
    let amount = measure("amount", Unit::Money);
    let gross = quantity.zip(price).map(|(quantity, price)| {
        plan.currency.rounding.divide(i128::from(quantity) * i128::from(price), i128::from(Quantity::ONE.0))
    });
    if gross.is_some_and(|gross| gross > MAX_AMOUNT) {
        document.node().problem("out_of_range", "price × quantity is too large");
    }
    let goods_id = goods_id?;
    let product = plan.catalog.product_by_code(&goods_id);
    let name = if product.is_some() { None } else { document.node().value().get("name") };
    Some(ReceiptLine {
        position: position?,
        product,
        name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
        goods_id: goods_id.into_owned(),
        quantity: Quantity(quantity?),
        price: Money(price?),
        gross: Money(gross?),
        amount: Money(amount?),
        facts: BTreeMap::new(),
    })
}

fn position(field: Node<'_, '_>) -> Option<u32> {
    let number = field.integer()?;
    u32::try_from(number)
        .ok()
        .or_else(|| field.refuse("out_of_range", format!("must be a whole number from 0 to {}", u32::MAX)))
}

fn pay_points(field: Node<'_, '_>, scales: Scales) -> Option<PayPoints> {
    if field.value().as_str() == Some("max") {
        return Some(PayPoints::Max);
    }
    field.measure(Unit::Points, scales).map(|points| PayPoints::Points(Points(points)))
}

/// An amount may be that many times price × quantity.
const FAR_TIMES: i128 = 10;
/// An amount may be that many smallest units above price × quantity, however little that is.
const FAR_UNITS: i128 = 100;

/// True if the amount of a line is far above what its price says: a sum in smaller units, or a barcode in the place of a
/// sum. Amounts far below are not told, since tills give goods away for next to nothing; lines of quantity 0 have a
/// warning of their own.
fn is_far_from_price(line: &ReceiptLine) -> bool {
    let (gross, amount) = (i128::from(line.gross.0), i128::from(line.amount.0));
    !line.quantity.is_zero()
        && amount > gross.saturating_mul(FAR_TIMES)
        && amount > gross.saturating_add(FAR_UNITS)
}

/// Code of the warning about an amount that is far from its price.
pub const AMOUNT_FAR_FROM_PRICE: &str = "amount_far_from_price";

fn amount_far_from_price(line: &ReceiptLine, places: u32) -> Warning {
    let detail = format!(
        "line {}: the amount is {}, but price × quantity is {}",
        line.position,
        format_scaled(line.amount.0, places),
        format_scaled(line.gross.0, places)
    );
    Warning { code: AMOUNT_FAR_FROM_PRICE, detail }
}

fn zero_quantity(line: &ReceiptLine) -> Warning {
    Warning { code: "zero_quantity", detail: format!("line {} has quantity 0", line.position) }
}

/// The most names of fields that are told.
const FIELDS_TOLD: usize = 10;
/// The longest part of a name that is told, in characters.
const NAME_TOLD: usize = 40;

/// Fields of a document of a till that are not used, by the place before their names. Each name is told once, however many lines
/// have it; of too many names the first by the alphabet are, so that the order of lines changes nothing.
#[derive(Default)]
pub struct UnusedFields<'v> {
    told: RefCell<BTreeMap<(&'static str, &'v str), String>>,
    has_more: Cell<bool>,
}

impl<'v> UnusedFields<'v> {
    /// Notes the fields of an object that its reader did not ask for.
    pub fn note(&self, object: &Object<'v, '_>, place: &'static str) {
        let mut told = self.told.borrow_mut();
        for name in object.unknown_names() {
            if told.contains_key(&(place, name)) {
                continue;
            }
            let shown: String = name.chars().take(NAME_TOLD).collect();
            told.insert((place, name), format!("`{place}{shown}` is not used{}", object.question(name)));
            if told.len() > FIELDS_TOLD {
                told.pop_last();
                self.has_more.set(true);
            }
        }
    }

    /// True if the warning about a field at this place suggests another name.
    fn suggests(&self, place: &str, name: &str) -> bool {
        let name = format!("`{name}`");
        self.told.borrow().iter().any(|((told, _), detail)| *told == place && detail.contains(&name))
    }

    /// The warnings about them.
    pub fn warnings(self) -> impl Iterator<Item = Warning> {
        let more = self.has_more.get().then(|| "more fields are not used".to_owned());
        let details = self.told.into_inner().into_values().chain(more);
        details.map(|detail| Warning { code: UNKNOWN_FIELD, detail })
    }
}
