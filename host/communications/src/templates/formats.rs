//! Filters and tests on exact numbers and dates: `money`, `number`, `date`, `plural`, `at_least` and the others.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use minijinja::value::{Kwargs, Rest, Value};
use minijinja::{Environment, Error, ErrorKind, State};
use rust_decimal::Decimal;

use super::languages;

/// Adds the filters and tests to an environment.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("money", |state: &State<'_, '_>, value: Value, currency: Option<String>| {
        let currency = currency.or_else(|| text(state, "currency")).unwrap_or_default();
        exact(&value).map(|value| languages::money(&language(state), value, &currency))
    });
    environment.add_filter("number", |state: &State<'_, '_>, value: Value| {
        exact(&value).map(|value| languages::number(&language(state), value.normalize()))
    });
    environment.add_filter("plural", |state: &State<'_, '_>, value: Value, forms: Rest<String>| {
        let form = languages::plural(&language(state), exact(&value)?, forms.len());
        forms.get(form).cloned().ok_or_else(|| {
            wrong("`plural` needs the forms of the word, such as `plural(\"point\", \"points\")`")
        })
    });
    environment.add_filter("date", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        let is_short = options.get::<Option<bool>>("short")?.unwrap_or(false);
        let days: i64 = options.get::<Option<i64>>("days")?.unwrap_or(0);
        options.assert_all_used()?;
        let day = day(state, &value)?;
        let day =
            day.checked_add(jiff::Span::new().try_days(days).map_err(|error| wrong(&error.to_string()))?);
        day.map(|day| languages::date(&language(state), day, is_short))
            .map_err(|error| wrong(&error.to_string()))
    });
    environment.add_filter("urlencode", |value: Value| urlencode(&value.to_string()));
    environment
        .add_test("at_least", |value: Value, bound: Value| Ok::<_, Error>(exact(&value)? >= exact(&bound)?));
    environment
        .add_test("at_most", |value: Value, bound: Value| Ok::<_, Error>(exact(&value)? <= exact(&bound)?));
    environment
        .add_test("more_than", |value: Value, bound: Value| Ok::<_, Error>(exact(&value)? > exact(&bound)?));
    environment
        .add_test("less_than", |value: Value, bound: Value| Ok::<_, Error>(exact(&value)? < exact(&bound)?));
}

fn wrong(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.to_owned())
}

fn text(state: &State<'_, '_>, name: &str) -> Option<String> {
    state.lookup(name).and_then(|value| value.as_str().map(str::to_owned))
}

fn language(state: &State<'_, '_>) -> String {
    text(state, "language").unwrap_or_default()
}

/// The exact number of a value: a whole number, or a decimal text.
fn exact(value: &Value) -> Result<Decimal, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "a number that is not there"));
    }
    if let Some(whole) = value.as_i64().filter(|_| value.is_integer()) {
        return Ok(Decimal::from(whole));
    }
    let text = value.to_string();
    let is_text = value.as_str().is_some();
    text.parse().ok().filter(|_| is_text).ok_or_else(|| {
        wrong(&format!(
            "`{text}` is no exact number; it must be a whole number, or a decimal in quotes such as \"12.50\""
        ))
    })
}

/// The day of a date, of an instant as text, or of one in milliseconds, in the member's zone.
fn day(state: &State<'_, '_>, value: &Value) -> Result<Date, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "a date that is not there"));
    }
    let zone = text(state, "zone").and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC);
    let instant = |timestamp: Timestamp| Zoned::new(timestamp, zone.clone()).date();
    if let Some(millis) = value.as_i64().filter(|_| value.is_integer()) {
        return Timestamp::from_millisecond(millis).map(instant).map_err(|error| wrong(&error.to_string()));
    }
    let text = value.to_string();
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        return Ok(date);
    }
    let expected =
        || wrong(&format!("`{text}` is no date; it must be like 2026-03-05 or 2026-03-05T10:00:00Z"));
    text.parse::<Timestamp>().map(instant).map_err(|_| expected())
}

/// Percent-encodes a part of an address.
fn urlencode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || "-._~".contains(letter) {
            encoded.push(letter);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
