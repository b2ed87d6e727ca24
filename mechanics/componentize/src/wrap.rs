//! From a core module to a component.

use wit_component::{ComponentEncoder, DecodedWasm};

use crate::ComponentizeError;

/// Wraps a module that carries the description of its world, as `mechanic_sdk::export!` puts it.
pub(crate) fn component(package: &str, module: &[u8]) -> Result<Vec<u8>, ComponentizeError> {
    let refuse = |detail| ComponentizeError::Wrap { package: package.to_owned(), detail };
    let bytes = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| refuse(format!("{error:#}")))?;
    let decoded = wit_component::decode(&bytes).map_err(|error| refuse(format!("{error:#}")))?;
    let DecodedWasm::Component(types, world) = decoded else {
        return Err(refuse("the encoder made no component of it".to_owned()));
    };
    let world = types.worlds.get(world);
    if world.is_none_or(|world| world.exports.is_empty()) {
        return Err(refuse("it exports nothing".to_owned()));
    }
    if world.is_some_and(|world| !world.imports.is_empty()) {
        return Err(refuse("it imports something".to_owned()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_without_a_world_is_refused() {
        let empty_module = b"\0asm\x01\0\0\0";
        for (module, expected) in [(&empty_module[..], "it exports nothing"), (b"no module", "magic")] {
            let message = component("some-mechanic", module).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("some-mechanic"), "{message}");
        }
    }
}
