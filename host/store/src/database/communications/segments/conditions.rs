//! Conditions as statements. Each reads a range of numbers from one index, with all values bound; the numbers come back
//! as one text for each range, which is many times faster than a row for each.

use sqlx::AssertSqlSafe;

use super::super::Communications;
use crate::{FactFold, SegmentCondition, StoreError};

/// Members whose values of an attribute come in one text: a value may have kilobytes.
const VALUES: u32 = 8_192;

impl Communications {
    pub(crate) async fn members_with(
        &self,
        condition: &SegmentCondition,
        first: u32,
        last: u32,
    ) -> Result<Vec<u32>, StoreError> {
        let found: Option<String> = match condition {
            SegmentCondition::Facts { measure, days, fold, bounds, outside } => {
                let sql = AssertSqlSafe(facts(*fold, *outside));
                sqlx::query_scalar(sql)
                    .bind(measure)
                    .bind(i64::from(first))
                    .bind(i64::from(last))
                    .bind(days.0)
                    .bind(days.1)
                    .bind(bounds.0)
                    .bind(bounds.1)
                    .fetch_one(&self.pool)
                    .await?
            }
            SegmentCondition::Points((least, most)) => {
                sqlx::query_scalar(
                    "SELECT string_agg(CAST(number AS TEXT), ',') FROM segment_members
                     WHERE number BETWEEN $1 AND $2 AND points BETWEEN $3 AND $4",
                )
                .bind(i64::from(first))
                .bind(i64::from(last))
                .bind(least)
                .bind(most)
                .fetch_one(&self.pool)
                .await?
            }
        };
        numbers(found)
    }

    pub(crate) async fn zones_between(
        &self,
        first: u32,
        last: u32,
    ) -> Result<Vec<(String, Vec<u32>)>, StoreError> {
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT zone, string_agg(CAST(number AS TEXT), ',') FROM segment_members
             WHERE number BETWEEN $1 AND $2 GROUP BY zone",
        )
        .bind(i64::from(first))
        .bind(i64::from(last))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(zone, found)| Ok((zone, numbers(found)?))).collect()
    }

    pub(crate) async fn attribute_between(
        &self,
        name: &str,
        first: u32,
        last: u32,
    ) -> Result<Vec<(u32, String)>, StoreError> {
        let mut values = Vec::new();
        let mut from = first;
        loop {
            let until = from.saturating_add(VALUES - 1).min(last);
            let found: Option<String> = sqlx::query_scalar(
                "SELECT string_agg(CAST(number AS TEXT) || ' ' || value, $4) FROM segment_attributes
                 WHERE name = $1 AND number BETWEEN $2 AND $3",
            )
            .bind(name)
            .bind(i64::from(from))
            .bind(i64::from(until))
            // JSON is stored without line feeds: inside of texts they are written as `\n`.
            .bind("\n")
            .fetch_one(&self.pool)
            .await?;
            for line in found.unwrap_or_default().split_terminator('\n') {
                let value = line
                    .split_once(' ')
                    .and_then(|(number, value)| Some((number.parse().ok()?, value.to_owned())));
                values.push(value.ok_or_else(|| StoreError::Damaged(format!("attribute {name}")))?);
            }
            if until == last {
                return Ok(values);
            }
            from = until.saturating_add(1);
        }
    }

    pub(crate) async fn members_of_days(
        &self,
        zone: &str,
        measure: i64,
        days: (i64, i64),
    ) -> Result<Vec<u32>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT string_agg(CAST(number AS TEXT), ',') FROM
                 (SELECT DISTINCT f.number FROM segment_facts AS f JOIN segment_members AS m ON m.number = f.number
                  WHERE f.measure = $1 AND f.day BETWEEN $2 AND $3 AND m.zone = $4) AS found",
        )
        .bind(measure)
        .bind(days.0)
        .bind(days.1)
        .bind(zone)
        .fetch_one(&self.pool)
        .await?;
        numbers(found)
    }
}

/// The statement of a condition on facts: of the measure `$1`, of the members from `$2` to `$3`, on the days from `$4` to
/// `$5`, with a number from `$6` to `$7`.
fn facts(fold: FactFold, outside: bool) -> String {
    let not = if outside { "NOT " } else { "" };
    let of = "FROM segment_facts WHERE measure = $1 AND number BETWEEN $2 AND $3 AND day BETWEEN $4 AND $5";
    let made = match fold {
        FactFold::Count => "COUNT(*)",
        FactFold::Sum => "SUM(value)",
        FactFold::LastDay => "MAX(day)",
        FactFold::FirstDay => "MIN(day)",
        FactFold::LastValue | FactFold::FirstValue => "",
    };
    let found = match fold {
        FactFold::LastValue | FactFold::FirstValue => {
            let order = if matches!(fold, FactFold::LastValue) { "DESC" } else { "ASC" };
            format!(
                "SELECT number FROM
                     (SELECT number, value, ROW_NUMBER() OVER
                          (PARTITION BY number ORDER BY at {order}, seq {order}) AS place {of}) AS placed
                 WHERE place = 1 AND value {not}BETWEEN $6 AND $7"
            )
        }
        _ => format!("SELECT number {of} GROUP BY number HAVING {made} {not}BETWEEN $6 AND $7"),
    };
    format!("SELECT string_agg(CAST(number AS TEXT), ',') FROM ({found}) AS found")
}

/// The numbers of a text with commas between them.
fn numbers(text: Option<String>) -> Result<Vec<u32>, StoreError> {
    let text = text.unwrap_or_default();
    let number = |digits: &str| {
        digits.parse().map_err(|_| StoreError::Damaged(format!("{digits} is no number of a member")))
    };
    text.split_terminator(',').map(number).collect()
}
