//! Texts of a schema that mean something to the library that reads JSON.

/// With the features `arbitrary_precision` and `raw_value`, `serde_json` reads an object with a name that begins so
/// as something that it is not, and could not read the stored description again.
pub(super) const RESERVED: &str = "$serde_json::private::";

/// True if a text in this JSON text begins with the reserved characters, however they are escaped.
pub(super) fn has_reserved(json: &str) -> bool {
    let mut within: Option<String> = None;
    let mut escaped = false;
    for letter in json.chars() {
        let Some(raw) = &mut within else {
            within = (letter == '"').then(String::new);
            continue;
        };
        if letter != '"' || escaped {
            raw.push(letter);
            escaped = letter == '\\' && !escaped;
            continue;
        }
        if unescaped(raw).starts_with(RESERVED) {
            return true;
        }
        within = None;
    }
    false
}

fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::has_reserved;

    #[test]
    fn reserved_texts_are_found_however_they_are_escaped() {
        for (json, expected) in [
            (r#"{"a":"b\\"}"#, false),
            (r#"{"a\"$serde_json::private::":1}"#, false),
            (r#"{"$serde_json::private::RawValue":"[]"}"#, true),
            (r#"{"\\":{"\u0024serde_json::private::Number":"1"}}"#, true),
        ] {
            assert_eq!(has_reserved(json), expected, "{json}");
        }
    }
}
