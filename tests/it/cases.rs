//! Runs every case in `tests/cases`, one test for each folder.

use std::collections::BTreeSet;

use tests::{cases, workspace};

/// Store files are not cases.
const STORES: &str = "stores";

macro_rules! folders {
    ($($folder:ident),* $(,)?) => {
        const FOLDERS: &[&str] = &[$(stringify!($folder)),*];
        $(
            #[test]
            fn $folder() {
                run_folder(stringify!($folder));
            }
        )*
    };
}

folders!(
    bad_input,
    burn_and_accrual,
    caps,
    category,
    conditions,
    currencies,
    distribution,
    filters,
    floors,
    group,
    messages,
    ml,
    multibuy,
    personal,
    product,
    receipt,
    regulated,
    rounding,
    stacking,
    threshold,
    units,
    unknown,
);

fn run_folder(folder: &str) {
    let files = cases::files_of(folder).expect("a folder of cases");
    assert!(!files.is_empty(), "tests/cases/{folder} holds no case");
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match cases::run(file) {
            Ok(differences) => {
                failed.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
            }
            Err(error) => failed.push(format!("{name}: {error:#}")),
        }
    }
    assert!(failed.is_empty(), "{} differences in tests/cases/{folder}\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_folder_is_run() {
    let present: BTreeSet<String> = std::fs::read_dir(workspace::root().join("tests/cases"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir() && entry.file_name() != STORES)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let run: BTreeSet<String> = FOLDERS.iter().map(ToString::to_string).collect();
    assert_eq!(run, present, "add the folder to the list above");
}
