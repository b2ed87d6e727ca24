//! Just enough JSON to write a schema.

/// An object of ready values.
pub(crate) fn object<K: AsRef<str>>(entries: impl IntoIterator<Item = (K, String)>) -> String {
    let entries = entries.into_iter().map(|(key, value)| text(key.as_ref()) + ":" + &value);
    join('{', entries, '}')
}

/// An array of ready values.
pub(crate) fn array(values: impl IntoIterator<Item = String>) -> String {
    join('[', values.into_iter(), ']')
}

/// A string.
pub(crate) fn text(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Other control characters have no business in names and titles.
            control if control.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn join(open: char, values: impl Iterator<Item = String>, close: char) -> String {
    let mut joined = String::from(open);
    for (index, value) in values.enumerate() {
        if index > 0 {
            joined.push(',');
        }
        joined.push_str(&value);
    }
    joined.push(close);
    joined
}
