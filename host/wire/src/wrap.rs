//! Messages in lines that a till can print.
//!
//! Own code, because a width counts characters. `textwrap` 0.16 counts columns, two for `€` and `₽`, and
//! drops spaces at the end of a line.

/// Messages in lines of at most `width` characters; unchanged if there is no width.
pub(super) fn wrapped(messages: &[String], width: Option<usize>) -> Vec<String> {
    let Some(width) = width else { return messages.to_vec() };
    messages.iter().flat_map(|message| message.lines()).flat_map(|line| wrap(line, width.max(1))).collect()
}

/// Breaks a line at spaces, and inside a word only if the word is longer than a line. Only the space at a
/// break is left out.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0_usize);
    for (number, word) in text.split(' ').enumerate() {
        let mut letters = word.chars().count();
        if number > 0 && length.saturating_add(1).saturating_add(letters) <= width {
            line.push(' ');
            length = length.saturating_add(1);
        } else if number > 0 {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        let mut word = word;
        while letters > width {
            let (head, tail) = split_at_char(word, width);
            lines.push(head.to_owned());
            word = tail;
            letters = letters.saturating_sub(width);
        }
        line.push_str(word);
        length = length.saturating_add(letters);
    }
    lines.push(line);
    lines.retain(|line| !line.trim().is_empty());
    lines
}

fn split_at_char(text: &str, chars: usize) -> (&str, &str) {
    let at = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words() {
        for (text, width, expected) in [
            ("You saved 10.00", 32, &["You saved 10.00"][..]),
            ("You saved 10.00", 15, &["You saved 10.00"]),
            ("You saved 10.00", 14, &["You saved", "10.00"]),
            ("You saved 10.00", 9, &["You saved", "10.00"]),
            ("You saved 10.00", 4, &["You", "save", "d", "10.0", "0"]),
            ("Вы сэкономили 10", 10, &["Вы", "сэкономили", "10"]),
            ("supercalifragilistic now", 10, &["supercalif", "ragilistic", "now"]),
            ("a supercalifragilistic x", 10, &["a", "supercalif", "ragilistic", "x"]),
            ("  TOTAL  10.00 at last", 14, &["  TOTAL  10.00", "at last"]),
            ("ab      cd", 4, &["ab  ", "cd"]),
            ("abc", 1, &["a", "b", "c"]),
        ] {
            assert_eq!(wrap(text, width), expected, "{text} in {width}");
        }
    }

    #[test]
    fn nothing_is_lost_whatever_the_width() {
        let text = "Milk days: you saved 29.97 on Milk +2, extraordinarily!";
        let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
        for width in 1..=60 {
            let lines = wrap(text, width);
            assert_eq!(letters(&lines.concat()), letters(text), "{width}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
        }
    }

    #[test]
    fn messages_stay_apart_and_lines_of_their_own_too() {
        let messages = ["one two".to_owned(), "three\nfour".to_owned()];
        assert_eq!(wrapped(&messages, None), messages);
        assert_eq!(wrapped(&messages, Some(5)), ["one", "two", "three", "four"]);
    }
}
