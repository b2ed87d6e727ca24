//! Components in memory and on the disk: only those that are needed, each compiled once.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tests::guests::product_version;

use super::version_of;
use crate::CODE_CACHE;
use crate::retention::retention;
use crate::shop::{Database, Shop, on_both_databases, path};
use crate::waiting::until;

on_both_databases!(a_component_that_nothing_needs_is_removed);

const VERSIONS: [&str; 5] = ["1.100.201", "1.100.202", "1.100.203", "1.100.204", "1.100.205"];

fn digest(version: &str) -> String {
    hex::encode(Sha256::digest(product_version(version).expect("a component")))
}

/// A folder of compiled code that has the built-in mechanics, unless no test has run yet, and none of the versions.
fn code_folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let inside = folder.path().join("code");
    fs::DirBuilder::new().mode(0o700).create(&inside).expect("a folder");
    let versions = VERSIONS.map(digest);
    for entry in fs::read_dir(CODE_CACHE).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_needed = name == "node.key" || name.contains('-') && !name.starts_with('.');
        if is_needed && !versions.iter().any(|digest| name.ends_with(digest)) {
            // Another test may be writing it.
            let _ = fs::copy(entry.path(), inside.join(name));
        }
    }
    folder
}

fn open(database: Database, code: &Path, settings: &[(&str, &str)]) -> Shop {
    let cache = code.join("code").to_str().expect("text").to_owned();
    let uploads = code.join("uploads").to_str().expect("text").to_owned();
    let mut all = vec![("MECHANICS__CACHE", cache.as_str()), ("IMPORTS__FOLDER", uploads.as_str())];
    all.extend(settings);
    Shop::open_with(database, &all)
}

fn metric(shop: &Shop, name: &str) -> i64 {
    let text = shop.call(("GET", "/metrics"), "", &[], "").text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("offer_host_{name} ")));
    line.expect("the metric").parse().expect("a number")
}

/// Uploads the versions and rolls them out one after another, with a sale by each; returns the sales.
fn flip(shop: &Shop) -> Vec<String> {
    let sell = |version: &&str| {
        shop.upload_product(version);
        shop.roll_out(&json!({"version": version}));
        let id = format!("p-{version}");
        assert_eq!(version_of(&shop.calculated(&id)), **version);
        shop.post(&path(&id, "confirm"), &id, "").accepted();
        id
    };
    VERSIONS.iter().map(sell).collect()
}

fn replay(shop: &Shop, purchase: &str) -> crate::shop::Answer {
    shop.as_integration("POST", &path(purchase, "replay"), "")
}

#[test]
fn only_live_components_stay_in_memory_and_none_is_compiled_twice() {
    let code = code_folder();
    let shop = open(Database::Sqlite, code.path(), &[]);
    let loaded = || metric(&shop, "mechanics_loaded");
    let compiled = || metric(&shop, "mechanics_compiled_total");
    let (loaded_before, compiled_before) = (loaded(), compiled());
    let sales = flip(&shop);
    // Instead of the built-in version, the last one and the one before, which offers may fall back on.
    until("the versions before are let go", || loaded() == loaded_before + 1);
    assert_eq!(compiled() - compiled_before, 5, "each once");
    shop.upload_product(VERSIONS[0]);
    let first = replay(&shop, &sales[0]).accepted();
    assert_eq!((&first["identical"], version_of(&first)), (&json!(true), VERSIONS[0].to_owned()));
    assert_eq!(compiled() - compiled_before, 5, "the code of the first one was kept on the disk");
}

fn states(shop: &Shop) -> Vec<(String, String)> {
    let versions = shop.product()["versions"].as_array().expect("versions").clone();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut states: Vec<_> =
        versions.iter().map(|version| (text(&version["version"]), text(&version["state"]))).collect();
    states.sort();
    states
}

fn a_component_that_nothing_needs_is_removed(database: Database) {
    let code = code_folder();
    let shop = open(database, code.path(), &[("RETENTION__MECHANIC_VERSIONS", "0")]);
    let loaded = || metric(&shop, "mechanics_loaded");
    let loaded_before = loaded();
    let sales = flip(&shop);
    until("the versions before are let go", || loaded() == loaded_before + 1);
    assert_eq!(retention(&shop, "show"), [], "sales by all of them can be replayed");

    shop.sql("UPDATE revisions SET created_at = 1");
    for sale in &sales[..4] {
        shop.sql(&format!("UPDATE purchases SET updated_at = 1 WHERE id = '{sale}'"));
    }
    let removed = retention(&shop, "run");
    let count = |what: &str| removed.iter().find(|(kind, _)| kind == what).map(|(_, count)| *count);
    assert_eq!(count("components"), Some(4), "three versions and the built-in one: {removed:?}");
    assert_eq!(count("code_files"), Some(4), "{removed:?}");
    let state = |version: &str| {
        let states = states(&shop);
        states.iter().find(|(known, _)| known == version).map(|(_, state)| state.clone())
    };
    assert_eq!(
        VERSIONS.map(|version| state(version).expect("it is known")),
        ["removed", "removed", "removed", "retired", "live"]
    );
    assert_eq!(replay(&shop, &sales[4]).accepted()["identical"], true);
    assert_eq!(replay(&shop, &sales[0]).refused(), (410, "purchase_removed".to_owned()));

    let first = json!({"version": VERSIONS[0]}).to_string();
    let roll_out = |body: &str| shop.as_admin("PUT", "/v1/mechanics/product/rollout", body);
    let refused = roll_out(&first);
    assert_eq!(refused.refused(), (409, "mechanic_not_loaded".to_owned()));
    assert!(refused.text.contains("upload its file again"), "{}", refused.text);
    shop.upload_product(VERSIONS[0]);
    assert_eq!(state(VERSIONS[0]).as_deref(), Some("retired"));
    roll_out(&first).accepted();
    assert_eq!(version_of(&shop.calculated("p-again")), VERSIONS[0]);

    shop.kill();
    shop.start();
    assert_eq!(state("1.0.0").as_deref(), Some("retired"), "the program brings it again");
    shop.verify();
}
