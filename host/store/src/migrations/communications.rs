//! The migrations of the communications database, which has lists of its own. All of them only add something.

use std::collections::BTreeSet;

use rust_embed::RustEmbed;
use sqlx::migrate::Migrator;

use super::migration;

/// The table that lists those that were applied.
pub(crate) const TABLE: &str = "communications_migrations";

/// The versions that this release knows.
pub(crate) fn versions() -> BTreeSet<i64> {
    migrator().iter().map(|migration| migration.version).collect()
}

/// All migrations, both ways. Those of a newer release are left alone, since they only add.
pub(crate) fn migrator() -> Migrator {
    let all = Files::iter().filter_map(|name| migration(&name, &Files::get(&name)?));
    let mut migrator = Migrator::with_migrations(all.collect());
    migrator.set_ignore_missing(true);
    // Two runs at once are kept apart before the list is read.
    migrator.set_locking(false);
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// Files named `<version>_<description>.<up|down>.sql`.
#[derive(RustEmbed)]
#[folder = "../../migrations/communications"]
#[include = "*.sql"]
struct Files;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_left_out_and_each_version_goes_both_ways() {
        let migrator = migrator();
        assert_eq!(migrator.iter().count(), Files::iter().count());
        let versions = |is_down: bool| -> Vec<i64> {
            let all = migrator.iter();
            all.filter(|migration| migration.migration_type.is_down_migration() == is_down)
                .map(|migration| migration.version)
                .collect()
        };
        assert!(!versions(true).is_empty());
        assert_eq!(versions(true), versions(false));
    }

    #[test]
    fn nothing_is_taken_away() {
        for migration in migrator().iter().filter(|found| !found.migration_type.is_down_migration()) {
            let code: Vec<&str> = migration
                .sql
                .as_str()
                .lines()
                .map(|line| line.split("--").next().unwrap_or_default())
                .collect();
            let code = code.join(" ").to_uppercase();
            for words in ["DROP ", "RENAME ", "ALTER COLUMN", "SET NOT NULL", "DELETE "] {
                assert!(
                    !code.contains(words),
                    "{}: older releases cannot live with `{words}`",
                    migration.version
                );
            }
        }
    }
}
