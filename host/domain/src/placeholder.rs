//! Texts with placeholders, such as `You saved {discount}`.

/// A part of a text with placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text between placeholders.
    Text(&'a str),
    /// Name of a placeholder, as written between the opening mark and `}`. It may be empty.
    Name(&'a str),
}

/// The parts of a text in order. `open` is the opening mark, `{` or `${`. A mark without `}` before the
/// next mark is text.
pub fn parts<'a>(text: &'a str, open: &'static str) -> impl Iterator<Item = Part<'a>> {
    // Text before the first mark, then one piece for each mark.
    let starts = std::iter::once(0).chain(text.match_indices(open).map(|(at, _)| at));
    let ends = text.match_indices(open).map(|(at, _)| at).chain([text.len()]);
    let pieces = starts.zip(ends).filter_map(|(start, end)| text.get(start..end));
    pieces.flat_map(move |piece| {
        let named = piece.strip_prefix(open).and_then(|rest| rest.split_once('}'));
        let (name, text) = named.map_or((None, piece), |(name, text)| (Some(Part::Name(name)), text));
        name.into_iter().chain((!text.is_empty()).then_some(Part::Text(text)))
    })
}

/// Replaces placeholders in braces by their values. One without a value stays as it is written. Values
/// are not searched for further placeholders.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    parts(text, "{")
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Name(name) => value(name).unwrap_or_else(|| format!("{{{name}}}")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_filled_again() {
        let value = |name: &str| match name {
            "title" => Some("{points} off".to_owned()),
            "points" => Some("5".to_owned()),
            _ => None,
        };
        assert_eq!(fill("{title}: {points} {other} {", value), "{points} off: 5 {other} {");
        assert_eq!(fill("{{points}}", value), "{5}");
        assert_eq!(fill("{a {points} {}", value), "{a 5 {}");
        assert_eq!(fill("", value), "");
    }

    #[test]
    fn a_mark_that_is_not_closed_is_text() {
        use Part::{Name, Text};
        for (text, expected) in [
            ("a ${b} c", &[Text("a "), Name("b"), Text(" c")][..]),
            ("${a}${b}", &[Name("a"), Name("b")]),
            ("${a ${b}}", &[Text("${a "), Name("b"), Text("}")]),
            ("{a} $ ${}", &[Text("{a} $ "), Name("")]),
            ("${a", &[Text("${a")]),
            ("", &[]),
        ] {
            assert_eq!(parts(text, "${").collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
