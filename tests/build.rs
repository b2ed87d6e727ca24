//! Builds the guests that only tests use: every folder of `guests/`.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use componentize::Build;

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let root = here.parent().ok_or("the crate is not in a workspace")?;

    let mut names = Vec::new();
    for entry in fs::read_dir(here.join("guests"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    rerun_for(root);

    let mut table = String::from("&[\n");
    for guest in Build::new(root, componentize::target_dir_beside(&out_dir)).packages(names).run()? {
        let file = format!("{}.wasm", guest.name);
        fs::write(out_dir.join(&file), &guest.bytes)?;
        writeln!(table, "    ({:?}, include_bytes!({file:?})),", guest.name)?;
    }
    table.push_str("]\n");
    fs::write(out_dir.join("guests.rs"), table)?;
    Ok(())
}

fn rerun_for(root: &std::path::Path) {
    for path in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "wit", "mechanics/sdk", "tests/guests"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}
