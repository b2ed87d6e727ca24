//! Audiences: their definitions, uploads of members, and the members of a computed audience.

mod rule;

use std::collections::{BTreeMap, BTreeSet};

use domain::audience::{Rule, Value as AttributeValue};
use domain::decimal;
use domain::time::Moment;
use serde_json::{Map, Value, json};

use super::json;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report};

/// The definition of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Name for people.
    pub title: Option<String>,
    /// The rule of a computed audience; absent for one whose members are uploaded.
    pub rule: Option<Rule>,
}

/// The computed audiences of a plan, by name.
#[derive(Debug, Clone, Default)]
pub struct Computed(BTreeMap<String, (Rule, Used)>);

/// True if an offer of the plan names the audience.
type Used = bool;

impl Computed {
    /// True if the audience is computed.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of the audiences that a member is in at a time, out of those that offers name.
    pub fn of(&self, attributes: &Map<String, Value>, at: &Moment) -> BTreeSet<String> {
        self.among(attributes, at, |used| used)
    }

    /// The names of all audiences that a member is in at a time.
    pub fn all_of(&self, attributes: &Map<String, Value>, at: &Moment) -> BTreeSet<String> {
        self.among(attributes, at, |_| true)
    }

    /// The attributes that the rules read.
    pub fn attributes(&self) -> BTreeSet<&str> {
        self.0.values().flat_map(|(rule, _)| rule.names()).collect()
    }

    /// Notes that offers name these audiences.
    pub(super) fn use_by<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        for name in names {
            if let Some((_, used)) = self.0.get_mut(name) {
                *used = true;
            }
        }
    }

    fn among(
        &self,
        attributes: &Map<String, Value>,
        at: &Moment,
        wanted: impl Fn(Used) -> bool,
    ) -> BTreeSet<String> {
        let rules =
            || self.0.iter().filter(|(_, (_, used))| wanted(*used)).map(|(name, (rule, _))| (name, rule));
        let names: BTreeSet<&str> = rules().flat_map(|(_, rule)| rule.names()).collect();
        let values =
            names.into_iter().filter_map(|name| Some((name.to_owned(), value(attributes.get(name)?)?)));
        let member = AttributeValue::Record(values.collect());
        let today = at.local.date();
        rules().filter(|(_, rule)| rule.holds(&member, today)).map(|(name, _)| name.clone()).collect()
    }
}

/// Reads a rule about the attributes of a member, as in the definition of a computed audience.
pub fn read_rule(node: Node<'_, '_>) -> Option<Rule> {
    rule::read(node)
}

/// A value of an attribute as rules compare it. A text that holds a JSON object or list counts as that
/// object or list. Nothing for null and for numbers that are not decimals.
pub fn value(json: &Value) -> Option<AttributeValue> {
    match json {
        Value::Null => None,
        Value::Bool(value) => Some(AttributeValue::Bool(*value)),
        Value::Number(number) => decimal::parse(number.as_str()).ok().map(AttributeValue::Number),
        Value::String(text) if text.starts_with(['[', '{']) => match json::parse(text) {
            Ok(parsed) => value(&parsed),
            Err(_) => Some(AttributeValue::Text(text.clone())),
        },
        Value::String(text) => Some(AttributeValue::Text(text.clone())),
        Value::Array(values) => Some(AttributeValue::List(values.iter().filter_map(value).collect())),
        Value::Object(fields) => Some(AttributeValue::Record(
            fields.iter().filter_map(|(name, field)| Some((name.clone(), value(field)?))).collect(),
        )),
    }
}

/// Reads the document of one definition. `name` is that of its URL.
pub fn parse(document: &Value, name: &str) -> Result<Definition, Problems> {
    let report = Report::default();
    let definition = definition(report.root(document)).map(|(written, definition)| {
        if let Some(written) = written.filter(|written| written.1 != name) {
            let detail = format!("must be `{name}`, as in the URL, got `{}`", written.1);
            report.add(Problem { pointer: written.0, code: "id_mismatch".into(), detail });
        }
        definition
    });
    report.finish(definition).map(|(definition, _)| definition)
}

