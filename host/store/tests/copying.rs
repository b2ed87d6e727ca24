//! Copying databases: every table with every kind of value, from each database to the other, all or nothing.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "shared/databases.rs"]
mod databases;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use databases::{Database, entry, on_both_databases};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use store::{Communications, Copied, OfferRecord, OfferState, Options, Store, StoreError, copy_database};
use tempfile::TempDir;

on_both_databases! {
    an_older_schema_is_brought_up_to_date_on_the_way,
}

/// Texts that a careless copy would change. None has a NUL, which PostgreSQL cannot store.
const TEXTS: [&str; 3] = ["it's \"\\x00\"\t\r\n\u{1F600} ünï ", "", "\\N"];
/// Integers that a float cannot hold.
const INTEGERS: [i64; 3] = [i64::MAX, i64::MIN, 9_007_199_254_740_993];
/// The row that has nothing where nothing is allowed.
const SPARSE: usize = 2;

fn bytes(row: usize) -> Vec<u8> {
    match row {
        0 => (0..=255).collect(),
        1 => Vec::new(),
        _ => vec![0],
    }
}

/// A column as the database itself describes it.
struct Column {
    name: String,
    declared: String,
    may_be_null: bool,
}

/// All tables but the lists of migrations, asked of the database and not of the store.
async fn tables(url: &str) -> BTreeMap<String, Vec<Column>> {
    let rows: Vec<(String, String, String, bool)> = if is_sqlite(url) {
        let query = "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0
                     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                     WHERE m.type = 'table' ORDER BY m.name, c.cid";
        sqlx::query_as(query).fetch_all(&mut sqlite(url).await).await.unwrap()
    } else {
        let query = "SELECT table_name::text, column_name::text, upper(data_type::text), is_nullable = 'YES'
                     FROM information_schema.columns WHERE table_schema = current_schema()
                     ORDER BY table_name, ordinal_position";
        sqlx::query_as(query).fetch_all(&mut postgres(url).await).await.unwrap()
    };
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for (table, name, declared, may_be_null) in rows {
        let lists = ["_sqlx_migrations", "additive_migrations", "communications_migrations"];
        if !lists.contains(&table.as_str()) {
            tables.entry(table).or_default().push(Column { name, declared, may_be_null });
        }
    }
    tables
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

async fn sqlite(url: &str) -> SqliteConnection {
    SqliteConnection::connect(url).await.unwrap()
}

async fn postgres(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn run(url: &str, statements: String) {
    if is_sqlite(url) {
        let statements = format!("PRAGMA foreign_keys = OFF; {statements}");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut sqlite(url).await).await.unwrap();
    } else {
        let statements = format!("SET session_replication_role = replica; {statements}");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut postgres(url).await).await.unwrap();
    }
}

