//! The truth on disk: catalogue rows, members, attributes, offers, keys and purchases.
//!
//! The only crate that speaks SQL. It keeps documents as the JSON text they came in and does not
//! judge them: the server validates a change as a whole, then activates it here in one transaction,
//! as a new revision. Callers see neither rows nor SQL types, so that a second database is a second
//! `Backend` and nothing else.

mod error;
mod records;
mod sqlite;

pub use error::StoreError;
pub use records::{
    ApiKey, Attribute, AttributeValue, CatalogChange, CatalogRow, ImportMode, MemberChange, MemberRecord,
    OfferRecord, OfferState, Purchase, Revision,
};

use sqlite::Sqlite;

/// A connection to the truth; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
}

/// Hands a call to the database in use.
macro_rules! on_backend {
    ($store:expr, $method:ident ( $($argument:expr),* )) => {
        match &$store.backend {
            Backend::Sqlite(database) => database.$method($($argument),*).await,
        }
    };
}

impl Store {
    /// Opens the database at `sqlite://PATH`, creating the file if there is none; `sqlite::memory:`
    /// is a database for this process alone. The schema is brought up by [`Store::migrate`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self { backend: Backend::Sqlite(Sqlite::open(url).await?) }),
            "postgres" | "postgresql" => Err(StoreError::NotYet),
            _ => Err(StoreError::UnknownUrl),
        }
    }

    /// Applies the migrations that are missing.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        on_backend!(self, migrate())
    }

    /// Reverts every migration newer than `version`; 0 reverts all.
    pub async fn revert_to(&self, version: i64) -> Result<(), StoreError> {
        on_backend!(self, revert_to(version))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_backend!(self, ping())
    }

    /// Finishes what is under way and lets go of the database.
    pub async fn close(&self) {
        on_backend!(self, close())
    }

    /// The latest revision; 0 before the first change.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, revision())
    }

    /// The rows in force, by type and key.
    pub async fn catalog_rows(&self) -> Result<Vec<CatalogRow>, StoreError> {
        on_backend!(self, catalog_rows())
    }

    /// Activates a change of the catalogue at once. `at` is in seconds since 1970.
    pub async fn change_catalog(&self, change: &CatalogChange, at: i64) -> Result<Revision, StoreError> {
        on_backend!(self, change_catalog(change, at))
    }

    /// Activates a change of members at once.
    pub async fn change_members(&self, change: &MemberChange, at: i64) -> Result<Revision, StoreError> {
        on_backend!(self, change_members(change, at))
    }

    /// The member who bears an identifier.
    pub async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        on_backend!(self, member_by_identifier(kind, value))
    }

    /// Who bears each of these identifiers, among all members: identifier and member id.
    pub async fn identifier_owner(&self, kind: &str, value: &str) -> Result<Option<String>, StoreError> {
        on_backend!(self, identifier_owner(kind, value))
    }

    /// How many members there are.
    pub async fn member_count(&self) -> Result<i64, StoreError> {
        on_backend!(self, member_count())
    }

    /// Defines an attribute, or defines it anew.
    pub async fn put_attribute(&self, attribute: &Attribute, at: i64) -> Result<Revision, StoreError> {
        on_backend!(self, put_attribute(attribute, at))
    }

    /// The attribute with this name.
    pub async fn attribute(&self, name: &str) -> Result<Option<Attribute>, StoreError> {
        on_backend!(self, attribute(name))
    }

    /// All offers at their latest version, by external id.
    pub async fn offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offers())
    }

    /// Stores an offer as it will stand: its version and state are the caller's to decide. A
    /// version that exists keeps its body.
    pub async fn put_offer(&self, offer: &OfferRecord, at: i64) -> Result<Revision, StoreError> {
        on_backend!(self, put_offer(offer, at))
    }

    /// Stores a key, by its digest only.
    pub async fn add_key(&self, digest: &str, key: &ApiKey, at: i64) -> Result<(), StoreError> {
        on_backend!(self, add_key(digest, key, at))
    }

    /// The key with this digest.
    pub async fn key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        on_backend!(self, key(digest))
    }

    /// Stores the latest calculation of a purchase in place of the one before.
    pub async fn put_purchase(&self, purchase: &Purchase, at: i64) -> Result<(), StoreError> {
        on_backend!(self, put_purchase(purchase, at))
    }

    /// The latest calculation of a purchase.
    pub async fn purchase(&self, id: &str) -> Result<Option<Purchase>, StoreError> {
        on_backend!(self, purchase(id))
    }
}
