//! Admission of files as mechanics, and the refusals of others.

mod code_cache;
mod compiling;
mod rehearsal;

use std::sync::LazyLock;

use engine::{Class, Component, FileLimits, Limits, Refusal, Runtime, RuntimeSettings, inspect};
use tests::guests::raw::Raw;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new(&RuntimeSettings { instances: 8, ..RuntimeSettings::default() }).unwrap());

fn admit(file: &[u8]) -> Result<Component, Refusal> {
    Component::admit(&RUNTIME, file, &Limits::default())
}

#[track_caller]
fn assert_refused(file: &[u8], code: &str, says: &str) {
    let refusal = admit(file).err().unwrap_or_else(|| panic!("admitted, not refused as {code}"));
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(says), "`{refusal}` does not say `{says}`");
    assert!(!refusal.advice().is_empty());
}

fn product() -> &'static [u8] {
    bundle::builtins().iter().find(|builtin| builtin.name == "product").unwrap().wasm
}

/// A component with nothing but an instance exported under this name.
fn exporting(name: &str) -> Vec<u8> {
    let text = format!(
        r#"(component (component $empty) (instance $i (instantiate $empty)) (export "{name}" (instance $i)))"#
    );
    wat::parse_str(text).unwrap()
}

fn importing(names: &[&str]) -> Vec<u8> {
    let imports: String = names.iter().map(|name| format!(r#"(import "{name}" (instance))"#)).collect();
    wat::parse_str(format!("(component {imports})")).unwrap()
}

#[test]
fn a_sound_component_is_known_by_its_file_and_by_its_words() {
    let component = admit(product()).unwrap();
    assert_eq!(component.description().name, "product");
    // That which the last release knows, so that one can go back to it: see wit/README.md.
    assert_eq!(component.inspected().abi(), "1.0.0");
    assert_eq!(component.inspected().bytes, product().len());
    assert_eq!(component.inspected().digest.len(), "sha256:".len() + 64);
    assert_eq!(component.inspected(), &inspect(product(), &FileLimits::of(Class::Fast)).unwrap());
}

#[test]
fn a_mechanic_of_another_make_is_as_good() {
    let component = admit(&Raw::default().build().unwrap()).unwrap();
    assert_eq!(component.description().name, "raw");
}

#[test]
fn what_is_no_component_is_told_so() {
    assert_refused(b"", "empty_file", "empty");
    assert_refused(b"(component)", "text_file", "text format");
    assert_refused(b"\xff\xfe\xfd", "not_wasm", "not WebAssembly");
    assert_refused(b"\x7fELF\xff\xff", "native_library", "native library for Linux");
    assert_refused(&wat::parse_str("(module)").unwrap(), "core_module", "core module");
    assert_refused(&product()[..product().len() / 2], "malformed", "broken at byte");
}

#[test]
fn imports_are_refused_by_name() {
    assert_refused(
        &importing(&["wasi:clocks/wall-clock@0.2.0"]),
        "imports_wasi",
        "wasi:clocks/wall-clock@0.2.0",
    );
    assert_refused(&importing(&["shop:stock/levels@1.0.0"]), "imports", "shop:stock/levels@1.0.0");
    let both = importing(&["shop:stock/levels", "wasi:random/random@0.2.0"]);
    let refusal = admit(&both).err().unwrap();
    assert_eq!(refusal.code(), "imports_wasi");
    assert!(refusal.advice().contains("wasm32-unknown-unknown"), "{}", refusal.advice());
}

#[test]
fn the_version_of_the_contract_is_read_before_anything_runs() {
    assert_refused(
        &exporting("loyalty:mechanic/rules@1.3.0"),
        "unsupported_abi",
        "targets 1.3.0 of loyalty:mechanic; this host supports 0.1.0, 1.0.0",
    );
    assert_refused(&exporting("shop:stock/levels@1.0.0"), "no_rules", "it exports shop:stock/levels@1.0.0");
    assert_refused(&wat::parse_str("(component)").unwrap(), "no_rules", "it exports nothing");
    assert_refused(&exporting("loyalty:mechanic/rules@1.0.0"), "wrong_types", "types of the contract");
}

#[test]
fn files_that_would_be_dear_to_compile_are_refused() {
    let limits = FileLimits::of(Class::Fast);
    let count = |limit: u32| usize::try_from(limit).unwrap();
    assert_refused(&vec![0; limits.bytes + 1], "file_too_large", "1048576");
    let with = |more: String| Raw { more, ..Raw::default() }.build().unwrap();
    let long = with(format!("(func {})", "nop ".repeat(limits.function_bytes)));
    assert_refused(&long, "function_too_large", "bytes; the limit is 65536");
    let deep = count(limits.function_nesting) + 1;
    let nested = with(format!("(func {}{})", "(block ".repeat(deep), ")".repeat(deep)));
    assert_refused(&nested, "function_too_large", "nested blocks; the limit is 1000");
    let local = with(format!("(func (local {}))", "i64 ".repeat(count(limits.function_locals) + 1)));
    assert_refused(&local, "function_too_large", "local variables; the limit is 5000");
    let many = with("(func)".repeat(count(limits.functions)));
    assert_refused(&many, "too_many_functions", "the limit is 5000");
}

#[test]
fn features_that_are_switched_off_do_not_compile() {
    let raw = Raw { more: "(func $f return_call $f)".to_owned(), ..Raw::default() };
    assert_refused(&raw.build().unwrap(), "invalid", "tail calls");
}

#[test]
fn a_mechanic_that_cannot_say_what_it_is_is_refused() {
    let describing =
        |describe: &str| Raw { describe: describe.to_owned(), ..Raw::default() }.build().unwrap();
    assert_refused(&describing("unreachable"), "describe_failed", "trap");
    assert_refused(&describing("(loop $on (br $on)) unreachable"), "describe_failed", "out_of_fuel");
    assert_refused(&describing("i32.const -4"), "describe_failed", "bad_output");
    let greedy = Raw { memory_pages: 300, ..Raw::default() }.build().unwrap();
    assert_refused(&greedy, "describe_failed", "out_of_memory");
}

#[test]
fn a_description_must_make_sense() {
    let named = |name, version| Raw { name, version, ..Raw::default() }.build().unwrap();
    assert_refused(&named("Raw rule", "1.0.0"), "bad_description", "name `Raw rule`");
    assert_refused(&named("", "1.0.0"), "bad_description", "name ``");
    assert_refused(&named("raw", "1.0"), "bad_description", "version `1.0`");
    let idle = Raw { phases: 0, ..Raw::default() }.build().unwrap();
    assert_refused(&idle, "bad_description", "no phase");
}

#[test]
fn broken_files_are_refused_and_nothing_worse() {
    let whole = product();
    let limits = FileLimits::of(Class::Fast);
    for length in (0..whole.len()).step_by(97) {
        assert!(inspect(&whole[..length], &limits).is_err(), "{length} bytes are not the whole file");
    }
    let mut seen = std::collections::BTreeSet::new();
    for place in (8..whole.len()).step_by(whole.len() / 40) {
        let mut broken = whole.to_vec();
        broken[place] ^= 0xff;
        seen.insert(admit(&broken).err().map(|refusal| refusal.code()));
    }
    assert!(seen.len() > 1, "flipping bytes always gave {seen:?}");
}
