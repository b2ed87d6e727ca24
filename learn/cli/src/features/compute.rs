//! `features compute`: features of all members.

use std::path::PathBuf;

use ::features::{BUCKETS, Export, FeaturesError, Limits, Tiles};

use super::{DefinitionsFile, day, percent, refused};
use crate::output::say;
use crate::progress::Progress;

/// Work the features of all members out, and print their digest.
///
/// Example:
///   offer-host-learn features compute --tiles tiles --as-of 2026-03-01 --out features.parquet
///
/// No setting of partitions, buckets or memory changes a value or the digest.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: DefinitionsFile,
    /// Folder of tiles.
    #[arg(long)]
    tiles: PathBuf,
    /// The day that features are as of; receipts of this day and later ones do not count.
    #[arg(long, value_name = "DATE")]
    as_of: String,
    /// Parquet file to write: the number of each member, and a column for each feature.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The most threads.
    #[arg(long, default_value_t = Limits::default().partitions)]
    partitions: usize,
    /// Of 2,048 buckets of members, how many a query works out at most.
    #[arg(long, default_value_t = Limits::default().buckets_per_query)]
    buckets: u32,
    /// Memory for the sums of a query, in MiB. The whole program needs about three times as much.
    #[arg(long, default_value_t = Limits::default().memory_bytes >> 20)]
    memory: u64,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let as_of = day(&arguments.as_of)?;
    let definitions = arguments.file.read()?;
    let limits = Limits {
        partitions: arguments.partitions,
        buckets_per_query: arguments.buckets,
        memory_bytes: arguments.memory.saturating_mul(1 << 20),
    };
    let tiles = Tiles::open(&arguments.tiles).map_err(refused)?;
    let mut out = match &arguments.out {
        Some(path) => Some(Export::create(path, &definitions).map_err(refused)?),
        None => None,
    };
    let bar = Progress::new();
    let digest = ::features::compute::<FeaturesError>(
        &tiles,
        &definitions,
        as_of,
        &limits,
        &mut |progress| {
            let what = format!("{} members, {} %", progress.members, percent(progress.buckets));
            bar.step(&what, u64::from(progress.buckets), u64::from(BUCKETS));
        },
        &mut |batch| out.as_mut().map_or(Ok(()), |out| out.add(&batch)),
    );
    drop(bar);
    let digest = digest.map_err(refused)?;
    if let Some(out) = out {
        out.finish().map_err(refused)?;
    }
    say(&format!(
        "{} members with {} features each: {}",
        digest.members,
        definitions.features().len(),
        digest.sha256
    ))
}
