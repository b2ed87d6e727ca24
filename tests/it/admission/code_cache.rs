//! Compiled code on disk: it saves time, and nothing that was changed is ever loaded.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use engine::{Class, CodeCache, CodeOrigin, Compiler, FileLimits, inspect};
use tempfile::TempDir;
use tests::guests::raw::Raw;

use super::{RUNTIME, product};

/// Opens the cache as a fresh start would, and compiles with it.
fn compile(folder: &Path, file: &[u8]) -> (CodeOrigin, Vec<String>) {
    let compiler = Compiler::in_process().with_cache(CodeCache::open(folder, &RUNTIME).unwrap());
    let inspected = inspect(file, &FileLimits::of(Class::Fast)).unwrap();
    let compiled = compiler.compile(&RUNTIME, file, inspected).unwrap();
    let (origin, notes) = (compiled.origin(), compiled.notes().to_vec());
    compiled.describe(&engine::Limits::default().call).expect("sound code");
    (origin, notes)
}

fn empty() -> (TempDir, PathBuf) {
    let temporary = TempDir::new().unwrap();
    let folder = temporary.path().join("code");
    (temporary, folder)
}

/// The one file of code in the folder.
fn code(folder: &Path) -> PathBuf {
    let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let code: Vec<&PathBuf> = paths.iter().filter(|path| !path.ends_with("node.key")).collect();
    assert_eq!((paths.len(), code.len()), (2, 1), "{paths:?}");
    code[0].clone()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// As if it had been written so many seconds ago.
fn set_age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
}

/// After a change to the kept code it is made again, and found again.
#[track_caller]
fn assert_rebuilt(folder: &Path, says: &str) {
    let (origin, notes) = compile(folder, product());
    assert_eq!((origin, notes.len()), (CodeOrigin::Compiled, 1), "{notes:?}");
    assert!(notes[0].contains(says), "`{}` does not say `{says}`", notes[0]);
    assert_eq!(compile(folder, product()), (CodeOrigin::Cache, Vec::new()));
}

#[test]
fn code_is_compiled_once() {
    let (_temporary, folder) = empty();
    assert_eq!(compile(&folder, product()), (CodeOrigin::Compiled, Vec::new()));
    assert_eq!(compile(&folder, product()), (CodeOrigin::Cache, Vec::new()));
    let other = Raw::default().build().unwrap();
    assert_eq!(compile(&folder, &other), (CodeOrigin::Compiled, Vec::new()), "each file has its own");
    assert_eq!((mode(&folder), mode(&folder.join("node.key"))), (0o700, 0o600));
}

#[test]
fn changed_code_is_made_again() {
    let (_temporary, folder) = empty();
    compile(&folder, product());
    let path = code(&folder);
    let whole = fs::read(&path).unwrap();
    for place in [0, 31, 32, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        fs::write(&path, flipped).unwrap();
        assert_rebuilt(&folder, "its MAC is wrong");
    }
    for (length, says) in [(0, "cut short"), (31, "cut short"), (whole.len() - 1, "MAC is wrong")] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_rebuilt(&folder, says);
    }
}

#[test]
fn code_of_another_file_or_another_key_is_not_taken() {
    let (_temporary, folder) = empty();
    compile(&folder, &Raw::default().build().unwrap());
    let of_raw = code(&folder);
    compile(&folder, product());
    let of_product = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| *path != of_raw && !path.ends_with("node.key"));
    let of_product = of_product.unwrap();
    fs::copy(&of_raw, &of_product).unwrap();
    assert_rebuilt(&folder, "its MAC is wrong");

    let (_temporary, elsewhere) = empty();
    compile(&elsewhere, product());
    fs::copy(code(&elsewhere), &of_product).unwrap();
    assert_rebuilt(&folder, "its MAC is wrong");

    fs::set_permissions(folder.join("node.key"), Permissions::from_mode(0o644)).unwrap();
    assert_rebuilt(&folder, "its MAC is wrong");
    assert_eq!(mode(&folder.join("node.key")), 0o600, "a key that others could read is replaced");
    fs::write(folder.join("node.key"), b"short").unwrap();
    assert_rebuilt(&folder, "its MAC is wrong");
}

#[test]
fn what_other_builds_left_is_removed_and_nothing_else() {
    let (_temporary, folder) = empty();
    compile(&folder, product());
    let kept = code(&folder);
    let of_another_build = folder.join(format!("{}-{}", "0".repeat(16), "a".repeat(64)));
    let (unfinished, foreign) = (folder.join(".unfinished-x"), folder.join("README"));
    for path in [&of_another_build, &unfinished, &foreign] {
        fs::write(path, b"").unwrap();
    }
    assert_eq!(compile(&folder, product()).0, CodeOrigin::Cache);
    assert!(kept.exists() && foreign.exists() && !of_another_build.exists());
    assert!(unfinished.exists(), "somebody may be writing it");
    set_age(&unfinished, 3601);
    compile(&folder, product());
    assert!(!unfinished.exists(), "nobody is");
}

#[test]
fn what_was_compiled_longest_ago_makes_room() {
    let (_temporary, folder) = empty();
    let names = ["one", "two", "three"];
    let files = names.map(|name| Raw { name, ..Raw::default() }.build().unwrap());
    compile(&folder, &files[0]);
    set_age(&code(&folder), 60);
    let size = fs::metadata(code(&folder)).unwrap().len();
    let cache = CodeCache::open(&folder, &RUNTIME).unwrap().with_room(size * 5 / 2);
    let compiler = Compiler::in_process().with_cache(cache);
    for file in &files[1..] {
        let inspected = inspect(file, &FileLimits::of(Class::Fast)).unwrap();
        assert!(compiler.compile(&RUNTIME, file, inspected).unwrap().notes().is_empty());
    }
    let origins = [1, 2, 0].map(|file| compile(&folder, &files[file]).0);
    assert_eq!(origins, [CodeOrigin::Cache, CodeOrigin::Cache, CodeOrigin::Compiled]);
}

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let (_temporary, folder) = empty();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let error = CodeCache::open(&folder, &RUNTIME).unwrap_err();
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn a_cache_that_cannot_be_written_costs_time_only() {
    let (_temporary, folder) = empty();
    let cache = CodeCache::open(&folder, &RUNTIME).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let inspected = inspect(product(), &FileLimits::of(Class::Fast)).unwrap();
    let compiled = Compiler::in_process().with_cache(cache).compile(&RUNTIME, product(), inspected).unwrap();
    assert!(compiled.notes()[0].contains("cannot be kept"), "{:?}", compiled.notes());
}
