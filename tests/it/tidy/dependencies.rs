//! Arrows between crates point one way, and each heavy library has one owner.

use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use tests::workspace;

use super::assert_none;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

/// The folder of a package, relative to the root: `host/domain`.
fn folder(package: &Package) -> String {
    let own = package.manifest_path.parent().expect("a manifest lies in a folder");
    let relative = Path::new(own.as_str()).strip_prefix(workspace::root()).expect("inside the workspace");
    relative.to_string_lossy().into_owned()
}

/// What `forbidden` says of a package and the name of one of its dependencies, over all of them.
fn offenders(forbidden: impl Fn(&Package, &str, DependencyKind) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for package in &metadata().packages {
        for dependency in &package.dependencies {
            if forbidden(package, &dependency.name, dependency.kind) {
                found.push(format!("{} -> {}", folder(package), dependency.name));
            }
        }
    }
    found
}

/// Whether `name` is reached from the package called `from` over workspace packages.
fn reaches(packages: &[Package], from: &str, name: &str) -> bool {
    let Some(package) = packages.iter().find(|package| package.name == from) else { return false };
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some() && dependency.kind != DependencyKind::Development)
        .any(|dependency| dependency.name == name || reaches(packages, &dependency.name, name))
}

fn owned_by(owner: &str, library: &str) -> Vec<String> {
    offenders(|package, dependency, _| {
        let belongs = dependency == library || dependency.starts_with(&format!("{library}-"));
        belongs && package.name != owner
    })
}

#[test]
fn domain_needs_two_small_libraries_only() {
    let found = offenders(|package, dependency, kind| {
        package.name == "domain"
            && kind != DependencyKind::Development
            && !matches!(dependency, "rust_decimal" | "thiserror")
    });
    assert_none(
        &found,
        "`domain` is pure: do this work in `engine`, `store` or `server` and pass plain values in",
    );
}

#[test]
fn the_sandbox_needs_few_libraries() {
    let allowed = [
        "domain",
        "getrandom",
        "hex",
        "hmac",
        "jsonschema",
        "rustix",
        "semver",
        "serde_json",
        "sha2",
        "tempfile",
        "thiserror",
        "wasmparser",
        "wasmtime",
    ];
    let found =
        offenders(|package, dependency, _| package.name == "engine" && !allowed.contains(&dependency));
    assert_none(
        &found,
        "`engine` stands between strangers' code and the host: think twice, then name it here",
    );
}

#[test]
fn wasmtime_belongs_to_engine() {
    assert_none(
        &owned_by("engine", "wasmtime"),
        "only `engine` may speak to wasmtime: use its public functions",
    );
}

#[test]
fn sqlx_belongs_to_store() {
    assert_none(&owned_by("store", "sqlx"), "only `store` may speak to a database: use its public functions");
}

#[test]
fn axum_belongs_to_server() {
    assert_none(&owned_by("server", "axum"), "only `server` may speak HTTP to the outside");
}

#[test]
fn engine_and_store_never_meet() {
    let packages = metadata().packages;
    let mut found = Vec::new();
    for (from, to) in [("engine", "store"), ("store", "engine"), ("domain", "engine"), ("domain", "store")] {
        if reaches(&packages, from, to) {
            found.push(format!("{from} -> … -> {to}"));
        }
    }
    assert_none(&found, "let `server` pass values of `domain` between them");
}

#[test]
fn mechanics_do_not_know_the_host() {
    let hosts: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|package| folder(package).starts_with("host/"))
        .map(|package| package.name.to_string())
        .collect();
    assert!(hosts.len() >= 4, "host/ holds domain, engine, store and server, but cargo sees {hosts:?}");
    let found = offenders(|package, dependency, _| {
        folder(package).starts_with("mechanics/") && hosts.iter().any(|host| host == dependency)
    });
    assert_none(&found, "the only contract between a mechanic and the host is `wit/`");
}

#[test]
fn nothing_depends_on_the_tests() {
    let found = offenders(|_, dependency, _| dependency == "tests");
    assert_none(&found, "move what is shared out of `tests` into the crate it belongs to");
}

#[test]
fn what_ships_needs_no_test_server() {
    let found = offenders(|package, dependency, kind| {
        dependency == "test-postgres"
            && kind != DependencyKind::Development
            && !matches!(package.name.as_str(), "tests" | "xtask")
    });
    assert_none(&found, "`test-postgres` serves tests: make it a development dependency");
}

#[test]
fn the_test_server_needs_two_small_libraries_only() {
    let found = offenders(|package, dependency, _| {
        package.name == "test-postgres" && !matches!(dependency, "anyhow" | "tempfile")
    });
    assert_none(&found, "it is built before every check: keep it small, and free of the workspace");
}

#[test]
fn only_tests_depend_on_the_server() {
    let found = offenders(|package, dependency, _| {
        dependency == "server" && !matches!(package.name.as_str(), "tests" | "xtask")
    });
    assert_none(&found, "`server` is the top: move what is shared down into `domain`, `engine` or `store`");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut found = Vec::new();
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherits != Some(&toml::Value::Boolean(true)) {
            found.push(folder(package));
        }
    }
    assert_none(&found, "add `[lints] workspace = true` to the manifest");
}
