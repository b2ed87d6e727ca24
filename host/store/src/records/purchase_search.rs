//! The search for purchases. Times are seconds since 1970.

use super::PurchaseState;

/// A search for purchases, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseSearch {
    /// The buyer.
    pub buyer: SearchedBuyer,
    /// The first second of the receipts.
    pub since: Option<i64>,
    /// The first second after those of the receipts.
    pub until: Option<i64>,
    /// Time and stored id of the last purchase that was found before: the search goes on after it.
    pub after: Option<(i64, String)>,
    /// The most purchases to find.
    pub most: i64,
}

/// The buyer of the purchases that are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchedBuyer {
    /// Anybody, also nobody.
    Anybody,
    /// This member.
    Member(String),
    /// Purchases at which a card was shown, in the form by which cards compare. Of purchases of releases that did not store it, those of
    /// the member whose card it is now.
    Card {
        /// The card.
        card: String,
        /// Its member, if it is anybody's.
        member: Option<String>,
    },
}

/// A purchase that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPurchase {
    /// The id under which it is stored.
    pub id: String,
    /// As it is stored: a calculation past its time is still calculated.
    pub state: PurchaseState,
    /// When the calculation can no longer be confirmed; absent in any other state.
    pub expires_at: Option<i64>,
    /// The time of the receipt.
    pub sold_at: i64,
    /// The point of sale; absent if the calculation is older than its column.
    pub pos: Option<String>,
    /// The request, if `pos` is absent.
    pub request: Option<String>,
}
