//! The fifth stage: who gets what. Writes `assignments.csv`, the learner's own log, `terms.ndjson`, what the host is
//! sent, and `spend.json`.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use choose::PREVIOUS;
use experiment::champion::{self, Champion};
use experiment::input::number::Decimal;
use experiment::output::{Files, json};
use serde::{Deserialize, Serialize};

use crate::competed::{CHOSEN, Chosen, SCORES};
use crate::config::{Config, MILLION, NOBODY};
use crate::days::day;
use crate::drawn::{Draw, Given, Policy, give};
use crate::ingest::{Ingested, MEMBERS};
use crate::log::{ASSIGNMENTS, Assigned, write};
use crate::members::{Members, in_control_group};
use crate::policy::Group;
use crate::state::{Run, Stage};
use crate::terms::{TERMS, terms};

pub(crate) const SPEND: &str = "spend.json";

/// The assignment in numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spend {
    pub(crate) members: u64,
    /// Members by arm, those of the control group among nobody's.
    pub(crate) arms: BTreeMap<String, u64>,
    pub(crate) groups: BTreeMap<String, u64>,
    /// Expected cost and budget in minor units.
    pub(crate) expected: i64,
    pub(crate) budget: Option<i64>,
    /// For people: what the budget has changed.
    pub(crate) note: Option<String>,
}

pub(crate) fn assign(config: &Config, run: &Run, ingested: &Ingested) -> anyhow::Result<()> {
    let members = Members::read(&run.file(Stage::Ingest, MEMBERS))?;
    let chosen: Chosen = run.json(Stage::Compete, CHOSEN)?;
    let arms = config.arm_names();
    let champion =
        chosen.champion.as_deref().map(|name| policy(config, run, &arms, name, &members)).transpose()?;
    let challenger =
        chosen.challenger.as_deref().map(|name| policy(config, run, &arms, name, &members)).transpose()?;
    let hundredths = config.control_hundredths()?;
    let salt = &config.offer.control_group.salt;
    let control: Vec<bool> = members.ids.iter().map(|id| in_control_group(id, salt, hundredths)).collect();
    let draw = Draw {
        config,
        members: &members.ids,
        control: &control,
        champion: champion.as_ref(),
        challenger: challenger.as_ref(),
        day: day(&ingested.start)?,
    };
    let given = give(&draw)?;
    let targets = targets(config, &members)?;
    let mut rows = Vec::new();
    for (place, member) in members.ids.iter().enumerate() {
        let in_control = control.get(place).copied().unwrap_or_default();
        rows.push(row(&draw, &given, (place, member, in_control), &arms, &run.name, &targets)?);
    }
    let mut spend = spend(&rows, &arms, &given);
    spend.budget = config.budget()?;
    let mut files = Files::default();
    files.add(SPEND, json(&spend)?);
    files.add(TERMS, terms(config, &rows, &ingested.start, &ingested.end)?);
    files.add(ASSIGNMENTS, write(&arms, &rows)?);
    run.write(Stage::Assign, &files)
}

