//! Mechanics as OCI artifacts: pushed to a real registry, pulled again, and read by a client that is not
//! ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::guests::raw::Raw;

use super::mechanic;
use super::registry::Registry;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    mechanic().args(arguments).current_dir(folder).env("DOCKER_CONFIG", folder).output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with a mechanic, and a key.
fn author() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rule.wasm"), Raw::declining("", "", 1).build().unwrap()).unwrap();
    done(&run(folder.path(), &["keygen", "--out", "acme-1.pem"]));
    folder
}

#[test]
fn what_is_pushed_is_pulled_with_its_signature() {
    let (registry, author) = (Registry::start(), author());
    let place = format!("oci://{}/mechanics/raw:1.0.0", registry.address());
    let told =
        done(&run(author.path(), &["publish", "rule.wasm", "--to", &place, "--key-file", "acme-1.pem"]));
    assert!(told.contains("published: raw 1.0.0") && told.contains(&place), "{told}");

    done(&run(author.path(), &["pull", &place, "-o", "back.wasm"]));
    let read = |name: &str| fs::read(author.path().join(name)).unwrap();
    assert_eq!(read("back.wasm"), read("rule.wasm"));
    done(&run(author.path(), &["sign", "rule.wasm", "--key", "acme-1.pem"]));
    assert_eq!(read("back.wasm.sig"), read("rule.wasm.sig"));
    done(&run(author.path(), &["check", "back.wasm"]));

    let nowhere = place.replace("1.0.0", "2.0.0");
    let missing = run(author.path(), &["pull", &nowhere, "-o", "none.wasm"]);
    assert!(!missing.status.success() && !author.path().join("none.wasm").exists());
}

/// Copies with a client that is not ours.
fn skopeo(folder: &Path, from: &str, to: &str) {
    let copied = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", from, to])
        .current_dir(folder)
        .output()
        .expect("no skopeo: run `cargo xtask test`, which installs it, or install Debian's package `skopeo` by hand");
    done(&copied);
}

#[test]
fn a_standard_client_reads_and_writes_it() {
    let (registry, author) = (Registry::start(), author());
    let place = |tag: &str| format!("{}/mechanics/raw:{tag}", registry.address());
    let pushed = format!("oci://{}", place("1.0.0"));
    done(&run(author.path(), &["publish", "rule.wasm", "--to", &pushed, "--key-file", "acme-1.pem"]));
    skopeo(author.path(), &format!("docker://{}", place("1.0.0")), "dir:copy");
    skopeo(author.path(), "dir:copy", &format!("docker://{}", place("again")));
    done(&run(author.path(), &["pull", &format!("oci://{}", place("again")), "-o", "back.wasm"]));
    let read = |name: &str| fs::read(author.path().join(name)).unwrap();
    assert_eq!(read("back.wasm"), read("rule.wasm"));
    assert!(author.path().join("back.wasm.sig").exists(), "the signature travels along");

    let copy = author.path().join("copy");
    let document =
        |name: &str| -> Value { serde_json::from_slice(&fs::read(copy.join(name)).unwrap()).unwrap() };
    let manifest = document("manifest.json");
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    let digest = manifest["layers"][0]["digest"].as_str().unwrap();
    let layer = fs::read(copy.join(digest.trim_start_matches("sha256:"))).unwrap();
    assert_eq!(layer, fs::read(author.path().join("rule.wasm")).unwrap());
    let config = document(manifest["config"]["digest"].as_str().unwrap().trim_start_matches("sha256:"));
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([digest]));
    let export = config["component"]["exports"][0].as_str().unwrap();
    assert!(export.starts_with("loyalty:mechanic/rules@"), "{export}");
    assert_eq!(config["component"]["imports"], json!([]));
}

#[test]
fn what_a_registry_changes_is_not_taken() {
    let (registry, author) = (Registry::start(), author());
    let place = format!("oci://{}/mechanics/raw:1.0.0", registry.address());
    let told = done(&run(author.path(), &["publish", "rule.wasm", "--to", &place, "--json"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let blob = registry.blob(told["digest"].as_str().unwrap());
    let mut bytes = fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&blob, bytes).unwrap();
    let pulled = run(author.path(), &["pull", &place, "-o", "back.wasm"]);
    assert_eq!(pulled.status.code(), Some(1));
    assert!(!author.path().join("back.wasm").exists(), "nothing is written");
}
