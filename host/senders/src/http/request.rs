//! The call of a message: templates filled in.

use std::fmt::Write as _;

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Filled, context};
use reqwest::Url;
use serde_json::{Map, Value};

use super::account::HttpAccount;
use crate::Outgoing;

/// Steps that one template may take, and bytes that a call may have.
const FUEL: u64 = 20_000;
const BODY_MAX: usize = 524_288;
const DEPTH_MAX: usize = 16;

/// Fills in an account's templates.
#[derive(Debug)]
pub(super) struct Templates {
    plain: Environment<'static>,
    escaped: Environment<'static>,
}

/// A call that is ready, but for the proof of who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The body is a form; JSON if not.
    pub(super) is_form: bool,
}

impl Templates {
    pub(super) fn new() -> Self {
        Self { plain: environment(false), escaped: environment(true) }
    }

    /// The templates that cannot be read, with their fields.
    pub(super) fn problems(account: &HttpAccount) -> Vec<(String, String)> {
        let templates = Self::new();
        let mut problems = Vec::new();
        let mut check = |field: &str, text: &str| {
            if let Err(error) = templates.plain.template_from_str(text) {
                problems.push((field.to_owned(), format!("is not a template: {error}")));
            }
        };
        check("path", &account.path);
        for (name, text) in &account.headers {
            check(&format!("headers/{name}"), text);
        }
        let body = account.body.as_ref();
        let deep = body.is_some_and(|body| !each_text(body, 0, &mut |text| check("body", text)));
        if deep {
            problems.push(("body".to_owned(), format!("is nested more than {DEPTH_MAX} deep")));
        }
        problems
    }

    /// Fills in the call of a message. The error says which value is missing, or what the templates came to.
    pub(super) fn call(&self, account: &HttpAccount, message: &Outgoing) -> Result<Call, String> {
        let values = values(account, message);
        let body = match &account.body {
            None => Vec::new(),
            Some(body) => {
                let filled = self.fill(body, &values)?;
                if account.form { form(&filled).into_bytes() } else { filled.to_string().into_bytes() }
            }
        };
        self.around(account, &values, body, account.form)
    }

    /// Fills in a call whose body is ready: a JSON document. Path and headers may name `to` and `message_id`.
    pub(super) fn call_with(
        &self,
        account: &HttpAccount,
        message: &Outgoing,
        body: &Value,
    ) -> Result<Call, String> {
        self.around(account, &values(account, message), body.to_string().into_bytes(), false)
    }

    fn around(
        &self,
        account: &HttpAccount,
        values: &Filled,
        body: Vec<u8>,
        is_form: bool,
    ) -> Result<Call, String> {
        if body.len() > BODY_MAX {
            return Err(format!("the call has {} bytes; at most {BODY_MAX} are sent", body.len()));
        }
        let path = render(&self.escaped, &account.path, values)?;
        let url = join(&account.base, &path)?;
        let mut headers = Vec::new();
        for (name, text) in &account.headers {
            headers.push((name.clone(), render(&self.plain, text, values)?));
        }
        Ok(Call { url, headers, body, is_form })
    }

    /// Fills in every text. A text that is nothing but `{{ … }}` becomes the value itself, so that numbers stay numbers;
    /// a field that comes to nothing is left out, and so is an object that is left with no field.
    fn fill(&self, template: &Value, values: &Filled) -> Result<Value, String> {
        match template {
            Value::String(text) => self.fill_text(text, values),
            Value::Array(items) => {
                items.iter().map(|item| self.fill(item, values)).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(fields) => {
                let mut filled = Map::new();
                for (name, field) in fields {
                    let value = self.fill(field, values)?;
                    let empty = value.as_object().is_some_and(Map::is_empty)
                        && field.as_object() != Some(&Map::new());
                    if !empty && (!value.is_null() || field.is_null()) {
                        filled.insert(name.clone(), value);
                    }
                }
                Ok(Value::Object(filled))
            }
            other => Ok(other.clone()),
        }
    }

    fn fill_text(&self, text: &str, values: &Filled) -> Result<Value, String> {
        let alone = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let Some(expression) = alone.filter(|inner| !inner.contains("{{") && !inner.contains("}}")) else {
            return render(&self.plain, text, values).map(Value::String);
        };
        let compiled = self.plain.compile_expression(expression).map_err(|error| describe(text, &error))?;
        let value = compiled.eval(values).map_err(|error| describe(text, &error))?;
        if value.is_undefined() {
            return Err(format!("\"{text}\" stands for a value that is not there"));
        }
        serde_json::to_value(&value).map_err(|error| format!("\"{text}\": {error}"))
    }
}

fn values(account: &HttpAccount, message: &Outgoing) -> Filled {
    context! { settings => account.settings.clone(), ..Filled::from(Serde(message)) }
}

fn environment(escaped: bool) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    if escaped {
        environment.set_formatter(|out, _, value| {
            if value.is_undefined() {
                return Err(Error::from(ErrorKind::UndefinedError));
            }
            let text = if value.is_none() { String::new() } else { value.to_string() };
            out.write_str(&percent_encoded(&text)).map_err(Error::from)
        });
    }
    environment
}

fn render(environment: &Environment<'_>, text: &str, values: &Filled) -> Result<String, String> {
    if !text.contains('{') {
        return Ok(text.to_owned());
    }
    let template = environment.template_from_str(text).map_err(|error| describe(text, &error))?;
    template.render(values).map_err(|error| describe(text, &error))
}

fn describe(text: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => format!("\"{text}\" stands for a value that is not there"),
        ErrorKind::OutOfFuel => format!("\"{text}\" does not come to an end"),
        _ => format!("\"{text}\" cannot be filled in: {error}"),
    }
}

/// The address of a path, which cannot lead to another host.
fn join(base: &Url, path: &str) -> Result<Url, String> {
    let mut url = base.clone();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    // As browsers read addresses: a backslash is a slash, and an escaped dot is a dot.
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    if plain.split(['/', '\\']).any(|part| matches!(part, "." | "..")) {
        return Err(format!("the path \"{path}\" leads upwards"));
    }
    url.set_path(path);
    url.set_query(query);
    Ok(url)
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            // A dot alone, or two, would lead upwards; elsewhere it may stand.
            b'.' if text.len() > 2 => encoded.push('.'),
            // Writing to a text cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

fn form(body: &Value) -> String {
    let fields = body.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pair = |(name, value): (&String, &Value)| {
        format!("{}={}", percent_encoded(name), percent_encoded(&text(value)))
    };
    fields.map(pair).collect::<Vec<_>>().join("&")
}

/// Calls a function with every text; false if the document is too deep.
fn each_text(value: &Value, depth: usize, call: &mut dyn FnMut(&str)) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    let next = depth.saturating_add(1);
    match value {
        Value::String(text) => {
            call(text);
            true
        }
        Value::Array(items) => items.iter().all(|item| each_text(item, next, call)),
        Value::Object(fields) => fields.values().all(|field| each_text(field, next, call)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leads_upwards_however_its_dots_are_written() {
        let base = Url::parse("https://api.example.com").expect("an address");
        for path in ["/a/../b", "/a/.%2e/b", "/a/%2E./b", "/a/%2e%2E/b", "/a\\..\\b", "/a/%2e"] {
            assert!(join(&base, path).is_err(), "{path}");
        }
        for path in ["/a/.../b", "/a.b/c", "/a/%2eb"] {
            assert!(join(&base, path).is_ok(), "{path}");
        }
    }
}
