//! Messages that mechanics leave for their authors: cut and cleaned, since they go to logs and pages.

use domain::mechanics::Verdict;

/// The mark of a message that was cut.
const CUT: &str = "…";

/// Cleans the messages of all failures, and cuts those that are longer than `bytes_max`.
pub(crate) fn clean(verdicts: &mut [Verdict], bytes_max: usize) {
    for verdict in verdicts {
        if let Verdict::Failed { message, .. } = verdict {
            *message = message.take().map(|text| cleaned(&text, bytes_max)).filter(|text| !text.is_empty());
        }
    }
}

/// Code and message of the first failure that has a message.
pub(crate) fn first(verdicts: &[Verdict]) -> Option<String> {
    verdicts.iter().find_map(|verdict| match verdict {
        Verdict::Failed { code, message: Some(message), .. } => Some(format!("{code}: {message}")),
        _ => None,
    })
}

/// The text on one line, without characters that change how others are shown, in at most `bytes_max` bytes.
fn cleaned(text: &str, bytes_max: usize) -> String {
    let mut clean = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !turns_text(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(&word);
        if clean.len() > bytes_max {
            clean.truncate(clean.floor_char_boundary(bytes_max.saturating_sub(CUT.len())));
            clean.push_str(CUT);
            break;
        }
    }
    clean
}

/// True for characters that are not shown and turn the direction of others, or hide among them.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_what_can_be_seen() {
        let trace = "TypeError: x is null\n\tat price (rule.js:7:3)\r\n\u{1b}[31m \u{202e}txt\0";
        assert_eq!(cleaned(trace, 200), "TypeError: x is null at price (rule.js:7:3) [31m txt");
        assert_eq!(cleaned(" \n\u{feff}", 200), "");
    }

    #[test]
    fn a_message_is_cut_between_characters() {
        assert_eq!(cleaned("abc", 3), "abc");
        assert_eq!(cleaned("abcd efgh", 8), "abcd …");
        let cut = cleaned(&"ü".repeat(1_000), 20);
        assert_eq!(cut, format!("{}…", "ü".repeat(8)));
        assert!(cut.len() <= 20);
    }

    #[test]
    fn an_empty_message_is_none() {
        let failed = |message: &str| Verdict::Failed {
            code: "c".to_owned(),
            detail: "d".to_owned(),
            message: Some(message.to_owned()),
        };
        let mut verdicts = [failed("\n"), failed("why\n")];
        clean(&mut verdicts, 100);
        let messages = verdicts.map(|verdict| match verdict {
            Verdict::Failed { message, .. } => message,
            _ => None,
        });
        assert_eq!(messages, [None, Some("why".to_owned())]);
    }
}
