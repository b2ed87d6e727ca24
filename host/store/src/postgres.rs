//! PostgreSQL, for many nodes.

#[path = "database/shared.rs"]
mod database;

pub(crate) use database::Database as Postgres;
pub(crate) use database::communications::Communications as PostgresCommunications;
pub(crate) use dialect::{exposed, place};

mod dialect {
    use std::io::ErrorKind;
    use std::net::IpAddr;
    use std::str::FromStr as _;
    use std::time::Duration;

    use sqlx::ConnectOptions as _;
    use sqlx::postgres::{
        PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions, PgSslMode, PgTransaction,
    };

    use crate::{Options, StoreError};

    pub(super) type QueryBuilder = sqlx::QueryBuilder<sqlx::Postgres>;
    pub(super) type DatabaseRow = sqlx::postgres::PgRow;
    pub(super) type Pool = PgPool;
    pub(super) type Transaction = PgTransaction<'static>;

    /// Nothing: writers do not queue for a connection.
    #[derive(Debug, Clone)]
    pub(super) struct Writers;

    impl Writers {
        pub(super) fn new(_: Pool, _: Duration) -> Self {
            Self
        }
    }
    pub(super) type Connection = PgConnection;

    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
    const CONNECTIONS_MAX: u32 = 16;
    /// Fewer than tills have: their work goes before that of communications.
    const APART_CONNECTIONS_MAX: u32 = 8;
    /// The schema of communications.
    const APART: &str = "communications";

