//! Mechanics written in the text format of WebAssembly, to give answers that no SDK would let through.

use std::path::Path;

use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::workspace;

/// A mechanic of which every part can be replaced.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Body of `describe`; leaves the address of a description.
    pub describe: String,
    /// Body of `evaluate`; leaves the address of a list of verdicts.
    pub evaluate: String,
    /// Body of `cabi_realloc`; leaves an address.
    pub realloc: String,
    /// Anything else in the module.
    pub more: String,
    /// Pages of memory at the start.
    pub memory_pages: u32,
    /// The name it gives itself.
    pub name: &'static str,
    /// The version it gives itself.
    pub version: &'static str,
    /// How many of its two phases it names: discount, accrual.
    pub phases: u32,
    /// The JSON Schema of its parameters.
    pub schema: &'static str,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            describe: format!("i32.const {DESCRIPTION}"),
            evaluate: format!("i32.const {EMPTY_LIST}"),
            realloc: "(i32.and (global.get $heap) (i32.const -16)) \
                      (global.set $heap (i32.add (global.get $heap) (i32.add (local.get 3) (i32.const 16))))"
                .to_owned(),
            more: String::new(),
            memory_pages: 16,
            name: "raw",
            version: "1.0.0",
            phases: 1,
            schema: "{}",
        }
    }
}

/// Address of the description.
const DESCRIPTION: u32 = 1024;
/// Address of an empty list.
const EMPTY_LIST: u32 = 2048;
/// Address of texts and small lists.
const TEXTS: u32 = 4096;
/// Address of the arguments that the host passes.
const HEAP: u32 = 65_536;

/// Loads the number of offers from the arguments of `evaluate`.
const OFFERS: &str = "(i32.load offset=120 (local.get 0))";

impl Raw {
    /// Does `first`, then declines each offer as below its threshold; at most two.
    pub fn declining(first: &str, more: &str, phases: u32) -> Self {
        let declined = r"\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00".repeat(2);
        let data = format!(r#"(data (i32.const 8192) "\00\24\00\00") (data (i32.const 9216) "{declined}")"#);
        Self {
            evaluate: format!("{first} (i32.store (i32.const 8196) {OFFERS}) i32.const 8192"),
            more: format!("{data} {more}"),
            phases,
            ..Self::default()
        }
    }

    /// The component.
    pub fn build(&self) -> anyhow::Result<Vec<u8>> {
        component(&self.text())
    }

    /// The component, for a contract in another folder.
    pub fn build_for(&self, wit: &Path) -> anyhow::Result<Vec<u8>> {
        component_of(&self.text(), wit)
    }

    fn text(&self) -> String {
        let Self { describe, evaluate, realloc, more, memory_pages, .. } = self;
        let data = self.data();
        let export = "loyalty:mechanic/rules@1.0.0#";
        format!(
            r#"(module
                 (memory (export "memory") {memory_pages})
                 (global $heap (mut i32) (i32.const {HEAP}))
                 {data}
                 {more}
                 (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                 (func (export "{export}describe") (result i32) {describe})
                 (func (export "{export}validate")
                   (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const {EMPTY_LIST})
                 (func (export "{export}evaluate") (param i32) (result i32) {evaluate}))"#
        )
    }

    /// The description as the canonical ABI lays it out: nine fields, lists as address and length.
    fn data(&self) -> String {
        let schema = self.schema;
        let quoted = schema.replace('\\', "\\5c").replace('"', "\\22").replace('\n', "\\0a");
        let texts = format!("\\00\\01\\03{}{}{quoted}", self.name, self.version);
        let name = TEXTS.saturating_add(3);
        let version = name.saturating_add(length(self.name));
        let schema_at = version.saturating_add(length(self.version));
        let words = [
            (name, length(self.name)),
            (version, length(self.version)),
            (TEXTS, self.phases),
            (schema_at, length(schema)),
            // The receipt is the one target.
            (TEXTS.saturating_add(2), 1),
            (0, 0),
            (0, 0),
        ];
        let lists: String =
            words.iter().map(|(at, length)| little_endian(*at) + &little_endian(*length)).collect();
        format!("(data (i32.const {TEXTS}) \"{texts}\") (data (i32.const {DESCRIPTION}) \"{lists}\")")
    }
}

/// Wraps a module in the text format as a mechanic of the contract in `wit/`.
pub fn component(module: &str) -> anyhow::Result<Vec<u8>> {
    component_of(module, &workspace::root().join("wit/v1.0.0"))
}

/// Wraps a module in the text format as a mechanic of the contract in the folder `wit`.
pub fn component_of(module: &str, wit: &Path) -> anyhow::Result<Vec<u8>> {
    let mut module = wat::parse_str(module).context("the text of a module")?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some("mechanic"))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn little_endian(number: u32) -> String {
    number.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect()
}
