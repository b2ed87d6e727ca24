//! API keys, and the tokens of members. Times are seconds since 1970.

/// An API key. The key itself is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiKey {
    /// SHA-256 of the key, in hexadecimal.
    pub digest: String,
    /// The owner's name, to show to people.
    pub name: String,
    /// The role that decides which calls it may make.
    pub role: String,
    /// Stores and tills that it is bound to; bound to none if empty.
    pub places: Vec<String>,
    /// The partner whose mechanics it opens; absent if that is the name of the key.
    pub partner: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// From when on it opens nothing; absent if it does not expire.
    pub expires_at: Option<i64>,
    /// When it was revoked; absent while it is in force.
    pub revoked_at: Option<i64>,
    /// The last use that was noted; absent before the first.
    pub last_used_at: Option<i64>,
}

/// A token of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberToken {
    /// The only member that it opens.
    pub member_id: String,
    /// From when on it opens nothing.
    pub expires_at: i64,
}
