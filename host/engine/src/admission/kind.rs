//! What people upload by mistake: told apart by the first bytes, so that each gets its own advice.

use std::fmt;

use wasmparser::{Parser, Payload};

use super::Refusal;

/// How much of a text is looked at.
const LOOKED_AT: usize = 16 << 10;

/// What a text seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The text format of WebAssembly.
    Wat,
    /// JavaScript or TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// Anything else.
    Other,
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wat => "WebAssembly in the text format",
            Self::JavaScript => "JavaScript source",
            Self::Python => "Python source",
            Self::Rust => "Rust source",
            Self::Other => "text",
        })
    }
}

/// Tells components from everything else.
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
        return Refusal::Text(language(text));
    }
    let find = |list: &[(&[u8], &'static str)]| {
        list.iter().find(|(magic, _)| file.starts_with(magic)).map(|(_, name)| *name)
    };
    find(&LIBRARIES)
        .map(Refusal::NativeLibrary)
        .or_else(|| find(&ARCHIVES).map(Refusal::Archive))
        .unwrap_or(Refusal::NotWasm)
}

/// A guess, by words that hardly stand at the start of a line in another language.
fn language(text: &str) -> Text {
    const STARTS: [(&str, Text); 19] = [
        ("(module", Text::Wat),
        ("(component", Text::Wat),
        (";;", Text::Wat),
        ("use ", Text::Rust),
        ("fn ", Text::Rust),
        ("pub ", Text::Rust),
        ("impl ", Text::Rust),
        ("#![", Text::Rust),
        ("export ", Text::JavaScript),
        ("function ", Text::JavaScript),
        ("const ", Text::JavaScript),
        ("let ", Text::JavaScript),
        ("import {", Text::JavaScript),
        ("'use strict'", Text::JavaScript),
        ("\"use strict\"", Text::JavaScript),
        ("def ", Text::Python),
        ("class ", Text::Python),
        ("from ", Text::Python),
        ("import ", Text::Python),
    ];
    let text: String = text.chars().take(LOOKED_AT).collect();
    let named = |line: &str| STARTS.iter().find(|(start, _)| line.starts_with(start)).map(|(_, name)| *name);
    text.lines().find_map(|line| named(line.trim_start())).unwrap_or(Text::Other)
}

/// A core module: one that was built for WASI is not only not wrapped.
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
