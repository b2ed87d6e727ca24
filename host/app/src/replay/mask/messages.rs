//! Masks messages of communications: they may name the member.

use domain::pricing::FilledMessages;
use serde_json::{Value, json};
use wire::answer;

use crate::purchases::pricing::Input;

/// Stands for every letter, so that lines break where they did.
const LETTER: char = 'x';

/// A text without its letters.
pub(super) fn masked(text: &str) -> String {
    text.chars().map(|letter| if letter.is_whitespace() { letter } else { LETTER }).collect()
}

/// The answer with its messages of communications masked, which come after those of offers.
pub(super) fn of_answer(answer: &str, input: &Input) -> String {
    let FilledMessages { cashier, receipt } = &input.messages;
    if cashier.is_empty() && receipt.is_empty() {
        return answer.to_owned();
    }
    let read: Value = serde_json::from_str(answer).unwrap_or_default();
    let texts = |place: &str| -> Vec<String> {
        let lines = read.pointer(&format!("/messages/{place}")).and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned)).collect()
    };
    let masked_of = |mut lines: Vec<String>, given: &[String], width: Option<usize>| {
        let count = answer::message_lines(given, width).len();
        for line in lines.iter_mut().rev().take(count) {
            *line = masked(line);
        }
        lines
    };
    let widths = input.read.widths;
    let before = json!({"cashier": texts("cashier"), "receipt": texts("receipt")});
    let after = json!({
        "cashier": masked_of(texts("cashier"), cashier, widths.cashier),
        "receipt": masked_of(texts("receipt"), receipt, widths.receipt),
    });
    answer.replacen(&before.to_string(), &after.to_string(), 1)
}
