//! From a core module to a component.

use wit_component::ComponentEncoder;

use crate::ComponentizeError;

/// Wraps a module that carries the description of its world, as `mechanic_sdk::export!` puts it.
pub(crate) fn component(package: &str, module: &[u8]) -> Result<Vec<u8>, ComponentizeError> {
    ComponentEncoder::default().validate(true).module(module).and_then(|encoder| encoder.encode()).map_err(
        |error| ComponentizeError::Wrap { package: package.to_owned(), detail: format!("{error:#}") },
    )
}
