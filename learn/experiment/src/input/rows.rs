//! The rows of an experiment: who, which arm, what came of it, and the features.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::config::Config;
use super::number::Decimal;
use super::plan::{ColumnPlan, FeatureValues, numbers};
use super::table::{Column, Table};
use crate::refused::{Refused, nearest, refuse};

/// Most arms, control included.
const MOST_ARMS: usize = 32;

/// An arm with fewer rows than this cannot be judged.
const LEAST_ROWS_OF_ARM: usize = 200;

/// Largest outcome after scaling. Below 2^31 by a factor of 20, because learners divide outcomes by
/// propensities.
const MOST_OUTCOME: i64 = 100_000_000;

/// Most decimals that outcomes are given.
const MOST_OUTCOME_DIGITS: u32 = 6;

/// Decimals of a probability that count.
const MILLIONTHS: u32 = 6;

/// An experiment as read.
pub struct Rows {
    /// Hash of each row's member.
    pub members: Vec<u64>,
    /// Names of the arms, control first.
    pub arms: Vec<String>,
    pub arm: Vec<u8>,
    /// Outcomes times `scale`.
    pub outcome: Vec<i32>,
    pub scale: i64,
    /// By arm the probability of each row in millionths; empty where it is the same for all rows.
    pub chances: Vec<Vec<u32>>,
    pub plans: Vec<ColumnPlan>,
    pub features: Vec<FeatureValues>,
    /// Which rows of the file these are: those of arms that the configuration does not leave out.
    pub kept: Vec<bool>,
    pub sha256: String,
}

/// Rows to score: features only.
pub struct Unseen {
    /// Heading of the ids.
    pub heading: String,
    pub ids: Vec<String>,
    pub features: Vec<FeatureValues>,
    pub sha256: String,
}

impl Rows {
    /// Reads the data of an experiment.
    ///
    /// # Errors
    ///
    /// Whatever [`Table::read`] refuses, and columns that do not hold what the configuration says.
    pub fn read(path: &Path, config: &Config) -> Result<Self, Refused> {
        let mut table = Table::read(path, &config.columns())?;
        let (arms, kept) = arms(&table, config)?;
        let arm: Vec<u8> = kept.iter().copied().flatten().collect();
        let kept: Vec<bool> = kept.iter().map(Option::is_some).collect();
        table.keep(&kept);
        let ids = ids(&table, config.id.as_deref())?;
        let members = members(&table, config.member.as_deref(), &ids)?;
        if let Some(member) = config.member.as_deref().filter(|_| config.members_were_drawn()) {
            one_arm_each(&table, member, &members, (&arm, &arms))?;
        }
        let (outcome, scale) = outcome(&table, &config.outcome)?;
        let chances = chances(&table, config, &arms)?;
        let mut rows = Self {
            members,
            arms,
            arm,
            outcome,
            scale,
            chances,
            plans: Vec::new(),
            features: Vec::new(),
            kept,
            sha256: table.sha256.clone(),
        };
        for name in &config.features {
            let column = table.take_column(name);
            let plan = ColumnPlan::of(&table, &column, config.categorical.contains(name))?;
            rows.features.extend(plan.features(&table, &column)?);
            rows.plans.push(plan);
        }
        Ok(rows)
    }
}

impl Unseen {
    /// Reads rows to score, with the features of a model.
    ///
    /// # Errors
    ///
    /// Whatever [`Table::read`] refuses, a feature that is not there among it.
    pub fn read(path: &Path, plans: &[ColumnPlan], id: Option<&str>) -> Result<Self, Refused> {
        Self::read_some(path, plans, id, None)
    }

    /// The same, but only the rows that are `kept`.
    ///
    /// # Errors
    ///
    /// As of [`Self::read`].
    pub fn read_some(
        path: &Path,
        plans: &[ColumnPlan],
        id: Option<&str>,
        kept: Option<&[bool]>,
    ) -> Result<Self, Refused> {
        let columns = plans.iter().map(ColumnPlan::column).chain(id);
        let mut table = Table::read(path, &columns.map(str::to_owned).collect::<Vec<_>>())?;
        if let Some(kept) = kept {
            table.keep(kept);
        }
        let ids = ids(&table, id)?;
        let mut features = Vec::new();
        for plan in plans {
            let column = table.take_column(plan.column());
            features.extend(plan.features(&table, &column)?);
        }
        let heading = id.unwrap_or("row").to_owned();
        Ok(Self { heading, ids, features, sha256: table.sha256 })
    }
}

