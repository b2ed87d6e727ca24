//! One night: the stages that are not yet done, one after the other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use experiment::Told;

use crate::assigned::assign;
use crate::competed::{CHOSEN, Chosen, compete};
use crate::config::Config;
use crate::days::{day, today};
use crate::ingest::{CONFIG, INGEST, Ingested, ingest, read_feed, tile};
use crate::outcomes::outcomes;
use crate::report::report;
use crate::state::{Run, Stage, State};
use crate::tonight::features;
use crate::uploaded::{BEGUN, Handed, upload};

/// What a night is to do.
pub struct Night<'a> {
    /// The configuration, and the file that it was read from.
    pub config: &'a Config,
    pub source: &'a Path,
    /// First day of the assignment; today by the chain's clocks if there is none.
    pub date: Option<&'a str>,
    /// The last stage to do.
    pub until: Stage,
    pub progress: Told<'a>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// The stages up to the one that was asked for are done.
    Done { run: PathBuf, sentence: Option<String>, handed: Option<Handed> },
    /// The assignment in force holds on; only the feed was read.
    Holds { run: String, end: String, new_rows: u64 },
}

impl Night<'_> {
    /// Does the night. If it fails, the assignment in force stays, and the next call goes on with the stage that failed.
    ///
    /// # Errors
    ///
    /// What is wrong with what was read; a host that does not answer; a folder that cannot be written.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let state = State::new(&self.config.state);
        let _lock = state.lock()?;
        self.finish_upload(&state)?;
        let name = match self.date {
            Some(date) => date.to_owned(),
            None => today(self.config.zone()?),
        };
        let first = day(&name)?;
        let run = state.run(&name);
        if !run.done(Stage::Ingest)
            && let Some(now) = state.in_force()?.now()
        {
            if first < day(&now.start)? {
                bail!("{name} is before the assignment in force, which began on {}", now.start);
            }
            if first <= day(&now.end)? {
                self.step("reading the feed", Stage::Ingest);
                let added = read_feed(self.config, &state)?;
                return Ok(Outcome::Holds {
                    run: now.run.clone(),
                    end: now.end.clone(),
                    new_rows: added.new,
                });
            }
        }
        let mut handed = None;
        for stage in Stage::ALL.into_iter().filter(|stage| *stage <= self.until) {
            if !run.done(stage) {
                let done = self.stage(&state, &run, stage);
                handed = done.with_context(|| format!("run {name}, stage {}", stage.folder()))?;
            }
        }
        let sentence =
            run.done(Stage::Compete).then(|| run.json::<Chosen>(Stage::Compete, CHOSEN)).transpose()?;
        Ok(Outcome::Done { run: run.folder, sentence: sentence.map(|chosen| chosen.sentence), handed })
    }

    fn stage(&self, state: &State, run: &Run, stage: Stage) -> anyhow::Result<Option<Handed>> {
        let words = match stage {
            Stage::Ingest => "reading the feed",
            Stage::Features => "features",
            Stage::Outcomes => "what came of earlier assignments",
            Stage::Compete => "models compete",
            Stage::Assign => "who gets what",
            Stage::Report => "the report",
            Stage::Upload => "upload",
        };
        self.step(words, stage);
        if stage == Stage::Ingest {
            fs::create_dir_all(&run.folder)
                .with_context(|| format!("{} cannot be made", run.folder.display()))?;
            let added = read_feed(self.config, state)?;
            ingest(self.config, self.source, state, run, added)?;
            return Ok(None);
        }
        let begun = run.text(Stage::Ingest, CONFIG)?;
        if begun != fs::read_to_string(self.source)? {
            bail!(
                "the run began with another configuration than {}; remove {} to begin anew",
                self.source.display(),
                run.folder.display()
            );
        }
        let ingested: Ingested = run.json(Stage::Ingest, INGEST)?;
        if stage == Stage::Upload {
            return upload(self.config, state, run, &ingested).map(Some);
        }
        work(self.config, state, run, &ingested, stage, &state.root.join("tiles"), self.progress)?;
        Ok(None)
    }

    /// The host may have taken a part of an upload that was broken off: it is sent again, which changes nothing that
    /// is there.
    fn finish_upload(&self, state: &State) -> anyhow::Result<()> {
        for run in state.runs()? {
            if run.folder.join(BEGUN).exists() && !run.done(Stage::Upload) {
                self.step("the upload that was broken off", Stage::Upload);
                let ingested: Ingested = run.json(Stage::Ingest, INGEST)?;
                upload(self.config, state, &run, &ingested)
                    .with_context(|| format!("run {}, whose upload was broken off", run.name))?;
            }
        }
        Ok(())
    }

    fn step(&self, words: &str, stage: Stage) {
        let place = Stage::ALL.iter().position(|own| *own == stage).unwrap_or_default();
        let number = |count: usize| u64::try_from(count).unwrap_or_default();
        (self.progress)(words, number(place), number(Stage::ALL.len()));
    }
}

/// A stage that follows from what was read: it does the same whenever it is done.
pub(crate) fn work(
    config: &Config,
    state: &State,
    run: &Run,
    ingested: &Ingested,
    stage: Stage,
    tiles: &Path,
    progress: Told<'_>,
) -> anyhow::Result<()> {
    match stage {
        Stage::Features => features(config, run, ingested, &tile(config, state, run, ingested, tiles)?),
        Stage::Outcomes => outcomes(config, state, run, ingested),
        Stage::Compete => compete(config, run, progress),
        Stage::Assign => assign(config, run, ingested),
        Stage::Report => report(run, ingested),
        Stage::Ingest | Stage::Upload => Ok(()),
    }
}
