//! Members, their attributes and identifiers, and merging two of them.

use std::collections::{HashMap, HashSet};

use crate::{
    Attribute, AttributeRevision, AttributeValue, AuditEntry, Backend, ChangedMembers, FoldedIdentifiers,
    IdentifierOwner, MemberPlace, MemberRecord, MemberRow, MemberView, Merge, Merged, Person, PersonalAnswer,
    Results, Revision, StateChanged, Store, StoreFuture,
};

/// Makes the survivor's attributes from its own and those of the member that is merged into it.
pub type MergeAttributes<'a> =
    &'a (dyn Fn(&[AttributeValue], &[AttributeValue]) -> Vec<AttributeValue> + Send + Sync);

impl Store {
    /// Writes members in one transaction. An identifier belongs to the member that was written last with
    /// it, however it is spelled.
    pub fn write_members<'a>(&'a self, rows: &'a [MemberRow], at: i64) -> StoreFuture<'a, ()> {
        on_backend!(self, write_members(rows, at))
    }

    /// Writes an attribute of a member, which must be defined. False, and nothing is written, if its value is another one
    /// than `before` by now.
    pub fn change_attribute<'a>(
        &'a self,
        member_id: &'a str,
        name: &'a str,
        (before, after): (Option<&'a str>, &'a str),
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, change_attribute(member_id, name, (before, after), at))
    }

    /// Removes members that were not written since a revision, at most `most`, and returns how many. A survivor of
    /// mergers goes if none of the members that were merged into it was written either, and those go with it.
    pub fn remove_members_before(&self, revision: Revision, most: i64, at: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_members_before(revision, most, at))
    }

    /// Takes away the imported points of members that were not written since a revision, at most `most`, and
    /// returns of how many.
    pub fn clear_balances_before(&self, revision: Revision, most: i64, at: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, clear_balances_before(revision, most, at))
    }

    /// The owners of these values of one kind of identifier: value → owner.
    pub fn identifier_owners<'a>(
        &'a self,
        kind: &'a str,
        values: &'a [String],
    ) -> StoreFuture<'a, HashMap<String, IdentifierOwner>> {
        on_backend!(self, identifier_owners(kind, values))
    }

    /// Those of these members that are merged into others: id → survivor.
    pub fn survivors<'a>(&'a self, ids: &'a [String]) -> StoreFuture<'a, HashMap<String, String>> {
        on_backend!(self, survivors(ids))
    }

    /// The member with this id.
    pub fn member_record<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<MemberRecord>> {
        on_backend!(self, member_record(id))
    }

    /// The member with an identifier, and the points that a purchase may spend, those that it has reserved itself
    /// among them.
    pub fn member_for_sale<'a>(
        &'a self,
        kind: &'a str,
        value: &'a str,
        except_purchase: &'a str,
        now: i64,
    ) -> StoreFuture<'a, Option<(MemberRecord, i64)>> {
        on_backend!(self, member_for_sale(kind, value, except_purchase, now))
    }

    /// The member with this value of one kind of identifier, however it is spelled.
    pub fn member_by_identifier<'a>(
        &'a self,
        kind: &'a str,
        value: &'a str,
    ) -> StoreFuture<'a, Option<MemberRecord>> {
        on_backend!(self, member_by_identifier(kind, value))
    }

    /// Those of these members that exist, by id, with all that communications read of them.
    pub fn people<'a>(&'a self, ids: &'a [String], now: i64) -> StoreFuture<'a, Vec<Person>> {
        on_backend!(self, people(ids, now))
    }

    /// The members with these values of one kind of identifier, however they are spelled: value → member id.
    pub fn members_of<'a>(
        &'a self,
        kind: &'a str,
        values: &'a [String],
    ) -> StoreFuture<'a, HashMap<String, String>> {
        on_backend!(self, members_of(kind, values))
    }

    /// Works out how identifiers that an older release wrote compare, some rows at a time; until then they are found
    /// as written.
    pub fn fold_identifiers(&self) -> StoreFuture<'_, FoldedIdentifiers> {
        on_backend!(self, fold_identifiers())
    }

    /// Those of these member ids that exist.
    pub fn known_members<'a>(&'a self, ids: &'a [String]) -> StoreFuture<'a, HashSet<String>> {
        on_backend!(self, known_members(ids))
    }

    /// True if there is a member with this id.
    pub fn has_member<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        on_backend!(self, has_member(id))
    }

    /// The ids of members after one id, at most `most`, without those that were merged into others. Empty after the last.
    pub fn member_ids_after<'a>(&'a self, after: &'a str, most: i64) -> StoreFuture<'a, Vec<String>> {
        on_backend!(self, member_ids_after(after, most))
    }

    /// The latest revision that changed members: profiles, states, attributes, mergers. 0 before the first.
    pub fn members_revision(&self) -> StoreFuture<'_, Revision> {
        on_backend!(self, members_revision())
    }

    /// Members who have changed from a place on, about `most` at most, and the place after them. None if there is nothing
    /// new there. Members who are no more are among them.
    pub fn changed_members<'a>(
        &'a self,
        from: &'a MemberPlace,
        most: i64,
    ) -> StoreFuture<'a, Option<ChangedMembers>> {
        on_backend!(self, changed_members(from, most))
    }

    /// The number of members.
    pub fn member_count(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, member_count())
    }

    /// The values that attributes of a member got at the given revisions.
    pub fn attribute_values<'a>(
        &'a self,
        member_id: &'a str,
        wanted: &'a [(String, Revision)],
    ) -> StoreFuture<'a, Vec<AttributeValue>> {
        on_backend!(self, attribute_values(member_id, wanted))
    }

    /// Stores a member's answer to a personal offer in place of the one before, and adds it to the results
    /// feed. None if the answer was the same already.
    pub fn answer<'a>(
        &'a self,
        member_id: &'a str,
        answer: &'a PersonalAnswer,
        results: Results,
    ) -> StoreFuture<'a, Option<Revision>> {
        on_backend!(self, answer(member_id, answer, results))
    }

    /// Defines an attribute, in place of one with the same name. None if it has values and its type would
    /// change.
    pub fn put_attribute<'a>(
        &'a self,
        attribute: &'a Attribute,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Option<Revision>> {
        on_backend!(self, put_attribute(attribute, audit))
    }

    /// The attribute with this name.
    pub fn attribute<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Attribute>> {
        on_backend!(self, attribute(name))
    }

    /// All attributes, by name.
    pub fn attributes(&self) -> StoreFuture<'_, Vec<Attribute>> {
        on_backend!(self, attributes())
    }

    /// The member with this id.
    pub fn member<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<MemberView>> {
        on_backend!(self, member(id))
    }

    /// The values that a member's attribute has had, newest first, at most `most`.
    pub fn attribute_revisions<'a>(
        &'a self,
        member_id: &'a str,
        name: &'a str,
        most: i64,
    ) -> StoreFuture<'a, Vec<AttributeRevision>> {
        on_backend!(self, attribute_revisions(member_id, name, most))
    }

    /// Changes the state of a member.
    pub fn put_member_state<'a>(
        &'a self,
        id: &'a str,
        state: &'a str,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, StateChanged> {
        on_backend!(self, put_member_state(id, state, audit))
    }

    /// Merges one member into another. `attributes` makes the attributes of the survivor.
    pub fn merge_members<'a>(
        &'a self,
        merge: &'a Merge,
        attributes: MergeAttributes<'a>,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Merged> {
        on_backend!(self, merge_members(merge, attributes, audit))
    }
}
