//! The assignment log of a run, `assignments.csv`: who was given what, and with which probability.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::NOBODY;

pub(crate) const ASSIGNMENTS: &str = "assignments.csv";

/// A member's row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assigned {
    pub(crate) member: String,
    /// `champion`, `challenger`, `random`, or, of members in the host's control group, `control`.
    pub(crate) group: String,
    /// Name of what has chosen, as in `leaderboard.json`.
    pub(crate) policy: String,
    /// What was uploaded. A member of the control group has terms too, and the host withholds them.
    pub(crate) uploaded: String,
    /// What the member gets.
    pub(crate) arm: String,
    /// Probability of each arm in millionths, in the order of the arms, before anything was drawn.
    pub(crate) chances: Vec<u32>,
    /// What the champion would give, and by how much that arm is predicted to raise the outcome, in millionths.
    pub(crate) champion_arm: String,
    pub(crate) champion_effect: i64,
    pub(crate) target: String,
    pub(crate) decision: String,
}

const FIXED: [&str; 9] =
    ["member", "group", "policy", "uploaded", "arm", "champion_arm", "champion_effect", "target", "decision"];

/// The file.
pub(crate) fn write(arms: &[String], rows: &[Assigned]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let chances = arms.iter().map(|arm| column(arm));
    writer.write_record(FIXED.iter().map(|name| (*name).to_owned()).chain(chances))?;
    for row in rows {
        let effect = row.champion_effect.to_string();
        let fixed = [
            &row.member,
            &row.group,
            &row.policy,
            &row.uploaded,
            &row.arm,
            &row.champion_arm,
            &effect,
            &row.target,
            &row.decision,
        ];
        let chances = row.chances.iter().map(u32::to_string);
        writer.write_record(fixed.into_iter().cloned().chain(chances))?;
    }
    Ok(writer.into_inner()?)
}

/// The column with the probability of an arm, in millionths.
pub(crate) fn column(arm: &str) -> String {
    format!("probability of {arm}")
}

/// The arms of a log, and its rows.
pub(crate) fn read(path: &Path) -> anyhow::Result<(Vec<String>, Vec<Assigned>)> {
    let damaged = || format!("{} is damaged", path.display());
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let headings = reader.headers().with_context(damaged)?.clone();
    let arms: Vec<String> = headings
        .iter()
        .skip(FIXED.len())
        .filter_map(|name| name.strip_prefix("probability of "))
        .map(str::to_owned)
        .collect();
    if !headings.iter().zip(FIXED).all(|(found, wanted)| found == wanted)
        || arms.first().is_none_or(|arm| arm != NOBODY)
    {
        bail!("{}: is no log of assignments", path.display());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(damaged)?;
        let field = |place: usize| record.get(place).unwrap_or_default().to_owned();
        let chances = record.iter().skip(FIXED.len()).map(str::parse).collect::<Result<Vec<u32>, _>>();
        rows.push(Assigned {
            member: field(0),
            group: field(1),
            policy: field(2),
            uploaded: field(3),
            arm: field(4),
            champion_arm: field(5),
            champion_effect: field(6).parse().with_context(damaged)?,
            target: field(7),
            decision: field(8),
            chances: chances.with_context(damaged)?,
        });
    }
    Ok((arms, rows))
}
