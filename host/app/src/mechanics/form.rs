//! The parameters of a mechanic as a form: the rows for its JSON Schema.

use serde_json::{Map, Value};

/// The most `$ref`s that are followed in a row. Admission has screened the schema.
const REFERENCES_MAX: usize = 16;
/// The most optional fields that are shown; if there are more, all of them are folded.
const UNFOLDED_MAX: usize = 4;

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
        let (needed, optional): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| required(name));
        for (name, part) in needed {
            self.part(part, name, true);
        }
        let fold = optional.len() > UNFOLDED_MAX;
        if fold {
            self.rows.push(Row::OpenMore(optional.len()));
        }
        for (name, part) in optional {
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
