//! Made-up texts and numbers, by what a schema says of them and by the name of the parameter.

use std::collections::BTreeMap;

use jsonschema::{Draft, PatternOptions};
use serde_json::{Map, Value};

use super::PATTERN_BYTES_MAX;

/// Parameters that the host reads as decimals in the items of an offer.
const DECIMALS: [&str; 7] = ["value", "from", "min_units", "min_sum", "max_units", "unit_multiple", "cap"];
/// Words in names of parameters that begin or end a span. Two parameters of one span should not be equal.
const BEGINS: [&str; 5] = ["from", "since", "start", "after", "first"];
const ENDS: [&str; 5] = ["to", "until", "end", "before", "last"];
/// Texts in the usual forms: decimals, words, times, dates, languages, currencies, days, addresses.
const FORMS: [&str; 22] = [
    "1",
    "10",
    "100",
    "5",
    "0",
    "0.5",
    "A",
    "a",
    "AA",
    "aa",
    "AAA",
    "10:00",
    "10:00:00",
    "2026-01-05",
    "2026-01-05T10:00:00Z",
    "en",
    "EUR",
    "MON",
    "monday",
    "a-a",
    "a@example.com",
    "https://example.com",
];

/// A text for a parameter of which the schema says no more.
pub(super) fn usual(name: &str, choice: usize) -> &'static str {
    let texts = by_name(name);
    choice.checked_rem(texts.len()).and_then(|index| texts.get(index)).copied().unwrap_or("1")
}

fn by_name(name: &str) -> &'static [&'static str] {
    if DECIMALS.contains(&name) {
        &["1", "10"]
    } else if name == "start" {
        &["2000-01-01", "00:00"]
    } else if name == "end" {
        &["2099-12-31", "23:59"]
    } else if has_word(name, &BEGINS) {
        &["00:00", "2000-01-01", "1"]
    } else if has_word(name, &ENDS) {
        &["23:59", "2099-12-31", "100"]
    } else {
        &["A", "1"]
    }
}

fn has_word(name: &str, words: &[&str]) -> bool {
    name.split(['_', '-']).any(|part| words.contains(&part))
}

/// The texts that a part of a schema takes, as far as its own words say; those by the name of the parameter first.
pub(super) fn fitting(
    fields: &Map<String, Value>,
    name: &str,
    known: &mut BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    const WORDS: [&str; 4] = ["pattern", "format", "minLength", "maxLength"];
    let said = fields.iter().filter(|(word, _)| WORDS.contains(&word.as_str()));
    let said: Map<String, Value> = said.map(|(word, value)| (word.clone(), value.clone())).collect();
    if said.is_empty() {
        return by_name(name).iter().map(|text| (*text).to_owned()).collect();
    }
    let said = Value::Object(said);
    let forms = by_name(name).iter().chain(&FORMS);
    let find = || {
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .offline()
            .build(&said);
        let Ok(validator) = built else { return Vec::new() };
        let mut found: Vec<String> = Vec::new();
        for form in forms {
            if validator.is_valid(&Value::from(*form)) && !found.iter().any(|known| known == form) {
                found.push((*form).to_owned());
            }
        }
        found
    };
    known.entry(format!("{said} {:?}", by_name(name))).or_insert_with(find).clone()
}

/// Numbers within the bounds of a part of a schema.
pub(super) fn numbers(fields: &Map<String, Value>, name: &str) -> Vec<i64> {
    let bound = |key: &str| fields.get(key).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum")?.checked_add(1));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum")?.checked_sub(1));
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let least = least.unwrap_or_else(|| most.map_or(1, |most| most.min(1)));
    let beyond = least.checked_rem_euclid(step).unwrap_or(0);
    let first = if beyond == 0 { least } else { least.saturating_sub(beyond).saturating_add(step) };
    let largest = most.unwrap_or(i64::MAX);
    let steps = [0_i64, 1, 9].map(|times| first.saturating_add(step.saturating_mul(times)));
    let mut numbers: Vec<i64> = steps.into_iter().filter(|number| *number <= largest).collect();
    if has_word(name, &ENDS) {
        numbers.extend(most);
        numbers.reverse();
    }
    numbers.dedup();
    numbers
}
