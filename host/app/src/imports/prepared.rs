//! The writes of a batch of an import.

/// The writes of a batch, and the counts of its rows.
#[derive(Default)]
pub(super) struct Prepared {
    pub(super) members: Vec<store::MemberRow>,
    pub(super) coupons: Option<store::NewCoupons>,
    pub(super) errors: Vec<store::ImportError>,
    /// Rows with an error.
    pub(super) refused: i64,
    /// Rows with a warning.
    pub(super) warned: i64,
    /// Rows that say what is stored already, where the store does not find that out.
    pub(super) unchanged: i64,
    /// Rows whose value another row of the same batch replaces.
    pub(super) superseded: i64,
}
