//! A chain as files: for the learner, and for a host that is to price its receipts.
//!
//! | file | is |
//! |---|---|
//! | `experiment.csv`, `experiment.toml` | an experiment: a row for each member and week, and what its columns are |
//! | `truth.csv` | what is expected of each of these rows under each arm, and the arm that is best |
//! | `catalog.ndjson` | rows of `POST /v1/catalog/imports` |
//! | `members.ndjson` | rows of `POST /v1/members/imports`, with each member's levels as personal terms |
//! | `offers.json` | the offer: documents of `PUT /v1/offers/{external_id}`; its attribute is of type `json` |
//! | `receipts.ndjson` | receipts in the order of time, as tills send them to `calculate`, before any discount |
//!
//! The discount that the host answers is that of `experiment.csv`. Week 1 begins on 5 January 2026, a Monday;
//! all stores are on UTC.

mod dates;
mod host;
mod learner;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::chain::Chain;
use crate::error::SimulateError;

/// A member as files name them.
pub fn member_id(member: u32) -> String {
    format!("m-{member:08}")
}

/// The card of a member.
pub fn card(member: u32) -> String {
    format!("77{member:08}")
}

/// The purchase of a member's week.
pub fn purchase_id(member: u32, week: u32) -> String {
    format!("w{week:03}-{}", member_id(member))
}

/// Minor units as a decimal.
pub fn money(minor: i64) -> String {
    decimal(minor, 2)
}

/// A number that is given in units of `10^-digits`, as a decimal.
fn decimal(value: i64, digits: u32) -> String {
    let one = 10_u64.pow(digits);
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let width = usize::try_from(digits).unwrap_or_default();
    format!("{sign}{}.{:0width$}", size / one, size % one)
}

/// Writes the content of one file.
type Content = dyn Fn(&Chain, &mut dyn Write) -> std::io::Result<()>;

/// Writes all files into a folder, which is made if need be: all of them or, if one cannot be written, none.
/// Rows are written as they are drawn; no more than a week's buyers are held in memory.
///
/// # Errors
///
/// The folder cannot be made or written.
pub fn write(chain: &Chain, folder: &Path) -> Result<Vec<&'static str>, SimulateError> {
    let files: [(&'static str, &Content); 7] = [
        ("catalog.ndjson", &host::catalog),
        ("members.ndjson", &host::members),
        ("offers.json", &host::offers),
        ("receipts.ndjson", &host::receipts),
        ("experiment.csv", &learner::experiment),
        ("experiment.toml", &learner::configuration),
        ("truth.csv", &learner::truth),
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
