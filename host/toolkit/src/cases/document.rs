//! Reads a case file into its plan and receipts, with defaults and short forms filled in.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::{Map, Value, json};
use wire::json::{from_toml, parse};
use wire::reader::{Node, Object, Report, Scales};
use wire::settings;

use super::expected::Expected;

/// Time of a receipt that gives none: a Sunday morning.
const USUAL_TIME: &str = "2026-11-22T10:15:00+03:00";

/// Keys of a plan file.
const PLAN_KEYS: [&str; 11] = [
    "currency",
    "points",
    "money",
    "caps",
    "locale",
    "catalog",
    "audiences",
    "coupon_pools",
    "offers",
    "members",
    "mechanics",
];

/// Keys of a receipt as tills send it.
const RECEIPT_KEYS: [&str; 9] =
    ["at", "pos", "member", "lines", "coupons", "attributes", "pay_points", "explain", "locale"];

/// Where the files with the common parts of cases are, which a case names by the key `store`.
#[derive(Debug, Clone)]
pub enum Stores {
    /// `store` is a path, relative to the case; without it there are no common parts.
    Beside,
    /// `store` is the name of a file in one folder, without its ending.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The name that counts if a case gives none.
        usual: &'static str,
    },
}

/// A case file that was read.
#[derive(Debug, Clone)]
pub struct Case {
    /// One sentence on the rule that it shows.
    pub title: String,
    /// The section of the pricing rules that it tests.
    pub rule: Option<String>,
    /// The plan document: the common parts with the additions of the case.
    pub plan: Value,
    /// Problems for which the plan must be refused, as `pointer code`.
    pub refused: Vec<String>,
    /// Receipts to price, in order.
    pub receipts: Vec<CaseReceipt>,
}

/// A receipt of a case.
#[derive(Debug, Clone)]
pub struct CaseReceipt {
    /// Name of the receipt within the case.
    pub title: String,
    /// The body of `calculate`.
    pub document: Value,
    /// The answer that is expected.
    pub expected: Expected,
}

impl Case {
    /// Reads a case file, TOML or JSON. Fails with every problem of the document.
    pub fn read(file: &Path, stores: &Stores) -> anyhow::Result<Self> {
        let document = table(file)?;
        let store = store(&document, file, stores)?.map_or_else(|| Ok(json!({})), |file| table(&file))?;
        Self::build(&document, store).with_context(|| file.display().to_string())
    }

    /// True if a file is a case; false if it holds common parts of other cases, whose receipts are a table by name.
    pub fn is_case(file: &Path) -> bool {
        table(file).map_or(true, |document| {
            document.get("title").is_some() || document.get("receipts").is_some_and(Value::is_array)
        })
    }

    /// The file of common parts that a case names by a path relative to itself.
    pub fn store_beside(file: &Path) -> Option<PathBuf> {
        table(file).ok().and_then(|document| store(&document, file, &Stores::Beside).ok()).flatten()
    }

    /// The plan, in which `mechanic` is that of all offers that name none.
    pub fn plan_with(&self, mechanic: &str) -> Value {
        let mut plan = self.plan.clone();
        let offers = plan.get_mut("offers").and_then(Value::as_array_mut);
        for offer in offers.into_iter().flatten().filter_map(Value::as_object_mut) {
            offer.entry("mechanic").or_insert_with(|| mechanic.into());
        }
        plan
    }

    pub(super) fn build(document: &Value, mut plan: Value) -> anyhow::Result<Self> {
        let named = plan.as_object_mut().and_then(|store| store.remove("receipts")).unwrap_or_default();
        let own = document.as_object().into_iter().flatten();
        let own = own.filter(|(name, _)| PLAN_KEYS.contains(&name.as_str()));
        merge(&mut plan, Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect()));
        add_till(&mut plan);
        let report = Report::default();
        let case = report.root(document).object().and_then(|root| {
            root.tolerate(&PLAN_KEYS);
            root.tolerate(&["store"]);
            let title = root.required("title").and_then(Node::text);
            let rule = root.text("rule").map(str::to_owned);
            let refused = root.one_or_more_texts("refused");
            let receipts = match refused.is_empty() {
                true => root.required("receipts").and_then(Node::list),
                false => root.list("receipts"),
            };
            let context = ReceiptContext { named: &named, pos: first_pos(&plan), scales: scales(&plan) };
            let receipts = receipts.map(|list| list.read(|node| context.receipt(node))).unwrap_or_default();
            root.refuse_unknown();
            Some((title?.to_owned(), rule, refused, receipts))
        });
        let ((title, rule, refused, receipts), _) = report.finish(case)?;
        Ok(Self { title, rule, plan, refused, receipts })
    }
}

