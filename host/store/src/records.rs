//! What goes in and out. Bodies and values are JSON text.

mod audiences;
mod audit;
mod backtests;
mod imports;
mod mechanics;
mod members;
mod partner_keys;
mod purchases;
mod results;

pub use audiences::*;
pub use audit::*;
pub use backtests::*;
pub use imports::*;
pub use mechanics::*;
pub use members::*;
pub use partner_keys::*;
pub use purchases::*;
pub use results::*;

/// Number of a change; every change of anything that prices depend on gets the next one.
pub type Revision = i64;

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRow {
    /// `product`, `category`, `group`, `class` or `pos`.
    pub kind: String,
    /// Its id in that type.
    pub key: String,
    /// The row as it was sent.
    pub body: String,
}

/// What an import does to the rows that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// They go.
    Full,
    /// They stay.
    Delta,
}

/// A change of the catalogue.
#[derive(Debug, Clone)]
pub struct CatalogChange {
    /// What happens to the other rows.
    pub mode: ImportMode,
    /// At most one row a type and key.
    pub rows: Vec<CatalogRow>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// The retailer's id.
    pub id: String,
    /// `normal`, `anonymous` or `blocked`.
    pub state: String,
    /// Points as they were imported, an exact decimal. The balance is in the ledger.
    pub points: String,
    /// Kind and value, as listed.
    pub identifiers: Vec<(String, String)>,
    /// By name.
    pub audiences: Vec<String>,
    /// By name.
    pub attributes: Vec<AttributeValue>,
    /// Answers to personal offers.
    pub answers: Vec<PersonalAnswer>,
}

/// The value of a member's attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeValue {
    /// Of the attribute.
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
    /// For people.
    pub title: Option<String>,
    /// What becomes of it when two members are merged: `none`, `copy_if_absent`, `sum_or_append`,
    /// `always` or `max`.
    pub merge: String,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// Where an offer is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// Not live yet.
    Draft,
    /// Not live yet, but may be.
    Approved,
    /// Live.
    Running,
    /// Not live any more.
    Stopped,
    /// Never to be live again.
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
    /// From 1; every edit makes the next one, the old ones stay.
    pub version: u32,
    /// Where this version is in its life.
    pub state: OfferState,
    /// The offer as it was sent.
    pub body: String,
}

/// A template of offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTemplate {
    /// What imports call it.
    pub name: String,
    /// As it was sent.
    pub body: String,
}

/// Who a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// For people.
    pub name: String,
    /// What it may do.
    pub role: String,
}
