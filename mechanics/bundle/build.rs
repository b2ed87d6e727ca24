//! Builds the mechanics beside this crate: every folder whose package uses the guest SDK, unless its
//! `[package.metadata.mechanic]` says `built-in = false`.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use componentize::{Build, Component};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let mechanics = here.parent().ok_or("the crate is not beside the mechanics")?;
    let root = mechanics.parent().ok_or("the crate is not in a workspace")?;

    let names = mechanic_names(mechanics)?;
    rerun_for(root);
    let components = Build::new(root, componentize::target_dir_beside(&out_dir)).packages(names).run()?;
    fs::write(out_dir.join("builtins.rs"), table(&out_dir, &components)?)?;
    Ok(())
}

/// In alphabetical order; the folder is named as the package.
fn mechanic_names(mechanics: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(mechanics)? {
        let manifest = entry?.path().join("Cargo.toml");
        let is_built_in = fs::read_to_string(&manifest).is_ok_and(|text| {
            text.lines().any(|line| line.starts_with("mechanic-sdk"))
                && !text.lines().any(|line| line == "built-in = false")
        });
        if let Some(folder) = manifest.parent().and_then(Path::file_name).filter(|_| is_built_in) {
            names.push(folder.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn rerun_for(root: &Path) {
    for path in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "wit", "mechanics"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}

/// Copies the components to where only this build changes them, and writes the table of them.
fn table(out_dir: &Path, components: &[Component]) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("&[\n");
    for Component { name, bytes, .. } in components {
        let file = format!("{name}.wasm");
        fs::write(out_dir.join(&file), bytes)?;
        writeln!(table, "    Builtin {{ name: {name:?}, wasm: include_bytes!({file:?}) }},")?;
    }
    table.push_str("]\n");
    Ok(table)
}