/// The arms that take part, control first, and the place of each row's arm among them.
fn arms(table: &Table, config: &Config) -> Result<(Vec<String>, Vec<Option<u8>>), Refused> {
    let column = wanted(table, &config.treatment)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, value) in column.values().enumerate() {
        if value.is_empty() {
            refuse!("{}, column \"{}\": the arm is missing", table.at(row), column.name);
        }
        *counts.entry(value).or_default() += 1;
        if counts.len() > MOST_ARMS {
            refuse!(
                "{}, column \"{}\": more than {MOST_ARMS} different arms; is it the column of the treatment?",
                table.file,
                column.name
            );
        }
    }
    let found = format!("{}, column \"{}\"", table.file, column.name);
    let there = |arm: &String, key: &str| -> Result<(), Refused> {
        if !counts.contains_key(arm.as_str()) {
            let near = nearest(arm, counts.keys().copied());
            refuse!("{found}: no row has the arm \"{arm}\" of `{key}`{near}");
        }
        Ok(())
    };
    there(&config.control, "control")?;
    config.arms.iter().try_for_each(|arm| there(arm, "arms"))?;
    let treated: Vec<String> = if config.arms.is_empty() {
        counts.keys().filter(|arm| **arm != config.control).map(|arm| (*arm).to_owned()).collect()
    } else {
        config.arms.iter().filter(|arm| **arm != config.control).cloned().collect()
    };
    if treated.is_empty() {
        refuse!("{found}: every row has the arm \"{}\"; an experiment needs two", config.control);
    }
    let arms: Vec<String> = std::iter::once(config.control.clone()).chain(treated).collect();
    for (key, names) in [("cost", &config.cost), ("propensity", &config.propensity)] {
        if let Some(name) = names.keys().find(|name| !arms.contains(name)) {
            let near = nearest(name, arms.iter().map(String::as_str));
            refuse!("{found}: there is no arm \"{name}\", for which `{key}` has a number{near}");
        }
    }
    let given = [
        ("propensity", config.propensity.keys().collect::<Vec<_>>()),
        ("propensity_columns", config.propensity_columns.keys().collect()),
    ];
    for (key, given) in given {
        if let Some(arm) = arms.iter().find(|arm| !given.is_empty() && !given.contains(arm)) {
            refuse!("`{key}` lacks the arm \"{arm}\"; give all arms, or leave the table out");
        }
    }
    for arm in &arms {
        let rows = counts.get(arm.as_str()).copied().unwrap_or(0);
        if rows < LEAST_ROWS_OF_ARM {
            refuse!(
                "{found}: {rows} rows with the arm \"{arm}\" are too few to judge; at least {LEAST_ROWS_OF_ARM}"
            );
        }
    }
    let places: BTreeMap<&str, u8> = arms.iter().map(String::as_str).zip(0..).collect();
    let kept = column.values().map(|value| places.get(value).copied()).collect();
    Ok((arms, kept))
}

/// The probabilities that differ by row, in millionths.
fn chances(table: &Table, config: &Config, arms: &[String]) -> Result<Vec<Vec<u32>>, Refused> {
    let columns = arms.iter().filter_map(|arm| config.propensity_columns.get(arm));
    columns.map(|name| chances_of(table, wanted(table, name)?)).collect()
}

fn chances_of(table: &Table, column: &Column) -> Result<Vec<u32>, Refused> {
    let chance = |(row, value): (usize, &str)| {
        let found = Decimal::parse(value).and_then(|number| number.scaled(MILLIONTHS));
        let chance =
            found.and_then(|found| u32::try_from(found).ok()).filter(|found| (1..1_000_000).contains(found));
        chance.ok_or_else(|| {
            Refused(format!(
                "{}, column \"{}\": \"{value}\" is no probability between 0.000001 and 0.999999",
                table.at(row),
                column.name
            ))
        })
    };
    column.values().enumerate().map(chance).collect()
}

pub fn wanted<'a>(table: &'a Table, name: &str) -> Result<&'a Column, Refused> {
    table
        .columns
        .iter()
        .find(|column| column.name == name)
        .ok_or_else(|| Refused(format!("{}: there is no column \"{name}\"", table.file)))
}

