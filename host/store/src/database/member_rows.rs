//! Writes members for imports: many rows in few statements; `members` reads members for pricing, `member` shows
//! and changes one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::ledger::Ledger;
use super::sums::{nearest, whole, wide_sum};
use super::{Database, Transaction, dialect, identifiers, next_revision};
use crate::{MemberProfile, MemberRow, Revision, StoreError};

/// The state of a member that was merged into another one.
const MERGED: &str = "merged";

/// The result of writing rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outcome {
    /// The revision of the change; none if nothing changed.
    pub(super) revision: Option<Revision>,
    /// Number of members with a profile, and of changed attributes of members without one.
    pub(super) applied: i64,
    /// Number of unchanged attributes of members without a profile.
    pub(super) unchanged: i64,
}

impl Database {
    /// Writes members in one transaction.
    pub(crate) async fn write_members(&self, rows: &[MemberRow], at: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write(&mut transaction, rows, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes an attribute of a member, unless its value is another one than `before` by now.
    pub(crate) async fn change_attribute(
        &self,
        member_id: &str,
        name: &str,
        (before, after): (Option<&str>, &str),
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let stored = current(&mut transaction, name, &[(member_id, None)]).await?;
        if stored.get(member_id).map(String::as_str) != before {
            return Ok(false);
        }
        let attributes = vec![(name.to_owned(), Some(after.to_owned()))];
        let row = MemberRow { id: member_id.to_owned(), profile: None, attributes };
        write(&mut transaction, &[row], at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Those of these members that are merged into others: id → survivor.
    pub(crate) async fn survivors(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(ROWS_MAX) {
            let mut query =
                statement("SELECT id, merged_into FROM members WHERE merged_into IS NOT NULL AND id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// Those of these member ids that exist.
    pub(crate) async fn known_members(&self, ids: &[String]) -> Result<HashSet<String>, StoreError> {
        let mut found = HashSet::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = statement("SELECT id FROM members WHERE id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            let rows: Vec<String> = query.build_query_scalar().fetch_all(&self.pool).await?;
            found.extend(rows);
        }
        Ok(found)
    }
}

/// Writes rows, at most one of each member. If nothing changes, there is no new revision. Of a member that is merged
/// into another, only the balance is written, which counts for the survivor.
pub(super) async fn write(
    transaction: &mut Transaction,
    rows: &[MemberRow],
    at: i64,
) -> Result<Outcome, StoreError> {
    dialect::lock_revisions(transaction).await?;
    let mut outcome = Outcome::default();
    let merged = merged(transaction, rows).await?;
    let is_own = |id: &str| !merged.contains(id);
    let own_rows: Vec<&MemberRow> = rows.iter().filter(|row| is_own(&row.id)).collect();
    let values = Values::changed(transaction, &own_rows, &mut outcome).await?;
    let profiles: Vec<(&str, &MemberProfile)> =
        rows.iter().filter_map(|row| Some((row.id.as_str(), row.profile.as_ref()?))).collect();
    if profiles.is_empty() && values.is_empty() {
        return Ok(outcome);
    }
    let revision = next_revision(transaction, "members", at).await?;
    outcome.revision = Some(revision);
    outcome.applied = outcome.applied.saturating_add(i64::try_from(profiles.len()).unwrap_or(i64::MAX));
    for profiles in profiles.chunks(ROWS_MAX) {
        put_profiles(transaction, profiles, revision, at).await?;
    }
    let own: Vec<_> = profiles.into_iter().filter(|(id, _)| is_own(id)).collect();
    identifiers::put(transaction, &own).await?;
    put_audiences(transaction, &own).await?;
    values.put(transaction, revision).await?;
    Ok(outcome)
}

/// Those of the members that are merged into others.
async fn merged(transaction: &mut Transaction, rows: &[MemberRow]) -> Result<HashSet<String>, StoreError> {
    let mut found = HashSet::new();
    for rows in rows.chunks(ROWS_MAX) {
        let mut query = statement("SELECT id FROM members WHERE merged_into IS NOT NULL AND id IN ");
        push_texts(&mut query, rows.iter().map(|row| row.id.as_str()));
        let ids: Vec<String> = query.build_query_scalar().fetch_all(&mut **transaction).await?;
        found.extend(ids);
    }
    Ok(found)
}

/// A member as it is before its row is written.
struct Stored {
    state: String,
    points: String,
    points_imported: i64,
}

/// Those of the members that exist, by id.
async fn stored(
    transaction: &mut Transaction,
    profiles: &[(&str, &MemberProfile)],
) -> Result<HashMap<String, Stored>, StoreError> {
    let mut query = statement("SELECT id, state, points, points_imported FROM members WHERE id IN ");
    push_texts(&mut query, profiles.iter().map(|(id, _)| *id));
    let rows: Vec<(String, String, String, i64)> =
        query.build_query_as().fetch_all(&mut **transaction).await?;
    let read = |(id, state, points, points_imported)| (id, Stored { state, points, points_imported });
    Ok(rows.into_iter().map(read).collect())
}

/// The points that imports have booked for ids without a member: a full import may have removed them, and their
/// ledgers stay.
async fn booked(transaction: &mut Transaction, ids: &[&str]) -> Result<HashMap<String, i64>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = statement(concat!(
        "SELECT member_id, ",
        wide_sum!("points"),
        " FROM point_entries WHERE kind = 'imported' AND member_id IN "
    ));
    push_texts(&mut query, ids.iter().copied());
    query.push(" GROUP BY member_id");
    let rows: Vec<(String, i64, i64)> = query.build_query_as().fetch_all(&mut **transaction).await?;
    Ok(rows.into_iter().map(|(id, points, rest)| (id, nearest(whole(points, rest)))).collect())
}

/// Writes states and balances. Of a member that is merged into another, the balance alone.
async fn put_profiles(
    transaction: &mut Transaction,
    profiles: &[(&str, &MemberProfile)],
    revision: Revision,
    at: i64,
) -> Result<(), StoreError> {
    let stored = stored(transaction, profiles).await?;
    let new: Vec<&str> = profiles.iter().map(|(id, _)| *id).filter(|id| !stored.contains_key(*id)).collect();
    let booked = booked(transaction, &new).await?;
    let mut differences = Vec::new();
    let mut query = statement("INSERT INTO members (id, state, points, revision, points_imported) ");
    query.push_values(profiles, |mut row, (id, profile)| {
        let before = stored.get(*id);
        let state_before = before.map(|stored| stored.state.as_str());
        let merged = state_before.filter(|state| *state == MERGED);
        let state = merged.or(profile.state.as_deref()).or(state_before);
        let imported_before = match before {
            Some(stored) => stored.points_imported,
            None => booked.get(*id).copied().unwrap_or(0),
        };
        let (points, imported) = match (&profile.points, before) {
            (Some((points, imported)), _) => (points.clone(), *imported),
            (None, Some(stored)) => (stored.points.clone(), imported_before),
            (None, None) => ("0".to_owned(), imported_before),
        };
        if imported != imported_before {
            differences.push((*id, imported, imported_before));
        }
        row.push_bind((*id).to_owned())
            .push_bind(state.unwrap_or("normal").to_owned())
            .push_bind(points)
            .push_bind(revision)
            .push_bind(imported);
    });
    query.push(
        " ON CONFLICT (id) DO UPDATE
         SET state = excluded.state, points = excluded.points, revision = excluded.revision,
             points_imported = excluded.points_imported",
    );
    query.build().execute(&mut **transaction).await?;
    for (id, imported, before) in differences {
        let change = imported.checked_sub(before);
        let change =
            change.ok_or_else(|| StoreError::TooLarge(format!("{imported} points for member `{id}`")))?;
        Ledger::open(transaction, id, at).await?.import(change).await?;
    }
    Ok(())
}

async fn put_audiences(
    transaction: &mut Transaction,
    profiles: &[(&str, &MemberProfile)],
) -> Result<(), StoreError> {
    let given: Vec<_> =
        profiles.iter().filter_map(|(id, profile)| Some((*id, profile.audiences.as_ref()?))).collect();
    for given in given.chunks(ROWS_MAX) {
        let mut query = statement("DELETE FROM member_audiences WHERE member_id IN ");
        push_texts(&mut query, given.iter().map(|(id, _)| *id));
        query.build().execute(&mut **transaction).await?;
    }
    let rows: Vec<_> = given.iter().flat_map(|(id, names)| names.iter().map(|name| (*id, name))).collect();
    for rows in rows.chunks(ROWS_MAX) {
        let mut query = statement("INSERT INTO member_audiences (member_id, audience) ");
        query.push_values(rows, |mut row, (id, name)| {
            row.push_bind((*id).to_owned()).push_bind((*name).clone());
        });
        query.push(" ON CONFLICT (member_id, audience) DO NOTHING");
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

/// The attribute values that differ from the stored ones, by attribute.
#[derive(Default)]
struct Values<'a>(BTreeMap<&'a str, Vec<NewValue<'a>>>);

struct NewValue<'a> {
    member_id: &'a str,
    /// True if a stored value ends.
    ends_another: bool,
    /// None if the attribute is removed.
    value: Option<&'a str>,
}

impl<'a> Values<'a> {
    async fn changed(
        transaction: &mut Transaction,
        rows: &[&'a MemberRow],
        outcome: &mut Outcome,
    ) -> Result<Self, StoreError> {
        let mut given: BTreeMap<&str, Vec<(&str, Option<&str>)>> = BTreeMap::new();
        // A member with a profile is counted once, and not by attribute.
        let whole: HashSet<&str> =
            rows.iter().filter(|row| row.profile.is_some()).map(|row| row.id.as_str()).collect();
        for row in rows {
            for (name, value) in &row.attributes {
                given.entry(name).or_default().push((&row.id, value.as_deref()));
            }
        }
        let mut changed = Self::default();
        for (name, given) in given {
            for given in given.chunks(ROWS_MAX) {
                let stored = current(transaction, name, given).await?;
                for &(member_id, value) in given {
                    let before = stored.get(member_id).map(String::as_str);
                    let counts = i64::from(!whole.contains(member_id));
                    if before == value {
                        outcome.unchanged = outcome.unchanged.saturating_add(counts);
                        continue;
                    }
                    outcome.applied = outcome.applied.saturating_add(counts);
                    let new = NewValue { member_id, ends_another: before.is_some(), value };
                    changed.0.entry(name).or_default().push(new);
                }
            }
        }
        Ok(changed)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    async fn put(&self, transaction: &mut Transaction, revision: Revision) -> Result<(), StoreError> {
        for (name, values) in &self.0 {
            let ended: Vec<&str> =
                values.iter().filter(|new| new.ends_another).map(|new| new.member_id).collect();
            for ended in ended.chunks(ROWS_MAX) {
                let mut query = statement("UPDATE member_attributes SET until_revision = ");
                query.push_bind(revision).push(" WHERE until_revision IS NULL AND name = ");
                query.push_bind((*name).to_owned()).push(" AND member_id IN ");
                push_texts(&mut query, ended.iter().copied());
                query.build().execute(&mut **transaction).await?;
            }
            let begun: Vec<(&str, &str)> =
                values.iter().filter_map(|new| Some((new.member_id, new.value?))).collect();
            for begun in begun.chunks(ROWS_MAX) {
                let mut query =
                    statement("INSERT INTO member_attributes (member_id, name, from_revision, value) ");
                query.push_values(begun, |mut row, (id, value)| {
                    row.push_bind((*id).to_owned())
                        .push_bind((*name).to_owned())
                        .push_bind(revision)
                        .push_bind((*value).to_owned());
                });
                query.build().execute(&mut **transaction).await?;
            }
        }
        Ok(())
    }
}

async fn current(
    transaction: &mut Transaction,
    name: &str,
    given: &[(&str, Option<&str>)],
) -> Result<HashMap<String, String>, StoreError> {
    let mut query = statement("SELECT member_id, value FROM member_attributes WHERE until_revision IS NULL");
    query.push(" AND name = ").push_bind(name.to_owned()).push(" AND member_id IN ");
    push_texts(&mut query, given.iter().map(|(id, _)| *id));
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&mut **transaction).await?;
    Ok(rows.into_iter().collect())
}
