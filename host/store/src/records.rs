//! The rows that callers pass in and get back. Bodies and values are JSON text.

mod audiences;
mod audit;
mod backtests;
mod communications;
mod coupons;
mod imports;
mod keys;
mod lag;
mod mailings;
mod mechanics;
mod members;
mod messages;
mod partner_keys;
mod purchase_search;
mod purchases;
mod results;
mod retention;
mod schema;
mod templates;
mod till_messages;

pub use audiences::*;
pub use audit::*;
pub use backtests::*;
pub use communications::*;
pub use coupons::*;
pub use imports::*;
pub use keys::*;
pub use lag::*;
pub use mailings::*;
pub use mechanics::*;
pub use members::*;
pub use messages::*;
pub use partner_keys::*;
pub use purchase_search::*;
pub use purchases::*;
pub use results::*;
pub use retention::*;
pub use schema::*;
pub use templates::*;
pub use till_messages::*;

/// Number of a change, from 1. Every change of anything that prices depend on gets the next one.
pub type Revision = i64;

/// Currency and exponents of the amounts in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scales {
    /// The currency's code.
    pub currency: String,
    /// Digits of money after the point.
    pub money: i64,
    /// Digits of points after the point.
    pub points: i64,
}

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRow {
    /// `product`, `category`, `group`, `class` or `pos`.
    pub kind: String,
    /// Its id among the rows of its kind.
    pub key: String,
    /// The row as it was sent.
    pub body: String,
}

/// How an import treats the rows that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// They are removed.
    Full,
    /// They are kept.
    Delta,
}

/// A change of the catalogue.
#[derive(Debug, Clone)]
pub struct CatalogChange {
    /// How the other rows are treated.
    pub mode: ImportMode,
    /// At most one row of each kind and key.
    pub rows: Vec<CatalogRow>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// The retailer's id.
    pub id: String,
    /// `normal`, `anonymous` or `blocked`.
    pub state: String,
    /// Points as they were imported, an exact decimal number. The balance is in the ledger.
    pub points: String,
    /// Kind and value of each, in the order in which they were imported.
    pub identifiers: Vec<(String, String)>,
    /// Names of the audiences that the member was put into, in ascending order.
    pub audiences: Vec<String>,
    /// In ascending order of their names.
    pub attributes: Vec<AttributeValue>,
    /// Answers to personal offers.
    pub answers: Vec<PersonalAnswer>,
}

/// The value of a member's attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeValue {
    /// The attribute's name.
    pub name: String,
    /// JSON text.
    pub value: String,
    /// The revision that wrote it.
    pub revision: Revision,
}

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// `bool`, `string`, `json`, `date`, `int` or `decimal`.
    pub kind: String,
    /// A title to show to people.
    pub title: Option<String>,
    /// How the values of two members are combined when they are merged: `none`, `copy_if_absent`,
    /// `sum_or_append`, `always` or `max`.
    pub merge: String,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// The state of a version of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// Being written; not live.
    Draft,
    /// Approved to go live; not live.
    Approved,
    /// Live: receipts are priced with it.
    Running,
    /// Was live, and can go live again.
    Stopped,
    /// Was given up for good.
    Archived,
}

impl OfferState {
    /// The name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Approved, Self::Running, Self::Stopped, Self::Archived]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// An offer at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRecord {
    /// The retailer's id.
    pub external_id: String,
    /// From 1. Every edit makes the next version; older ones are kept.
    pub version: u32,
    /// The state of this version.
    pub state: OfferState,
    /// The offer's JSON as it was sent.
    pub body: String,
}

/// A stretch of time in which a version of an offer ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferRun {
    /// The version.
    pub version: u32,
    /// The revision that made it live, and its time in seconds since 1970.
    pub start: (Revision, i64),
    /// The revision that stopped it or made another version live, and its time; absent while it runs.
    pub end: Option<(Revision, i64)>,
}

/// A template of offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTemplate {
    /// The name by which imports refer to it.
    pub name: String,
    /// Its JSON as it was sent.
    pub body: String,
}
