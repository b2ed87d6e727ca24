//! Guests that only tests use: built by the build script, or put together here from text.

use anyhow::Context as _;

pub mod raw;

const GUESTS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The component of a folder of `guests/`.
pub fn guest(name: &str) -> anyhow::Result<&'static [u8]> {
    GUESTS
        .iter()
        .find(|(guest, _)| *guest == name)
        .map(|(_, component)| *component)
        .with_context(|| format!("no folder tests/guests/{name}"))
}
