//! Each heavy library has one owner, and what is pure or trusted stays small. `arrows.rs` has the
//! directions.

use std::process::Command;

use tests::workspace;

use super::assert_none;
use super::packages::{self, Package};

/// A dependency that a rule forbids.
fn told(package: &Package, needed: &str) -> String {
    format!("{} ─► {needed}", package.folder)
}

/// The packages that a package, its build script and its tests need.
fn needs(package: &Package) -> impl Iterator<Item = &String> {
    package.needs.iter().chain(&package.build_needs).chain(&package.tests_need)
}

/// Packages other than `owners` that need `library` or one of its parts, `library-…`.
fn strangers(packages: &[Package], library: &str, owners: &[&str]) -> Vec<String> {
    let part = format!("{library}-");
    let mut found = Vec::new();
    for package in packages.iter().filter(|package| !owners.contains(&package.name.as_str())) {
        let wrong = needs(package).filter(|needed| *needed == library || needed.starts_with(&part));
        found.extend(wrong.map(|needed| told(package, needed)));
    }
    found
}

/// Packages that `name` needs and that are not `allowed`.
fn not_allowed(packages: &[Package], name: &str, allowed: &[&str]) -> Vec<String> {
    let package = packages.iter().find(|package| package.name == name).expect("a package of this name");
    let needed = package.needs.iter().chain(&package.build_needs);
    let wrong = needed.filter(|needed| !allowed.contains(&needed.as_str()));
    wrong.map(|needed| told(package, needed)).collect()
}

/// True if `to` is reached from the package called `from` over workspace packages.
fn reaches(packages: &[Package], from: &str, to: &str) -> bool {
    let start = packages.iter().find(|package| package.name == from);
    start.is_some_and(|package| {
        package.needs.iter().any(|needed| needed == to || reaches(packages, needed, to))
    })
}

/// Those of `libraries` that a package is linked with, by the answer of `cargo tree --prefix none`.
fn linked<'a>(tree: &str, libraries: &[&'a str]) -> Vec<&'a str> {
    let has = |library: &str| tree.lines().any(|line| line.split(' ').next() == Some(library));
    libraries.iter().copied().filter(|library| has(library)).collect()
}

#[test]
fn each_heavy_library_has_one_owner() {
    let owners: &[(&str, &[&str], &str)] = &[
        ("wasmtime", &["engine"], "only `engine` runs strangers' code: use its public functions"),
        ("sqlx", &["store"], "only `store` speaks to a database: use its public functions"),
        ("axum", &["http-api"], "only `http-api` answers HTTP: the work itself belongs to `app`"),
        ("tower-http", &["http-api"], "only `http-api` answers HTTP: the work itself belongs to `app`"),
        ("tokio-rustls", &["http-api"], "only `http-api` answers HTTP, and so HTTPS"),
        ("utoipa-axum", &["http-api"], "only `http-api` answers HTTP: the work itself belongs to `app`"),
        ("askama", &["http-api", "app"], "pages are written by `http-api`, reports by `app`"),
        ("lettre", &["senders"], "only `senders` talks to providers of messages"),
        ("oci-client", &["toolkit"], "only `toolkit` speaks to registries: hosts that serve tills do not"),
    ];
    let packages = packages::all();
    for (library, owners, what_to_do) in owners {
        let mut known = packages.iter().filter(|package| owners.contains(&package.name.as_str()));
        let is_used = known.any(|package| package.needs.contains(*library));
        assert!(is_used, "none of {owners:?} uses {library} any more: mend this rule");
        assert_none(&strangers(&packages, library, owners), what_to_do);
    }
}

