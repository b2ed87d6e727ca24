//! The whole of `experiment` but for the writing: `verify` does the same again.

use anyhow::Context as _;
use causal::Trainers;
use choose::{About, ChooseError, Done, PREVIOUS, Task, compete};
use trees::Booster;

use crate::champion::{self, Champion};
use crate::input::config::Config;
use crate::input::encoded;
use crate::input::plan::ColumnPlan;
use crate::input::rows::{Rows, Unseen};
use crate::input::table::file_name;
use crate::manifest::{self, Input, Manifest};
use crate::output::{Files, json};
use crate::prepare::{Prepared, prepare};
use crate::refused::Refused;
use crate::{former::Former, inputs::Inputs, scores};

/// Version of the program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Is told what begins, and how many steps of how many are done.
pub type Told<'a> = &'a dyn Fn(&str, u64, u64);

/// The files of a verdict, not yet written, and the verdict in a sentence.
pub struct Judged {
    pub files: Files,
    pub manifest: Manifest,
    pub sentence: String,
}

/// Reads, judges, and makes the files.
///
/// # Errors
///
/// [`Refused`] if the input is at fault.
pub fn judge(inputs: &Inputs, progress: Told<'_>) -> anyhow::Result<Judged> {
    let (config, config_bytes) = Config::read(&inputs.config)?;
    let data = file_name(&inputs.data);
    let mut rows = Rows::read(&inputs.data, &config)?;
    let plans = rows.plans.clone();
    let unseen = match &inputs.score {
        Some(path) => Some(Unseen::read(path, &plans, config.id.as_deref())?),
        None => None,
    };
    let former = match &config.gate.previous {
        Some(path) => Some(Former::read(path, inputs, &rows)?),
        None => None,
    };
    let about = about(&rows, &config, &data);
    let prepared = prepare(&mut rows, &config, &data)?;
    let threads = inputs.threads.or(config.threads).unwrap_or(1);
    let done = competition(&prepared, former.as_ref(), about, (&config, threads), progress)
        .map_err(|error| Refused(format!("{data}: {error}")))?;

    let mut files = Files::default();
    files.add("report.html", report::page(&done.verdict)?.into_bytes());
    files.add("card.md", report::card(&done.verdict)?.into_bytes());
    files.add("leaderboard.json", json(&done.verdict)?);
    let winner = &done.verdict.choice.champion;
    let stays = former.as_ref().filter(|_| winner == PREVIOUS);
    files.add(
        champion::NAME,
        match stays {
            Some(former) => former.bytes.clone(),
            None => champion(&done, &prepared, &plans)?.to_bytes()?,
        },
    );
    if let Some(unseen) = &unseen {
        let bins = encoded::bins(&prepared.features, &unseen.features)?;
        let mut columns = scores::columns(&bins, &done.models, &prepared)?;
        if let (Some(former), Some(path)) = (&former, &inputs.score) {
            columns.push(former.scored(path, &prepared.costs)?);
        }
        files.add(
            "scores.csv",
            scores::file(
                unseen,
                &columns,
                winner,
                &done.verdict.choice.ranks_best,
                &prepared.experiment.arms,
            )?,
        );
    }
    let manifest = Manifest {
        command: "experiment".to_owned(),
        version: VERSION.to_owned(),
        seed: config.seed,
        data: Input { path: inputs.data.clone(), sha256: rows.sha256 },
        config: Input { path: inputs.config.clone(), sha256: manifest::digest(&config_bytes) },
        score: inputs.score.clone().zip(unseen).map(|(path, unseen)| Input { path, sha256: unseen.sha256 }),
        previous: former.map(|former| former.input),
        outputs: manifest::outputs(&files),
    };
    files.add(manifest::NAME, json(&manifest)?);
    Ok(Judged { files, manifest, sentence: done.verdict.sentence })
}

/// The winner, trained on all rows.
fn champion(done: &Done, prepared: &Prepared, plans: &[ColumnPlan]) -> anyhow::Result<Champion> {
    let winner = &done.verdict.choice.champion;
    let model = done.models.iter().find(|model| model.entrant.name == *winner);
    let arms = &prepared.experiment.arms;
    model
        .and_then(|model| Champion::of(model, arms, &prepared.costs, plans, &prepared.features))
        .with_context(|| format!("{winner} cannot be stored"))
}

fn about(rows: &Rows, config: &Config, data: &str) -> About {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut members = rows.members.clone();
    members.sort_unstable();
    members.dedup();
    let one = i32::try_from(rows.scale).unwrap_or(i32::MAX);
    About {
        name: config.name.clone().unwrap_or_else(|| data.to_owned()),
        data: data.to_owned(),
        rows: number(rows.arm.len()),
        left_out: number(rows.kept.iter().filter(|kept| !**kept).count()),
        members: number(members.len()),
        treatment: config.treatment.clone(),
        control: config.control.clone(),
        outcome: config.outcome.clone(),
        binary: rows.outcome.iter().all(|y| *y == 0 || *y == one),
        budget: config.budget,
        seed: config.seed,
        version: VERSION.to_owned(),
    }
}

fn competition(
    prepared: &Prepared,
    former: Option<&Former>,
    about: About,
    (config, threads): (&Config, u32),
    progress: Told<'_>,
) -> Result<Done, ChooseError> {
    let (outcome, effect) = (Booster(config.outcome_trees(threads)), Booster(config.effect_trees(threads)));
    compete(Task {
        experiment: &prepared.experiment,
        about,
        features: prepared.summaries.clone(),
        widths: prepared.widths.clone(),
        segmentations: prepared.segmentations.clone(),
        costs: prepared.costs.clone(),
        rule: prepared.rule.clone(),
        delta: config.gate.delta,
        previous: former.map(Former::competitor),
        trainers: Trainers { outcome: &outcome, effect: &effect },
        threads,
        progress,
    })
}
