//! Files of a host are its owner's alone, and its write-ahead log does not stay large.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::shop::{Database, Shop, path, reference};
use crate::waiting::until;

/// The size that the log shrinks to.
const LOG_BYTES: u64 = 262_144;
/// Members whose import makes the log larger than that.
const MEMBERS: usize = 2_000;

/// All files and folders below a folder, and the folder itself is not among them.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

/// Those that others than their owner may read, write or look into.
fn exposed(folder: &Path) -> Vec<PathBuf> {
    let is_exposed =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
    below(folder).into_iter().filter(is_exposed).collect()
}

#[test]
fn nobody_else_reads_them_and_the_log_shrinks() {
    let mut shop = Shop::open_with(Database::Sqlite, &[("DATABASE__LOG_BYTES", &LOG_BYTES.to_string())]);
    let file = PathBuf::from(shop.database_url().strip_prefix("sqlite://").expect("a file"));
    let folder = file.parent().expect("a folder").to_owned();
    let log = file.with_extension("sqlite-wal");
    let size = || fs::metadata(&log).map_or(0, |found| found.len());

    let rows: Vec<String> =
        (0..MEMBERS).map(|n| json!({"id": format!("many-{n}"), "points": "1.00"}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    until("the log shrinks", || size() <= LOG_BYTES);

    assert!(shop.command(&["replay", "p", "--export", "bundle.json"]).status.success());
    for name in
        ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "store.sqlite.imports", "bundle.json"]
    {
        assert!(folder.join(name).exists(), "{name}");
    }
    assert_eq!(exposed(&folder), Vec::<PathBuf>::new());

    // As an earlier release left them, in a folder that everybody may look into.
    shop.kill();
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    open(&folder, 0o755);
    open(&file, 0o644);
    open(&folder.join("store.sqlite.imports"), 0o755);
    shop.set("LOG__FORMAT", "text");
    // It does not start, so that what it says can be read to the end.
    shop.set("CURRENCY__CODE", "EUR");
    let said = shop.command(&["serve"]);
    let said = String::from_utf8_lossy(&said.stderr);
    for told in ["chmod 600", "store.sqlite", "chmod -R go=", "store.sqlite.imports"] {
        assert!(said.contains(told), "{told} is not in: {said}");
    }
}
