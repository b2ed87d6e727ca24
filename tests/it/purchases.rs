//! Purchases from outside: the real binary, real HTTP, on a file and on PostgreSQL.

mod crash;
mod late;
mod life;
mod races;
mod refusals;
mod returns;
pub(crate) mod shop;

/// Runs each function on both databases.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(crate::purchases::shop::Database::Sqlite);
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(crate::purchases::shop::Database::Postgres);
            })*
        }
    };
}
pub(crate) use on_both_databases;
