//! The schema's migrations, embedded in the binary. Not by the macros of sqlx: they would compile both databases a second
//! time, as part of the compiler.
//!
//! Applied migrations are kept in two lists, so that older releases run on newer schemas. They compare the first one with
//! what they know, and refuse what they do not; nothing but migrations that take something away is written there. The
//! second one has those that only add.

pub(crate) mod communications;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_embed::{EmbeddedFile, RustEmbed};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::StoreError;

/// The last migration of the first releases, which keep a single list.
const FIRST_RELEASES: i64 = 20_261_122_000_013;
/// First word of the names of migrations that take something away.
const CONTRACT: &str = "contract ";
/// Says, in the name of such a migration, the one that all releases know that can do without what it takes away.
const SINCE: &str = "contract since ";

/// Version and description of what every release must know, or be able to do without.
pub(crate) const APPLIED: &str = "SELECT version, description FROM _sqlx_migrations ORDER BY version";

/// As [`APPLIED`], of migrations that only add.
pub(crate) const ADDED: &str = "SELECT version, description FROM additive_migrations ORDER BY version";

/// A list of applied migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Those that releases must know.
    Binding,
    /// Those that only add something.
    Additive,
}

impl List {
    pub(crate) const ALL: [Self; 2] = [Self::Binding, Self::Additive];

    /// The table of the list.
    pub(crate) fn table(self) -> &'static str {
        match self {
            // The name by which the first releases know it.
            Self::Binding => "_sqlx_migrations",
            Self::Additive => "additive_migrations",
        }
    }

    fn of(migration: &Migration) -> Self {
        let is_binding = migration.version <= FIRST_RELEASES || migration.description.starts_with(CONTRACT);
        if is_binding { Self::Binding } else { Self::Additive }
    }

    /// The migrations of this list. Those that it does not know are left alone.
    pub(crate) fn migrator(self) -> Migrator {
        self.migrator_of(|_| true)
    }

    /// As [`List::migrator`], of some versions only.
    pub(crate) fn migrator_of(self, is_wanted: impl Fn(i64) -> bool) -> Migrator {
        let wanted = all().filter(|found| Self::of(found) == self && is_wanted(found.version));
        let mut migrator = Migrator::with_migrations(wanted.collect());
        migrator.set_ignore_missing(true);
        // Two runs at once are kept apart before the lists are read.
        migrator.set_locking(false);
        migrator.dangerous_set_table_name(self.table());
        migrator
    }
}

/// The latest migration that this release knows.
pub fn latest_migration() -> i64 {
    all().map(|migration| migration.version).max().unwrap_or_default()
}

/// Version and description of every migration of this release, by version.
pub(crate) fn known() -> BTreeMap<i64, String> {
    all().map(|migration| (migration.version, migration.description.into_owned())).collect()
}

/// The versions whose digits begin and end most like those of `wanted`, the likest first: at most `most` of them.
pub(crate) fn like(versions: &BTreeMap<i64, String>, wanted: i64, most: usize) -> Vec<i64> {
    let wanted = wanted.to_string();
    let likeness = |version: &i64| {
        let version = version.to_string();
        let begins = version.bytes().zip(wanted.bytes()).take_while(|(one, other)| one == other);
        let ends = version.bytes().rev().zip(wanted.bytes().rev()).take_while(|(one, other)| one == other);
        begins.count().saturating_add(ends.count())
    };
    let mut found: Vec<i64> = versions.keys().copied().collect();
    found.sort_by_cached_key(|version| std::cmp::Reverse(likeness(version)));
    found.truncate(most);
    found
}

/// Moves what only adds to its list, in databases that builds between two releases have migrated.
pub(crate) fn adopt() -> SqlStr {
    let columns = "version, description, installed_on, success, checksum, execution_time";
    let adds = format!("version > {FIRST_RELEASES} AND description NOT LIKE '{CONTRACT}%'");
    AssertSqlSafe(format!(
        "INSERT INTO additive_migrations ({columns}) SELECT {columns} FROM _sqlx_migrations WHERE {adds}
             ON CONFLICT (version) DO NOTHING;
         DELETE FROM _sqlx_migrations WHERE {adds}"
    ))
    .into_sql_str()
}

/// The lists in the order in which their migrations are run: each until a version, then the next one.
pub(crate) fn groups() -> Vec<(List, i64)> {
    let mut migrations: Vec<(i64, List)> =
        all().map(|migration| (migration.version, List::of(&migration))).collect();
    migrations.sort_by_key(|(version, _)| *version);
    let mut groups: Vec<(List, i64)> = Vec::new();
    for (version, list) in migrations {
        match groups.last_mut() {
            Some((last, until)) if *last == list => *until = version,
            _ => groups.push((list, version)),
        }
    }
    groups
}

