//! Receipts of erasures.

/// The erasure of a member, as it is kept: without the member's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// Digest of the member's id, by which whoever knows the id finds it.
    pub digest: String,
    /// When it was done.
    pub at: i64,
    /// The caller who asked for it.
    pub actor: String,
    /// How many rows of each table were erased, by its name; those without any are left out.
    pub erased: Vec<(String, u64)>,
}

/// Whose rows to erase, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EraseMember {
    /// Id of the erasure.
    pub id: String,
    /// The retailer's id of the member.
    pub member_id: String,
    /// Digest of that id.
    pub digest: String,
    /// The time of the call.
    pub at: i64,
    /// The caller who asks for it.
    pub actor: String,
}