/// The audiences of a plan document, and their part of the plan's hash.
#[derive(Debug, Clone, Default)]
pub struct Audiences {
    pub(super) computed: Computed,
    pub(super) canonical: Vec<Value>,
}

impl Audiences {
    /// The computed audiences.
    pub fn computed(&self) -> &Computed {
        &self.computed
    }

    /// Reads a plan document that has only audiences.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let report = Report::default();
        let audiences = report.root(document).object().map(|root| Self::of(&root));
        report.finish(audiences).map(|(audiences, _)| audiences)
    }

    pub(super) fn of(document: &Object<'_, '_>) -> Self {
        Self { computed: read_all(document), canonical: canonical(document.node().value()) }
    }
}

/// The computed audiences of the list `audiences` of a plan. Entries without a rule are left out.
fn read_all(plan: &Object<'_, '_>) -> Computed {
    let mut seen = BTreeMap::new();
    let mut computed = BTreeMap::new();
    plan.each("audiences", |node| {
        let (written, definition) = definition(node)?;
        let Some((_, name)) = written else {
            return node.refuse("missing_field", "an audience needs an `id`");
        };
        if let Some(first) = seen.insert(name.clone(), node.pointer()) {
            node.problem("duplicate_id", format!("audience `{name}` is already given at {first}"));
        }
        computed.insert(name, (definition.rule?, false));
        Some(())
    });
    Computed(computed)
}

/// Pointer and text of the name, if the document has one, and the definition.
fn definition(node: Node<'_, '_>) -> Option<(Option<(String, String)>, Definition)> {
    let document = node.object()?;
    let mut name = None;
    for field in ["id", "name"] {
        if let Some(node) = document.field(field) {
            name = Some((node.pointer(), node.text()?.to_owned()));
        }
    }
    let title = document.text("title").map(str::to_owned);
    let rule = document.field("rule").map(rule::read);
    document.refuse_unknown();
    let rule = match rule {
        Some(rule) => Some(rule?),
        None => None,
    };
    Some((name, Definition { title, rule }))
}

/// Names and rules of the computed audiences of a document, by name: all of them that prices depend on.
fn canonical(document: &Value) -> Vec<Value> {
    let audiences = document.get("audiences").and_then(Value::as_array).into_iter().flatten();
    let mut rules: Vec<_> = audiences
        .filter_map(|audience| {
            let name = audience.get("name").or_else(|| audience.get("id"))?.as_str()?;
            Some((name, audience.get("rule").filter(|rule| !rule.is_null())?))
        })
        .collect();
    rules.sort_by_key(|(name, _)| *name);
    rules.into_iter().map(|(name, rule)| json!({"id": name, "rule": rule})).collect()
}

/// Warns of audiences that an offer of a plan file names and that the file neither defines nor gives a
/// member, and refuses members with a computed audience among theirs.
pub(super) fn check_names(plan: Node<'_, '_>, computed: &Computed) {
    let rows =
        |list: &str| plan.value().get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
    let mut known: BTreeSet<&str> = computed.0.keys().map(String::as_str).collect();
    known
        .extend(rows("audiences").filter_map(|(_, row)| row.get("name").or_else(|| row.get("id"))?.as_str()));
    for (row, member) in rows("members") {
        let names = member.get("audiences").and_then(Value::as_array).into_iter().flatten();
        for (place, name) in names.enumerate().filter_map(|(place, name)| Some((place, name.as_str()?))) {
            if computed.contains(name) {
                let pointer = format!("/members/{row}/audiences/{place}");
                plan.problem_at(pointer, "audience_is_computed", computed_detail(name));
            }
            known.insert(name);
        }
    }
    for (row, offer) in rows("offers") {
        for (place, name) in named_by_offer(offer).into_iter().filter(|(_, name)| !known.contains(name)) {
            plan.warn_at(format!("/offers/{row}{place}"), "unknown_audience", unknown_detail(name));
        }
    }
}

