//! Checks of the names of imports and exports.

use super::Refusal;
use crate::abi::{self, Abi};

/// Refuses imports: a mechanic has none.
pub(super) fn check_imports(imports: &[String]) -> Result<(), Refusal> {
    let is_wasi = |name: &&String| name.starts_with("wasi:") || name.starts_with("wasi_");
    let wasi: Vec<String> = imports.iter().filter(is_wasi).cloned().collect();
    if !wasi.is_empty() {
        return Err(Refusal::ImportsWasi(wasi));
    }
    if !imports.is_empty() {
        return Err(Refusal::Imports(imports.to_vec()));
    }
    Ok(())
}

/// The version of the contract that the exports name; the newest if there are several.
pub(super) fn abi(exports: &[String]) -> Result<Abi, Refusal> {
    let versions: Vec<&str> =
        exports.iter().filter_map(|name| name.strip_prefix(abi::RULES)?.strip_prefix('@')).collect();
    let Some(&named) = versions.last() else {
        return Err(Refusal::NoRules(exports.to_vec()));
    };
    versions.iter().filter_map(|version| Abi::of_version(version)).next_back().ok_or_else(|| {
        Refusal::UnsupportedAbi {
            version: named.to_owned(),
            supported: Abi::ALL.map(Abi::version).join(", "),
        }
    })
}
