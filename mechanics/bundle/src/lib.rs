//! The mechanics that come with the host, built as components when this crate is.

/// A built-in mechanic.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The name in offers.
    pub name: &'static str,
    /// The component.
    pub wasm: &'static [u8],
}

/// All of them, by name.
pub fn builtins() -> &'static [Builtin] {
    BUILTINS
}

const BUILTINS: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/builtins.rs"));
