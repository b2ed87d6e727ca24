//! The WIT contract: documented, and frozen once published.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use tests::workspace;
use wit_parser::{Docs, Resolve, TypeDefKind, WorldItem};

use super::assert_none;

/// Published versions with the digest of their folder. A version is added here when it is
/// published, and its line is never changed after that.
const PUBLISHED: &[(&str, &str)] = &[
    ("v0.1.0", "1e5ab62677639bf3a2c9f44f2d232c6cd2bdceb100a74c305408ea49ebd47491"),
    ("v1.0.0", "c4d008b0372bc12006f69d329c8f826fa1f8a3bf4c3f7515ea7668c6a0e9a55e"),
    ("v1.1.0", "bb516a5abd6f148daecb7d1e2ce68ba2d6cefd602c39bd9bad4908f488d0555b"),
];

/// The version that may still change, if there is one.
const IN_DEVELOPMENT: Option<&str> = None;

fn versions() -> BTreeSet<String> {
    fs::read_dir(workspace::root().join("wit"))
        .expect("the folder wit/")
        .map(|entry| entry.expect("an entry of wit/"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// One digest over the names and contents of a folder's files.
fn digest(folder: &Path) -> String {
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file).expect("a readable file");
        hash.update(file.file_name().expect("a name").as_encoded_bytes());
        hash.update([0]);
        hash.update(u64::try_from(bytes.len()).expect("a length").to_le_bytes());
        hash.update(&bytes);
    }
    hex::encode(hash.finalize())
}

#[test]
fn published_versions_never_change() {
    let mut found = Vec::new();
    for (version, published) in PUBLISHED {
        let now = digest(&workspace::root().join("wit").join(version));
        if now != *published {
            found.push(format!("wit/{version}: was {published}, is {now}"));
        }
    }
    assert_none(
        &found,
        "a published contract is never edited: copy it to the next version, see wit/README.md",
    );
}

#[test]
fn every_version_is_published_or_in_development() {
    let known: BTreeSet<String> =
        PUBLISHED.iter().map(|(version, _)| *version).chain(IN_DEVELOPMENT).map(str::to_owned).collect();
    assert_eq!(versions(), known, "record the version in PUBLISHED with its digest, or as IN_DEVELOPMENT");
}

#[test]
fn the_digest_sees_names_and_contents() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.wit");
    let mut seen = BTreeSet::new();
    fs::write(&file, "one").expect("writing");
    seen.insert(digest(folder.path()));
    fs::write(&file, "two").expect("writing");
    seen.insert(digest(folder.path()));
    fs::rename(&file, folder.path().join("b.wit")).expect("renaming");
    seen.insert(digest(folder.path()));
    assert_eq!(seen.len(), 3);
}

#[test]
fn every_item_is_documented() {
    for version in versions() {
        let mut resolve = Resolve::default();
        let (package, _) =
            resolve.push_dir(workspace::root().join("wit").join(&version)).expect("a WIT package");
        let mut found = Vec::new();
        let mut check = |name: &str, docs: &Docs| {
            if docs.is_empty() {
                found.push(name.to_owned());
            }
        };
        let package = &resolve.packages[package];
        check(&package.name.to_string(), &package.docs);
        for (name, world) in &package.worlds {
            check(name, &resolve.worlds[*world].docs);
            for item in resolve.worlds[*world].exports.values().chain(resolve.worlds[*world].imports.values())
            {
                if let WorldItem::Function(function) = item {
                    check(&function.name, &function.docs);
                }
            }
        }
        for interface in package.interfaces.values().map(|id| &resolve.interfaces[*id]) {
            check(interface.name.as_deref().unwrap_or("an interface"), &interface.docs);
            for function in interface.functions.values() {
                check(&function.name, &function.docs);
            }
            for (name, definition) in &interface.types {
                let definition = &resolve.types[*definition];
                check(name, &definition.docs);
                assert!(
                    !matches!(definition.kind, TypeDefKind::Flags(_) | TypeDefKind::Resource),
                    "wit/{version}: {name}: no flags and no resources, they cost every guest language"
                );
            }
        }
        assert_none(
            &found,
            &format!("wit/{version}: write what it means, in what unit, above each of these"),
        );
    }
}

#[test]
fn mechanics_import_nothing() {
    for version in versions() {
        let mut resolve = Resolve::default();
        resolve.push_dir(workspace::root().join("wit").join(&version)).expect("a WIT package");
        for (_, world) in &resolve.worlds {
            assert!(world.imports.is_empty(), "wit/{version}: a mechanic gets everything in the call");
        }
    }
}
