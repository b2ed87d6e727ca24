//! Purchases from outside: the real binary, real HTTP, on a file and on PostgreSQL.

mod crash;
mod feed;
mod late;
mod life;
mod races;
mod refusals;
mod returns;
mod stored_amounts;
mod uplift;

use crate::shop::on_both_databases;
