//! The results feed: what came of offers. Times are seconds since 1970.

/// What something tells the results feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// When it happened; for a purchase, by the receipt.
    pub at: i64,
    /// JSON list of events.
    pub events: String,
}

/// What happened.
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
}

/// A row to add to the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResult {
    /// Unique within its kind: recording the same again adds nothing.
    pub id: String,
    /// What happened.
    pub kind: ResultKind,
    /// To whom, if known.
    pub member_id: Option<String>,
    /// With which purchase, if any.
    pub purchase_id: Option<String>,
    /// When, and what.
    pub results: Results,
}

/// A numbered row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRecord {
    /// Its number, from 1. Rows that become visible later have higher numbers.
    pub seq: i64,
    /// Whose it is, if known.
    pub member_id: Option<String>,
    /// What it belongs to, if to a purchase.
    pub purchase_id: Option<String>,
    /// When, and what.
    pub results: Results,
}

/// What decides whether an offer could have reached a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStanding {
    /// The retailer's id.
    pub id: String,
    /// As in [`crate::MemberRecord::state`].
    pub state: String,
    /// By name.
    pub audiences: Vec<String>,
    /// Name and JSON text of the attributes that were asked about, as far as the member has them.
    pub attributes: Vec<(String, String)>,
}

/// Some members in the order of the database, and what came of their purchases in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberResults {
    /// The members.
    pub members: Vec<MemberStanding>,
    /// The member's id, and JSON lists of events, in any order.
    pub events: Vec<(String, String)>,
}

/// Which purchases and returns [`MemberResults`] are about: the half-open period of their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultPeriod {
    /// The first second.
    pub since: i64,
    /// The first second after it.
    pub until: i64,
}
