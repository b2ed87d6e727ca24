//! The query: COUNT, SUM, MIN, MAX and CASE over integers, so that every engine answers the same bytes.
//!
//! There is no division, whose meaning differs between engines, and there are no dates. Arguments are cast
//! because some engines add up in the type of the argument and wrap around; sums are cast because some
//! answer with wider types.

use std::ops::Range;

use super::NEVER;
use super::expand::{Feature, Filter, Measure, Of, Outer};
use super::file::Window;

pub(super) fn sql(
    features: &[Feature],
    measures: &[Measure],
    as_of_day: i64,
    buckets: &Range<u32>,
) -> String {
    let mut text = "SELECT member".to_owned();
    for (number, feature) in (1..).zip(features) {
        text.push_str(&format!(",\n  {} AS f{number}", outer(feature)));
    }
    text.push_str("\nFROM (\n  SELECT member, category_1, category_2");
    for (number, measure) in (1..).zip(measures) {
        text.push_str(&format!(",\n    {} AS m{number}", inner(measure, as_of_day)));
    }
    let Range { start, end } = buckets;
    text.push_str(&format!(
        "\n  FROM tiles\n  WHERE bucket >= {start} AND bucket < {end} AND day < {as_of_day}\n  \
         GROUP BY member, category_1, category_2\n) AS grouped\nGROUP BY member\n"
    ));
    text
}

/// An aggregate of 64 bits.
fn aggregate(name: &str, argument: &str) -> String {
    format!("CAST({name}(CAST({argument} AS BIGINT)) AS BIGINT)")
}

/// The value where the condition holds, else another one.
fn case(condition: &str, value: &str, otherwise: i64) -> String {
    if condition.is_empty() {
        value.to_owned()
    } else {
        format!("CASE WHEN {condition} THEN {value} ELSE {otherwise} END")
    }
}

fn outer(feature: &Feature) -> String {
    let condition = feature.category.map(|(column, code)| format!("{column} = {code}")).unwrap_or_default();
    let column = |index: usize| format!("m{}", index + 1);
    let and = |more: String| {
        if condition.is_empty() { more } else { format!("{condition} AND {more}") }
    };
    match feature.outer {
        Outer::Sum(index) => aggregate("SUM", &case(&condition, &column(index), 0)),
        Outer::Min(index) => aggregate("MIN", &case(&condition, &column(index), NEVER)),
        Outer::Max(index) => {
            aggregate("MAX", &case(&and(format!("{} > 0", column(index))), &column(index), 0))
        }
        Outer::Positive(index) => aggregate("SUM", &case(&and(format!("{} > 0", column(index))), "1", 0)),
        Outer::Differ(lowest, highest) => {
            let lowest = aggregate("MIN", &case(&condition, &column(lowest), i64::MAX));
            let highest = aggregate("MAX", &case(&condition, &column(highest), -1));
            format!("CAST(CASE WHEN {highest} > {lowest} THEN 1 ELSE 0 END AS BIGINT)")
        }
    }
}

fn inner(measure: &Measure, as_of_day: i64) -> String {
    let mut conditions = Vec::new();
    match measure.window {
        Window::Last(0) => {}
        Window::Last(days) => conditions.push(format!("day >= {}", as_of_day - i64::from(days))),
        Window::Between([from, to]) => conditions.push(format!(
            "day >= {} AND day < {}",
            as_of_day - i64::from(to),
            as_of_day - i64::from(from)
        )),
    }
    narrowed(&measure.filter, &mut conditions);
    // Only goods that were bought make a receipt.
    if !matches!(measure.of, Of::Sum(_)) {
        conditions.push("receipts_2 > 0".to_owned());
    }
    if matches!(measure.of, Of::LowestOutlet | Of::HighestOutlet) {
        conditions.push("outlet > 0".to_owned());
    }
    let condition = conditions.join(" AND ");
    let since = format!("{as_of_day} - day");
    match measure.of {
        Of::Sum(column) => aggregate("SUM", &case(&condition, column, 0)),
        Of::Latest => aggregate("MIN", &case(&condition, &since, NEVER)),
        Of::First => aggregate("MAX", &case(&condition, &since, 0)),
        Of::LowestOutlet => aggregate("MIN", &case(&condition, "outlet", i64::MAX)),
        Of::HighestOutlet => aggregate("MAX", &case(&condition, "outlet", -1)),
    }
}

fn narrowed(filter: &Filter, conditions: &mut Vec<String>) {
    for (column, values) in [("month", filter.months), ("weekday", filter.weekdays)] {
        let any: Vec<_> = values.iter().map(|value| format!("{column} = {value}")).collect();
        match any.as_slice() {
            [] => {}
            [one] => conditions.push(one.clone()),
            several => conditions.push(format!("({})", several.join(" OR "))),
        }
    }
    if let Some(daypart) = filter.daypart {
        conditions.push(format!("daypart = {daypart}"));
    }
    if let Some(kind) = filter.outlet_kind {
        conditions.push(format!("outlet_kind = {kind}"));
    }
}
