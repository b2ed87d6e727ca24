//! Documents of channels.

use std::collections::BTreeMap;

use communications::quiet_hours::{QuietHours, QuietHoursText};
use communications::receipts::Report as Reported;
use senders::{Account, WebhookScheme, account_of};
use serde_json::{Value, json};
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Object, Report};

use super::channel::{Channel, Kind, ReportMap, Reports, SecretSource};
use crate::config::contacts::Contacts;

const KINDS: [(&str, Kind); 5] = [
    ("smtp", Kind::Smtp),
    ("http", Kind::Http),
    ("in_app", Kind::InApp),
    ("receipt", Kind::Receipt),
    ("cashier", Kind::Cashier),
];

/// Most secrets of a channel, and the longest in bytes.
const SECRETS_MAX: usize = 10;
const SECRET_BYTES_MAX: usize = 4_096;
/// The most characters of a name.
const NAME_MAX: usize = 60;
/// Most messages a second or a day, and the longest time to live in seconds.
const RATE_MAX: i64 = 1_000_000_000;
const TTL_MAX: i64 = 31 * 86_400;
/// The longest text of a test in bytes.
const TEST_BYTES_MAX: usize = 1_000;

pub(super) fn problem(pointer: String, code: &'static str, detail: impl Into<String>) -> Problems {
    Problem { pointer, code: code.into(), detail: detail.into() }.into()
}

/// Refuses names that cannot stand in addresses, consents and rows.
pub(super) fn check_name(name: &str) -> Result<(), Problems> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(plain) {
        let detail = format!("a channel's name is of 1 to {NAME_MAX} letters a-z, digits and -_.");
        return Err(Problems::of_document("bad_name", detail));
    }
    Ok(())
}

/// Reads a channel that is put. Returns the secrets that were sent with it, too.
pub(super) fn channel(
    name: &str,
    document: &Value,
    stored: &[String],
    contacts: &Contacts,
) -> Result<(Channel, Vec<(String, String)>), Problems> {
    let report = Report::of_new();
    let mut sent = Vec::new();
    let channel = report.root(document).object().and_then(|object| {
        let secrets = secrets(&object, &mut |name, value| sent.push((name, value)), Some(stored));
        let channel = read(name, &object, secrets, Some(contacts));
        object.refuse_unknown();
        channel
    });
    report.finish(channel).map(|(channel, _)| (channel, sent))
}

/// Reads a channel that is stored.
pub(super) fn stored(name: &str, document: &Value) -> Result<Channel, Problems> {
    let report = Report::of_stored();
    let channel = report.root(document).object().and_then(|object| {
        let secrets = secrets(&object, &mut |_, _| {}, None);
        read(name, &object, secrets, None)
    });
    report.finish(channel).map(|(channel, _)| channel)
}

/// The document without the secrets that were sent with it.
pub(super) fn without_secrets(document: &Value) -> Value {
    let mut document = document.clone();
    let secrets = document.get_mut("secrets").and_then(Value::as_object_mut);
    for secret in secrets.into_iter().flat_map(|secrets| secrets.values_mut()) {
        if secret.get("value").is_some() {
            *secret = json!({"stored": true});
        }
    }
    document
}

/// Reads what a test is sent to, and its text.
pub(super) fn test(document: &Value) -> Result<(String, String), Problems> {
    let report = Report::of_new();
    let read = report.root(document).object().and_then(|object| {
        let to = object.required("to").and_then(Node::text);
        let text = object.text("text").unwrap_or("A test of this channel");
        object.refuse_unknown();
        if text.len() > TEST_BYTES_MAX {
            return object.node().refuse("too_long", format!("`text` has at most {TEST_BYTES_MAX} bytes"));
        }
        Some((to?.to_owned(), text.to_owned()))
    });
    report.finish(read).map(|(read, _)| read)
}

