//! Identifiers of members. They are stored as written and compare by their folded form, which has columns of its
//! own; rows of releases that did not know the form are folded in the background.

use std::collections::{HashMap, HashSet};

use domain::caseless::folded_identifier;

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::dialect::QueryBuilder;
use super::{Database, Transaction, dialect};
use crate::{FoldedIdentifiers, IdentifierOwner, MemberProfile, Revision, SharedIdentifier, StoreError};

/// Kind and value as written, the member, the revision that it was last written at, and the id that the identifier was
/// given to before a merger.
type OwnerRow = (String, String, String, Revision, Option<String>);

/// Rows of one transaction of the background work, so that other writers wait for a short time only.
const FOLDED_AT_ONCE: i64 = 1_000;

impl Database {
    /// The members with these values of one kind of identifier: value → member id.
    pub(crate) async fn members_of(
        &self,
        kind: &str,
        values: &[String],
    ) -> Result<HashMap<String, String>, StoreError> {
        let asked: Vec<(&str, &str)> = values.iter().map(|value| (kind, value.as_str())).collect();
        let mut snapshot = self.begin_snapshot().await?;
        let owners = owners(&mut snapshot, &asked).await?;
        snapshot.commit().await?;
        let found = asked.into_iter().zip(owners);
        Ok(found.filter_map(|((_, value), owner)| Some((value.to_owned(), owner?.member_id))).collect())
    }

    /// The owners of these values of one kind of identifier: value → owner.
    pub(crate) async fn identifier_owners(
        &self,
        kind: &str,
        values: &[String],
    ) -> Result<HashMap<String, IdentifierOwner>, StoreError> {
        let asked: Vec<(&str, &str)> = values.iter().map(|value| (kind, value.as_str())).collect();
        let mut snapshot = self.begin_snapshot().await?;
        let owners = owners(&mut snapshot, &asked).await?;
        snapshot.commit().await?;
        let found = asked.into_iter().zip(owners);
        Ok(found.filter_map(|((_, value), owner)| Some((value.to_owned(), owner?))).collect())
    }

    /// Folds identifiers that are not yet, as many as one transaction should.
    pub(crate) async fn fold_identifiers(&self) -> Result<FoldedIdentifiers, StoreError> {
        let query = "SELECT kind FROM member_identifiers WHERE compared_value IS NULL LIMIT 1";
        if sqlx::query(query).fetch_optional(&self.pool).await?.is_none() {
            return Ok(FoldedIdentifiers::default());
        }
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT kind, value, member_id, ordinal FROM member_identifiers
             WHERE compared_value IS NULL ORDER BY kind, value LIMIT $1",
        )
        .bind(FOLDED_AT_ONCE)
        .fetch_all(&mut *transaction)
        .await?;
        let rows: Vec<_> = rows
            .iter()
            .map(|(kind, value, member, ordinal)| (kind.as_str(), value.as_str(), member.as_str(), *ordinal))
            .collect();
        insert(&mut transaction, &rows, "").await?;
        let shared = shared(&mut transaction, &rows).await?;
        transaction.commit().await?;
        Ok(FoldedIdentifiers { rows: rows.len(), shared })
    }
}

/// The owner of each of these identifiers, by kind and value, in their order. Where an older release let members have
/// identifiers that compare as one, it is the member with the very spelling, else the one that was written last.
pub(super) async fn owners(
    transaction: &mut Transaction,
    asked: &[(&str, &str)],
) -> Result<Vec<Option<IdentifierOwner>>, StoreError> {
    let asked: Vec<_> =
        asked.iter().map(|(kind, value)| (*kind, *value, folded_identifier(kind, value))).collect();
    let mut rows: Vec<OwnerRow> = Vec::new();
    for asked in asked.chunks(ROWS_MAX) {
        let mut query = select_owners();
        query.push("WHERE (i.compared_value, i.compared_kind) IN ");
        push_pairs(&mut query, asked.iter().map(|(_, _, (kind, value))| (value.as_str(), kind.as_str())));
        rows.extend(query.build_query_as::<OwnerRow>().fetch_all(&mut **transaction).await?);
        let mut query = select_owners();
        query.push("WHERE i.compared_value IS NULL AND (i.kind, i.value) IN ");
        push_pairs(&mut query, asked.iter().map(|(kind, value, _)| (as_stored(kind), as_stored(value))));
        rows.extend(query.build_query_as::<OwnerRow>().fetch_all(&mut **transaction).await?);
    }
    let mut by_form: HashMap<(String, String), Vec<&OwnerRow>> = HashMap::new();
    for row in &rows {
        by_form.entry(folded_identifier(&row.0, &row.1)).or_default().push(row);
    }
    let owner = |(kind, value, form): &(&str, &str, (String, String))| {
        let rank = |row: &&&OwnerRow| {
            let is_exact = (row.0.as_str(), row.1.as_str()) == (*kind, *value);
            (is_exact, row.3, std::cmp::Reverse(row.2.clone()))
        };
        let row = by_form.get(form)?.iter().max_by_key(rank)?;
        Some(IdentifierOwner { member_id: row.2.clone(), given_to: row.4.clone() })
    };
    Ok(asked.iter().map(owner).collect())
}

