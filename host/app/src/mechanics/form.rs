//! The parameters of a mechanic as a form: the rows for its JSON Schema.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use wire::offer::is_common_parameter;

/// The most `$ref`s that are followed in a row. Admission has screened the schema.
const REFERENCES_MAX: usize = 16;
/// The most other fields that are shown; if there are more, all of them are folded.
const UNFOLDED_MAX: usize = 4;
/// The most typical fields that are shown; those after them are with the others.
const TYPICAL_MAX: usize = 8;
/// The parameters of all mechanics that most offers need. What a mechanic has of its own is typical of it.
const TYPICAL: [&str; 5] = ["target_kind", "target", "method", "value", "from"];
/// Key of a part of a schema with the names of its properties, in the order of the text.
const ORDER: &str = "propertyOrder";

/// A row of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An object begins.
    Open(Label),
    /// A list begins, with its first entry.
    OpenList(Label),
    /// The first entry and the list end.
    CloseList,
    /// Folded optional fields begin; their number.
    OpenMore(usize),
    /// One field.
    Field(Field),
    /// The folded fields end.
    CloseMore,
    /// The object ends.
    Close,
}

/// Names and description of a part of the parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Title for people.
    pub title: String,
    /// Name in the document; empty for an entry of a list.
    pub name: String,
    /// Description, as the schema has it; may be empty.
    pub description: String,
    /// True if the document must have it.
    pub required: bool,
}

/// An input field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its label.
    pub label: Label,
    /// `text`, `integer`, `number`, `boolean` or `json`.
    pub kind: &'static str,
    /// The allowed values; empty if any value is allowed.
    pub choices: Vec<String>,
    /// The default value; empty if there is none.
    pub default: String,
    /// Regular expression for the whole value, as HTML has it; empty if there is none.
    pub pattern: String,
    /// Short hint at the format.
    pub hint: String,
    /// The least number; empty if there is none.
    pub min: String,
    /// The greatest number; empty if there is none.
    pub max: String,
}

/// The entries of an object, in the order of the text.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// A schema as a document that remembers the order in which its properties are written, which JSON libraries sort. Null
/// if it is not JSON.
pub fn schema(text: &str) -> Value {
    ordered(text, false)
}

fn ordered(text: &str, are_properties: bool) -> Value {
    if let Ok(Entries(entries)) = serde_json::from_str::<Entries<'_>>(text) {
        let mut part = Map::new();
        for (name, value) in entries {
            let of_part = name == "properties" && !are_properties;
            if of_part && let Ok(Entries(properties)) = serde_json::from_str::<Entries<'_>>(value.get()) {
                let names = properties.into_iter().map(|(name, _)| Value::from(name));
                part.insert(ORDER.to_owned(), names.collect());
            }
            part.insert(name, ordered(value.get(), of_part));
        }
        return Value::Object(part);
    }
    if let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return entries.into_iter().map(|entry| ordered(entry.get(), false)).collect();
    }
    serde_json::from_str(text).unwrap_or_default()
}

/// The rows for a schema.
pub fn rows(schema: &Value) -> Vec<Row> {
    let mut form = Form { root: schema, rows: Vec::new() };
    form.object(schema);
    form.rows
}

struct Form<'a> {
    root: &'a Value,
    rows: Vec<Row>,
}

