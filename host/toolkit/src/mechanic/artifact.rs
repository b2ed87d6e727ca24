//! What travels to a host or a registry.

use app::mechanics::signatures::Signature;

/// A component that may be published.
pub(super) struct Parcel {
    pub(super) file: Vec<u8>,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) digest: String,
    pub(super) abi: &'static str,
    pub(super) class: &'static str,
    pub(super) signature: Option<Signature>,
}
