//! Fields of an answer, and the sums that must add up in every answer.

use std::collections::BTreeMap;

use domain::decimal;
use serde_json::Value;

use super::difference::Difference;

/// Texts by name.
pub(super) type Texts = BTreeMap<String, String>;

/// Digits after the point; enough for any currency of the cases.
const PLACES: u32 = 6;

/// The text at a JSON pointer; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a JSON pointer; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// True if the text is a decimal and zero.
pub(super) fn is_zero(text: &str) -> bool {
    decimal::parse_scaled(text, PLACES) == Ok(0)
}

/// Reward of each offer on a line, by external id: its discount, or else its points.
pub(super) fn given_by_offer(line: &Value) -> Texts {
    let given = |reward: &Value| {
        let discount = text(reward, "/discount");
        if is_zero(discount) { text(reward, "/points") } else { discount }.to_owned()
    };
    list(line, "/offers").iter().map(|reward| (text(reward, "/offer").to_owned(), given(reward))).collect()
}

/// A difference for each sum that does not add up: rewards to their line, a line to its payable amount, lines to
/// totals.
pub(super) fn broken_sums(answer: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut check = |name: String, parts: i64, whole: i64| {
        if parts != whole {
            found.push(Difference {
                place: format!("the sum of {name}"),
                expected: show(parts),
                got: show(whole),
            });
        }
    };
    let lines = list(answer, "/lines");
    for line in lines {
        let name = |what: &str| format!("line {} {what}", line.get("position").unwrap_or(&Value::Null));
        let rewards = list(line, "/offers");
        let sum_of = |field: &str| rewards.iter().map(|reward| number(reward, field)).sum();
        check(name("discount of its offers"), sum_of("/discount"), number(line, "/discount"));
        check(name("points of its offers"), sum_of("/points"), number(line, "/points_earned"));
        let left = number(line, "/amount")
            .saturating_sub(number(line, "/discount"))
            .saturating_sub(number(line, "/points_paid"));
        check(name("payable"), left, number(line, "/payable"));
        for field in ["/discount", "/points_paid", "/payable", "/points_earned"] {
            check(name(&format!("{field} below zero")), number(line, field).min(0), 0);
        }
    }
    for field in ["amount", "discount", "points_paid", "payable", "points_earned"] {
        let sum = lines.iter().map(|line| number(line, &format!("/{field}"))).sum();
        check(format!("total {field}"), sum, number(answer, &format!("/totals/{field}")));
    }
    found
}

fn number(value: &Value, pointer: &str) -> i64 {
    decimal::parse_scaled(text(value, pointer), PLACES).unwrap_or(i64::MIN / 4)
}

fn show(number: i64) -> String {
    decimal::format_trimmed(number, PLACES)
}
