//! The communications database: events and their readers, members and visitors.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "shared/databases.rs"]
mod databases;

#[path = "communications/chains.rs"]
mod chains;
#[path = "communications/channels.rs"]
mod channels;
#[path = "communications/consents.rs"]
mod consents;
#[path = "communications/effects.rs"]
mod effects;
#[path = "communications/erasure.rs"]
mod erasure;
#[path = "communications/events.rs"]
mod events;
#[path = "communications/messages.rs"]
mod messages;
#[path = "communications/segments.rs"]
mod segments;
#[path = "communications/templates.rs"]
mod templates;

use store::{Communications, Options};

use databases::Database;

/// The communications database that belongs to a database of tills, at the latest schema.
async fn open(database: &Database) -> Communications {
    let url = Communications::url_beside(database.url());
    let communications = Communications::open(Options::job(&url)).await.unwrap();
    communications.migrate().await.unwrap();
    communications
}
