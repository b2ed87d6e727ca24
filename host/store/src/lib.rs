//! The truth on disk: catalogue rows, members, attributes, offers, keys and purchases.
//!
//! The only crate that speaks SQL. It keeps documents as the JSON text they came in and does not
//! judge them: the server validates a change as a whole, then activates it here in one transaction,
//! as a new revision. Callers see neither rows nor SQL types.
//!
//! Two databases, one SQL: `database/` is compiled once for SQLite and once for PostgreSQL, and
//! `sqlite.rs` and `postgres.rs` say what differs. What several callers write at the same time (points
//! of a member, counters of an offer, a purchase) is written on condition that it is as it was read,
//! and the row that all of them need is written first, so that they wait for each other.

#![expect(
    clippy::duplicate_mod,
    reason = "the SQL is written once and compiled for each database, where types keep it apart"
)]

mod error;
mod postgres;
mod records;
mod sqlite;

use std::collections::{HashMap, HashSet};

pub use error::StoreError;
pub use records::*;

use postgres::Postgres;
use sqlite::Sqlite;

/// A connection to the truth; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Hands a call to the database in use.
macro_rules! on_backend {
    ($store:expr, $method:ident ( $($argument:expr),* )) => {
        match &$store.backend {
            Backend::Sqlite(database) => database.$method($($argument),*).await,
            Backend::Postgres(database) => database.$method($($argument),*).await,
        }
    };
}

// After the macro, which they use.
mod audiences;
mod audit;
mod backtests;
mod mechanics;
mod members;
mod partner_keys;

pub use mechanics::Turn;
pub use members::MergeAttributes;

impl Store {
    /// Opens the database at `sqlite://PATH`, creating the file if there is none, or at
    /// `postgres://…`; `sqlite::memory:` is a database for this process alone. The schema is brought up by [`Store::migrate`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self { backend: Backend::Sqlite(Sqlite::open(url).await?) }),
            "postgres" | "postgresql" => Ok(Self { backend: Backend::Postgres(Postgres::open(url).await?) }),
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

