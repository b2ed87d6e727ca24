//! The tables of the schema as its migrations make them, read from an empty database in memory: a table or column that a
//! new migration adds is never forgotten.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::{StoreError, migrations};

/// A table with what is stored in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    key: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The type of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Bytes,
}

impl Table {
    /// The name as SQL writes it.
    pub(crate) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The columns as SQL lists them.
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    /// The columns of the primary key as SQL lists them, if a row may be as large as an upload.
    pub(crate) fn key_of_large_rows(&self) -> Option<String> {
        let names: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        let is_large = self.columns.iter().any(|column| column.kind == Kind::Bytes);
        (is_large && !names.is_empty()).then(|| names.join(", "))
    }
}

/// A name as both databases take it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Table, column and type of all columns, and their places in the primary key, from 1; 0: not in it.
const COLUMNS: &str = "
    SELECT m.name, c.name, c.type, c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~'
      AND m.name NOT IN ('_sqlx_migrations', 'additive_migrations', 'communications_migrations')
    ORDER BY m.name, c.cid";

/// Tables, and the tables that their rows refer to.
const REFERENCES: &str = "
    SELECT m.name, f.\"table\" FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f
    WHERE m.type = 'table'";

/// The tables after some migrations, without the lists of migrations. A table stands behind those that it refers to.
pub(crate) async fn tables(versions: &BTreeSet<i64>) -> Result<Vec<Table>, StoreError> {
    let mut memory = SqliteConnectOptions::new().in_memory(true).connect().await?;
    for (list, until) in migrations::groups() {
        list.migrator_of(|version| versions.contains(&version)).run_to(until, &mut memory).await?;
    }
    read(memory).await
}

/// As [`tables`], of the database of communications at the latest schema.
pub(crate) async fn tables_of_communications() -> Result<Vec<Table>, StoreError> {
    let mut memory = SqliteConnectOptions::new().in_memory(true).connect().await?;
    migrations::communications::migrator().run(&mut memory).await?;
    read(memory).await
}

async fn read(mut memory: SqliteConnection) -> Result<Vec<Table>, StoreError> {
    let columns: Vec<(String, String, String, i64)> = sqlx::query_as(COLUMNS).fetch_all(&mut memory).await?;
    let references: Vec<(String, String)> = sqlx::query_as(REFERENCES).fetch_all(&mut memory).await?;
    memory.close().await?;
    in_order(grouped(columns)?, &references)
}

fn grouped(columns: Vec<(String, String, String, i64)>) -> Result<Vec<Table>, StoreError> {
    let mut keys: Vec<(String, i64, String)> = columns
        .iter()
        .filter(|(.., place)| *place > 0)
        .map(|(table, name, _, place)| (table.clone(), *place, name.clone()))
        .collect();
    keys.sort();
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, declared, _) in columns {
        let kind = match declared.as_str() {
            "TEXT" => Kind::Text,
            "BIGINT" => Kind::Integer,
            "BYTEA" => Kind::Bytes,
            other => {
                let reason = format!("column {table}.{name} has the type {other}, which cannot be copied");
                return Err(StoreError::Refused { reason });
            }
        };
        let column = Column { name, kind };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => {
                let of_table = keys.iter().filter(|(of, ..)| *of == table);
                let key = of_table.map(|(.., name)| name.clone()).collect();
                tables.push(Table { name: table, columns: vec![column], key });
            }
        }
    }
    Ok(tables)
}

fn in_order(mut left: Vec<Table>, references: &[(String, String)]) -> Result<Vec<Table>, StoreError> {
    let mut placed: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let is_ready = |table: &Table| {
            let mut needed = references.iter().filter(|(from, to)| *from == table.name && to != from);
            needed.all(|(_, to)| placed.iter().any(|placed| placed.name == *to))
        };
        let (ready, waiting): (Vec<Table>, Vec<Table>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            let names: Vec<String> = waiting.into_iter().map(|table| table.name).collect();
            let reason = format!("the tables {} refer to each other in a circle", names.join(", "));
            return Err(StoreError::Refused { reason });
        }
        placed.extend(ready);
        left = waiting;
    }
    Ok(placed)
}
