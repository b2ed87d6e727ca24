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
    let token = match (row.field("token"), kind) {
        (Some(token), Some(Kind::SignedIn)) => token.text().map(|token| Some(token.to_owned())),
        (None, Some(Kind::SignedIn)) => {
            row.node().refuse("missing_field", "needs `token`, which says who has signed in")
        }
        (Some(token), Some(_)) => token.refuse("unexpected_field", "only `signed_in` has a token"),
        (_, None) | (None, Some(_)) => Some(None),
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
    let kind = kind?;
    let Some(node) = row.field("payload") else {
        let needed = match kind {
            Kind::Page | Kind::SignedIn => return Some("{}".to_owned()),
            Kind::Product => r#"{"product":"…"}"#,
            Kind::Section => r#"{"section":"…"}"#,
            Kind::Cart => r#"{"items":[…]}"#,
        };
        return row.node().refuse("missing_field", format!("needs `payload`, as {needed}"));
    };
    let payload = node.object()?;
    let is_good = match kind {
        Kind::Page => {
            ["url", "title", "referrer"].map(|name| optional(&payload, name)).into_iter().all(|good| good)
        }
        Kind::Product => text(payload.required("product")),
        Kind::Section => text(payload.required("section")),
        Kind::Cart => cart(&payload),
        Kind::SignedIn => true,
    };
    payload.refuse_unknown();
    is_good.then(|| payload.node().value().to_string())
}

fn optional(payload: &Object<'_, '_>, name: &'static str) -> bool {
    match payload.field(name) {
        // A page without a title tells an empty one.
        Some(node) if matches!(node.value(), Value::String(text) if text.is_empty()) => true,
        Some(node) => text(Some(node)),
        None => true,
    }
}

fn text(node: Option<Node<'_, '_>>) -> bool {
    let short = |node: Node<'_, '_>| {
        let text = node.id()?;
        if text.len() > TEXT_MAX {
            return node.refuse("too_long", format!("must be at most {TEXT_MAX} bytes"));
        }
        Some(())
    };
    node.and_then(short).is_some()
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
        let is_good = text(item.required("product"));
        let quantity = item.field("quantity").map(Node::integer);
        item.refuse_unknown();
        (is_good && quantity != Some(None)).then_some(())
    };
    items.read(item).len() == items.len()
}
