//! Embeds new migrations as soon as they are added.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
