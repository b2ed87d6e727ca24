//! An account at a provider with an HTTP interface.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::Value;

use super::ready;
use super::request::Templates;
use crate::RefusedKind;
use crate::read::Fields;

/// An account at a provider with an HTTP interface.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAccount {
    /// Scheme, host and port; the path comes from `path`.
    pub base: Url,
    /// `POST`, `PUT`, `PATCH` or `GET`.
    pub method: &'static str,
    /// Template of path and query; what is filled in is escaped.
    pub path: String,
    /// Templates of headers.
    pub headers: BTreeMap<String, String>,
    /// Template of the body: every text in it is a template. None sends no body.
    pub body: Option<Value>,
    /// The body is sent as a form instead of JSON.
    pub form: bool,
    /// Texts of the account itself, which templates reach as `settings.NAME`.
    pub settings: BTreeMap<String, String>,
    /// How a call proves who sends it.
    pub auth: Auth,
    /// Where the provider's id stands in its answer, as a JSON pointer.
    pub id: Option<String>,
    /// What its answers mean; the first rule that matches decides.
    pub rules: Vec<Rule>,
    /// An answer 2xx counts as accepted only if this matches too.
    pub accepted: Option<Test>,
    /// The provider tells a repeated call by the message's id, and does not send it twice.
    pub idempotent: bool,
    /// Most calls at the same time.
    pub connections: usize,
    /// The longest wait for an answer.
    pub timeout_ms: u64,
    /// The longest answer that is read, in bytes.
    pub answer_bytes: usize,
    /// Whether the provider may be in a private network, and be reached without TLS.
    pub allow_private: bool,
}

/// How a call proves who sends it. `secret` is the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer { secret: String },
    /// `Authorization: Basic …`.
    Basic { user: String, secret: String },
    /// A header with the secret, after a prefix such as `App `.
    Header { name: String, prefix: String, secret: String },
    /// A header with HMAC-SHA-256 of the body in hexadecimal digits; with `time` another header has the Unix
    /// time in seconds, and `TIME.BODY` is signed.
    Hmac { name: String, time: Option<String>, secret: String },
}

impl Auth {
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Bearer { secret }
            | Self::Basic { secret, .. }
            | Self::Header { secret, .. }
            | Self::Hmac { secret, .. } => Some(secret),
        }
    }
}

/// What an answer means, if it is like this.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The status; any if none.
    pub status: Option<u16>,
    /// What must stand in the body; anything if none.
    pub test: Option<Test>,
    /// What became of the message then.
    pub means: Meaning,
    /// JSON pointer to the provider's words.
    pub reason: Option<String>,
    /// Milliseconds to wait, for `later`, unless the answer says.
    pub after_ms: Option<i64>,
}

/// A test of one place of an answer. Texts are compared without regard to case.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// JSON pointer.
    pub at: String,
    /// The value must be one of these; if there are none, it must be there at all.
    pub one_of: Vec<Value>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The provider has it.
    Accepted,
    /// Not now.
    Later,
    /// Never.
    Refused(RefusedKind),
    /// Cannot be told.
    Unknown,
}

const RULES_MAX: usize = 64;

