//! The schema's migrations, embedded in the binary. Not by the macros of sqlx: they would compile both databases a second
//! time, as part of the compiler.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

/// Files named `<version>_<description>.<up|down>.sql`.
#[derive(RustEmbed)]
#[folder = "../../migrations"]
#[include = "*.sql"]
struct Files;

/// All migrations, to be run or undone in the order of their versions.
pub(crate) fn all() -> Migrator {
    let read = |name: Cow<'static, str>| migration(&name, &Files::get(&name)?);
    Migrator::with_migrations(Files::iter().filter_map(read).collect())
}

/// The migration in a file; `None` if its name or its text is not that of one.
fn migration(name: &str, file: &EmbeddedFile) -> Option<Migration> {
    let (version, rest) = name.split_once('_')?;
    let kind = MigrationType::from_filename(rest);
    let description = rest.strip_suffix(kind.suffix())?.replace('_', " ");
    let sql = std::str::from_utf8(&file.data).ok()?.to_owned();
    Some(Migration::new(
        version.parse().ok()?,
        description.into(),
        kind,
        AssertSqlSafe(sql).into_sql_str(),
        false,
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_file_is_left_out_and_each_version_goes_both_ways() {
        let all = all();
        assert_eq!(all.iter().count(), Files::iter().count());
        let versions = |is_down: bool| -> BTreeSet<i64> {
            let kept = all.iter().filter(|migration| migration.migration_type.is_down_migration() == is_down);
            kept.map(|migration| migration.version).collect()
        };
        assert!(!versions(true).is_empty());
        assert_eq!(versions(true), versions(false));
    }
}