fn read(
    name: &str,
    object: &Object<'_, '_>,
    secrets: BTreeMap<String, SecretSource>,
    contacts: Option<&Contacts>,
) -> Option<Channel> {
    let kind = object.required("kind").and_then(|kind| kind.choice(&KINDS));
    let account = kind.and_then(|kind| account(object, kind, &secrets));
    let address = kind.and_then(|kind| address(object, kind, contacts));
    let limits = object.object("limits").map(|limits| {
        let (per_second, per_day) = (rate(&limits, "per_second"), rate(&limits, "per_day"));
        limits.refuse_unknown();
        (per_second, per_day)
    });
    let (per_second, per_day) = limits.unwrap_or_default();
    // What cannot be read is a problem already.
    let quiet_hours = object.field("quiet_hours").and_then(|hours| match kind {
        Some(kind) if kind.is_at_the_till() => {
            hours.refuse("no_quiet_hours", "a receipt disturbs nobody: leave `quiet_hours` out")
        }
        _ => quiet_hours(hours),
    });
    let receipts = object.object("receipts").and_then(|receipts| reports(&receipts, &secrets));
    let ttl_s = object.field("ttl_seconds").and_then(|ttl| within(ttl, TTL_MAX));
    Some(Channel {
        name: name.to_owned(),
        kind: kind?,
        account: account?,
        address: address?,
        per_second,
        per_day,
        quiet_hours,
        ttl_s,
        secrets,
        receipts,
        version: 0,
    })
}

/// The account; nothing inside for a channel without one.
fn account(
    object: &Object<'_, '_>,
    kind: Kind,
    secrets: &BTreeMap<String, SecretSource>,
) -> Option<Option<Account>> {
    if kind.is_own() {
        return match object.field("account") {
            None => Some(None),
            Some(node) => {
                node.refuse("no_account", format!("a channel of kind `{}` has no account", kind.name()))
            }
        };
    }
    let node = object.required("account")?;
    match account_of(kind.name(), node.value()) {
        Ok(account) => {
            for name in account.secrets() {
                if !secrets.contains_key(name) {
                    let detail = format!("names the secret `{name}`, which is not among `secrets`");
                    node.problem("unknown_secret", detail);
                }
            }
            Some(Some(account))
        }
        Err(problems) => {
            for problem in problems {
                node.problem_at(format!("{}{}", node.pointer(), problem.place), "bad_account", problem.text);
            }
            None
        }
    }
}

fn address(object: &Object<'_, '_>, kind: Kind, contacts: Option<&Contacts>) -> Option<String> {
    let Some(node) = object.field("address") else {
        let usual = match kind {
            Kind::Smtp => "email",
            Kind::Http => "phone",
            Kind::InApp | Kind::Receipt | Kind::Cashier => "",
        };
        return Some(usual.to_owned());
    };
    let text = node.text()?;
    let Some(contacts) = contacts else { return Some(text.to_owned()) };
    let known = ["email", "phone"].into_iter().chain(contacts.addresses.iter().map(String::as_str));
    let known: Vec<&str> = known.collect();
    if kind.is_own() || !known.contains(&text) {
        let detail = format!("`{text}` is none of {} (contacts.addresses)", known.join(", "));
        return node.refuse("unknown_address", detail);
    }
    Some(text.to_owned())
}

fn rate(limits: &Object<'_, '_>, name: &'static str) -> Option<i64> {
    within(limits.field(name)?, RATE_MAX)
}

fn within(node: Node<'_, '_>, most: i64) -> Option<i64> {
    let number = node.integer()?;
    if (1..=most).contains(&number) {
        return Some(number);
    }
    node.refuse("out_of_range", format!("must be from 1 to {most}, found {number}"))
}

fn quiet_hours(node: Node<'_, '_>) -> Option<QuietHours> {
    let text = serde_json::from_value::<QuietHoursText>(node.value().clone());
    let read = text.map_err(|error| error.to_string()).and_then(|text| QuietHours::read(&text));
    match read {
        Ok(hours) => Some(hours),
        Err(detail) => node.refuse("bad_quiet_hours", detail),
    }
}

