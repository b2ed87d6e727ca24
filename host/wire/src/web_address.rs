//! Addresses on the web that documents name, of pictures.

/// The most bytes of an address: what browsers and servers take everywhere.
const BYTES_MAX: usize = 2_000;

/// Code of the problem of a text that is no address.
pub const NOT_ONE: &str = "not_an_address";

/// The text of the problem: what is asked for.
pub fn expected() -> String {
    format!("an address on the web that begins with https:// or http://, of at most {BYTES_MAX} bytes")
}

/// True for an address that a page may show a picture from: of no other scheme, and without what ends the text of a link.
pub fn is_one(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let is_plain =
        |letter: char| !letter.is_whitespace() && !letter.is_control() && !"\"'<>\\".contains(letter);
    text.len() <= BYTES_MAX
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::is_one;

    #[test]
    fn only_addresses_on_the_web_are_taken() {
        for text in
            ["https://shop.example/p/1.jpg", "http://shop.example?x=1&y=%20", "https://\u{43c}.example/"]
        {
            assert!(is_one(text), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///p",
            "//shop.example/p",
            "/p/1.jpg",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "https://shop.example/a b",
            "https://shop.example/\"onload=",
            "https://shop.example/<b>",
        ] {
            assert!(!is_one(text), "{text}");
        }
        assert!(!is_one(&format!("https://shop.example/{}", "a".repeat(2_000))));
    }
}
