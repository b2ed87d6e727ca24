//! API keys and tokens: what each of them opens, and what becomes of it.

mod client;
mod lives;
mod matrix;
mod members;
mod pages;
mod partners;
mod scopes;

use crate::shop::on_both_databases;