impl<'a> Form<'a> {
    fn object(&mut self, schema: &'a Value) {
        let schema = self.resolved(schema);
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let required = |name: &str| {
            let names = schema.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|required| required == name))
        };
        let order = schema.get(ORDER).and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = order.filter_map(Value::as_str).collect();
        let parts: Vec<(&str, &Value)> = if names.is_empty() {
            properties.iter().map(|(name, part)| (name.as_str(), part)).collect()
        } else {
            names.into_iter().filter_map(|name| Some((name, properties.get(name)?))).collect()
        };
        let (needed, optional): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(name, _)| required(name));
        let (mut typical, mut others): (Vec<_>, Vec<_>) =
            optional.into_iter().partition(|(name, _)| TYPICAL.contains(name) || !is_common_parameter(name));
        let rare = typical.split_off(typical.len().min(TYPICAL_MAX));
        others.splice(0..0, rare);
        for (name, part) in needed {
            self.part(part, name, true);
        }
        for (name, part) in typical {
            self.part(part, name, false);
        }
        let fold = others.len() > UNFOLDED_MAX;
        if fold {
            self.rows.push(Row::OpenMore(others.len()));
        }
        for (name, part) in others {
            self.part(part, name, false);
        }
        if fold {
            self.rows.push(Row::CloseMore);
        }
    }

    fn part(&mut self, part: &'a Value, name: &str, required: bool) {
        let schema = self.resolved(part);
        let text = |key: &str| part.get(key).or_else(|| schema.get(key)).and_then(Value::as_str);
        let label = Label {
            title: text("title").map_or_else(|| name.replace('_', " "), str::to_owned),
            name: name.to_owned(),
            description: text("description").unwrap_or_default().to_owned(),
            required,
        };
        if schema.get("properties").is_some() {
            self.rows.push(Row::Open(label));
            self.object(schema);
            self.rows.push(Row::Close);
            return;
        }
        let items = schema.get("items").filter(|items| items.is_object());
        if let Some(items) = items.map(|items| self.resolved(items)) {
            self.rows.push(Row::OpenList(label));
            if items.get("properties").is_some() {
                self.object(items);
            } else {
                self.rows.push(Row::Field(field(items, Label::of_entry(items, required))));
            }
            self.rows.push(Row::CloseList);
            return;
        }
        self.rows.push(Row::Field(field(schema, label)));
    }

    fn resolved(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..REFERENCES_MAX {
            let target =
                schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
            match target.and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }
}

impl Label {
    /// The label of an entry that is no object. It has no name: the list has it.
    fn of_entry(schema: &Value, required: bool) -> Self {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { title: text("title"), name: String::new(), description: text("description"), required }
    }
}

fn field(schema: &Value, label: Label) -> Field {
    let constant = schema.get("const").map(std::slice::from_ref);
    let choices = constant.or_else(|| schema.get("enum")?.as_array().map(Vec::as_slice)).unwrap_or_default();
    let types = types(schema);
    let has = |name: &str| types.contains(&name);
    let kind = if !choices.is_empty() {
        if choices.iter().all(Value::is_string) { "text" } else { "json" }
    } else if has("string") {
        "text"
    } else if has("integer") {
        "integer"
    } else if has("number") {
        "number"
    } else if has("boolean") {
        "boolean"
    } else {
        "json"
    };
    let is_decimal = has("string") && has("number");
    let hint = match kind {
        "text" if is_decimal => "a number, as 12.50",
        "text" => "",
        "integer" => "a whole number",
        "number" => "a number",
        "json" => "JSON",
        _ => "",
    };
    Field {
        kind,
        choices: match kind {
            "boolean" => vec!["true".to_owned(), "false".to_owned()],
            _ => choices.iter().map(plain).collect(),
        },
        default: schema.get("default").map(plain).unwrap_or_default(),
        pattern: schema.get("pattern").and_then(Value::as_str).map(whole).unwrap_or_default(),
        hint: hint.to_owned(),
        min: schema.get("minimum").map(plain).unwrap_or_default(),
        max: schema.get("maximum").map(plain).unwrap_or_default(),
        label,
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A pattern of JSON Schema, which matches anywhere in a text, as one of HTML, which matches the whole text.
fn whole(pattern: &str) -> String {
    let (start, rest) = pattern.strip_prefix('^').map_or((".*", pattern), |rest| ("", rest));
    let (rest, end) = rest.strip_suffix('$').map_or((rest, ".*"), |rest| (rest, ""));
    format!("{start}(?:{rest}){end}")
}

/// Title and description of a schema.
pub fn heading(schema: &Value) -> (String, String) {
    let empty = Map::new();
    let fields = schema.as_object().unwrap_or(&empty);
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("title"), text("description"))
}
