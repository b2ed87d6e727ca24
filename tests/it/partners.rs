//! What partners do: publish mechanics, and make mistakes.

mod mistakes;
mod oci;
mod publishing;
mod registry;
mod schemas;
