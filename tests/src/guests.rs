//! Mechanics that only tests use: built from `guests/` by the build script, or written as text in `raw`.

use anyhow::{Context as _, ensure};

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

/// The mechanic `product` in a version of nine characters, as `1.100.101`. The first digit says how it
/// behaves; see `guests/variant`.
pub fn product_version(version: &str) -> anyhow::Result<Vec<u8>> {
    const WRITTEN: &[u8] = b"1.100.100";
    ensure!(version.len() == WRITTEN.len(), "a version here has {} characters", WRITTEN.len());
    let mut component = guest("variant")?.to_vec();
    let mut found = false;
    for start in 0..component.len().saturating_sub(WRITTEN.len()) {
        let place = component.get_mut(start..start + WRITTEN.len()).context("inside")?;
        if place == WRITTEN {
            place.copy_from_slice(version.as_bytes());
            found = true;
        }
    }
    ensure!(found, "the version is not in the component");
    Ok(component)
}
