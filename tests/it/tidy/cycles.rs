//! No circles between the files of one crate, so that each can be read, tested and moved without the
//! others. `cycles/imports.rs` says which imports count.

mod circles;
mod imports;
mod modules;
mod references;
mod trees;

use std::fs;

use tests::workspace;

use super::{assert_none, packages};

/// The circles in the crate that begins in the file `root`.
fn circles_of(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let modules = modules::modules(root, read)?;
    Ok(circles::circles(&imports::imports(&modules)))
}

#[test]
fn files_of_a_crate_import_each_other_one_way() {
    let root = workspace::root();
    let mut found = Vec::new();
    for start in packages::crate_roots() {
        let circles = circles_of(&start, &|name| fs::read_to_string(root.join(name)).ok());
        found.extend(circles.unwrap_or_else(|error| panic!("{error}")));
    }
    assert_none(
        &found,
        "move what both sides need into a file of its own below them, or pass it in as a value",
    );
}