/// A text as it may be stored: none is with the character that PostgreSQL does not take.
pub(super) fn as_stored(text: &str) -> &str {
    if text.contains('\0') { "" } else { text }
}

fn select_owners() -> QueryBuilder {
    statement(
        "SELECT i.kind, i.value, i.member_id, m.revision, i.given_to FROM member_identifiers AS i
         JOIN members AS m ON m.id = i.member_id ",
    )
}

fn push_pairs<'a>(query: &mut QueryBuilder, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    query.push("(VALUES ");
    let mut rows = query.separated(", ");
    for (one, other) in pairs {
        rows.push("(").push_bind_unseparated(one.to_owned());
        rows.push_unseparated(", ").push_bind_unseparated(other.to_owned()).push_unseparated(")");
    }
    query.push(")");
}

/// Writes the identifiers of members in place of those that they had. An identifier belongs to the member that was
/// written last with it, however it is spelled. Those that came with a merger stay with the survivor, since its own rows
/// know nothing of them.
pub(super) async fn put(
    transaction: &mut Transaction,
    profiles: &[(&str, &MemberProfile)],
) -> Result<(), StoreError> {
    let given: Vec<_> =
        profiles.iter().filter_map(|(id, profile)| Some((*id, profile.identifiers.as_ref()?))).collect();
    for given in given.chunks(ROWS_MAX) {
        let mut query = statement("DELETE FROM member_identifiers WHERE given_to IS NULL AND member_id IN ");
        push_texts(&mut query, given.iter().map(|(id, _)| *id));
        query.build().execute(&mut **transaction).await?;
    }
    let mut taken = HashSet::new();
    let mut rows: Vec<_> = given
        .iter()
        .rev()
        .flat_map(|(id, identifiers)| {
            (0_i64..)
                .zip(identifiers.iter())
                .map(|(ordinal, (kind, value))| (kind.as_str(), value.as_str(), *id, ordinal))
        })
        .filter(|(kind, value, ..)| taken.insert(folded_identifier(kind, value)))
        .collect();
    rows.reverse();
    for rows in rows.chunks(ROWS_MAX) {
        let forms: Vec<_> = rows.iter().map(|(kind, value, ..)| folded_identifier(kind, value)).collect();
        let mut query = statement("DELETE FROM member_identifiers WHERE (compared_value, compared_kind) IN ");
        push_pairs(&mut query, forms.iter().map(|(kind, value)| (value.as_str(), kind.as_str())));
        query.build().execute(&mut **transaction).await?;
        insert(transaction, rows, ", given_to = NULL").await?;
    }
    Ok(())
}

/// Inserts rows of kind, value, member and place, with the forms by which they compare. `more` is what else is set of
/// rows that are there.
async fn insert(
    transaction: &mut Transaction,
    rows: &[(&str, &str, &str, i64)],
    more: &'static str,
) -> Result<(), StoreError> {
    let mut query = statement(
        "INSERT INTO member_identifiers (kind, value, member_id, ordinal, compared_kind, compared_value) ",
    );
    query.push_values(rows, |mut row, (kind, value, id, ordinal)| {
        let (compared_kind, compared_value) = folded_identifier(kind, value);
        row.push_bind((*kind).to_owned())
            .push_bind((*value).to_owned())
            .push_bind((*id).to_owned())
            .push_bind(*ordinal)
            .push_bind(compared_kind)
            .push_bind(compared_value);
    });
    query.push(
        " ON CONFLICT (kind, value) DO UPDATE
         SET member_id = excluded.member_id, ordinal = excluded.ordinal,
             compared_kind = excluded.compared_kind, compared_value = excluded.compared_value",
    );
    query.push(more);
    query.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Those of these identifiers that another member has in another spelling.
async fn shared(
    transaction: &mut Transaction,
    rows: &[(&str, &str, &str, i64)],
) -> Result<Vec<SharedIdentifier>, StoreError> {
    let forms: HashSet<(String, String)> =
        rows.iter().map(|(kind, value, ..)| folded_identifier(kind, value)).collect();
    let mut query = select_owners();
    query.push("WHERE (i.compared_value, i.compared_kind) IN ");
    push_pairs(&mut query, forms.iter().map(|(kind, value)| (value.as_str(), kind.as_str())));
    query.push(" ORDER BY i.kind, i.value");
    let found: Vec<OwnerRow> = query.build_query_as().fetch_all(&mut **transaction).await?;
    let mut members: HashMap<(String, String), Vec<String>> = HashMap::new();
    for (kind, value, member, ..) in found {
        let members = members.entry(folded_identifier(&kind, &value)).or_default();
        if !members.contains(&member) {
            members.push(member);
        }
    }
    let several = members.into_iter().filter(|(_, members)| members.len() > 1);
    let mut shared: Vec<_> =
        several.map(|((kind, value), members)| SharedIdentifier { kind, value, members }).collect();
    shared.sort_by(|one, other| (&one.kind, &one.value).cmp(&(&other.kind, &other.value)));
    Ok(shared)
}
