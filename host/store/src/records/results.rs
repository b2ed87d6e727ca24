//! The results feed: which offers fired, would have fired or were offered. Times are seconds since 1970.

use super::Revision;

/// The events of one purchase, return or answer in the results feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// When it happened; for a purchase, the time of the receipt.
    pub at: i64,
    /// JSON list of events.
    pub events: String,
}

/// The kind of a row of the results feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// A purchase was confirmed.
    Purchase,
    /// A return was confirmed.
    Return,
    /// A member accepted or declined an item.
    Member,
}

impl ResultKind {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Return => "return",
            Self::Member => "member",
        }
    }

    /// The kind with a name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Purchase, Self::Return, Self::Member].into_iter().find(|kind| kind.name() == name)
    }
}

/// A row to add to the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResult {
    /// Unique among rows of its kind: a second row with the same id is not added.
    pub id: String,
    /// Its kind.
    pub kind: ResultKind,
    /// The member, if known.
    pub member_id: Option<String>,
    /// The purchase, if there is one.
    pub purchase_id: Option<String>,
    /// Its time and events.
    pub results: Results,
}

/// A numbered row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRecord {
    /// Its number, from 1. Rows that become visible later have higher numbers.
    pub seq: i64,
    /// The member, if known.
    pub member_id: Option<String>,
    /// The purchase, if there is one.
    pub purchase_id: Option<String>,
    /// Its time and events.
    pub results: Results,
}

/// A row of the feed as communications read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Its place in the feed, from 1. Rows that become visible later have higher ones. A restored or copied database may
    /// give its rows other ones.
    pub position: i64,
    /// Unique, and the same in every copy of the database: kind and id, as in `purchase/…`.
    pub id: String,
    /// The member, if known.
    pub member_id: Option<String>,
    /// The purchase, if there is one.
    pub purchase_id: Option<String>,
    /// Its time and events.
    pub results: Results,
}

/// A purchase of a member that was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelledPurchase {
    /// Its id as it is stored.
    pub id: String,
    /// The member.
    pub member_id: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// A merger of two members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedMember {
    /// The revision that merged them.
    pub revision: Revision,
    /// The member that is no more.
    pub from: String,
    /// The survivor.
    pub into: String,
}

/// The facts about a member that decide which offers are for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEligibility {
    /// The retailer's id.
    pub id: String,
    /// The ids of members that were merged into it, in any order.
    pub merged: Vec<String>,
    /// As in [`crate::MemberRecord::state`].
    pub state: String,
    /// Names of the audiences that the member was put into, in ascending order.
    pub audiences: Vec<String>,
    /// Name and JSON text of those of the requested attributes that the member has.
    pub attributes: Vec<(String, String)>,
}

/// A page of members in the order of the database, without those that were merged into others, with the results of their purchases in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberResults {
    /// The members.
    pub members: Vec<MemberEligibility>,
    /// Their purchases and returns, in any order. Those of merged members are the survivor's.
    pub results: Vec<MemberResult>,
}

/// The events of one purchase or return of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberResult {
    /// The member, or the survivor that it was merged into.
    pub member_id: String,
    /// A purchase or a return.
    pub kind: ResultKind,
    /// The purchase, also of a return, if known.
    pub purchase_id: Option<String>,
    /// Revision of the plan that priced the purchase, if it is still known.
    pub revision: Option<Revision>,
    /// Time and events.
    pub results: Results,
}

/// The half-open period of the purchases and returns of [`MemberResults`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultPeriod {
    /// The first second.
    pub since: i64,
    /// The first second after the period.
    pub until: i64,
}
