//! Requests of back-tests: the body of `POST /v1/backtests`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pointer;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report};
use super::time;

/// Default of `purchases.last`.
const LAST: i64 = 10_000;
/// The most that `purchases.last` may be: the ids of the purchases are held in memory.
const LAST_MAX: i64 = 100_000;

/// A back-test as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestRequest {
    /// Changes that are tried.
    pub edits: Edits,
    /// Purchases that they are tried on.
    pub purchases: Selection,
}

/// Changes of what is live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Versions of mechanics, by name.
    pub mechanics: BTreeMap<String, String>,
    /// Offers as `PUT` takes them, with their external ids.
    pub offers: Vec<(String, Value)>,
    /// External ids of offers to stop, each with its pointer.
    pub stop: Vec<(String, String)>,
    /// Priorities of offers, by external id.
    pub priorities: BTreeMap<String, i64>,
}

/// The latest confirmed purchases of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The most purchases.
    pub last: i64,
    /// Start of the period, in Unix seconds.
    pub from: Option<i64>,
    /// End of the period, in Unix seconds; the period is before it.
    pub to: Option<i64>,
    /// Points of sale, with those below them; all if empty.
    pub pos: Vec<String>,
}

impl Edits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The pointer of an entry of a field of `candidate`.
pub fn pointer(field: &str, key: &str) -> String {
    pointer::below(&format!("/candidate/{field}"), key)
}

/// Reads the request.
pub fn parse(document: &Value) -> Result<BacktestRequest, Problems> {
    let report = Report::default();
    let request = report.root(document).object().and_then(|body| {
        let edits = body.object("candidate").map(|candidate| edits(&candidate)).unwrap_or_default();
        let selection = body.object("purchases");
        let selection = selection
            .as_ref()
            .map_or(Some(Selection { last: LAST, from: None, to: None, pos: Vec::new() }), select);
        body.refuse_unknown();
        Some(BacktestRequest { edits, purchases: selection? })
    });
    let (request, _) = report.finish(request)?;
    if request.edits.is_empty() {
        let detail = "the candidate changes nothing; give `mechanics`, `offers`, `stop` or `priorities`";
        return Err(Problems::from(Problem {
            pointer: "/candidate".to_owned(),
            code: NOTHING_TO_TEST.into(),
            detail: detail.to_owned(),
        }));
    }
    Ok(request)
}

/// The code of a candidate that changes nothing.
pub const NOTHING_TO_TEST: &str = "nothing_to_test";

fn edits(candidate: &Object<'_, '_>) -> Edits {
    let mechanics = named(candidate, "mechanics", |field| field.text().map(str::to_owned));
    let mut seen = BTreeMap::new();
    let offers = candidate.each("offers", |node| offer(node, &mut seen));
    let stop = candidate.each("stop", |node| {
        let id = node.id()?.into_owned();
        if let Some(other) = seen.get(&id) {
            return node.refuse("conflicting_fields", format!("offer `{id}` is also given at {other}"));
        }
        Some((id, node.pointer()))
    });
    let priorities = named(candidate, "priorities", |field| field.integer());
    for (id, pointer) in &stop {
        if priorities.contains_key(id) {
            let detail = format!("offer `{id}` is in `stop` and in `priorities`");
            candidate.node().problem_at(pointer.clone(), "conflicting_fields", detail);
        }
    }
    candidate.refuse_unknown();
    Edits { mechanics, offers, stop, priorities }
}

fn offer(node: Node<'_, '_>, seen: &mut BTreeMap<String, String>) -> Option<(String, Value)> {
    let document = node.object()?;
    let id = document.required("external_id").and_then(Node::id)?.into_owned();
    if let Some(first) = seen.insert(id.clone(), node.pointer()) {
        return node.refuse("duplicate_id", format!("offer `{id}` is already given at {first}"));
    }
    let mut body = node.value().clone();
    if let Some(fields) = body.as_object_mut() {
        // The host sets these, as with `PUT`.
        fields.remove("external_id");
        fields.remove("version");
    }
    Some((id, body))
}

/// The entries of an object with names that the sender chooses.
fn named<'r, T>(
    candidate: &Object<'_, 'r>,
    field: &'r str,
    mut read: impl FnMut(Node<'_, '_>) -> Option<T>,
) -> BTreeMap<String, T> {
    let Some(object) = candidate.object(field) else { return BTreeMap::new() };
    object.entries().filter_map(|(name, node)| Some((name.to_owned(), read(node)?))).collect()
}

fn select(purchases: &Object<'_, '_>) -> Option<Selection> {
    let last = purchases.field("last").map_or(Some(LAST), |field| {
        let last = field.integer()?;
        if (1..=LAST_MAX).contains(&last) {
            return Some(last);
        }
        field.refuse("out_of_range", format!("must be a whole number from 1 to {LAST_MAX}"))
    });
    let instant = |field: Node<'_, '_>| time::moment(field, None).map(|moment| moment.instant);
    let (from, to) = (purchases.field("from").and_then(instant), purchases.field("to").and_then(instant));
    if let (Some(from), Some(to), Some(field)) = (from, to, purchases.field("to"))
        && from >= to
    {
        field.problem("end_before_start", "`to` must be after `from`");
    }
    let pos = match purchases.field("pos") {
        None => Vec::new(),
        Some(field) if field.value().is_array() => field.list()?.read(|entry| Some(entry.id()?.into_owned())),
        Some(field) => vec![field.id()?.into_owned()],
    };
    purchases.refuse_unknown();
    Some(Selection { last: last?, from, to, pos })
}
