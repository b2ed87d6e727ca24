//! Every mistake that partners make: one clear sentence and the fix, the same over HTTP and from the
//! command line.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tests::guests::raw::Raw;
use tests::workspace;

use super::mechanic;
use crate::shop::{Database, Shop};

/// A file that is uploaded by mistake, and the texts that the refusal must have.
struct Mistake {
    what: &'static str,
    file: Vec<u8>,
    /// The one that takes it, if nothing is said.
    class: Option<&'static str>,
    code: &'static str,
    /// In the sentence.
    says: &'static [&'static str],
    /// In the fix.
    fix: &'static [&'static str],
}

fn mistake(what: &'static str, file: impl Into<Vec<u8>>, code: &'static str) -> Mistake {
    Mistake { what, file: file.into(), class: None, code, says: &[], fix: &[] }
}

impl Mistake {
    fn says(self, says: &'static [&'static str], fix: &'static [&'static str]) -> Self {
        Self { says, fix, ..self }
    }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn raw(raw: &Raw) -> Vec<u8> {
    raw.build().unwrap()
}

fn of_schema(schema: &'static str) -> Vec<u8> {
    raw(&Raw { schema, ..Raw::default() })
}

/// A mechanic that was built against a contract with a float in it.
fn with_floats() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    for entry in fs::read_dir(workspace::root().join("wit/v1.0.0")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let edited = text.replace("amount-per-unit(s64)", "amount-per-unit(f64)");
        fs::write(folder.path().join(path.file_name().unwrap()), edited).unwrap();
    }
    Raw::default().build_for(folder.path()).unwrap()
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(file).unwrap();
    packed.finish().unwrap()
}

/// The beginning of a program of this machine.
fn native() -> Vec<u8> {
    fs::read(workspace::offer_host().unwrap()).unwrap().into_iter().take(4096).collect()
}

fn files() -> Vec<Mistake> {
    let preview1 = r#"(module (import "wasi_snapshot_preview1" "fd_write"
        (func (param i32 i32 i32 i32) (result i32))))"#;
    let preview2 = r#"(component (import "wasi:cli/environment@0.2.3" (instance))
        (import "wasi:cli/exit@0.2.3" (instance)) (import "wasi:io/error@0.2.3" (instance))
        (import "wasi:io/streams@0.2.3" (instance)))"#;
    let other_version = r#"(component (component $empty) (instance $i (instantiate $empty))
        (export "loyalty:mechanic/rules@9.9.9" (instance $i)))"#;
    vec![
        mistake("the wrong target: WASI", wat(preview1), "wasi_module")
            .says(&["core module built for WASI"], &["--target wasm32-unknown-unknown", "leaves a component"]),
        mistake("the wrong target: WASI 0.2", wat(preview2), "imports_wasi").says(
            &["imports WASI (wasi:cli/environment@0.2.3, wasi:cli/exit@0.2.3, wasi:io/error@0.2.3 and 1 more)"],
            &["wasm32-unknown-unknown", "--disable all", "--stub-wasi"],
        ),
        mistake("the wrong target: the machine", native(), "native_library")
            .says(&["native library for Linux", "built for the machine"], &["--target wasm32-unknown-unknown"]),
        mistake("macOS", *b"\xcf\xfa\xed\xfe\x07\0\0\x01", "native_library").says(&["for macOS"], &["--target"]),
        mistake("Windows", *b"MZ\x90\0\x03\0\0\0\xff\xff", "native_library").says(&["for Windows"], &["--target"]),
        mistake("the wrong version of the contract", wat(other_version), "unsupported_abi")
            .says(&["targets 9.9.9 of loyalty:mechanic", "supports 0.1.0"], &["build with an SDK"]),
        mistake(
            "a panic in describe",
            raw(&Raw { describe: "unreachable".to_owned(), ..Raw::default() }),
            "describe_failed",
        )
        .says(&["`describe` failed (trap)"], &["panicked", "test"]),
        mistake("a float in the output", with_floats(), "float").says(
            &["`validate` takes a float in `amount-per-unit` in `benefit`", "integers only"],
            &["WIT files of this host, unchanged"],
        ),
        mistake("30 MB", [b"\0asm\x0d\0\x01\0".to_vec(), vec![0; 30_000_000]].concat(), "file_too_large")
            .says(&["30000008 bytes; the limit is 25165824"], &["no class takes more", "24 MiB"]),
        Mistake {
            class: Some("fast"),
            ..mistake("2 MB in class fast", vec![0; 2_000_000], "file_too_large")
                .says(&["limit is 1048576"], &["name no class", "24 MiB"])
        },
        mistake("a module", wat("(module)"), "core_module")
            .says(&["core module, not a component"], &["wasm-tools component new"]),
        mistake("the text format", "(component\n)", "text_file")
            .says(&["WebAssembly in the text format"], &["wasm-tools parse"]),
        mistake("JavaScript", "// my rule\nexport const rules = { describe() {} };\n", "text_file")
            .says(&["JavaScript source"], &["npm run build"]),
        mistake("Python", "\"\"\"My rule.\"\"\"\nfrom wit_world import exports\n\nclass Rules:\n", "text_file")
            .says(&["Python source"], &["--stub-wasi"]),
        mistake("Rust", "//! My rule.\nuse mechanic_sdk::Mechanic;\n", "text_file")
            .says(&["Rust source"], &["--target wasm32-unknown-unknown"]),
        mistake("some text", "hello\n", "text_file").says(&["is text"], &[".wasm"]),
        mistake("a zip archive", *b"PK\x03\x04\x14\0\0\0\x08\0", "archive").says(&["zip archive"], &["unpack"]),
        mistake("packed", gzip(b"\0asm"), "archive").says(&["gzip archive"], &["unpack"]),
        mistake("a picture", *b"\x89PNG\r\n\x1a\n", "not_wasm").says(&["not WebAssembly"], &[".wasm"]),
        mistake("nothing", *b"", "empty_file").says(&["empty"], &["whole file"]),
    ]
}