fn secrets(
    object: &Object<'_, '_>,
    sent: &mut dyn FnMut(String, String),
    stored: Option<&[String]>,
) -> BTreeMap<String, SecretSource> {
    let mut secrets = BTreeMap::new();
    let Some(given) = object.object("secrets") else { return secrets };
    given.check_names();
    for (name, node) in given.entries().take(SECRETS_MAX) {
        let Some(fields) = node.object() else { continue };
        let source = match (
            fields.field("environment"),
            fields.field("file"),
            fields.field("value"),
            fields.boolean("stored"),
        ) {
            (Some(variable), None, None, None) => {
                variable.text().map(|name| SecretSource::Environment(name.to_owned()))
            }
            (None, Some(file), None, None) => file.text().map(|name| SecretSource::File(name.to_owned())),
            (None, None, Some(value), None) => value.text().and_then(|text| {
                if text.len() > SECRET_BYTES_MAX {
                    return value
                        .refuse("too_long", format!("a secret has at most {SECRET_BYTES_MAX} bytes"));
                }
                sent(name.to_owned(), text.to_owned());
                Some(SecretSource::Stored)
            }),
            (None, None, None, Some(true))
                if stored.is_none_or(|stored| stored.iter().any(|known| known == name)) =>
            {
                Some(SecretSource::Stored)
            }
            (None, None, None, Some(true)) => {
                node.refuse("secret_not_stored", "nothing is stored under this name: send it as `value`")
            }
            _ => node
                .refuse("bad_secret", "must have one of `environment`, `file`, `value`, and `stored`: true"),
        };
        fields.refuse_unknown();
        secrets.extend(source.map(|source| (name.to_owned(), source)));
    }
    if given.entries().count() > SECRETS_MAX {
        given.node().problem("too_many_secrets", format!("a channel has at most {SECRETS_MAX} secrets"));
    }
    secrets
}

fn reports(object: &Object<'_, '_>, secrets: &BTreeMap<String, SecretSource>) -> Option<Reports> {
    let schemes = [("hmac", WebhookScheme::Hmac), ("token", WebhookScheme::Token)];
    let secret = object.required("secret").and_then(|node| {
        let name = node.text()?;
        if !secrets.contains_key(name) {
            return node.refuse("unknown_secret", format!("`{name}` is not among `secrets`"));
        }
        Some(name.to_owned())
    });
    let scheme = object.choice("scheme", &schemes).unwrap_or(WebhookScheme::Hmac);
    let header = object.text("header").unwrap_or("x-signature").to_ascii_lowercase();
    let map = map(object);
    object.refuse_unknown();
    Some(Reports { secret: secret?, scheme, header, map })
}

/// The map of a provider's documents; what it leaves out is as in our own form.
fn map(object: &Object<'_, '_>) -> ReportMap {
    let given = object.object("map");
    let place = |name: &'static str, usual: &str| {
        let field = given.as_ref().and_then(|given| given.field(name));
        let text = field.and_then(|node| match node.value().as_str() {
            Some(text) if text.is_empty() || text.starts_with('/') => Some(text.to_owned()),
            _ => node.refuse("bad_pointer", "must be a JSON pointer, such as /results"),
        });
        text.unwrap_or_else(|| usual.to_owned())
    };
    let mut map = ReportMap {
        list: place("list", "/receipts"),
        id: place("id", "/id"),
        message_id: place("message_id", "/message_id"),
        provider_id: place("provider_id", "/provider_id"),
        status: place("status", "/status"),
        at: place("at", "/at"),
        reason: place("reason", "/reason"),
        statuses: BTreeMap::new(),
    };
    if let Some(given) = &given {
        let statuses = given.object("statuses");
        for (word, node) in statuses.iter().flat_map(Object::entries) {
            let Some(meaning) = node.text() else { continue };
            if Reported::named(meaning).is_none() {
                let known = Reported::ALL.map(Reported::name).join(", ");
                node.problem("unknown_status", format!("`{meaning}` is none of {known}"));
            }
            map.statuses.insert(word.to_lowercase(), meaning.to_owned());
        }
        given.refuse_unknown();
    }
    map
}