/// The problem text about a member who is added to a computed audience.
pub fn computed_detail(name: &str) -> String {
    format!("members cannot be added to `{name}`: it is computed by a rule")
}

/// The warning text about an audience that does not exist.
pub fn unknown_detail(name: &str) -> String {
    format!("audience `{name}` is not defined, and has no members")
}

/// The audiences that an offer names, each with its pointer.
pub fn named_by_offer(offer: &Value) -> Vec<(String, &str)> {
    let mut names = Vec::new();
    let place = "/filters/audience";
    match offer.pointer(place) {
        Some(Value::Object(lists)) => {
            for list in ["include", "exclude"] {
                add_names(&format!("{place}/{list}"), lists.get(list), &mut names);
            }
        }
        other => add_names(place, other, &mut names),
    }
    names
}

fn add_names<'v>(place: &str, value: Option<&'v Value>, names: &mut Vec<(String, &'v str)>) {
    match value {
        Some(Value::String(name)) => names.push((place.to_owned(), name)),
        Some(Value::Array(list)) => {
            let texts = list.iter().enumerate().filter_map(|(index, name)| Some((index, name.as_str()?)));
            names.extend(texts.map(|(index, name)| (format!("{place}/{index}"), name)));
        }
        _ => {}
    }
}

/// Names a member who is added to an audience or removed from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberName {
    /// Id of the member.
    Id(String),
    /// Kind and value of an identifier of the member.
    Identifier(String, String),
}

/// A change of an uploaded audience.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// All members with their pointers, in place of those before; absent if members are added or removed.
    pub members: Option<Vec<(String, MemberName)>>,
    /// Members to add, each with its pointer.
    pub add: Vec<(String, MemberName)>,
    /// Members to remove, each with its pointer.
    pub remove: Vec<(String, MemberName)>,
}

/// Reads a row `{"member":"m-1"}` or `{"kind":"card","value":"77"}`.
pub fn parse_row(row: &Value) -> Result<MemberName, Problems> {
    let report = Report::of_new();
    let name = member_row(report.root(row));
    report.finish(name).map(|(name, _)| name)
}

/// Reads `{"members":[…]}` or `{"add":[…],"remove":[…]}`.
pub fn parse_upload(document: &Value) -> Result<Upload, Problems> {
    let report = Report::of_new();
    let upload = upload(report.root(document));
    report.finish(upload).map(|(upload, _)| upload)
}

fn upload(node: Node<'_, '_>) -> Option<Upload> {
    let document = node.object()?;
    let entry = |node: Node<'_, '_>| Some((node.pointer(), member_entry(node)?));
    let members = document.list("members").map(|list| list.read(entry));
    let upload = Upload { members, add: document.each("add", entry), remove: document.each("remove", entry) };
    document.refuse_unknown();
    let changes = ["add", "remove"].iter().any(|name| node.value().get(name).is_some());
    if changes == node.value().get("members").is_some() {
        return node.refuse("missing_field", "give all `members`, or those to `add` and to `remove`");
    }
    let added: BTreeSet<&MemberName> = upload.add.iter().map(|(_, name)| name).collect();
    for (pointer, _) in upload.remove.iter().filter(|(_, name)| added.contains(name)) {
        node.problem_at(pointer.clone(), "contradiction", "is in `add` and in `remove`");
    }
    Some(upload)
}

fn member_entry(node: Node<'_, '_>) -> Option<MemberName> {
    match node.value() {
        Value::Object(_) => member_row(node),
        _ => node.id().map(|id| MemberName::Id(id.into_owned())),
    }
}

fn member_row(node: Node<'_, '_>) -> Option<MemberName> {
    let row = node.object()?;
    if let Some(id) = row.field("member") {
        return id.id().map(|id| MemberName::Id(id.into_owned()));
    }
    if row.field("kind").is_none() && row.field("value").is_none() {
        return node.refuse("missing_field", "`member` is required, or `kind` and `value` of an identifier");
    }
    super::member::identifier(node).map(|(kind, value)| MemberName::Identifier(kind, value))
}
