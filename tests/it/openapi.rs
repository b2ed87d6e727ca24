//! `/openapi.json` is what it says it is: an OpenAPI document, by the judgement of a public validator.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use wire::offer::SCHEMA;

use crate::shop::{Database, Shop};

/// From PyPI; with it come the schemas of the OpenAPI initiative.
const VALIDATOR: &str = "openapi-spec-validator==0.7.1";

/// The Python of an environment with the validator, which is made once and kept.
fn python() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(VALIDATOR);
    let (python, is_ready) = (folder.join("bin/python"), folder.join("ready"));
    if is_ready.is_file() {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", VALIDATOR]));
    fs::write(is_ready, "").expect("a file");
    python
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{told}", output.status);
}

#[test]
fn the_api_document_is_valid() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let document = shop.get("/openapi.json");
    assert_eq!(document.json()["openapi"], "3.1.0");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("openapi.json");
    fs::write(&file, &document.text).expect("a file");
    assert_eq!(shop.get("/v1/schemas/offer").text, SCHEMA);
    run(Command::new(python())
        .args(["-m", "openapi_spec_validator", "--schema", "3.1", "--errors", "all"])
        .arg(file));
}
