//! A chain as files: for the learner, and for a host that is to price its receipts.
//!
//! | file | is |
//! |---|---|
//! | `experiment.csv`, `experiment.toml` | an experiment: a row for each member and week, and what its columns are |
//! | `truth.csv` | what is expected of each of these rows under each arm, and the arm that is best |
//! | `profiles.csv` | what the chain knows of each member |
//! | `history.csv` | lines of the receipts of the twelve weeks before, as a data warehouse would drop them |
//! | `catalog.ndjson` | rows of `POST /v1/catalog/imports` |
//! | `attributes.json` | the attributes of members by name: bodies of `PUT /v1/attributes/{name}` |
//! | `members.ndjson` | rows of `POST /v1/members/imports` |
//! | `offers.json` | the offer: bodies of `PUT /v1/offers/{external_id}` |
//! | `levels.ndjson` | rows of `POST /v1/attributes/imports`: the terms of each member, as drawn in the experiment |
//! | `receipts.ndjson` | receipts in the order of time, as tills send them to `calculate`, before any discount |
//!
//! The discount that a host with these levels answers is that of `experiment.csv`. All stores are on UTC.

mod host;
mod learner;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::chain::Chain;
use crate::error::SimulateError;

/// Writes the content of one file.
type Content = dyn Fn(&Chain, &mut dyn Write) -> std::io::Result<()>;

/// Writes all files into a folder, which is made if need be: all of them or, if one cannot be written, none.
/// Rows are written as they are drawn; no more than a week's buyers are held in memory.
///
/// # Errors
///
/// The folder cannot be made or written.
pub fn write(chain: &Chain, folder: &Path) -> Result<Vec<&'static str>, SimulateError> {
    let files: [(&'static str, &Content); 11] = [
        ("catalog.ndjson", &host::catalog),
        ("attributes.json", &host::attributes),
        ("members.ndjson", &host::members),
        ("offers.json", &host::offers),
        ("levels.ndjson", &host::levels),
        ("receipts.ndjson", &host::receipts),
        ("experiment.csv", &learner::experiment),
        ("experiment.toml", &learner::configuration),
        ("truth.csv", &learner::truth),
        ("profiles.csv", &learner::profiles),
        ("history.csv", &learner::history),
    ];
    let at = |path: &Path| {
        let path = path.display().to_string();
        move |error| SimulateError::File { path, error }
    };
    fs::create_dir_all(folder).map_err(at(folder))?;
    let part = |name: &str| folder.join(format!(".{name}.part"));
    let written = files.iter().try_for_each(|(name, write)| {
        let whole = |path: &Path| {
            let mut file = BufWriter::new(File::create(path)?);
            write(chain, &mut file)?;
            file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
        };
        whole(&part(name)).map_err(at(&part(name)))
    });
    if written.is_err() {
        for (name, _) in &files {
            // The first error is the one to report.
            drop(fs::remove_file(part(name)));
        }
    }
    written?;
    for (name, _) in &files {
        fs::rename(part(name), folder.join(name)).map_err(at(&folder.join(name)))?;
    }
    Ok(files.iter().map(|(name, _)| *name).collect())
}
