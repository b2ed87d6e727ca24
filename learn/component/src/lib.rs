//! The model at the till as a component: the mechanic `model`, compiled with this crate, with the table of a
//! model put into its memory.
//!
//! No compiler is needed, and the same model gives the same bytes.

mod error;
mod patch;

use till::Model;

pub use error::ComponentError;

/// Most bytes of a component with its model.
pub const MAX_BYTES: usize = 400 * 1024;

/// The mechanic without a model: it fails in good order on every receipt.
const TEMPLATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/template.wasm"));

/// The mechanic with a model, as the host admits it.
///
/// # Errors
///
/// The model has no room in it.
pub fn component(model: &Model) -> Result<Vec<u8>, ComponentError> {
    let bytes = patch::with_table(TEMPLATE, model.table())?;
    if bytes.len() > MAX_BYTES {
        return Err(ComponentError::TooLarge { found: bytes.len(), most: MAX_BYTES });
    }
    Ok(bytes)
}

/// The mechanic without a model.
#[must_use]
pub fn template() -> &'static [u8] {
    TEMPLATE
}
