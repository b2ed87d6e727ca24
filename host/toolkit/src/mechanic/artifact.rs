//! A component on its way to a host or a registry.

use app::mechanics::signatures::Signature;

/// An admitted component, with the description that a host or a registry gets.
pub(super) struct Artifact {
    /// The bytes of the component.
    pub(super) file: Vec<u8>,
    pub(super) name: String,
    pub(super) version: String,
    /// `sha256:…` of the component.
    pub(super) digest: String,
    /// Version of the contract that it was built for.
    pub(super) abi: &'static str,
    pub(super) class: &'static str,
    pub(super) signature: Option<Signature>,
}
