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
    /// The member's attribute that it asks for; none if empty.
    pub member_fact: &'static str,
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
            member_fact: "",
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

/// Address of the one need.
const NEED: u32 = 1536;
/// Address of the one reason, which is 0, and of its text.
const REASON: u32 = 1600;
/// Answers the first offer with 10 % on its first item, in place of declining it.
pub const PROPOSE: &str = "(i32.store8 (i32.const 9216) (i32.const 0)) (i32.store (i32.const 9220) (i32.const 16384)) \
    (i32.store (i32.const 9224) (i32.const 1)) (i32.store8 (i32.const 16384) (i32.const 1)) \
    (i32.store (i32.const 16416) (i32.const 1000))";

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

    /// Does `then` if the member's attribute `fact` is this text of four letters, then declines as [`Self::declining`]
    /// does.
    pub fn for_members(fact: &'static str, value: [u8; 4], then: &str) -> Self {
        let (facts, count) = ("(i32.load offset=124 (local.get 0))", "(i32.load offset=128 (local.get 0))");
        let is_text = format!("(i32.eq (i32.load8_u offset=16 {facts}) (i32.const 1))");
        let is_as_long = format!("(i32.eq (i32.load offset=28 {facts}) (i32.const 4))");
        let letters = u32::from_le_bytes(value);
        let is_it = format!("(i32.eq (i32.load (i32.load offset=24 {facts})) (i32.const {letters}))");
        let first = format!(
            "(if {count} (then (if (i32.and {is_text} {is_as_long}) (then (if {is_it} (then {then}))))))"
        );
        Self { member_fact: fact, ..Self::declining(&first, "", 1) }
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
        let texts = format!("\\00\\01\\03{}{}{quoted}{}", self.name, self.version, self.member_fact);
        let name = TEXTS.saturating_add(3);
        let version = name.saturating_add(length(self.name));
        let schema_at = version.saturating_add(length(self.version));
        let asks = u32::from(!self.member_fact.is_empty());
        let words = [
            (name, length(self.name)),
            (version, length(self.version)),
            (TEXTS, self.phases),
            (schema_at, length(schema)),
            // The receipt is the one target.
            (TEXTS.saturating_add(2), 1),
            (0, 0),
            (NEED, asks),
        ];
        let pair = |(at, length): &(u32, u32)| little_endian(*at) + &little_endian(*length);
        let lists: String = words.iter().map(pair).collect();
        // The text of its parameters is not asked for; then the reasons.
        let lists = lists + &little_endian(0) + &pair(&(REASON, asks));
        let fact_at = schema_at.saturating_add(length(schema));
        let need = little_endian(2) + &pair(&(fact_at, length(self.member_fact)));
        let text = (name, length(self.name));
        let reason = little_endian(0) + &pair(&(REASON.saturating_add(12), 1)) + &pair(&text) + &pair(&text);
        format!(
            "(data (i32.const {TEXTS}) \"{texts}\") (data (i32.const {DESCRIPTION}) \"{lists}\") \
             (data (i32.const {NEED}) \"{need}\") (data (i32.const {REASON}) \"{reason}\")"
        )
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
