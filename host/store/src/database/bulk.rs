//! Statements over many rows: one statement costs more than a row does.

use super::dialect::QueryBuilder;

/// Rows of a statement at most. Both databases bound the number of values, SQLite at 32,766.
pub(super) const ROWS_MAX: usize = 1_000;

/// A statement, its values to follow.
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
