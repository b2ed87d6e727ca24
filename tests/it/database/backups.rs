//! Backups while tills sell, and restoring them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;
use tests::postgres::fresh_database;

use super::{command_at, done, file_of, names, refused, text, url_of};
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(what_was_confirmed_before_a_backup_is_in_it, a_backup_takes_the_place_of_data_when_asked);

const TILLS: usize = 3;
/// Confirmed purchases between two backups.
const BETWEEN: usize = 10;

/// Tells the tills to stop, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sells until it is told to stop, and notes what was confirmed.
fn sell(shop: &Shop, till: usize, confirmed: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let id = format!("p-{till}-{number}");
        shop.post(&path(&id, "calculate"), &id, &reference().to_string()).accepted();
        shop.post(&path(&id, "confirm"), &format!("{id} confirm"), "").accepted();
        confirmed.lock().expect("the list").push(id);
    }
}

/// The address of a new place for a database of the same kind.
fn elsewhere(database: Database, folder: &Path) -> String {
    match database {
        Database::Sqlite => url_of(&folder.join("restored.sqlite")),
        Database::Postgres => fresh_database(),
    }
}

fn what_was_confirmed_before_a_backup_is_in_it(database: Database) {
    let shop = Shop::open(database);
    let folder = TempDir::new().expect("a folder");
    let (confirmed, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let count = || confirmed.lock().expect("the list").len();
    let mut backups: Vec<(PathBuf, Vec<String>)> = Vec::new();
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        for till in 0..TILLS {
            let (shop, confirmed, stop) = (&shop, &confirmed, &stop);
            scope.spawn(move || sell(shop, till, confirmed, stop));
        }
        for number in 0..2 {
            let enough = count() + BETWEEN;
            until("tills sell", || count() >= enough);
            let before = confirmed.lock().expect("the list").clone();
            let file = folder.path().join(format!("backup-{number}.sqlite"));
            let told = done(command_at(&shop, shop.database_url(), &["backup", text(&file)]));
            assert!(told.contains("schema 2026") && told.contains("audit log up to"), "{told}");
            backups.push((file, before));
        }
        let enough = count() + BETWEEN;
        until("tills sell on", || count() >= enough);
    });
    assert_eq!(names(folder.path()), ["backup-0.sqlite", "backup-1.sqlite"], "each is one whole file");
    let again = refused(command_at(&shop, shop.database_url(), &["backup", text(&backups[0].0)]));
    assert!(again.contains("is there already") && again.contains("--overwrite"), "{again}");
    done(command_at(&shop, shop.database_url(), &["backup", text(&backups[0].0), "--overwrite"]));

    let (file, before) = backups.pop().expect("two backups");
    let url = elsewhere(database, folder.path());
    done(command_at(&shop, &url, &["restore", text(&file), "--check"]));
    let told = done(command_at(&shop, &url, &["restore", text(&file)]));
    assert!(told.contains("the ledger adds up") && told.contains("restored: "), "{told}");
    let restored = shop.join(&[("DATABASE__URL", url.as_str())]);
    for id in &before {
        assert_eq!(restored.get(&format!("/v1/purchases/{id}")).accepted()["state"], "confirmed", "{id}");
    }
    restored.verify();
    done(command_at(&shop, &url, &["audit", "verify"]));
}

/// Files that are no backup, each with words of the refusal.
fn damaged(backup: &Path, folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let whole = fs::read(backup).expect("a file");
    let mut changed = whole.clone();
    // Pages in the middle, so that the header is right.
    let middle = whole.len() / 2;
    changed[middle..middle + 20_000].fill(0xa5);
    let files: [(&str, Vec<u8>, &str); 5] = [
        ("truncated", whole[..middle].to_vec(), "cannot be restored"),
        ("changed", changed, "cannot be restored"),
        ("header", whole[..100].to_vec(), "cannot be restored"),
        ("empty", Vec::new(), "no tables of a host"),
        ("other", b"this is no database, and long enough to be looked at".repeat(20), "not a database"),
    ];
    let write = |(name, bytes, told): (&str, Vec<u8>, &'static str)| {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("written");
        (file, told)
    };
    files.into_iter().map(write).collect()
}

fn a_backup_takes_the_place_of_data_when_asked(database: Database) {
    let shop = Shop::open(database);
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("backup.sqlite");
    let restore = |file: &Path, more: &[&str]| {
        command_at(&shop, shop.database_url(), &[&["restore", text(file)], more].concat())
    };
    let sell = |id: &str| {
        shop.post(&path(id, "calculate"), id, &reference().to_string()).accepted();
        shop.post(&path(id, "confirm"), &format!("{id} confirm"), "").accepted();
    };
    sell("before");
    done(command_at(&shop, shop.database_url(), &["backup", text(&backup)]));
    sell("after");

    let served = refused(restore(&backup, &["--overwrite"]));
    assert!(served.contains("host") && served.contains("stop"), "{served}");
    shop.signal("TERM");
    shop.wait();
    for (file, told) in damaged(&backup, folder.path()) {
        let said = refused(restore(&file, &["--overwrite"]));
        assert!(said.contains(told), "{}: {told} is not in: {said}", file.display());
    }
    let said = refused(restore(&backup, &[]));
    assert!(said.contains("has data already") && said.contains("--overwrite"), "{said}");
    shop.start();
    assert_eq!(shop.get("/v1/purchases/after").accepted()["state"], "confirmed", "nothing was changed");
    shop.signal("TERM");
    shop.wait();

    let told = done(restore(&backup, &["--overwrite"]));
    if database == Database::Sqlite {
        let file = file_of(shop.database_url());
        let kept: Vec<String> = names(file.parent().expect("a folder"))
            .into_iter()
            .filter(|name| name.contains(".restoring") || name.contains(".replaced-"))
            .collect();
        let [kept] = &kept[..] else { panic!("{kept:?}") };
        assert!(told.contains(kept.as_str()), "{kept} is not in: {told}");
        let kept = url_of(&file.with_file_name(kept));
        done(command_at(&shop, &kept, &["ledger", "verify"]));
    }
    shop.start();
    assert_eq!(shop.get("/v1/purchases/before").accepted()["state"], "confirmed");
    assert_eq!(shop.get("/v1/purchases/after").refused().0, 404, "it was sold after the backup");
    sell("later");
    shop.verify();
    assert!(shop.command(&["audit", "verify"]).status.success());

    // Books that do not add up, and a log that was changed, are told before they are in place.
    shop.sql("UPDATE audit_log SET actor = 'nobody' WHERE number = 4");
    shop.sql("UPDATE point_lots SET remaining = remaining + 1");
    let bad = folder.path().join("bad.sqlite");
    done(command_at(&shop, shop.database_url(), &["backup", text(&bad)]));
    let url = elsewhere(database, folder.path());
    let said = refused(command_at(&shop, &url, &["restore", text(&bad)]));
    for told in ["number 4 was changed", "does not add up", "--accept-problems", "nothing was changed"] {
        assert!(said.contains(told), "{told} is not in: {said}");
    }
    done(command_at(&shop, &url, &["restore", text(&bad), "--accept-problems"]));
    refused(command_at(&shop, &url, &["ledger", "verify"]));
}