impl HttpAccount {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let allow_private = fields.flag("allow_private");
        let ready = fields.optional_text("ready");
        let ready = ready.and_then(|name| {
            let found = ready::body(&name);
            if found.is_none() {
                let text = format!("must be one of {}, found \"{name}\"", ready::NAMES.join(", "));
                fields.problem("ready", text);
            }
            found
        });
        let given = fields.take("body");
        if ready.is_some() && given.is_some() {
            fields.problem("body", "\"ready\" names a body; give one of the two");
        }
        let methods = [("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("GET", "GET")];
        let account = Self {
            base: base(fields, allow_private),
            method: fields.choice("method", &methods, "POST"),
            path: fields.optional_text("path").unwrap_or_else(|| "/".to_owned()),
            headers: fields.texts("headers"),
            body: given.or(ready),
            form: fields.flag("form"),
            settings: fields.texts("settings"),
            auth: fields.inside("auth", auth).unwrap_or(Auth::None),
            id: pointer(fields, "id"),
            rules: fields.list("rules", RULES_MAX, rule),
            accepted: fields.inside("accepted", test).flatten(),
            idempotent: fields.flag("idempotent"),
            connections: usize::try_from(fields.number("connections", 8, 1..=64)).unwrap_or(1),
            timeout_ms: u64::try_from(fields.number("timeout_ms", 10_000, 50..=120_000)).unwrap_or(10_000),
            answer_bytes: usize::try_from(fields.number("answer_bytes", 65_536, 256..=1_048_576)).unwrap_or(65_536),
            allow_private,
        };
        if account.form && !account.body.as_ref().is_none_or(is_flat) {
            fields.problem("body", "a form is an object of texts");
        }
        for (field, error) in Templates::problems(&account) {
            fields.problem(&field, error);
        }
        account
    }
}

fn is_flat(body: &Value) -> bool {
    body.as_object().is_some_and(|fields| fields.values().all(|field| !field.is_object() && !field.is_array()))
}

fn base(fields: &mut Fields<'_>, allow_private: bool) -> Url {
    #[expect(clippy::expect_used, reason = "a constant that is an address")]
    let nowhere = || Url::parse("https://localhost/").expect("an address");
    let text = fields.text("url");
    if text.is_empty() {
        return nowhere();
    }
    let Ok(url) = Url::parse(&text) else {
        fields.problem("url", format!("must be an address such as https://api.example.com, found \"{text}\""));
        return nowhere();
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
    if !bare || url.host_str().is_none() || url.fragment().is_some() {
        fields.problem("url", "must be scheme, host and port alone; the rest is \"path\" and \"auth\"");
    } else if !(url.scheme() == "https" || (url.scheme() == "http" && allow_private)) {
        let text = "must begin with https://; http:// is for a provider of your own network, with \"allow_private\": true";
        fields.problem("url", text);
    }
    url
}

fn auth(fields: &mut Fields<'_>) -> Auth {
    let schemes = ["none", "bearer", "basic", "header", "hmac"];
    let words = schemes.map(|scheme| (scheme, scheme));
    match fields.choice("scheme", &words, "none") {
        "bearer" => Auth::Bearer { secret: fields.text("secret") },
        "basic" => Auth::Basic { user: fields.text("user"), secret: fields.text("secret") },
        "header" => Auth::Header {
            name: fields.text("name"),
            prefix: fields.optional_text("prefix").unwrap_or_default(),
            secret: fields.text("secret"),
        },
        "hmac" => Auth::Hmac {
            name: fields.optional_text("name").unwrap_or_else(|| "X-Signature".to_owned()),
            time: fields.optional_text("time"),
            secret: fields.text("secret"),
        },
        _ => Auth::None,
    }
}

fn pointer(fields: &mut Fields<'_>, field: &str) -> Option<String> {
    let text = fields.optional_text(field)?;
    if !text.starts_with('/') {
        fields.problem(field, format!("must be a JSON pointer such as /messages/0/id, found \"{text}\""));
    }
    Some(text)
}

fn test(fields: &mut Fields<'_>) -> Option<Test> {
    let at = pointer(fields, "at");
    let one_of = match (fields.take("equals"), fields.take("one_of")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value],
        (None, Some(Value::Array(values))) => values,
        _ => {
            fields.problem("one_of", "must be a list of values; \"equals\" is for one");
            Vec::new()
        }
    };
    if at.is_none() && !one_of.is_empty() {
        fields.problem("at", "must say where in the answer the value stands");
    }
    at.map(|at| Test { at, one_of })
}

fn rule(fields: &mut Fields<'_>) -> Rule {
    let words = [
        ("accepted", Meaning::Accepted),
        ("later", Meaning::Later),
        ("address", Meaning::Refused(RefusedKind::Address)),
        ("content", Meaning::Refused(RefusedKind::Content)),
        ("auth", Meaning::Refused(RefusedKind::Auth)),
        ("quota", Meaning::Refused(RefusedKind::Quota)),
        ("unknown", Meaning::Unknown),
    ];
    let status = fields.optional_number("status", 100..=599).and_then(|status| u16::try_from(status).ok());
    let test = test(fields);
    if status.is_none() && test.is_none() {
        fields.problem("", "a rule needs \"status\", or \"at\" with \"equals\" or \"one_of\"");
    }
    Rule {
        status,
        test,
        means: fields.choice("means", &words, Meaning::Unknown),
        reason: pointer(fields, "reason"),
        after_ms: fields.optional_number("after_ms", 1..=86_400_000),
    }
}