/// Schemas that cannot be used.
fn schemas() -> Vec<Mistake> {
    let bad = |what, schema, says| {
        mistake(what, of_schema(schema), "bad_params_schema").says(says, &["correct the schema"])
    };
    vec![
        bad("no schema", " ", &["it is empty"]),
        bad("a schema that is not JSON", "{type: object}", &["not JSON", "column 2"]),
        bad("a schema that is a list", "[]", &["not a JSON object"]),
        bad(
            "a type that does not exist",
            r#"{"properties":{"a":{"type":"money"}}}"#,
            &["/properties/a/type", "`money`"],
        ),
        bad(
            "another dialect",
            r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
            &["/$schema", "2020-12"],
        ),
        bad(
            "a schema elsewhere",
            r#"{"properties":{"a":{"$ref":"https://example.com/a.json"}}}"#,
            &["/properties/a/$ref", "outside the schema"],
        ),
        bad("a schema on the disk", r#"{"$ref":"file:///etc/passwd"}"#, &["/$ref", "outside the schema"]),
        bad("a name that leads nowhere", r##"{"$ref":"#/$defs/none"}"##, &["there is no `#/$defs/none`"]),
        bad("a schema without end", r##"{"properties":{"a":{"$ref":"#"}}}"##, &["leads back to itself"]),
        bad("a pattern that looks back", r#"{"properties":{"a":{"pattern":"(a)\\1"}}}"#, &["pattern"]),
        bad(
            "a pattern without measure",
            r#"{"properties":{"a":{"pattern":"((a{1000}){1000}){1000}"}}}"#,
            &["pattern"],
        ),
    ]
}

#[test]
fn mistakes_are_told_with_the_fix() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let key = shop.named_key("partner", "acme");
    let folder = TempDir::new().unwrap();
    for mistake in files().into_iter().chain(schemas()) {
        let Mistake { what, file, class, code, says, fix } = mistake;
        let path = folder.path().join("rule.wasm");
        fs::write(&path, &file).unwrap();
        let checked = check(&path, class);
        let query = class.map(|class| format!("?class={class}")).unwrap_or_default();
        let answer = shop.upload_as(&key, &format!("raw/versions{query}"), &[], file);
        assert_eq!(answer.refused(), (422, code.to_owned()), "{what}: {}", answer.text);
        let told = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        for part in says.iter().chain(fix) {
            assert!(told.contains(part), "{what}: `{told}` does not say `{part}`");
            assert!(checked.contains(part), "{what}: `{checked}` does not say `{part}`");
        }
        assert!(checked.contains(&format!("refused ({code})")), "{what}: {checked}");
        assert!(told.len() < 420, "{what}: that is no sentence: {told}");
    }
}

/// The output of the command on a file that it must refuse.
fn check(file: &Path, class: Option<&str>) -> String {
    let mut check = mechanic();
    check.arg("check").args(class.map(|class| format!("--class={class}"))).arg(file);
    let output = check.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}
