//! Statements over many rows, since a statement costs much more than a row.

use std::collections::BTreeSet;

use super::dialect::QueryBuilder;

/// Rows of one statement at most. Both databases limit the number of values, SQLite to 32,766.
pub(super) const ROWS_MAX: usize = 1_000;

/// Begins a statement; values are added to it.
pub(super) fn statement(sql: &str) -> QueryBuilder {
    QueryBuilder::new(sql)
}

/// Adds a list of texts in parentheses, as `IN` takes it.
pub(super) fn push_texts<'a>(query: &mut QueryBuilder, texts: impl IntoIterator<Item = &'a str>) {
    query.push("(");
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text.to_owned());
    }
    query.push(")");
}

/// Adds a list of different numbers in parentheses, as `IN` takes it.
pub(super) fn push_numbers(query: &mut QueryBuilder, numbers: impl IntoIterator<Item = i64>) {
    query.push("(");
    let mut list = query.separated(", ");
    for number in numbers.into_iter().collect::<BTreeSet<i64>>() {
        list.push_bind(number);
    }
    query.push(")");
}