#[test]
fn domain_needs_few_small_libraries() {
    let allowed = ["icu_properties", "jiff", "rust_decimal", "thiserror", "unicase", "unicode-normalization"];
    assert_none(
        &not_allowed(&packages::all(), "domain", &allowed),
        "`domain` is pure: do this work in `wire`, `engine`, `store` or `app` and pass plain values in",
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
    assert_none(
        &not_allowed(&packages::all(), "engine", &allowed),
        "`engine` stands between strangers' code and the host: think twice, then name it here",
    );
}

#[test]
fn who_serves_tills_is_not_linked_with_clients() {
    // Not rustls: the listener and the connection to the database speak it.
    let clients = ["hyper-rustls", "oci-client", "reqwest", "ureq"];
    let mut found = Vec::new();
    for package in ["http-api", "app"] {
        let answer = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            // Messages go out by way of `senders`, which is there for that.
            .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--locked"])
            .args(["--prune", "senders"])
            .current_dir(workspace::root())
            .output()
            .expect("running cargo");
        assert!(answer.status.success(), "cargo tree: {}", String::from_utf8_lossy(&answer.stderr));
        let tree = String::from_utf8_lossy(&answer.stdout);
        found.extend(linked(&tree, &clients).into_iter().map(|client| format!("{package} ─► … ─► {client}")));
    }
    assert_none(&found, "clients of other servers belong to `senders`, `toolkit` and `cli`");
}

#[test]
fn engine_and_store_never_meet() {
    let packages = packages::all();
    let mut found = Vec::new();
    for (from, to) in [("engine", "store"), ("store", "engine"), ("domain", "engine"), ("domain", "store")] {
        if reaches(&packages, from, to) {
            found.push(format!("{from} ─► … ─► {to}"));
        }
    }
    assert_none(&found, "let `app` pass values of `domain` between them");
}

#[test]
fn mechanics_do_not_know_the_host() {
    let packages = packages::all();
    let hosts: Vec<&Package> =
        packages.iter().filter(|package| package.folder.starts_with("host/")).collect();
    assert!(hosts.len() >= 8, "host/ holds eight crates, but cargo sees {}", hosts.len());
    let mut found = Vec::new();
    for package in packages.iter().filter(|package| package.folder.starts_with("mechanics/")) {
        let wrong = needs(package).filter(|needed| hosts.iter().any(|host| host.name == **needed));
        found.extend(wrong.map(|needed| told(package, needed)));
    }
    assert_none(&found, "the only contract between a mechanic and the host is `wit/`");
}

#[test]
fn nothing_depends_on_what_is_at_the_top() {
    let packages = packages::all();
    assert_none(
        &strangers(&packages, "tests", &[]),
        "move what is shared out of `tests` into the crate it belongs to",
    );
    assert_none(
        &strangers(&packages, "cli", &["tests", "xtask"]),
        "`cli` is the top: move what is shared down into `app` or `toolkit`",
    );
}

#[test]
fn what_ships_needs_no_test_server() {
    let packages = packages::all();
    let ships = packages.iter().filter(|package| !matches!(package.name.as_str(), "tests" | "xtask"));
    let found: Vec<String> = ships
        .filter(|package| package.needs.union(&package.build_needs).any(|name| name == "test-postgres"))
        .map(|package| told(package, "test-postgres"))
        .collect();
    assert_none(&found, "`test-postgres` serves tests: make it a development dependency");
}

#[test]
fn the_test_server_needs_two_small_libraries_only() {
    assert_none(
        &not_allowed(&packages::all(), "test-postgres", &["anyhow", "tempfile"]),
        "it is built before every check: keep it small, and free of the workspace",
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut found = Vec::new();
    for package in packages::all() {
        let manifest = workspace::root().join(&package.folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherits != Some(&toml::Value::Boolean(true)) {
            found.push(package.folder);
        }
    }
    assert_none(&found, "add `[lints] workspace = true` to the manifest");
}

#[test]
fn the_rules_see_what_they_look_for() {
    let packages = [
        Package::made_up("app", "host/app", &["axum", "store", "serde"]),
        Package::made_up("http-api", "host/http", &["axum", "axum-extra", "app"]),
        Package::made_up("store", "host/store", &["sqlx-core"]),
    ];
    assert_eq!(strangers(&packages, "axum", &["http-api"]), ["host/app ─► axum"]);
    assert_eq!(strangers(&packages, "sqlx", &["app"]), ["host/store ─► sqlx-core"]);
    assert_eq!(not_allowed(&packages, "app", &["axum", "store"]), ["host/app ─► serde"]);
    assert!(reaches(&packages, "http-api", "store") && !reaches(&packages, "store", "http-api"));
    let tree = "http-api v0.1.0 (host/http)\nureq-proto v1.0.0\nreqwest v0.13.0\n";
    assert_eq!(linked(tree, &["reqwest", "ureq"]), ["reqwest"]);
}
