//! Both databases, so that every test runs on each.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use store::{
    AuditEntry, Confirmation, ConfirmationTexts, Confirmed, Exceeded, PurchaseUpdate, Store, Validity,
    Written,
};
use tempfile::TempDir;

/// A database of its own for one test.
pub(crate) struct Database {
    url: String,
    /// Goes when the test ends.
    _folder: Option<TempDir>,
}

impl Database {
    /// A file.
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("store.sqlite").display());
        Self { url, _folder: Some(folder) }
    }

    /// A database on the PostgreSQL server of the tests.
    pub(crate) fn postgres() -> Self {
        Self { url: test_postgres::fresh_database().unwrap(), _folder: None }
    }

    /// Its address.
    #[allow(dead_code, reason = "only tests that open it otherwise need it")]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Opens it at the latest schema.
    pub(crate) async fn open(&self) -> Store {
        let store = Store::open(&self.url).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    /// Runs SQL without the store.
    #[allow(dead_code, reason = "only tampering needs it")]
    pub(crate) async fn tamper(&self, sql: &str) {
        if self.url.starts_with("sqlite:") {
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .execute(&mut SqliteConnection::connect(&self.url).await.unwrap())
                .await
                .unwrap();
        } else {
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .execute(&mut PgConnection::connect(&self.url).await.unwrap())
                .await
                .unwrap();
        }
    }
}

/// An entry of the audit log for a change at a time.
#[allow(dead_code, reason = "not every test changes what is live")]
pub(crate) fn entry(at: i64) -> AuditEntry {
    let text = str::to_owned;
    let (actor, role, action) = (text("erp (1a2b3c4d)"), text("integration"), text("test"));
    AuditEntry { at, actor, role, action, subject: text("o"), detail: text("{}") }
}

/// Confirms a purchase before its time-out; no room if its member is blocked.
#[allow(dead_code, reason = "not every test confirms")]
pub(crate) async fn commit(store: &Store, update: &PurchaseUpdate, earned: Validity) -> Written {
    let confirmation = Confirmation { update, earned, late: None, paid: false };
    let texts = |_: &Exceeded| Ok(ConfirmationTexts { answer: update.answer.clone(), warnings: None });
    match store.confirm(&confirmation, &texts).await.unwrap() {
        Confirmed::Done(_) => Written::Done,
        Confirmed::Stale => Written::Stale,
        Confirmed::MemberBlocked => Written::NoRoom,
    }
}

/// Runs each function on both databases, and checks afterwards that all stored sums agree.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let database = crate::databases::Database::sqlite();
                super::$name(&database).await;
                assert_eq!(database.open().await.verify(0).await.unwrap(), []);
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let database = crate::databases::Database::postgres();
                super::$name(&database).await;
                assert_eq!(database.open().await.verify(0).await.unwrap(), []);
            })*
        }
    };
}
pub(crate) use on_both_databases;
