//! One event as a page tells it.

use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

/// How long ago a page may have seen what it tells, in milliseconds: a day.
const AGO_MAX: i64 = 24 * 60 * 60 * 1000;
/// Characters of a visitor's id: random enough that nobody guesses another's.
const VISITOR: std::ops::RangeInclusive<usize> = 16..=64;
/// Bytes of a text of a payload at most.
const TEXT_MAX: usize = 2_000;
/// Lines of a cart at most.
const ITEMS_MAX: usize = 200;

/// A row of a page.
pub(super) struct Row {
    /// Names the event among those of the visitor.
    pub(super) id: String,
    pub(super) visitor: String,
    pub(super) kind: &'static str,
    /// How long ago it was by the page's own clock, in milliseconds: browsers' clocks are often wrong.
    pub(super) ago: i64,
    /// JSON object.
    pub(super) payload: String,
    /// Says who the visitor is; the row is no event then.
    pub(super) token: Option<String>,
}

/// What a page may tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Product,
    Section,
    Cart,
    SignedIn,
}

const KINDS: [(&str, Kind); 5] = [
    ("page_viewed", Kind::Page),
    ("product_viewed", Kind::Product),
    ("section_viewed", Kind::Section),
    ("cart_changed", Kind::Cart),
    ("signed_in", Kind::SignedIn),
];

/// What a page tells of itself.
const PAGE: [&str; 3] = ["url", "title", "referrer"];

/// Reads a row, or says all that is wrong with it.
pub(super) fn row(row: &Value) -> Result<Row, Problems> {
    let report = Report::of_new();
    let read = fields(report.root(row));
    report.finish(read).map(|(row, _)| row)
}

fn fields(node: Node<'_, '_>) -> Option<Row> {
    let row = node.object()?;
    let id = row.required("id").and_then(Node::id);
    let visitor = row.required("visitor").and_then(visitor);
    let kind = row.required("kind").and_then(|kind| kind.choice(&KINDS));
    let ago = match row.field("ago") {
        None => Some(0),
        Some(ago) => ago.integer().and_then(|time| within_a_day(ago, time)),
    };
    let token = match kind {
        Some(Kind::SignedIn) => {
            row.required("token").and_then(Node::text).map(|token| Some(token.to_owned()))
        }
        _ => match row.field("token") {
            Some(token) => token.refuse("unexpected_field", "only `signed_in` has a token"),
            None => Some(None),
        },
    };
    let payload = payload(&row, kind);
    row.refuse_unknown();
    let name = KINDS.iter().find(|(_, known)| Some(*known) == kind).map(|(name, _)| *name);
    Some(Row {
        id: id?.into_owned(),
        visitor: visitor?,
        kind: name?,
        ago: ago?,
        payload: payload?,
        token: token?,
    })
}

fn visitor(node: Node<'_, '_>) -> Option<String> {
    let visitor = node.text()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !VISITOR.contains(&visitor.len()) || !visitor.bytes().all(is_plain) {
        let (least, most) = (VISITOR.start(), VISITOR.end());
        return node.refuse(
            "malformed_visitor",
            format!("must be {least} to {most} random letters and digits, made once in each browser"),
        );
    }
    Some(visitor.to_owned())
}

fn within_a_day(node: Node<'_, '_>, ago: i64) -> Option<i64> {
    if !(0..=AGO_MAX).contains(&ago) {
        return node.refuse("out_of_range", "must be 0 to 86400000 milliseconds, which is a day");
    }
    Some(ago)
}

/// The payload with what its kind needs.
fn payload(row: &Object<'_, '_>, kind: Option<Kind>) -> Option<String> {
    let sent = row.field("payload");
    let kind = kind?;
    let Some(node) = sent else {
        let needed = match kind {
            Kind::Page | Kind::SignedIn => return Some("{}".to_owned()),
            Kind::Product => r#"{"product":"…"}"#,
            Kind::Section => r#"{"section":"…"}"#,
            Kind::Cart => r#"{"items":[…]}"#,
        };
        let pointer = format!("{}/payload", row.node().pointer());
        row.node().problem_at(pointer, "missing_field", format!("is required, as {needed}"));
        return None;
    };
    let payload = node.object()?;
    let is_good = match kind {
        Kind::Page => PAGE.map(|name| short(&payload, name)).into_iter().all(|good| good),
        Kind::Product => payload.required("product").and_then(Node::id).is_some(),
        Kind::Section => payload.required("section").and_then(Node::id).is_some(),
        Kind::Cart => cart(&payload),
        Kind::SignedIn => true,
    };
    payload.refuse_unknown();
    is_good.then(|| payload.node().value().to_string())
}

/// True if a text is short enough, or absent. It may be empty: a page need not have a title.
fn short(payload: &Object<'_, '_>, name: &'static str) -> bool {
    let Some(node) = payload.field(name) else { return true };
    match node.value() {
        Value::String(text) if text.len() <= TEXT_MAX => true,
        Value::String(_) => {
            node.problem("too_long", format!("must be at most {TEXT_MAX} bytes"));
            false
        }
        _ => {
            node.problem("wrong_type", "must be a string");
            false
        }
    }
}

/// `{"items":[{"product":"G4","quantity":2}]}`; no items for a cart that was emptied.
fn cart(payload: &Object<'_, '_>) -> bool {
    let Some(items) = payload.required("items").and_then(Node::list) else { return false };
    if items.len() > ITEMS_MAX {
        let problem = format!("must be at most {ITEMS_MAX} items");
        return items.node().refuse::<()>("too_many_items", problem).is_some();
    }
    let item = |item: Node<'_, '_>| {
        let item = item.object()?;
        let is_good = item.required("product").and_then(Node::id).is_some();
        let quantity = item.field("quantity").map(Node::integer);
        item.refuse_unknown();
        (is_good && quantity != Some(None)).then_some(())
    };
    items.read(item).len() == items.len()
}
