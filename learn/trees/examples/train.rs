//! Trains on made-up rows and says what was trained: for `time -v`.
//!
//! `cargo run --release -p trees --example train -- ROWS FEATURES TREES DEPTH THREADS`

use std::io::Write as _;

use trees::{Bins, Booster, Feature, Options, Trainer as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let mut next = |default| arguments.next().unwrap_or(Ok(default));
    let (rows, features) = (next(50_000)?, next(50)?);
    let options = Options { trees: next(100)?, depth: next(6)?, threads: next(1)?, ..Options::default() };
    let columns: Vec<Vec<u8>> =
        (0..features).map(|feature| (0..rows).map(|row| bin(feature, row)).collect()).collect();
    let target = (0..rows).map(|row| target(&columns, row)).collect::<Vec<_>>();
    let feature = |number| Feature { name: format!("f{number}"), cuts: (1..255).collect() };
    let bins = Bins::new((0..features).map(feature).collect(), columns)?;
    let all: Vec<u32> = (0..rows).collect();
    let start = std::time::Instant::now();
    let bytes = Booster(options).fit(&bins, &all, &target, None)?.to_bytes();
    let mut out = std::io::stdout();
    let ending: Vec<String> = bytes.iter().skip(12).take(4).map(|byte| format!("{byte:02x}")).collect();
    writeln!(out, "{} bytes, checksum {}, {:?}", bytes.len(), ending.concat(), start.elapsed())?;
    Ok(())
}

/// SplitMix64 of a position.
fn draw(position: u64) -> u64 {
    let mut z = position.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Bins 1 to 255, all about equally often.
fn bin(feature: u32, row: u32) -> u8 {
    u8::try_from(draw((u64::from(feature) << 32) | u64::from(row)) % 255)
        .unwrap_or_default()
        .saturating_add(1)
}

/// A sum over the first ten features, one interaction and noise, in millionths.
fn target(columns: &[Vec<u8>], row: u32) -> i32 {
    let at = |feature: usize| {
        let row = usize::try_from(row).unwrap_or_default();
        columns.get(feature).and_then(|column| column.get(row)).map_or(0, |bin| i32::from(*bin))
    };
    let sum: i32 = (0..10).map(|feature| at(feature) * 1_000).sum();
    let both = if at(0) > 128 && at(1) > 128 { 300_000 } else { 0 };
    let noise = i32::try_from(draw(u64::from(row) | (1 << 60)) % 1_000_000).unwrap_or_default();
    sum + both + noise
}