/// What names each row: its value in the id column, or its number from 1.
fn ids(table: &Table, id: Option<&str>) -> Result<Vec<String>, Refused> {
    let Some(id) = id else {
        return Ok((1..=table.lines.len()).map(|row| row.to_string()).collect());
    };
    let column = wanted(table, id)?;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, value) in column.values().enumerate() {
        if value.is_empty() {
            refuse!("{}, column \"{id}\": the id is missing", table.at(row));
        }
        if let Some(first) = seen.insert(value, row) {
            refuse!(
                "{}, column \"{id}\": the id \"{value}\" was on line {} already; each row needs its own (if a member \
                 has several rows, name that column under `member`)",
                table.at(row),
                table.lines.get(first).copied().unwrap_or(0)
            );
        }
    }
    Ok(column.values().map(str::to_owned).collect())
}

/// Hash of who each row is about: the first eight bytes of a SHA-256.
pub fn members(table: &Table, member: Option<&str>, ids: &[String]) -> Result<Vec<u64>, Refused> {
    let hash = |text: &str| {
        Sha256::digest(text.as_bytes())
            .iter()
            .take(8)
            .fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte))
    };
    let Some(member) = member else {
        return Ok(ids.iter().map(|id| hash(id)).collect());
    };
    let column = wanted(table, member)?;
    if let Some(row) = column.values().position(str::is_empty) {
        refuse!("{}, column \"{member}\": the member is missing", table.at(row));
    }
    Ok(column.values().map(hash).collect())
}

/// Refuses a member whose rows have different arms.
fn one_arm_each(
    table: &Table,
    column: &str,
    members: &[u64],
    (arm, arms): (&[u8], &[String]),
) -> Result<(), Refused> {
    let mut seen: BTreeMap<u64, (usize, u8)> = BTreeMap::new();
    let name = |arm: u8| arms.get(usize::from(arm)).map_or("", String::as_str);
    for (row, (member, own)) in members.iter().zip(arm).enumerate() {
        let (first, before) = *seen.entry(*member).or_insert((row, *own));
        if before != *own {
            let who = wanted(table, column)?.values().nth(row).unwrap_or_default();
            refuse!(
                "{}, column \"{column}\": \"{who}\" has the arm \"{}\" here and \"{}\" on line {}. If members were \
                 drawn, take all rows of such members out; if each row was drawn on its own, set `drawn = \"row\"`",
                table.at(row),
                name(*own),
                name(before),
                table.lines.get(first).copied().unwrap_or(0)
            );
        }
    }
    Ok(())
}

/// Outcomes as integers, and how many of them make 1.0.
pub fn outcome(table: &Table, name: &str) -> Result<(Vec<i32>, i64), Refused> {
    let column = wanted(table, name)?;
    let at = format!("{}, column \"{name}\"", table.file);
    if let Some(row) = column.values().position(str::is_empty) {
        refuse!("{}, column \"{name}\": the outcome is missing; it must be known of all rows", table.at(row));
    }
    let digits = column.values().filter_map(Decimal::parse).map(Decimal::digits).max().unwrap_or(0);
    if digits > MOST_OUTCOME_DIGITS {
        refuse!("{at}: the outcome has {digits} decimals; round it to {MOST_OUTCOME_DIGITS} at most");
    }
    let exact: Vec<i64> = numbers(table, column, digits)?.into_iter().flatten().collect();
    let largest = exact.iter().map(|value| value.saturating_abs()).max().unwrap_or(0);
    if largest > MOST_OUTCOME {
        refuse!(
            "{at}: outcomes of this size with {digits} decimals are too large; round them, or use a larger unit"
        );
    }
    if exact.first().is_some_and(|first| exact.iter().all(|value| value == first)) {
        refuse!("{at}: the outcome is the same in every row; there is nothing to learn");
    }
    let more = (0..=MOST_OUTCOME_DIGITS - digits)
        .rev()
        .map(|more| 10_i64.pow(more))
        .find(|factor| largest.saturating_mul(*factor) <= MOST_OUTCOME)
        .unwrap_or(1);
    let scaled = exact.iter().filter_map(|value| i32::try_from(value.saturating_mul(more)).ok()).collect();
    Ok((scaled, 10_i64.pow(digits) * more))
}
