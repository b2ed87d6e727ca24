//! Purchases from outside: the real binary, real HTTP, on a file and on PostgreSQL.

mod blocked;
mod coupons;
mod crash;
mod decisions;
mod feed;
mod full_disk;
mod late;
mod late_confirm;
mod life;
mod nodes;
mod numbered;
mod races;
mod refusals;
mod returns;
mod stored_amounts;
mod support;
mod till_clock;
mod uplift;

use crate::shop::on_both_databases;
