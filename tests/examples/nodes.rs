//! How soon a version is live, and taken back, on three hosts with one PostgreSQL database.
//!
//! `cargo run --release -p tests --example nodes`

fn main() -> anyhow::Result<()> {
    tests::nodes::measure()
}
