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
        cashier: messages.field("cashier").and_then(localized),
        receipt: messages.field("receipt").and_then(localized),
    };
    keys::refuse_unknown(messages);
    read
}

fn localized(field: Node<'_, '_>) -> Option<LocalizedText> {
    if !matches!(field.value(), Value::Object(_)) {
        return template(field).map(LocalizedText::plain);
    }
    let by_locale = field.object()?;
    let mut texts = Vec::new();
    for (locale, text) in by_locale.entries() {
        if locale.is_empty() {
            text.problem("empty_locale", "must be a locale, such as `en`");
        }
        texts.push((locale.to_owned(), template(text)?));
    }
    if texts.is_empty() {
        return field.refuse("empty", "must have a text in at least one language");
    }
    Some(LocalizedText::by_locale(texts))
}

fn template(field: Node<'_, '_>) -> Option<String> {
    let text = field.text()?;
    for part in placeholder::parts(text, "{") {
        let Part::Name(name) = part else { continue };
        if !PLACEHOLDERS.contains(&name) {
            let known = PLACEHOLDERS.map(|known| format!("{{{known}}}")).join(", ");
            field.problem("unknown_placeholder", format!("must be one of {known}, got `{{{name}}}`"));
        }
    }
    Some(text.to_owned())
}
