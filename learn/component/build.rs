//! Builds `mechanics/model`, the mechanic without a model, as the host's own mechanics are built: with the
//! workspace that the contract and its SDK live in. So whoever has this program needs no compiler.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use componentize::Build;

/// The package of the mechanic.
const MECHANIC: &str = "model";

/// What the mechanic is compiled from.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "wit",
    "mechanics/sdk",
    "mechanics/model",
    "learn/forest/src",
    "learn/till/src",
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let root = here.ancestors().nth(2).ok_or("the crate is not in learn/ of the host's repository")?;
    for path in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let built = Build::new(root, componentize::target_dir_beside(&out_dir)).packages([MECHANIC]).run()?;
    let component = built.first().ok_or("cargo built nothing")?;
    fs::write(out_dir.join("template.wasm"), &component.bytes)?;
    Ok(())
}