/// Parts of a plan that the receipts of a case share.
struct ReceiptContext<'a> {
    named: &'a Value,
    pos: Option<Value>,
    scales: Scales,
}

impl ReceiptContext<'_> {
    fn receipt(&self, node: Node<'_, '_>) -> Option<CaseReceipt> {
        let object = node.object()?;
        object.tolerate(&RECEIPT_KEYS);
        let title = object.text("title").unwrap_or("the receipt").to_owned();
        let expected = match object.object("expect") {
            Some(expected) => Expected::read(&expected, self.scales),
            None => Expected::default(),
        };
        let lines = self.lines(&object)?;
        object.refuse_unknown();
        let own = node.value().as_object().into_iter().flatten();
        let own = own.filter(|(name, _)| RECEIPT_KEYS.contains(&name.as_str()));
        let mut document: Map<String, Value> =
            own.map(|(name, value)| (name.clone(), value.clone())).collect();
        document.insert("lines".to_owned(), lines);
        document.entry("at").or_insert_with(|| USUAL_TIME.into());
        if let Some(pos) = &self.pos {
            document.entry("pos").or_insert_with(|| pos.clone());
        }
        document.entry("explain").or_insert(Value::Bool(true));
        if let Some(Value::String(card)) = document.get("member") {
            let member = json!({"kind": "card", "value": card});
            document.insert("member".to_owned(), member);
        }
        Some(CaseReceipt { title, document: Value::Object(document), expected })
    }

    fn lines(&self, object: &Object<'_, '_>) -> Option<Value> {
        let field = object.required("lines")?;
        let named = match field.value() {
            Value::String(name) => match self.named.get(name) {
                Some(Value::Array(lines)) => Some(lines.clone()),
                _ => return field.refuse("unknown_receipt", format!("the store has no receipt `{name}`")),
            },
            _ => None,
        };
        if let Some(lines) = named {
            let lines = (1_u32..).zip(&lines).map(|(position, line)| written(position, line));
            return lines.collect::<Option<_>>().map(Value::Array).or_else(|| field.refuse("line", LINE));
        }
        let mut position = 0_u32;
        let lines = field.list()?.read(|node| {
            position = position.saturating_add(1);
            written(position, node.value()).or_else(|| node.refuse("line", LINE))
        });
        Some(Value::Array(lines))
    }
}

const LINE: &str =
    "write a table, or [goods, quantity, price, amount]; the amount may be left out for quantity 1";

/// The line of a receipt from a table as tills send it, or from `[goods, quantity, price, amount]`; the amount may be
/// left out for one unit. `None` if it is neither.
fn written(position: u32, line: &Value) -> Option<Value> {
    let (goods, quantity, price, amount) = match line {
        Value::Array(cells) => match cells.as_slice() {
            [goods, quantity, price, amount] => (goods, quantity, price, amount),
            [goods, quantity, price] if quantity == "1" || *quantity == json!(1) => {
                (goods, quantity, price, price)
            }
            _ => return None,
        },
        other => return Some(other.clone()),
    };
    Some(
        json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount}),
    )
}

/// Adds a till on the clock of UTC to a plan without tills.
fn add_till(plan: &mut Value) {
    if first_pos(plan).is_none() {
        merge(plan, json!({"catalog": {"pos": [{"id": "till-1", "time_zone": "UTC"}]}}));
    }
}

/// True if `name` is a key of a receipt as tills send it.
pub(super) fn is_of_receipt(name: &str) -> bool {
    RECEIPT_KEYS.contains(&name)
}

fn first_pos(plan: &Value) -> Option<Value> {
    plan.pointer("/catalog/pos/0/id").cloned()
}

/// Digits after the point of money and points. Problems of the plan are reported when it is built, not here.
fn scales(plan: &Value) -> Scales {
    let report = Report::default();
    let root = report.root(plan).object();
    root.map_or(Scales { money: 2, points: 2 }, |root| settings::read(&root).scales())
}

fn store(document: &Value, case: &Path, stores: &Stores) -> anyhow::Result<Option<PathBuf>> {
    let named = match document.get("store") {
        None => None,
        Some(Value::String(name)) => Some(name.as_str()),
        Some(other) => {
            return Err(anyhow!("{}: /store: must be the name of a file, got {other}", case.display()));
        }
    };
    Ok(match stores {
        Stores::Beside => named.map(|name| case.parent().unwrap_or(Path::new(".")).join(name)),
        Stores::Folder { folder, usual } => Some(folder.join(format!("{}.toml", named.unwrap_or(usual)))),
    })
}

pub(super) fn table(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { parse(&text) } else { from_toml(&text) };
    read.with_context(|| file.display().to_string())
}

/// Merges `from` into `into`: tables are merged, lists are joined, anything else is replaced.
pub(super) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}
