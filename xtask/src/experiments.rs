//! The real experiments and receipts that some tests of the learner ask for, which may not be passed on with it.

use std::path::PathBuf;

use crate::toolchain;

/// Environment variable that names the folder with `uplift` and `retail`; without it, it is `data` in a folder `shared`
/// beside the repository or further up.
const VARIABLE: &str = "OFFER_HOST_DATA";

/// Whether they are there. Without them these tests count as skipped.
pub(crate) fn are_there() -> bool {
    let folders: Vec<PathBuf> = match std::env::var_os(VARIABLE) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => toolchain::workspace_root().ancestors().map(|at| at.join("shared").join("data")).collect(),
    };
    let found =
        folders.iter().any(|folder| ["uplift", "retail"].iter().all(|name| folder.join(name).is_dir()));
    if !found {
        eprintln!(
            "tests on real experiments are skipped: {VARIABLE} names no folder with `uplift` and `retail`, and \
             there is none in `shared` beside the repository"
        );
    }
    found
}
