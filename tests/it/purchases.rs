//! Purchases from outside: the real binary, real HTTP, on a file and on PostgreSQL.

mod crash;
mod feed;
mod late;
mod life;
mod races;
mod refusals;
mod returns;
mod uplift;

/// Runs each function on both databases.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(crate::shop::Database::Sqlite);
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(crate::shop::Database::Postgres);
            })*
        }
    };
}
use on_both_databases;
