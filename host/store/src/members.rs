//! Members, their attributes and identifiers, and merging two of them.

use std::collections::{HashMap, HashSet};

use crate::{
    Attribute, AttributeRevision, AttributeValue, AuditEntry, Backend, FoldedIdentifiers, IdentifierOwner,
    MemberRecord, MemberRow, MemberView, Merge, Merged, PersonalAnswer, Results, Revision, StateChanged,
    Store, StoreError,
};

/// Makes the survivor's attributes from its own and those of the member that is merged into it.
pub type MergeAttributes<'a> =
    &'a (dyn Fn(&[AttributeValue], &[AttributeValue]) -> Vec<AttributeValue> + Send + Sync);

impl Store {
    /// Writes members in one transaction. An identifier belongs to the member that was written last with
    /// it, however it is spelled.
    pub async fn write_members(&self, rows: &[MemberRow], at: i64) -> Result<(), StoreError> {
        on_backend!(self, write_members(rows, at))
    }

    /// Removes members that were not written since a revision, at most `most`, and returns how many. A survivor of
    /// mergers goes if none of the members that were merged into it was written either, and those go with it.
    pub async fn remove_members_before(
        &self,
        revision: Revision,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        on_backend!(self, remove_members_before(revision, most, at))
    }

    /// Takes away the imported points of members that were not written since a revision, at most `most`, and
    /// returns of how many.
    pub async fn clear_balances_before(
        &self,
        revision: Revision,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        on_backend!(self, clear_balances_before(revision, most, at))
    }

    /// The owners of these values of one kind of identifier: value → owner.
    pub async fn identifier_owners(
        &self,
        kind: &str,
        values: &[String],
    ) -> Result<HashMap<String, IdentifierOwner>, StoreError> {
        on_backend!(self, identifier_owners(kind, values))
    }

    /// Those of these members that are merged into others: id → survivor.
    pub async fn survivors(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        on_backend!(self, survivors(ids))
    }

    /// The member with this id.
    pub async fn member_record(&self, id: &str) -> Result<Option<MemberRecord>, StoreError> {
        on_backend!(self, member_record(id))
    }

    /// The member with this value of one kind of identifier, however it is spelled.
    pub async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        on_backend!(self, member_by_identifier(kind, value))
    }

    /// The members with these values of one kind of identifier, however they are spelled: value → member id.
    pub async fn members_of(
        &self,
        kind: &str,
        values: &[String],
    ) -> Result<HashMap<String, String>, StoreError> {
        on_backend!(self, members_of(kind, values))
    }

    /// Works out how identifiers that an older release wrote compare, some rows at a time; until then they are found
    /// as written.
    pub async fn fold_identifiers(&self) -> Result<FoldedIdentifiers, StoreError> {
        on_backend!(self, fold_identifiers())
    }

    /// Those of these member ids that exist.
    pub async fn known_members(&self, ids: &[String]) -> Result<HashSet<String>, StoreError> {
        on_backend!(self, known_members(ids))
    }

    /// True if there is a member with this id.
    pub async fn has_member(&self, id: &str) -> Result<bool, StoreError> {
        on_backend!(self, has_member(id))
    }

    /// The number of members.
    pub async fn member_count(&self) -> Result<i64, StoreError> {
        on_backend!(self, member_count())
    }

    /// The values that attributes of a member got at the given revisions.
    pub async fn attribute_values(
        &self,
        member_id: &str,
        wanted: &[(String, Revision)],
    ) -> Result<Vec<AttributeValue>, StoreError> {
        on_backend!(self, attribute_values(member_id, wanted))
    }

    /// Stores a member's answer to a personal offer in place of the one before, and adds it to the results
    /// feed. None if the answer was the same already.
    pub async fn answer(
        &self,
        member_id: &str,
        answer: &PersonalAnswer,
        results: Results,
    ) -> Result<Option<Revision>, StoreError> {
        on_backend!(self, answer(member_id, answer, results))
    }

    /// Defines an attribute, in place of one with the same name. None if it has values and its type would
    /// change.
    pub async fn put_attribute(
        &self,
        attribute: &Attribute,
        audit: &AuditEntry,
    ) -> Result<Option<Revision>, StoreError> {
        on_backend!(self, put_attribute(attribute, audit))
    }

    /// The attribute with this name.
    pub async fn attribute(&self, name: &str) -> Result<Option<Attribute>, StoreError> {
        on_backend!(self, attribute(name))
    }

    /// All attributes, by name.
    pub async fn attributes(&self) -> Result<Vec<Attribute>, StoreError> {
        on_backend!(self, attributes())
    }

    /// The member with this id.
    pub async fn member(&self, id: &str) -> Result<Option<MemberView>, StoreError> {
        on_backend!(self, member(id))
    }

    /// The values that a member's attribute has had, newest first, at most `most`.
    pub async fn attribute_revisions(
        &self,
        member_id: &str,
        name: &str,
        most: i64,
    ) -> Result<Vec<AttributeRevision>, StoreError> {
        on_backend!(self, attribute_revisions(member_id, name, most))
    }

    /// Changes the state of a member.
    pub async fn put_member_state(
        &self,
        id: &str,
        state: &str,
        audit: &AuditEntry,
    ) -> Result<StateChanged, StoreError> {
        on_backend!(self, put_member_state(id, state, audit))
    }

    /// Merges one member into another. `attributes` makes the attributes of the survivor.
    pub async fn merge_members(
        &self,
        merge: &Merge,
        attributes: MergeAttributes<'_>,
        audit: &AuditEntry,
    ) -> Result<Merged, StoreError> {
        on_backend!(self, merge_members(merge, attributes, audit))
    }
}
