//! Reads the document of an account at a provider with an HTTP interface.

use reqwest::Url;
use serde_json::Value;

use super::account::{Auth, HttpAccount, Meaning, Rule, Test};
use super::ready;
use super::request::Templates;
use crate::RefusedKind;
use crate::read::Fields;

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
            answer_bytes: usize::try_from(fields.number("answer_bytes", 65_536, 256..=1_048_576))
                .unwrap_or(65_536),
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
    body.as_object()
        .is_some_and(|fields| fields.values().all(|field| !field.is_object() && !field.is_array()))
}

fn base(fields: &mut Fields<'_>, allow_private: bool) -> Url {
    #[expect(clippy::expect_used, reason = "a constant that is an address")]
    let nowhere = || Url::parse("https://localhost/").expect("an address");
    let text = fields.text("url");
    if text.is_empty() {
        return nowhere();
    }
    let Ok(url) = Url::parse(&text) else {
        fields
            .problem("url", format!("must be an address such as https://api.example.com, found \"{text}\""));
        return nowhere();
    };
    let bare =
        url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
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
