//! The second stage: what is known of each member tonight, `features.csv`.
//!
//! A row for each member of the members' file, in its order: the member, the columns of that file, then what their
//! receipts before the first day of the assignment tell. Members without receipts have empty fields there.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use experiment::output::{Files, json};
use features::{Definitions, FeaturesError, Limits, Tiles, compute, member_code};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::days::day;
use crate::ingest::{DEFINITIONS, Ingested, MEMBERS};
use crate::members::Members;
use crate::state::{Run, Stage};

pub(crate) const FEATURES: &str = "features.csv";

/// Digests of how features came about.
#[derive(Debug, Serialize, Deserialize)]
struct Digests {
    /// SHA-256 of the definitions and of the SQL text that follows from them.
    definitions: String,
    sql: String,
    /// SHA-256 of all values, the same with any engine.
    features: String,
    members: u64,
}

pub(crate) fn features(config: &Config, run: &Run, ingested: &Ingested, tiles: &Tiles) -> anyhow::Result<()> {
    let members = Members::read(&run.file(Stage::Ingest, MEMBERS))?;
    let definitions = Definitions::from_toml(&run.text(Stage::Ingest, DEFINITIONS)?)?;
    let day = day(&ingested.start)?;
    let wanted: BTreeMap<i64, usize> = members.ids.iter().map(|id| member_code(id)).zip(0..).collect();
    if wanted.len() != members.ids.len() {
        bail!("two members have the same number; leave one of them out");
    }
    let mut rows: Vec<Vec<i64>> = vec![Vec::new(); members.ids.len()];
    let partitions = usize::try_from(config.threads).unwrap_or(1);
    let limits = Limits { partitions, ..Limits::default() };
    let digest = compute::<FeaturesError>(tiles, &definitions, day, &limits, &mut |_| {}, &mut |batch| {
        for (place, member) in batch.members.iter().enumerate() {
            let row = wanted.get(member).and_then(|row| rows.get_mut(*row));
            if let Some(row) = row {
                row.extend(batch.columns.iter().filter_map(|column| column.get(place)));
            }
        }
        Ok(())
    })?;
    let digests = Digests {
        definitions: definitions.digest().to_owned(),
        sql: experiment::manifest::digest(definitions.sql(day).as_bytes()),
        features: digest.sha256,
        members: digest.members,
    };
    let names: Vec<&str> = definitions.features().iter().map(|feature| feature.name.as_str()).collect();
    if let Some(name) = members.names.iter().find(|name| names.contains(&name.as_str())) {
        bail!("the members' file has a column \"{name}\", which is the name of a feature; rename it");
    }
    let mut files = Files::default();
    files.add(FEATURES, table(&members, &names, &rows)?);
    files.add("digests.json", json(&digests)?);
    run.write(Stage::Features, &files)
}

fn table(members: &Members, names: &[&str], rows: &[Vec<i64>]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let known = members.names.iter().map(String::as_str);
    writer.write_record(std::iter::once("member").chain(known).chain(names.iter().copied()))?;
    for (place, (id, row)) in members.ids.iter().zip(rows).enumerate() {
        writer.write_field(id)?;
        for column in &members.columns {
            writer.write_field(column.get(place).context("a column of the members' file is too short")?)?;
        }
        let mut values = row.iter();
        for _ in names {
            writer.write_field(values.next().map(i64::to_string).unwrap_or_default())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.into_inner()?)
}
