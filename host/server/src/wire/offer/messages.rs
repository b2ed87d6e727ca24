//! What is said when an offer pays.

use domain::offer::Messages;

use crate::wire::reader::{Node, Object};

const PLACEHOLDERS: [&str; 3] = ["discount", "points", "title"];

pub(super) fn read(messages: &Object<'_, '_>) -> Messages {
    let read = Messages {
        cashier: messages.field("cashier").and_then(template),
        receipt: messages.field("receipt").and_then(template),
    };
    messages.refuse_unknown();
    read
}

fn template(field: Node<'_, '_>) -> Option<String> {
    let text = field.text()?;
    let placeholders = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    for (name, _) in placeholders.filter(|(name, _)| !PLACEHOLDERS.contains(name)) {
        let known = PLACEHOLDERS.map(|known| format!("{{{known}}}")).join(", ");
        field.problem("unknown_placeholder", format!("`{{{name}}}` is none of {known}"));
    }
    Some(text.to_owned())
}
