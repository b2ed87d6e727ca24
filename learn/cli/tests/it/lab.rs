//! A made-up experiment, and the program run on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Exit code and output of a call of `offer-host-learn`.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// A folder of its own, taken away at the end.
pub(crate) struct Lab {
    folder: TempDir,
}

/// Runs the program with these arguments.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    let done = Command::new(env!("CARGO_BIN_EXE_offer-host-learn")).args(arguments).output().unwrap();
    Ran {
        code: done.status.code().unwrap(),
        output: String::from_utf8(done.stdout).unwrap(),
        errors: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Trees that grow in no time.
pub(crate) const QUICK: &str = "[trees]\ntrees = 12\ndepth = 2\nrate = 0.3\n";

/// The configuration that goes with [`rows`].
pub(crate) const CONFIG: &str = r#"treatment = "arm"
control = "none"
outcome = "bought"
id = "id"
features = ["age", "region", "spent"]
"#;

/// A number without a pattern.
fn noise(row: u64, salt: u64) -> u64 {
    let mut value = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93);
    for _ in 0..3 {
        value = (value ^ (value >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    value >> 20
}

/// Rows of an experiment with two arms: without mail 30 of 100 buy. Mail brings `gains.0` of 100 more in the
/// north, and `gains.1` more anywhere else.
pub(crate) fn rows(count: u64, gains: (i64, i64)) -> Vec<String> {
    let mut lines = vec!["id,arm,bought,age,region,spent,note".to_owned()];
    for row in 0..count {
        let mailed = noise(row, 1).is_multiple_of(2);
        let north = noise(row, 2).is_multiple_of(2);
        let gain = if north { gains.0 } else { gains.1 };
        let chance = 30 + if mailed { gain } else { 0 };
        let bought = i64::try_from(noise(row, 3) % 100).unwrap() < chance;
        let region =
            if north { "north" } else { ["south", "east"][usize::try_from(noise(row, 6) % 2).unwrap()] };
        let spent = if noise(row, 5).is_multiple_of(10) {
            String::new()
        } else {
            format!("{}.{:02}", noise(row, 7) % 300, noise(row, 8) % 100)
        };
        lines.push(format!(
            "{},{},{},{},{region},{spent},n{}",
            row + 1000,
            if mailed { "mail" } else { "none" },
            u8::from(bought),
            18 + noise(row, 4) % 60,
            noise(row, 9) % 7,
        ));
    }
    lines
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// `experiment` on `data.csv` with `config.toml`.
    pub(crate) fn experiment(&self, out: &str, more: &[&str]) -> Ran {
        let (data, config, out) = (self.text("data.csv"), self.text("config.toml"), self.text(out));
        let mut arguments = vec!["experiment", &data, "--config", &config, "--out", &out];
        arguments.extend(more);
        run(&arguments)
    }

    /// An experiment with these gains and these further lines of configuration.
    pub(crate) fn with(count: u64, gains: (i64, i64), config: &str) -> Self {
        let lab = Self::new();
        lab.write("data.csv", rows(count, gains).join("\n") + "\n");
        lab.write("config.toml", format!("{CONFIG}{config}"));
        lab
    }
}

/// The folder of real experiments: `uplift` in the folder that `OFFER_HOST_DATA` names, or in `shared/data` beside the
/// repository or further up.
pub(crate) fn real_data() -> PathBuf {
    let folders: Vec<PathBuf> = match std::env::var_os("OFFER_HOST_DATA") {
        Some(folder) => vec![folder.into()],
        None => Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|at| at.join("shared/data")).collect(),
    };
    let found = folders.iter().map(|folder| folder.join("uplift")).find(|folder| folder.is_dir());
    found.ok_or_else(|| format!("there is no folder `uplift` in any of {folders:?}")).unwrap()
}
