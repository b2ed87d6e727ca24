//! The database as an operator sees it: who may read its files, who serves it, how long tills wait for it, how large it
//! gets, how it is backed up, moved and brought up to date.

mod backups;
mod copies;
mod files;
mod interrupted;
mod last_changes;
mod locks;
mod migrations;
mod one_host;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tests::workspace;

use crate::shop::Shop;

/// A command with the settings of a host, on the database at another address.
fn command_at(shop: &Shop, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::offer_host().expect("the binary"));
    command.args(arguments).envs(shop.settings().iter().cloned()).env("OFFER_HOST__DATABASE__URL", url);
    command
}

/// The status and all that a command said.
fn said(output: &Output) -> (i32, String) {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), text)
}

/// Output of a command that must succeed.
#[track_caller]
fn done(mut command: Command) -> String {
    let (status, text) = said(&command.output().expect("offer-host starts"));
    assert_eq!(status, 0, "{text}");
    text
}

/// Output of a command that must fail.
#[track_caller]
fn refused(mut command: Command) -> String {
    let (status, text) = said(&command.output().expect("offer-host starts"));
    assert_eq!(status, 1, "{text}");
    text
}

/// The file of an address.
fn file_of(url: &str) -> PathBuf {
    PathBuf::from(url.strip_prefix("sqlite://").expect("an embedded database"))
}

/// The address of a file.
fn url_of(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn text(file: &Path) -> &str {
    file.to_str().expect("text")
}

/// Names of the files in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
