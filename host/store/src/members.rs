//! Members one by one, and the attributes that they have.

use crate::{
    Attribute, AttributeRevision, AttributeValue, AuditEntry, Backend, MemberView, Merge, Merged, Revision,
    StateChanged, Store, StoreError,
};

/// What the survivor of a merger has: from its attributes, and those of the member that goes.
pub type MergeAttributes<'a> =
    &'a (dyn Fn(&[AttributeValue], &[AttributeValue]) -> Vec<AttributeValue> + Send + Sync);

impl Store {
    /// Defines an attribute, or defines it anew. Nothing if its type would change under its values.
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

    /// The values that a member's attribute has had, newest first.
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

    /// Gives everything that one member has to another. `attributes` says what the survivor's
    /// attributes are then.
    pub async fn merge_members(
        &self,
        merge: &Merge,
        attributes: MergeAttributes<'_>,
        audit: &AuditEntry,
    ) -> Result<Merged, StoreError> {
        on_backend!(self, merge_members(merge, attributes, audit))
    }
}
