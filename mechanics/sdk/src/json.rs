//! Just enough JSON to write a schema.

/// An object of ready values.
pub(crate) fn object(entries: &[(&str, String)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, value)| text(key) + ":" + value).collect();
    join('{', &entries, '}')
}

/// An array of ready values.
pub(crate) fn array(values: &[String]) -> String {
    join('[', values, ']')
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

fn join(open: char, values: &[String], close: char) -> String {
    let mut joined = String::from(open);
    joined.push_str(&values.join(","));
    joined.push(close);
    joined
}
