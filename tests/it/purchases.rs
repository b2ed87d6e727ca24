//! Purchases from outside: the real binary, real HTTP, on a file and on PostgreSQL.

#[path = "audiences.rs"]
mod audiences;
mod crash;
mod late;
mod life;
#[path = "members.rs"]
mod members;
mod races;
mod refusals;
mod returns;
mod shop;

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
use on_both_databases;