/// Writes three rows into every table. Values depend on the row and the type alone, so that what refers to a row of another
/// table finds it there.
async fn fill(url: &str) {
    let mut statements = String::new();
    for (table, columns) in tables(url).await {
        for row in 0..TEXTS.len() {
            let value = |column: &Column| {
                if row == SPARSE && column.may_be_null {
                    return "NULL".to_owned();
                }
                match column.declared.as_str() {
                    "TEXT" => format!("'{}'", TEXTS[row].replace('\'', "''")),
                    "BIGINT" => INTEGERS[row].to_string(),
                    "BYTEA" if is_sqlite(url) => format!("x'{}'", hex::encode(bytes(row))),
                    "BYTEA" => format!("'\\x{}'", hex::encode(bytes(row))),
                    other => {
                        panic!("{table}.{} has the type {other}: add it here and to the copy", column.name)
                    }
                }
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            statements.push_str(&format!("INSERT INTO {table} VALUES ({});\n", values.join(", ")));
        }
    }
    run(url, statements).await;
}

/// The rows of every table, each as a text in which every value and its type can be told.
async fn dump(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut dumped = BTreeMap::new();
    for (table, columns) in tables(url).await {
        let shown = |column: &Column| {
            let (name, declared) = (format!("\"{}\"", column.name), column.declared.as_str());
            let (sqlite, postgres) = match declared {
                "TEXT" => (
                    format!("typeof({name}) || hex(CAST({name} AS BLOB))"),
                    format!("'text' || upper(encode(convert_to({name}, 'UTF8'), 'hex'))"),
                ),
                "BIGINT" => {
                    (format!("typeof({name}) || CAST({name} AS TEXT)"), format!("'integer' || {name}::text"))
                }
                _ => (
                    format!("typeof({name}) || hex({name})"),
                    format!("'blob' || upper(encode({name}, 'hex'))"),
                ),
            };
            let shown = if is_sqlite(url) { sqlite } else { postgres };
            format!("CASE WHEN {name} IS NULL THEN 'NULL' ELSE {shown} END")
        };
        let shown: Vec<String> = columns.iter().map(shown).collect();
        let query = AssertSqlSafe(format!("SELECT {} FROM {table}", shown.join(" || '|' || ")));
        let mut rows: Vec<String> = if is_sqlite(url) {
            sqlx::query_scalar(query).fetch_all(&mut sqlite(url).await).await.unwrap()
        } else {
            sqlx::query_scalar(query).fetch_all(&mut postgres(url).await).await.unwrap()
        };
        rows.sort();
        dumped.insert(table, rows);
    }
    dumped
}

async fn copy(from: &str, to: &str, accept: bool) -> Result<Copied, StoreError> {
    let from = Store::open(from).await.unwrap();
    let copied = copy_database(&from, to, accept, &mut |_, _| {}).await;
    from.close().await;
    copied
}

fn file(folder: &TempDir, name: &str) -> (PathBuf, String) {
    let file = folder.path().join(name);
    let url = format!("sqlite://{}", file.display());
    (file, url)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn every_table_and_every_kind_of_value_is_copied_both_ways() {
    let source = Database::sqlite();
    source.open().await.close().await;
    fill(source.url()).await;
    let expected = dump(source.url()).await;
    assert!(expected.len() > 30, "{} tables", expected.len());
    for (table, rows) in &expected {
        assert_eq!(rows.len(), TEXTS.len(), "{table} was not filled");
    }

    let middle = Database::postgres();
    // The ledger of these rows does not add up, and that is copied too.
    let there = copy(source.url(), middle.url(), true).await.unwrap();
    assert_eq!(dump(middle.url()).await, expected);
    assert!(!there.mismatches.is_empty());
    let counted: BTreeMap<String, u64> = there.tables.into_iter().collect();
    assert_eq!(counted.len(), expected.len());
    assert!(counted.values().all(|rows| *rows == 3), "{counted:?}");
    // If there were sequences, they would have to be set.
    let sequences: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pg_class WHERE relkind = 'S'")
        .fetch_one(&mut postgres(middle.url()).await)
        .await
        .unwrap();
    assert_eq!(sequences, 0);

    let folder = TempDir::new().unwrap();
    let (_, back) = file(&folder, "back.sqlite");
    copy(middle.url(), &back, true).await.unwrap();
    assert_eq!(dump(&back).await, expected);
    assert_eq!(names(folder.path()), ["back.sqlite", "back.sqlite.lock"], "one whole file");
}

/// The communications database at an address.
async fn communications(url: &str) -> Communications {
    let opened = Communications::open(Options::job(url)).await.unwrap();
    opened.migrate().await.unwrap();
    opened
}

#[tokio::test]
async fn communications_are_copied_both_ways() {
    let folder = TempDir::new().unwrap();
    let (_, source) = file(&folder, "source.db");
    let from = communications(&source).await;
    run(&source, "DELETE FROM sequences".to_owned()).await;
    fill(&source).await;
    let expected = dump(&source).await;
    assert!(expected.len() > 30, "{} tables", expected.len());
    for (table, rows) in &expected {
        assert_eq!(rows.len(), TEXTS.len(), "{table} was not filled");
    }

    let server = Database::postgres();
    let separator = if server.url().contains('?') { '&' } else { '?' };
    let middle = format!("{}{separator}options=-c%20search_path%3Dcommunications", server.url());
    from.may_be_copied_to(&middle).await.unwrap();
    let copied = from.copy_to(&middle, &mut |_, _| {}).await.unwrap();
    assert_eq!(dump(&middle).await, expected);
    assert_eq!(copied.len(), expected.len());
    assert!(copied.iter().all(|(_, rows)| *rows == 3), "{copied:?}");
    // Once is enough.
    for refused in [
        from.may_be_copied_to(&middle).await.unwrap_err(),
        from.copy_to(&middle, &mut |_, _| {}).await.unwrap_err(),
    ] {
        assert!(matches!(&refused, StoreError::Occupied { .. }), "{refused}");
    }
    assert_eq!(dump(&middle).await, expected);

    let (_, back) = file(&folder, "back.db");
    communications(&middle).await.copy_to(&back, &mut |_, _| {}).await.unwrap();
    assert_eq!(dump(&back).await, expected);
    // One that is served is left alone.
    let (_, served) = file(&folder, "served.db");
    let host = communications(&served).await;
    host.claim().unwrap();
    let error = from.copy_to(&served, &mut |_, _| {}).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    // The source must have the schema of this release.
    host.revert_to(101).await.unwrap();
    let error = host.may_be_copied_to(&back).await.unwrap_err().to_string();
    assert!(error.contains("offer-host migrate"), "{error}");
}

/// A migration that the source does not have yet is applied to its rows.
async fn an_older_schema_is_brought_up_to_date_on_the_way(source: &Database) {
    let store = source.open().await;
    let offer = OfferRecord {
        external_id: "o".to_owned(),
        version: 1,
        state: OfferState::Draft,
        body: "{}".to_owned(),
    };
    store.put_offers(std::slice::from_ref(&offer), &entry(1)).await.unwrap();
    store.revert_to(20_261_129_000_022).await.unwrap();
    store.close().await;
    let target = Database::postgres();
    let copied = copy(source.url(), target.url(), false).await.unwrap();
    assert_eq!(copied.schema, 20_261_129_000_022);
    let copy = Store::open(target.url()).await.unwrap();
    let latest = copy.applied_migrations().await.unwrap().last().unwrap().version;
    assert_eq!(latest, store::latest_migration());
    assert_eq!(copy.offers().await.unwrap(), [offer]);
    let kept = Store::open(source.url()).await.unwrap().applied_migrations().await.unwrap();
    assert_eq!(kept.last().unwrap().version, 20_261_129_000_022, "the source is not touched");
}

/// Fails for both kinds of target, with a text that has these words, and leaves nothing behind.
async fn refused(source: &Database, told: &[&str]) {
    let folder = TempDir::new().unwrap();
    let (_, to_file) = file(&folder, "target.sqlite");
    let to_server = Database::postgres();
    for to in [to_file.as_str(), to_server.url()] {
        let error = copy(source.url(), to, false).await.unwrap_err().to_string();
        for words in told {
            assert!(error.contains(words), "{words} is not in: {error}");
        }
    }
    assert_eq!(names(folder.path()), ["target.sqlite.lock"]);
    assert_eq!(tables(to_server.url()).await.len(), 0);
}

#[tokio::test]
async fn what_cannot_be_copied_leaves_the_target_as_it_was() {
    let source = Database::sqlite();
    source.open().await.close().await;
    source.tamper("INSERT INTO jobs (name, node, lease_until) VALUES ('n', 'n', 'no number')").await;
    refused(&source, &["jobs.lease_until"]).await;
    source.tamper("DELETE FROM jobs").await;

    let lot = "INSERT INTO point_lots (member_id, number, remaining, active_from) VALUES ('m', 1, 5, 0)";
    source.tamper(lot).await;
    refused(&source, &["does not add up", "--accept-problems", "m: ", "found 5"]).await;
    source.tamper("DELETE FROM point_lots").await;

    source.tamper("INSERT INTO jobs (name, node, lease_until) VALUES ('n' || char(0), 'n', 1)").await;
    let target = Database::postgres();
    let error = copy(source.url(), target.url(), false).await.unwrap_err().to_string();
    assert!(error.contains("row of table jobs"), "{error}");
    assert_eq!(tables(target.url()).await.len(), 0);
}

#[tokio::test]
async fn a_target_with_data_is_refused_and_one_with_a_schema_alone_is_not() {
    let source = Database::sqlite();
    let store = source.open().await;
    store.audit_append(&entry(1)).await.unwrap();
    store.close().await;
    let folder = TempDir::new().unwrap();
    let (_, to_file) = file(&folder, "target.sqlite");
    let to_server = Database::postgres();
    for to in [to_file.as_str(), to_server.url()] {
        let target = Store::open(to).await.unwrap();
        target.migrate().await.unwrap();
        target.close().await;
        copy(source.url(), to, false).await.unwrap();
        let before = dump(to).await;
        let error = copy(source.url(), to, false).await.unwrap_err();
        assert!(matches!(&error, StoreError::Occupied { tables, .. } if tables == "audit_log"), "{error}");
        assert_eq!(dump(to).await, before);
        let target = Store::open(to).await.unwrap();
        assert_eq!(target.audit_head().await.unwrap().number, 1);
        target.close().await;
    }
    // One that is served is not replaced either.
    let (_, served) = file(&folder, "served.sqlite");
    let host = Store::open(&served).await.unwrap();
    host.claim().unwrap();
    let error = copy(source.url(), &served, false).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}