/// What a competitor predicts for tonight's members, from `scores.csv`.
fn policy(
    config: &Config,
    run: &Run,
    arms: &[String],
    name: &str,
    members: &Members,
) -> anyhow::Result<Policy> {
    let path = run.file(Stage::Compete, SCORES);
    let mut reader =
        csv::Reader::from_path(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let headings = reader.headers()?.clone();
    let place = |wanted: &str| headings.iter().position(|heading| heading == wanted);
    let mut places = Vec::new();
    for arm in arms.iter().skip(1) {
        places.push(
            place(&format!("{name}:{arm}"))
                .with_context(|| format!("{}: there is no column \"{name}:{arm}\"", path.display()))?,
        );
    }
    let mut worth = Vec::new();
    let costs: Vec<i64> = arms
        .iter()
        .skip(1)
        .map(|arm| millionths(config.competition.cost.get(arm).copied().unwrap_or(0.0)))
        .collect();
    for record in reader.records() {
        let record = record?;
        let mut of_member = vec![0];
        for (place, cost) in places.iter().zip(&costs) {
            let effect = record.get(*place).and_then(Decimal::parse).and_then(|effect| effect.scaled(6));
            of_member.push(
                effect.with_context(|| format!("{} is damaged", path.display()))?.saturating_sub(*cost),
            );
        }
        worth.push(of_member);
    }
    if worth.len() != members.ids.len() {
        bail!("{}: {} rows for {} members", path.display(), worth.len(), members.ids.len());
    }
    let always = always(run, name)?.and_then(|always| arms.iter().position(|arm| *arm == always));
    Ok(Policy { name: name.to_owned(), worth, always })
}

/// The arm that a constant gives everybody.
fn always(run: &Run, name: &str) -> anyhow::Result<Option<String>> {
    if name == PREVIOUS {
        let (champion, _) = Champion::read(&run.file(Stage::Outcomes, champion::NAME))?;
        return Ok(champion.always);
    }
    Ok(if name == NOBODY { Some(NOBODY) } else { name.strip_prefix("always ") }.map(str::to_owned))
}

/// The nearest whole number of millionths.
fn millionths(value: f64) -> i64 {
    format!("{:.0}", value * f64::from(MILLION)).parse().unwrap_or_default()
}

/// Each member's goods; empty where the offer is on the whole receipt or nothing is known.
fn targets(config: &Config, members: &Members) -> anyhow::Result<Vec<String>> {
    let offer = &config.offer;
    if let Some(name) = &offer.target_column {
        let column = members.column(name);
        return Ok(column
            .with_context(|| {
                format!("the members' file has no column \"{name}\", which `offer.target_column` names")
            })?
            .to_vec());
    }
    Ok(vec![offer.target.clone().unwrap_or_default(); members.ids.len()])
}

fn row(
    draw: &Draw<'_>,
    given: &Given,
    (place, member, in_control): (usize, &str, bool),
    arms: &[String],
    run: &str,
    targets: &[String],
) -> anyhow::Result<Assigned> {
    let drawn = given.members.get(place).context("a member was not drawn")?;
    let name = |arm: usize| arms.get(arm).cloned().unwrap_or_default();
    let arm = if in_control { 0 } else { drawn.arm };
    let policy = match (drawn.group, draw.champion, draw.challenger) {
        (Group::Champion, Some(champion), _) | (Group::Challenger, Some(champion), None) => {
            champion.name.clone()
        }
        (Group::Challenger, Some(_), Some(challenger)) => challenger.name.clone(),
        _ => "random".to_owned(),
    };
    let propensity = drawn.chances.get(drawn.arm).copied().unwrap_or_default();
    let worth = draw.champion.and_then(|champion| champion.worth.get(place));
    Ok(Assigned {
        member: member.to_owned(),
        group: if in_control { "control" } else { drawn.group.name() }.to_owned(),
        decision: format!("{policy}/{run}/{propensity}"),
        policy,
        uploaded: name(drawn.arm),
        arm: name(arm),
        champion_arm: drawn.champion_arm.map(name).unwrap_or_default(),
        champion_effect: drawn
            .champion_arm
            .zip(worth)
            .and_then(|(arm, worth)| worth.get(arm))
            .copied()
            .unwrap_or_default(),
        chances: drawn.chances.clone(),
        target: targets.get(place).cloned().unwrap_or_default(),
    })
}

fn spend(rows: &[Assigned], arms: &[String], given: &Given) -> Spend {
    let count = |of: &dyn Fn(&Assigned) -> bool| {
        u64::try_from(rows.iter().filter(|row| of(row)).count()).unwrap_or(u64::MAX)
    };
    let groups = ["champion", "challenger", "random", "control"];
    Spend {
        members: count(&|_| true),
        arms: arms.iter().map(|arm| (arm.clone(), count(&|row| row.arm == *arm))).collect(),
        groups: groups.iter().map(|group| ((*group).to_owned(), count(&|row| row.group == *group))).collect(),
        expected: given.spend,
        budget: None,
        note: given.note.clone(),
    }
}