    pub(super) async fn open(options: &Options) -> Result<(Pool, Pool), StoreError> {
        let (statement, lock) = (options.statement, options.lock);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| Box::pin(limit(connection, statement, lock)));
        connect(pool, options).await
    }

    /// As [`open`], of the tables of communications, which have a schema of their own: nothing of tills is seen there.
    /// Connections are made when they are needed, for tills are served without it.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn open_apart(options: &Options) -> Result<(Pool, Pool), StoreError> {
        let (statement, lock) = (options.statement, options.lock);
        let pool = PgPoolOptions::new()
            .max_connections(APART_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    limit(connection, statement, lock).await?;
                    set_apart(connection).await
                })
            });
        let pool = pool.connect_lazy_with(PgConnectOptions::from_str(&options.url)?);
        Ok((pool.clone(), pool))
    }

    async fn connect(pool: PgPoolOptions, options: &Options) -> Result<(Pool, Pool), StoreError> {
        let pool = pool
            .connect_with(PgConnectOptions::from_str(&options.url)?)
            .await
            .map_err(|error| missing_file(&error).unwrap_or_else(|| error.into()))?;
        Ok((pool.clone(), pool))
    }

    /// Makes the schema of communications, and has the connection see nothing else.
    pub(super) async fn make_apart(connection: &mut PgConnection) -> sqlx::Result<()> {
        // Making it needs a right that the host need not have once it is there.
        let there: i64 = sqlx::query_scalar("SELECT COUNT(to_regnamespace($1))")
            .bind(APART)
            .fetch_one(&mut *connection)
            .await?;
        if there == 0 {
            let query = format!("CREATE SCHEMA {APART}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(query)).execute(&mut *connection).await?;
        }
        set_apart(connection).await
    }

    async fn set_apart(connection: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query("SELECT set_config('search_path', $1, false)").bind(APART).execute(connection).await?;
        Ok(())
    }

    /// The refusal of an address that names a file which is not there.
    fn missing_file(error: &sqlx::Error) -> Option<StoreError> {
        let sqlx::Error::Io(failed) = error else { return None };
        (failed.kind() == ErrorKind::NotFound).then(|| StoreError::UnusableUrl {
            reason: "there is no such file as sslrootcert, sslcert or sslkey names, or no such socket"
                .to_owned(),
        })
    }

    /// Limits the statements of a connection. Not by an option of its start, which poolers between host and server refuse.
    async fn limit(connection: &mut PgConnection, statement: Duration, lock: Duration) -> sqlx::Result<()> {
        sqlx::query(
            "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
                 set_config('idle_in_transaction_session_timeout', $1, false)",
        )
        .bind(statement.as_millis().to_string())
        .bind(lock.as_millis().to_string())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// A connection for migrations, with the time-outs of a job: other nodes may be migrating for long.
    pub(super) async fn migrating(_: &Pool, options: &Options) -> Result<Box<Connection>, StoreError> {
        let mut connection = Box::new(PgConnectOptions::from_str(&options.url)?.connect().await?);
        let job = Options::job(&options.url);
        limit(&mut connection, job.statement, job.statement).await?;
        Ok(connection)
    }

    /// From here on the connection waits for a lock as long as tills do: those that want the same table wait behind it.
    pub(super) async fn wait_less(connection: &mut PgConnection, options: &Options) -> sqlx::Result<()> {
        limit(connection, Options::job(&options.url).statement, options.lock).await
    }

    /// Does nothing: the server keeps its own log.
    #[expect(clippy::unused_async, reason = "the other database has something to do")]
    pub(super) async fn shrink_log(_: &Pool, _: &Options) -> sqlx::Result<Option<u64>> {
        Ok(None)
    }

    /// Says why strangers may read what goes to this server and comes from it, and how to mend that; none if they
    /// cannot.
    pub(crate) fn exposed(url: &str) -> Option<String> {
        let options = PgConnectOptions::from_str(url).ok()?;
        let host = options.get_host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_here = options.get_socket().is_some()
            || host.starts_with('/')
            || host == "localhost"
            || address.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let is_verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
        (!is_here && !is_verified).then(|| {
            format!(
                "the connection to the database on {host} may be read and changed on its way: add \
                 sslmode=verify-full to database.url, and sslrootcert=FILE if the authority is your own"
            )
        })
    }

    /// Milliseconds since 1970, by the clock of the server, whatever those of the nodes say.
    pub(super) async fn now_ms(pool: &Pool) -> sqlx::Result<i64> {
        let query = format!("SELECT {NOW_MS}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(pool).await
    }

    /// The place of a row in the results feed.
    pub(super) const FEED_POSITION: &str = "seq";
    /// True: rows have no place until a reader numbers them.
    pub(super) const NUMBERS_FEED: bool = true;

    /// The tables with a column of a name.
    pub(super) const TABLES_WITH_COLUMN: &str = "
        SELECT c.relname::TEXT FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace(current_schema())
          AND NOT a.attisdropped AND a.attname = $1";

    /// The unique indexes of a table with their columns, the primary key among them.
    pub(super) const UNIQUE_COLUMNS: &str = "
        SELECT i.indexrelid::REGCLASS::TEXT, a.attname::TEXT FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indisunique AND i.indrelid = to_regclass(quote_ident($1))";

    /// Counts the tables with a name: 0 or 1.
    pub(super) const HAS_TABLE: &str = "SELECT COUNT(to_regclass($1))";

    /// At the end of a query: nobody changes its rows before the transaction ends.
    pub(super) const UNCHANGED: &str = " FOR SHARE";

    /// Milliseconds since 1970.
    pub(super) const NOW_MS: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
    const CHANNEL: &str = "offer_host";
    /// Key of the advisory lock of changes: any number that nothing else uses.
    const CHANGES_LOCK: i64 = 0x6f66_6665_7268_6f73;

    pub(super) async fn begin(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin().await
    }

    /// As `begin`: the server itself brings commits of the same time to the disk together.
    pub(super) async fn begin_short(pool: &Pool, _: &Writers) -> sqlx::Result<Transaction> {
        begin(pool).await
    }

    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Notifies the other nodes of a change, once the transaction is committed.
    pub(super) async fn hint(transaction: &mut Transaction) -> sqlx::Result<()> {
        sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut **transaction).await?;
        Ok(())
    }

    pub(super) async fn listen(pool: &Pool, heard: &(dyn Fn() + Send + Sync)) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            listener.recv().await?;
            heard();
        }
    }

    /// Waits for the lock of changes. A connection of its own holds it until the transaction or the process
    /// ends, or until the process was stopped for longer than any change takes.
    pub(super) async fn lock_changes(pool: &Pool) -> sqlx::Result<Box<dyn Send + Sync>> {
        let mut transaction = pool.begin().await?;
        sqlx::raw_sql(
            "SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL statement_timeout = '60s';
             SET LOCAL lock_timeout = '60s'",
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CHANGES_LOCK).execute(&mut *transaction).await?;
        Ok(Box::new(transaction))
    }

    /// Makes other changes wait until the transaction ends; readers do not wait. A change waits, and works, longer than
    /// tills would: another one may be large.
    pub(super) async fn lock_revisions(transaction: &mut Transaction) -> sqlx::Result<()> {
        sqlx::raw_sql(
            "SET LOCAL statement_timeout = '25s'; SET LOCAL lock_timeout = '25s';
             LOCK TABLE revisions IN EXCLUSIVE MODE",
        )
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Server and name of a database, without user and password; none if the address cannot be read.
    pub(crate) fn place(url: &str) -> Option<String> {
        let options = PgConnectOptions::from_str(url).ok()?;
        let (host, port) = (options.get_host(), options.get_port());
        let name = options.get_database().unwrap_or(options.get_username());
        Some(format!("postgres://{host}:{port}/{name}"))
    }

    #[cfg(test)]
    mod tests {
        use super::{exposed, place};

        #[test]
        fn a_place_shows_no_password() {
            for (url, expected) in [
                ("postgres://u:secret@db.example:5432/x?sslmode=require", "postgres://db.example:5432/x"),
                ("postgres://u:secret@127.0.0.1:5433/y", "postgres://127.0.0.1:5433/y"),
            ] {
                assert_eq!(place(url).as_deref(), Some(expected));
            }
        }

        #[test]
        fn what_leaves_the_machine_is_encrypted_and_its_server_verified() {
            for url in [
                "postgres://u@127.0.0.1:5433/x",
                "postgres://u@[::1]/x",
                "postgres://u@localhost/x?sslmode=disable",
                "postgres:///x?host=/run/postgresql",
                "postgres://u@db.example/x?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            ] {
                assert_eq!(exposed(url), None, "{url}");
            }
            for url in [
                "postgres://u@db.example/x",
                "postgres://u@10.0.0.7/x?sslmode=require",
                "postgres://u@db.example/x?sslmode=verify-ca",
                "postgres://localhost/x?host=db.example",
            ] {
                let said = exposed(url).unwrap_or_else(|| panic!("{url} is not told"));
                assert!(said.contains("sslmode=verify-full"), "{said}");
            }
        }
    }
}