    /// Activates a change of the catalogue at once.
    pub async fn change_catalog(
        &self,
        change: &CatalogChange,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, change_catalog(change, audit))
    }

    /// Writes members in one transaction. A card moves to whoever is written last.
    pub async fn write_members(&self, rows: &[MemberRow], at: i64) -> Result<(), StoreError> {
        on_backend!(self, write_members(rows, at))
    }

    /// Removes at most so many members that were not written since a revision; answers how many.
    pub async fn remove_members_before(
        &self,
        revision: Revision,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        on_backend!(self, remove_members_before(revision, most, at))
    }

    /// Stores a new import. False if there is one with this id.
    pub async fn create_import(&self, import: &Import, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, create_import(import, audit))
    }

    /// The import with this id.
    pub async fn import(&self, id: &str) -> Result<Option<Import>, StoreError> {
        on_backend!(self, import(id))
    }

    /// The latest imports of a kind, newest first.
    pub async fn imports(&self, kind: &str, most: i64) -> Result<Vec<Import>, StoreError> {
        on_backend!(self, imports(kind, most))
    }

    /// Imports that run or are suspended, oldest first.
    pub async fn unfinished_imports(&self) -> Result<Vec<Import>, StoreError> {
        on_backend!(self, unfinished_imports())
    }

    /// Moves an import from one state to another. False if it is not in the first one.
    pub async fn set_import_state(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        detail: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        on_backend!(self, set_import_state(id, from_to, detail, at))
    }

    /// Moves an import from one state to another because somebody said so.
    pub async fn step_import(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        on_backend!(self, step_import(id, from_to, audit))
    }

    /// Applies a batch; answers how far the import got, or nothing if it is not running any more.
    pub async fn apply_import(
        &self,
        id: &str,
        batch: &ImportBatch,
        at: i64,
    ) -> Result<Option<ImportProgress>, StoreError> {
        on_backend!(self, apply_import(id, batch, at))
    }

    /// What was wrong with an import after a number, each with its number.
    pub async fn import_errors(
        &self,
        id: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<(i64, ImportError)>, StoreError> {
        on_backend!(self, import_errors(id, after, most))
    }

    /// The member with this id.
    pub async fn member_record(&self, id: &str) -> Result<Option<MemberRecord>, StoreError> {
        on_backend!(self, member_record(id))
    }

    /// The values that attributes of a member got at these revisions.
    pub async fn attribute_values(
        &self,
        member_id: &str,
        wanted: &[(String, Revision)],
    ) -> Result<Vec<AttributeValue>, StoreError> {
        on_backend!(self, attribute_values(member_id, wanted))
    }

    /// Stores a member's answer to a personal offer in place of the one before, and tells the results
    /// feed. Nothing if it was the same already.
    pub async fn answer(
        &self,
        member_id: &str,
        answer: &PersonalAnswer,
        results: Results,
    ) -> Result<Option<Revision>, StoreError> {
        on_backend!(self, answer(member_id, answer, results))
    }

    /// Who bears these values of one kind of identifier: value to member.
    pub async fn members_of(
        &self,
        kind: &str,
        values: &[String],
    ) -> Result<HashMap<String, String>, StoreError> {
        on_backend!(self, members_of(kind, values))
    }

    /// Which of these members there are.
    pub async fn known_members(&self, ids: &[String]) -> Result<HashSet<String>, StoreError> {
        on_backend!(self, known_members(ids))
    }

    /// The member who bears an identifier.
    pub async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        on_backend!(self, member_by_identifier(kind, value))
    }

    /// Whether there is a member with this id.
    pub async fn has_member(&self, id: &str) -> Result<bool, StoreError> {
        on_backend!(self, has_member(id))
    }

    /// How many members there are.
    pub async fn member_count(&self) -> Result<i64, StoreError> {
        on_backend!(self, member_count())
    }

    /// The revision of the last change of the catalogue; 0 before the first.
    pub async fn catalog_revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, catalog_revision())
    }

    /// All offers at their latest version, by external id; an earlier version may be running.
    pub async fn offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offers())
    }

    /// The offers that are running, at the version that is, by external id.
    pub async fn running_offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, running_offers())
    }

    /// All versions of an offer, oldest first.
    pub async fn offer_versions(&self, external_id: &str) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offer_versions(external_id))
    }

    /// Stores versions of offers, at most one of each, as they will stand: version and state are the
    /// caller's to decide. A version that exists keeps its body; one that goes live stops the one
    /// that was.
    pub async fn put_offers(
        &self,
        offers: &[OfferRecord],
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_offers(offers, audit))
    }

    /// All templates of offers, by name.
    pub async fn offer_templates(&self) -> Result<Vec<OfferTemplate>, StoreError> {
        on_backend!(self, offer_templates())
    }

    /// Stores a template, or stores it anew.
    pub async fn put_offer_template(
        &self,
        template: &OfferTemplate,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_offer_template(template, audit))
    }

    /// Stores a key, by its digest only.
    pub async fn add_key(&self, digest: &str, key: &ApiKey, audit: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, add_key(digest, key, audit))
    }

    /// The key with this digest.
    pub async fn key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        on_backend!(self, key(digest))
    }

    /// A purchase with its latest calculation.
    pub async fn purchase(&self, id: &str) -> Result<Option<Purchase>, StoreError> {
        on_backend!(self, purchase(id))
    }

    /// The ids of the purchases that were calculated last, oldest first.
    pub async fn last_purchases(&self, most: i64) -> Result<Vec<String>, StoreError> {
        on_backend!(self, last_purchases(most))
    }

    /// What a purchase has taken of the limits of offers, or reserved; [`Grant::most`] is not known.
    pub async fn grants(&self, purchase_id: &str) -> Result<Vec<Grant>, StoreError> {
        on_backend!(self, grants(purchase_id))
    }

    /// What is taken or reserved of the counters with these scopes, by all purchases but one.
    pub async fn usage(
        &self,
        scopes: &[String],
        except_purchase: &str,
        now: i64,
    ) -> Result<Vec<Usage>, StoreError> {
        on_backend!(self, usage(scopes, except_purchase, now))
    }

    /// Stores a calculation in place of the one before, and reserves `grants` and
    /// [`Purchase::points_spent`] until [`Purchase::expires_at`]. [`Purchase::version`] is that of the
    /// purchase as it was read, 0 if there was none.
    pub async fn put_calculation(
        &self,
        purchase: &Purchase,
        grants: &[Grant],
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        on_backend!(self, put_calculation(purchase, grants, key, at))
    }

    /// Commits the stored calculation: points are spent and earned, counters move.
    /// [`Written::NoRoom`] if the points are gone, which a reservation rules out.
    pub async fn confirm(&self, step: &Step, earned: Validity) -> Result<Written, StoreError> {
        on_backend!(self, confirm(step, earned))
    }

    /// Drops the stored calculation, and what it reserved.
    pub async fn cancel(&self, step: &Step) -> Result<Written, StoreError> {
        on_backend!(self, cancel(step))
    }

    /// All returns of a purchase, oldest first.
    pub async fn returns(&self, purchase_id: &str) -> Result<Vec<ReturnRecord>, StoreError> {
        on_backend!(self, returns(purchase_id))
    }

    /// Stores a return that was worked out. `purchase_version` is that of the purchase as it was
    /// read.
    pub async fn put_return(
        &self,
        new: &ReturnRecord,
        purchase_version: i64,
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        on_backend!(self, put_return(new, purchase_version, key, at))
    }

    /// Commits a return: [`Step::id`] is the return's, [`Step::version`] the purchase's. `answer`
    /// makes the body from the points that were taken back, which may be fewer than wanted.
    /// [`Written::NoRoom`] if the policy forbids taking back what is already spent.
    pub async fn confirm_return(
        &self,
        step: &Step,
        policy: TakeBack,
        grants: &[Grant],
        answer: &(dyn Fn(i64) -> String + Send + Sync),
    ) -> Result<Written, StoreError> {
        on_backend!(self, confirm_return(step, policy, grants, answer))
    }

    /// Drops a return that is not confirmed; ids as in [`Store::confirm_return`].
    pub async fn cancel_return(&self, step: &Step) -> Result<Written, StoreError> {
        on_backend!(self, cancel_return(step))
    }

    /// Stores the answer of a call that had nothing left to do. False if the key is taken.
    pub async fn remember(&self, key: &Idempotent, body: &str, at: i64) -> Result<bool, StoreError> {
        on_backend!(self, remember(key, body, at))
    }

    /// The answer that was given to a call with this key.
    pub async fn stored_answer(&self, caller: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        on_backend!(self, stored_answer(caller, key))
    }

    /// The member's points; what one purchase has reserved for itself counts as available.
    pub async fn balance(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<Balance, StoreError> {
        on_backend!(self, balance(member_id, except_purchase, now))
    }

    /// What a purchase of the member may spend: [`Balance::available`] alone.
    pub async fn points_available(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<i64, StoreError> {
        on_backend!(self, points_available(member_id, except_purchase, now))
    }

    /// The latest entries of a member's ledger, newest first.
    pub async fn point_entries(&self, member_id: &str, most: i64) -> Result<Vec<PointEntry>, StoreError> {
        on_backend!(self, point_entries(member_id, most))
    }

    /// Lets everything go whose time is over: calculations, returns, points, and keys from before
    /// `keys_since`.
    pub async fn expire(&self, now: i64, keys_since: i64) -> Result<Expiry, StoreError> {
        on_backend!(self, expire(now, keys_since))
    }

    /// The places where the books do not add up; none if all is well.
    pub async fn verify(&self, now: i64) -> Result<Vec<Mismatch>, StoreError> {
        on_backend!(self, verify(now))
    }

    /// Numbers rows of the results feed that have no number yet, some at a time. True once all are that
    /// were there; those that come later get higher numbers.
    pub async fn number_results(&self) -> Result<bool, StoreError> {
        on_backend!(self, number_results())
    }

    /// Numbered rows of the results feed from a number on, of what happened at a time or later.
    pub async fn results(&self, from: i64, since: i64, most: i64) -> Result<Vec<ResultRecord>, StoreError> {
        on_backend!(self, results(from, since, most))
    }

    /// Some members after the one with this id, none if there are no more, and what came of their
    /// purchases.
    pub async fn member_results(
        &self,
        after: &str,
        most: i64,
        attributes: &[String],
        period: ResultPeriod,
    ) -> Result<MemberResults, StoreError> {
        on_backend!(self, member_results(after, most, attributes, period))
    }

    /// The revision that was the latest at a time; 0 before the first.
    pub async fn revision_at(&self, time: i64) -> Result<Revision, StoreError> {
        on_backend!(self, revision_at(time))
    }

    /// The catalogue as of a revision, by type and key.
    pub async fn catalog_rows_at(&self, revision: Revision) -> Result<Vec<CatalogRow>, StoreError> {
        on_backend!(self, catalog_rows_at(revision))
    }

    /// The offers as of a revision, by external id.
    pub async fn offers_at(&self, revision: Revision) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offers_at(revision))
    }
}