/// The groups in the order in which they are undone, down to `target`: each list, with the version that stays.
pub(crate) fn groups_to_undo(target: i64) -> Vec<(List, i64)> {
    let groups = groups();
    let before = std::iter::once(0).chain(groups.iter().map(|(_, until)| *until));
    let mut undone: Vec<(List, i64)> =
        groups.iter().zip(before).map(|((list, _), before)| (*list, target.max(before))).collect();
    undone.reverse();
    undone
}

/// Refuses a schema from which a newer release has taken something away that this one needs. Takes the applied
/// migrations that bind.
pub(crate) fn check_known(applied: Vec<(i64, String)>) -> Result<(), StoreError> {
    let known: BTreeSet<i64> = all().map(|migration| migration.version).collect();
    check(&known, applied)
}

fn check(known: &BTreeSet<i64>, applied: Vec<(i64, String)>) -> Result<(), StoreError> {
    let can_do_without = |description: &str| {
        let since = description.strip_prefix(SINCE).and_then(|rest| rest.split(' ').next()?.parse().ok());
        since.is_some_and(|since: i64| known.contains(&since))
    };
    let mut unknown = applied
        .into_iter()
        .filter(|(version, description)| !known.contains(version) && !can_do_without(description));
    match unknown.next() {
        None => Ok(()),
        Some((version, description)) => Err(StoreError::NewerSchema { version, description }),
    }
}

/// Refuses to undo anything while migrations are applied that only a newer release can undo. Takes all that are applied.
pub(crate) fn check_all_known(applied: Vec<(i64, String)>) -> Result<(), StoreError> {
    let known: BTreeSet<i64> = all().map(|migration| migration.version).collect();
    match applied.into_iter().find(|(version, _)| !known.contains(version)) {
        None => Ok(()),
        Some((version, description)) => Err(StoreError::NewerSchema { version, description }),
    }
}

/// Files named `<version>_<description>.<up|down>.sql`.
#[derive(RustEmbed)]
#[folder = "../../migrations"]
#[include = "*.sql"]
#[exclude = "communications/*"]
struct Files;

/// All migrations, both ways.
fn all() -> impl Iterator<Item = Migration> {
    Files::iter().filter_map(|name: Cow<'static, str>| migration(&name, &Files::get(&name)?))
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
    use super::*;

    #[test]
    fn no_file_is_left_out_and_each_version_goes_both_ways() {
        let all: Vec<Migration> = all().collect();
        assert_eq!(all.len(), Files::iter().count());
        let versions = |is_down: bool| -> BTreeSet<i64> {
            let kept = all.iter().filter(|migration| migration.migration_type.is_down_migration() == is_down);
            kept.map(|migration| migration.version).collect()
        };
        assert!(!versions(true).is_empty());
        assert_eq!(versions(true), versions(false));
    }

    #[test]
    fn lists_are_run_and_undone_in_the_order_of_the_versions() {
        let groups = groups();
        assert_eq!(groups.first(), Some(&(List::Binding, FIRST_RELEASES)));
        assert!(groups.is_sorted_by_key(|(_, until)| *until));
        let undone = groups_to_undo(20_261_122_000_010);
        assert_eq!(undone.first(), Some(&(List::Additive, FIRST_RELEASES)), "all that was added goes first");
        assert_eq!(undone.last(), Some(&(List::Binding, 20_261_122_000_010)));
    }

    #[test]
    fn what_only_adds_takes_nothing_away() {
        for migration in all().filter(|found| !found.migration_type.is_down_migration()) {
            if List::of(&migration) == List::Binding {
                continue;
            }
            for statement in migration.sql.as_str().split(';') {
                let code: Vec<&str> =
                    statement.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
                let code = code.join(" ").to_uppercase();
                let takes_away =
                    ["DROP ", "RENAME ", "ALTER COLUMN", "SET NOT NULL", "UNIQUE INDEX", "DELETE "]
                        .into_iter()
                        .find(|words| code.contains(words));
                let demands =
                    code.contains("ADD COLUMN") && code.contains("NOT NULL") && !code.contains("DEFAULT");
                assert!(
                    takes_away.is_none() && !demands,
                    "{}: older releases cannot live with `{}`; name it `contract`, see migrations/README.md",
                    migration.version,
                    takes_away.unwrap_or("a new column without a default"),
                );
            }
        }
    }

    #[test]
    fn a_release_goes_on_without_what_it_does_not_need() {
        let known = BTreeSet::from([1, 5]);
        let refused = |description: &str| {
            let applied = vec![(1, "create first tables".to_owned()), (9, description.to_owned())];
            check(&known, applied).err().map(|error| error.to_string())
        };
        assert_eq!(refused("contract since 5 drop old column"), None);
        for newer in ["contract since 7 drop old column", "contract drop old column", "add something"] {
            let said = refused(newer).unwrap();
            assert!(said.contains(newer) && said.contains("newer release"), "{said}");
        }
    }
}
