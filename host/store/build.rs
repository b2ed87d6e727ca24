//! Embeds new migrations as soon as they are added.

#![expect(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
