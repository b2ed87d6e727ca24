//! Recognises files that are uploaded by mistake by their first bytes, so that each gets its own advice.

use wasmparser::{Parser, Payload};

use super::Refusal;
use super::text::Text;

/// Refuses everything that is not a component.
pub(super) fn check(file: &[u8]) -> Result<(), Refusal> {
    if file.is_empty() {
        return Err(Refusal::Empty);
    }
    if !file.starts_with(b"\0asm") {
        return Err(foreign(file));
    }
    if Parser::is_core_wasm(file) {
        return Err(module(file));
    }
    Ok(())
}

fn foreign(file: &[u8]) -> Refusal {
    const LIBRARIES: [(&[u8], &str); 7] = [
        (b"\x7fELF", "Linux"),
        (b"\xcf\xfa\xed\xfe", "macOS"),
        (b"\xce\xfa\xed\xfe", "macOS"),
        (b"\xfe\xed\xfa\xcf", "macOS"),
        (b"\xfe\xed\xfa\xce", "macOS"),
        (b"\xca\xfe\xba\xbe", "macOS"),
        (b"MZ", "Windows"),
    ];
    const ARCHIVES: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ];
    if let Some(text) = std::str::from_utf8(file).ok().filter(|text| !text.contains('\0')) {
        return Refusal::Text(Text::of(text));
    }
    let find = |list: &[(&[u8], &'static str)]| {
        list.iter().find(|(magic, _)| file.starts_with(magic)).map(|(_, name)| *name)
    };
    find(&LIBRARIES)
        .map(Refusal::NativeLibrary)
        .or_else(|| find(&ARCHIVES).map(Refusal::Archive))
        .unwrap_or(Refusal::NotWasm)
}

/// The refusal of a core module. One that was built for WASI gets advice of its own: wrapping it as a
/// component would not be enough.
fn module(file: &[u8]) -> Refusal {
    for payload in Parser::new(0).parse_all(file) {
        let Ok(Payload::ImportSection(imports)) = payload else { continue };
        let is_wasi = |name: &str| name.starts_with("wasi_") || name.starts_with("wasi:");
        if imports.into_imports().any(|import| import.is_ok_and(|import| is_wasi(import.module))) {
            return Refusal::WasiModule;
        }
    }
    Refusal::Module
}
