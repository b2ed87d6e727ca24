//! Channels as arms of an experiment, as soon as enough messages were sent on random ones.

use std::path::Path;

use ::experiment::{Inputs, judge};
use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::Arguments;
use super::members::Members;
use super::random::Random;
use super::sends::{Send, Sends};
use crate::output::{Files, json as file};

/// What the experiment is made from.
const EXPERIMENT: &str = "experiment.csv";
const CONFIG: &str = "experiment.json";
const SEEN: &str = "members-seen.csv";

/// Columns of the experiment that are no features.
const OWN: usize = 4;

/// All that channels are judged from.
pub(super) struct Judging<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) sends: &'a Sends,
    pub(super) members: &'a Members,
}

/// What came of it.
pub(super) enum Judged {
    /// There are too few messages on random channels: each channel with their number, none if nothing was drawn.
    TooFew(Vec<(String, usize)>),
    Champion(Box<Champion>),
}

/// The champion of the experiment.
pub(super) struct Champion {
    /// The verdict in a sentence.
    pub(super) sentence: String,
    /// Name of the competitor.
    pub(super) name: String,
    /// Place of the channel that each member gets.
    pub(super) chosen: Vec<usize>,
    files: Files,
}

impl Judging<'_> {
    /// Lets models compete if there are enough messages. What they are judged from is then in the folder already, and
    /// is taken away again if they cannot be judged.
    ///
    /// # Errors
    ///
    /// As of `experiment`: channels were not drawn at random, for one.
    pub(super) fn judge(&self) -> anyhow::Result<Judged> {
        let random = Random::of(self.sends, self.members);
        let counts = random.counts();
        let least = usize::try_from(self.arguments.least)?;
        if counts.is_empty() || counts.iter().any(|(_, count)| *count < least) {
            let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count));
            return Ok(Judged::TooFew(counts.collect()));
        }
        let (experiment, seen) = random.tables(self.arguments.window, |send| self.net(send))?;
        let mut files = Files::default();
        files.add(EXPERIMENT, experiment.bytes()?);
        files.add(SEEN, seen.bytes()?);
        files.add(CONFIG, file(&self.config(&random, &experiment.varying(OWN)))?);
        let folder = &self.arguments.out;
        files.write(folder)?;
        let champion = self.champion(folder, &random);
        if champion.is_err() {
            remove(folder);
        }
        champion.map(|champion| Judged::Champion(Box::new(champion)))
    }

    fn champion(&self, folder: &Path, random: &Random<'_>) -> anyhow::Result<Champion> {
        let inputs = Inputs {
            data: folder.join(EXPERIMENT),
            config: folder.join(CONFIG),
            score: Some(folder.join(SEEN)),
            threads: Some(self.arguments.threads),
        };
        let judged = judge(&inputs, &|_, _, _| ())?;
        let of = |wanted: &str| {
            judged
                .files
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, bytes)| bytes.to_vec())
                .unwrap_or_default()
        };
        let verdict: Value = serde_json::from_slice(&of("leaderboard.json"))?;
        let name = verdict.pointer("/choice/champion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let chosen = chosen(&of("scores.csv"), random)?;
        Ok(Champion { sentence: judged.sentence, name, chosen, files: judged.files })
    }

    /// The configuration of the experiment.
    fn config(&self, random: &Random<'_>, features: &[String]) -> Value {
        let names: Vec<&str> = random.set.iter().map(|channel| random.name(*channel)).collect();
        // In millionths; the last one gets what is left.
        let each = 1_000_000 / u32::try_from(names.len()).unwrap_or(1).max(1);
        let millionths = |chance: u32| f64::from(chance) / 1e6;
        let mut propensity: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!(millionths(each)))).collect();
        if let Some(last) = names.last() {
            let others = each * u32::try_from(names.len().saturating_sub(1)).unwrap_or_default();
            propensity.insert((*last).to_owned(), json!(millionths(1_000_000 - others)));
        }
        let control = random.control();
        json!({
            "name": "channels",
            "treatment": "channel",
            "control": control,
            "arms": names.iter().filter(|name| **name != control).collect::<Vec<_>>(),
            "outcome": "net",
            "id": "row",
            "member": "member",
            "features": features,
            "seed": self.arguments.salt,
            "propensity": propensity,
        })
    }

    /// What came of a message: margin less cost, less the member's worth if they left.
    fn net(&self, send: &Send) -> String {
        let message = &send.message;
        let lost = if message.unsubscribed { self.arguments.lifetime } else { 0.0 };
        let money = |minor: u32| f64::from(minor) / 100.0;
        format!("{:.2}", self.arguments.margin * money(message.value) - money(message.cost) - lost)
    }
}

/// The place of the channel that each row of the scores has.
fn chosen(scores: &[u8], random: &Random<'_>) -> anyhow::Result<Vec<usize>> {
    let mut rows = csv::Reader::from_reader(scores);
    let place =
        rows.headers()?.iter().position(|name| name == "chosen").context("scores have no column chosen")?;
    let mut all = Vec::new();
    for row in rows.records() {
        let row = row?;
        let name = row.get(place).unwrap_or_default();
        let channel = random.set.iter().find(|channel| random.name(**channel) == name);
        all.push(*channel.with_context(|| format!("scores choose \"{name}\""))?);
    }
    Ok(all)
}

fn remove(folder: &Path) {
    for name in [EXPERIMENT, SEEN, CONFIG] {
        // The first error is the one to report.
        drop(std::fs::remove_file(folder.join(name)));
    }
}

impl Judged {
    /// Writes all files, those of the experiment last.
    ///
    /// # Errors
    ///
    /// The folder cannot be written; what the experiment was made from is then taken away, too.
    pub(super) fn finish(&self, files: &mut Files, folder: &Path) -> anyhow::Result<()> {
        if let Self::Champion(champion) = self {
            champion.files.iter().for_each(|(name, bytes)| files.add(name, bytes.to_vec()));
        }
        let written = files.write(folder);
        if written.is_err() && matches!(self, Self::Champion(_)) {
            remove(folder);
        }
        written
    }
}
