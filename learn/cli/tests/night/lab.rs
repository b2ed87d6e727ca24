//! A folder with all that the loop reads, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use simulate::{Chain, catalog, files};
use tempfile::TempDir;

/// Exit code and output of a call of `offer-host-learn`.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// A folder of its own, taken away at the end.
pub(crate) struct Lab {
    folder: TempDir,
    /// The key that the program finds in its environment.
    key: String,
}

/// Features that are worked out in no time.
const FEATURES: &str = r#"[[set]]
group = "profile"
metrics = ["recency"]
days = [0]
[[set]]
group = "profile"
metrics = ["receipts"]
days = [28, 91]
[[set]]
group = "purchasing_power"
metrics = ["spent"]
days = [91]
"#;

impl Lab {
    /// The files of a made-up chain, and a configuration whose tables are followed by `more`.
    pub(crate) fn new(chain: &Chain, url: &str, key: &str, more: &str) -> Self {
        let lab = Self { folder: TempDir::new().unwrap(), key: key.to_owned() };
        let made = lab.path("made");
        files::write(chain, &made).unwrap();
        fs::create_dir(lab.path("receipts")).unwrap();
        fs::rename(made.join("history.csv"), lab.path("receipts/history.csv")).unwrap();
        for name in ["profiles.csv", "catalog.ndjson"] {
            fs::rename(made.join(name), lab.path(name)).unwrap();
        }
        fs::remove_dir_all(&made).unwrap();
        let mut margins = "goods,percent\n".to_owned();
        for category in &catalog::CATEGORIES {
            for product in &category.products {
                margins.push_str(&format!("{},{}\n", product.code, category.margin));
            }
        }
        fs::write(lab.path("margins.csv"), margins).unwrap();
        fs::write(lab.path("features.toml"), FEATURES).unwrap();
        lab.configure(url, more);
        lab
    }

    /// Writes the configuration anew.
    pub(crate) fn configure(&self, url: &str, more: &str) {
        let mut arms = String::new();
        for percent in [5, 10, 15] {
            arms.push_str(&format!("[[arms]]\nname = \"{percent} %\"\nmethod = \"percent\"\nvalue = \"{percent}\"\ncost = \"0.{percent:02}\"\n"));
        }
        let text = format!(
            r#"state = "state"
[host]
url = "{url}"
retries = 1
[offer]
external_id = "your-level"
attribute = "your-level"
target_kind = "category"
target_column = "favourite"
control_group = {{ percent = "10", salt = "nobody" }}
[outcome]
metric = "margin"
[features]
definitions = "features.toml"
{arms}{more}
"#
        );
        fs::write(self.path("learn.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// Runs a command of the loop.
    pub(crate) fn night(&self, command: &str, date: &str) -> Ran {
        let config = self.path("learn.toml");
        self.run(&[command, "--config", &config.display().to_string(), "--date", date])
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let done = Command::new(env!("CARGO_BIN_EXE_offer-host-learn"))
            .args(arguments)
            .env("OFFER_HOST_KEY", &self.key)
            .env("NO_PROXY", "*")
            .output()
            .unwrap();
        Ran {
            code: done.status.code().unwrap(),
            output: String::from_utf8(done.stdout).unwrap(),
            errors: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Does a run again, and compares.
    pub(crate) fn verify(&self, run: &str) -> Ran {
        self.run(&["verify", &self.path(&format!("state/runs/{run}")).display().to_string()])
    }

    /// The rows of a CSV file, each a list of its fields in the order of these columns.
    pub(crate) fn columns(&self, name: &str, wanted: &[&str]) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        let headings = reader.headers().unwrap().clone();
        let places: Vec<usize> =
            wanted.iter().map(|name| headings.iter().position(|heading| heading == *name).unwrap()).collect();
        let fields =
            |record: csv::StringRecord| places.iter().map(|place| record[*place].to_owned()).collect();
        reader.records().map(|record| fields(record.unwrap())).collect()
    }
}

/// Fails unless the program ended with this code.
pub(crate) fn ended(ran: Ran, code: i32) -> Ran {
    assert_eq!(ran.code, code, "{ran:?}");
    ran
}

/// Names of the files and folders in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
