//! Receipts of `completejourney`, read from `retail/receipts.jsonl.gz` in `shared/data` beside the repository or
//! further up, or in the folder that `OFFER_HOST_DATA` names. A good is the type of a product, the third level of
//! its path; lines without one are left out.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use next_purchase::{Collector, History, Line, Receipt, day_of};

#[derive(serde::Deserialize)]
struct Row {
    household: u64,
    store: u64,
    ts: String,
    lines: Vec<Product>,
}

#[derive(serde::Deserialize)]
struct Product {
    path: Vec<String>,
}

/// Reads the receipts.
pub(crate) fn receipts() -> anyhow::Result<History> {
    let path = file()?;
    let file = std::fs::File::open(&path).with_context(|| path.display().to_string())?;
    let mut collector = Collector::default();
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
        let row: Row = serde_json::from_str(&line?)?;
        let lines: Vec<Line<'_>> = row.lines.iter().filter_map(Product::line).collect();
        let (member, outlet) = (row.household.to_string(), row.store.to_string());
        let day = day_of(&row.ts).map_err(anyhow::Error::msg)?;
        collector.add(&Receipt { member: &member, day, outlet: &outlet, lines: &lines })?;
    }
    Ok(collector.finish()?)
}

impl Product {
    fn line(&self) -> Option<Line<'_>> {
        match self.path.as_slice() {
            [_, group, good] => Some(Line { good, group }),
            _ => None,
        }
    }
}

fn file() -> anyhow::Result<PathBuf> {
    let folders: Vec<PathBuf> = match std::env::var_os("OFFER_HOST_DATA") {
        Some(folder) => vec![folder.into()],
        None => Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|at| at.join("shared/data")).collect(),
    };
    let mut files = folders.iter().map(|data| data.join("retail/receipts.jsonl.gz"));
    files
        .find(|file| file.is_file())
        .with_context(|| format!("there is no retail/receipts.jsonl.gz in any of {folders:?}"))
}
