//! A mailing to a mail server in this process: mails a second, memory of the host, and what a till feels of it.
//!
//! `cargo run --release -p tests --example mailing`, with `-- MAILS KILOBYTES` for other numbers, and `postgres` among
//! them for that database.

use anyhow::Context as _;
use tests::mailing::{Load, measure};
use tests::postgres;

fn main() -> anyhow::Result<()> {
    let mut load = Load { database: None, mails: 50_000, kilobytes: 40 };
    let mut number = 0;
    for argument in std::env::args().skip(1) {
        if argument == "postgres" {
            load.database = Some(postgres::fresh_database());
            continue;
        }
        let value = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        match number {
            0 => load.mails = value,
            _ => load.kilobytes = value,
        }
        number += 1;
    }
    measure(&load)
}
