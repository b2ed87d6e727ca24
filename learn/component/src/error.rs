//! Why a model cannot be put into the mechanic.

/// Why a model cannot be put into the mechanic.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The component is larger than is wanted at a till.
    #[error(
        "the component would have {found} bytes, at most {most} are wanted at a till: train fewer trees, or on fewer features"
    )]
    TooLarge {
        /// Its bytes.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// The template is not what this crate expects.
    #[error("the mechanic `model` is not as it should be: {0}; build this program anew")]
    Template(&'static str),
    /// The template, or what became of it, is no component.
    #[error("the mechanic `model` is damaged: {0}; build this program anew")]
    Wasm(#[from] wasmparser::BinaryReaderError),
}
