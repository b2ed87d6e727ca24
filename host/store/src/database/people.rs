//! Many members at once, as communications read them: attributes, identifiers and points that can be spent.

use std::collections::BTreeMap;

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::{Database, Transaction};
use crate::{Person, StoreError};

impl Database {
    pub(crate) async fn people(&self, ids: &[String], now: i64) -> Result<Vec<Person>, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let mut people = BTreeMap::new();
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = statement("SELECT id, state FROM members WHERE id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&mut *snapshot).await?;
            for (id, state) in rows {
                people.insert(id.clone(), Person { id, state, ..Person::default() });
            }
            attributes(&mut snapshot, ids, &mut people).await?;
            identifiers(&mut snapshot, ids, &mut people).await?;
            points(&mut snapshot, ids, now, &mut people).await?;
        }
        snapshot.commit().await?;
        Ok(people.into_values().collect())
    }
}

async fn attributes(
    snapshot: &mut Transaction,
    ids: &[String],
    people: &mut BTreeMap<String, Person>,
) -> Result<(), StoreError> {
    let mut query = statement(
        "SELECT member_id, name, value FROM member_attributes WHERE until_revision IS NULL AND member_id IN ",
    );
    push_texts(&mut query, ids.iter().map(String::as_str));
    let rows: Vec<(String, String, String)> = query.build_query_as().fetch_all(&mut **snapshot).await?;
    for (id, name, value) in rows {
        if let Some(person) = people.get_mut(&id) {
            person.attributes.insert(name, value);
        }
    }
    Ok(())
}

async fn identifiers(
    snapshot: &mut Transaction,
    ids: &[String],
    people: &mut BTreeMap<String, Person>,
) -> Result<(), StoreError> {
    let mut query =
        statement("SELECT member_id, kind, value, ordinal FROM member_identifiers WHERE member_id IN ");
    push_texts(&mut query, ids.iter().map(String::as_str));
    query.push(" ORDER BY member_id, ordinal");
    let rows: Vec<(String, String, String, i64)> = query.build_query_as().fetch_all(&mut **snapshot).await?;
    for (id, kind, value, _) in rows {
        if let Some(person) = people.get_mut(&id) {
            person.identifiers.push((kind, value));
        }
    }
    Ok(())
}

/// Active points, less those that purchases have reserved. Each lot is at most [`crate::ENTRY_MAX`].
async fn points(
    snapshot: &mut Transaction,
    ids: &[String],
    now: i64,
    people: &mut BTreeMap<String, Person>,
) -> Result<(), StoreError> {
    let mut query =
        statement("SELECT member_id, remaining FROM point_lots WHERE remaining <> 0 AND (remaining < 0");
    query.push(" OR (active_from <= ").push_bind(now);
    query.push(" AND (expires_at IS NULL OR expires_at > ").push_bind(now).push("))) AND member_id IN ");
    push_texts(&mut query, ids.iter().map(String::as_str));
    let active: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut **snapshot).await?;
    let mut query = statement("SELECT member_id, -points FROM point_reservations WHERE expires_at > ");
    query.push_bind(now).push(" AND member_id IN ");
    push_texts(&mut query, ids.iter().map(String::as_str));
    let reserved: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut **snapshot).await?;
    for (id, points) in active.into_iter().chain(reserved) {
        if let Some(person) = people.get_mut(&id) {
            person.points = person.points.saturating_add(points);
        }
    }
    Ok(())
}
