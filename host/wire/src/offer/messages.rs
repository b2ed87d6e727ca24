//! Messages of an offer that gives something: one text, or one for each locale.

use domain::locale::LocalizedText;
use domain::offer::Messages;
use domain::placeholder::{self, Part};
use serde_json::Value;

use super::keys;
use crate::reader::{Node, Object};

const PLACEHOLDERS: [&str; 6] = ["discount", "points", "title", "product", "member_points", "currency"];

pub(super) fn read(messages: &Object<'_, '_>) -> Messages {
    let read = Messages {
        cashier: messages.field("cashier").and_then(message),
        receipt: messages.field("receipt").and_then(message),
    };
    keys::refuse_unknown(messages);
    read
}

fn message(field: Node<'_, '_>) -> Option<LocalizedText> {
    localized(field, |text| template(text, &PLACEHOLDERS))
}

/// A text for all languages, or an object with one for each locale; `read` reads and checks each.
pub(super) fn localized(
    field: Node<'_, '_>,
    read: impl Fn(Node<'_, '_>) -> Option<String>,
) -> Option<LocalizedText> {
    if !matches!(field.value(), Value::Object(_)) {
        return read(field).map(LocalizedText::plain);
    }
    let by_locale = field.object()?;
    let mut texts = Vec::new();
    for (locale, text) in by_locale.entries() {
        if locale.is_empty() {
            text.problem("empty_locale", "must be a locale, such as `en`");
        }
        texts.push((locale.to_owned(), read(text)?));
    }
    if texts.is_empty() {
        return field.refuse("empty", "must have a text in at least one language");
    }
    Some(LocalizedText::by_locale(texts))
}

/// A text with no other placeholders than these.
pub(super) fn template(field: Node<'_, '_>, placeholders: &[&str]) -> Option<String> {
    let text = field.text()?;
    for part in placeholder::parts(text, "{") {
        let Part::Name(name) = part else { continue };
        if !placeholders.contains(&name) {
            let known =
                placeholders.iter().map(|known| format!("{{{known}}}")).collect::<Vec<_>>().join(", ");
            field.problem("unknown_placeholder", format!("must be one of {known}, got `{{{name}}}`"));
        }
    }
    Some(text.to_owned())
}
