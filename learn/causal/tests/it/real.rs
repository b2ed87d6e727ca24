//! Real experiments, read from the folder `shared/data/uplift` beside the repository or further up, or from
//! `uplift` in the folder that `OFFER_HOST_DATA` names.

use std::fs::File;
use std::path::{Path, PathBuf};

use causal::folds::split_mix;
use causal::{Experiment, Propensity};
use flate2::read::GzDecoder;
use trees::{Bins, Booster, Feature, Options, cuts};

/// Most bins of a column.
const BINS: usize = 64;

/// Rows of a file by column.
struct Table {
    names: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// The Hillstrom e-mail experiment: these arms, the control first, with visits as outcome.
pub(crate) fn hillstrom(arms: &[&str]) -> Experiment {
    let mut table = table("hillstrom.csv.gz");
    let segment = table.column("segment");
    table.rows.retain(|row| arms.contains(&&row[segment]));
    let cents = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
    let mut columns: Vec<(String, Vec<i64>)> = ["recency", "mens", "womens", "newbie"]
        .iter()
        .map(|name| (name.to_string(), table.values(name, |text| text.parse().unwrap())))
        .collect();
    columns.push(("history".into(), table.values("history", cents)));
    columns.push((
        "history_segment".into(),
        table.values("history_segment", |text| i64::from(text.as_bytes()[0])),
    ));
    for name in ["zip_code", "channel"] {
        columns.extend(table.one_hot(name));
    }
    let arm = table
        .rows
        .iter()
        .map(|row| arms.iter().position(|arm| *arm == &row[segment]).unwrap() as u8)
        .collect();
    experiment(&table, columns, arm, arms, "visit", "row")
}

/// The Starbucks promotion experiment, with purchases as outcome.
pub(crate) fn starbucks() -> Experiment {
    let table = table("starbucks.csv.gz");
    let millionths = |text: &str| (text.parse::<f64>().unwrap() * 1e6).round() as i64;
    let mut columns: Vec<(String, Vec<i64>)> = (1..=7)
        .map(|number| (format!("V{number}"), table.values(&format!("V{number}"), millionths)))
        .collect();
    for name in ["V1", "V4", "V5", "V6", "V7"] {
        columns.extend(table.one_hot(name));
    }
    let promotion = table.column("Promotion");
    let arm = table.rows.iter().map(|row| u8::from(&row[promotion] == "Yes")).collect();
    experiment(&table, columns, arm, &["No", "Yes"], "purchase", "ID")
}

fn experiment(
    table: &Table,
    columns: Vec<(String, Vec<i64>)>,
    arm: Vec<u8>,
    arms: &[&str],
    outcome: &str,
    id: &str,
) -> Experiment {
    let (features, columns) = columns.into_iter().map(binned).unzip();
    let even = 1_000_000 / arms.len() as u32;
    let experiment = Experiment {
        bins: Bins::new(features, columns).unwrap(),
        arm,
        arms: arms.iter().map(|arm| arm.to_string()).collect(),
        outcome: table
            .values(outcome, |text| text.parse().unwrap())
            .into_iter()
            .map(|value| value as i32)
            .collect(),
        scale: 1,
        propensity: Propensity::PerArm(vec![even; arms.len()]),
        cluster: table
            .values(id, |text| text.parse().unwrap())
            .into_iter()
            .map(|id| split_mix(id as u64))
            .collect(),
    };
    experiment.check().unwrap();
    experiment
}

fn binned((name, values): (String, Vec<i64>)) -> (Feature, Vec<u8>) {
    let values: Vec<Option<i64>> = values.into_iter().map(Some).collect();
    let feature = Feature { name, cuts: cuts(&values, BINS) };
    let column = values.iter().map(|value| feature.bin(*value)).collect();
    (feature, column)
}

impl Table {
    fn column(&self, name: &str) -> usize {
        self.names.iter().position(|other| other == name).unwrap()
    }

    fn values(&self, name: &str, parse: impl Fn(&str) -> i64) -> Vec<i64> {
        let column = self.column(name);
        self.rows.iter().map(|row| parse(&row[column])).collect()
    }

    /// A column of 0 and 1 for each text that a column has.
    fn one_hot(&self, name: &str) -> Vec<(String, Vec<i64>)> {
        let column = self.column(name);
        let mut texts: Vec<&str> = self.rows.iter().map(|row| &row[column]).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
            .iter()
            .map(|text| (format!("{name} {text}"), self.values(name, |other| i64::from(other == *text))))
            .collect()
    }
}

/// A file of real experiments, unpacked.
pub(crate) fn unpacked(file: &str) -> GzDecoder<File> {
    let folders: Vec<PathBuf> = match std::env::var_os("OFFER_HOST_DATA") {
        Some(folder) => vec![folder.into()],
        None => Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|at| at.join("shared/data")).collect(),
    };
    let found = folders.iter().find_map(|folder| File::open(folder.join("uplift").join(file)).ok());
    GzDecoder::new(found.ok_or_else(|| format!("there is no uplift/{file} in any of {folders:?}")).unwrap())
}

fn table(file: &str) -> Table {
    let mut reader = csv::Reader::from_reader(unpacked(file));
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().collect::<Result<_, _>>().unwrap();
    Table { names, rows }
}

/// Trees for outcomes on these data: the best that were found for halves of 12,000 to 42,000 rows. Deeper
/// trees with smaller leaves find effects that are not there.
pub(crate) fn outcome_trees() -> Booster {
    Booster(Options { trees: 60, depth: 2, least_rows: 500, rate_millionths: 100_000, ..Options::default() })
}

/// Trees for effects on these data: fewer and slower, since their targets are noisier.
pub(crate) fn effect_trees() -> Booster {
    Booster(Options { trees: 40, depth: 2, least_rows: 500, rate_millionths: 50_000, ..Options::default() })
}
