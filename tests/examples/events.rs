//! How many events a host takes a second, and how soon what a till sold is an event and a message.
//!
//! `cargo run --release -p tests --example events`, with `-- EVENTS BATCH CALLERS PURCHASES` for other numbers, and
//! `postgres` among them for that database.

use anyhow::Context as _;
use tests::events::{Load, measure};
use tests::postgres;

fn main() -> anyhow::Result<()> {
    let mut load = Load { database: None, events: 200_000, batch: 1_000, senders: 4, purchases: 1_000 };
    let mut number = 0;
    for argument in std::env::args().skip(1) {
        if argument == "postgres" {
            load.database = Some(postgres::fresh_database());
            continue;
        }
        let value = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        match number {
            0 => load.events = value,
            1 => load.batch = value,
            2 => load.senders = value,
            _ => load.purchases = value,
        }
        number += 1;
    }
    measure(&load)
}
