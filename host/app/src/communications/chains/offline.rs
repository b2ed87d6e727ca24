//! Chains without a host: checking a document, and simulating it over events that were recorded.

mod recorded;
mod report;
mod world;

pub use recorded::{Database, Limits, NotRead, Recording, from_database, from_lines};
pub use report::write;

use communications::chains::{self, Catalogue, Options, Reactions, Simulation, Version};
use communications::quiet_hours::{QuietHours, QuietHoursText};
use serde_json::Value;

use self::world::Recorded;

/// A chain that can be simulated.
#[derive(Debug)]
pub struct Chain(Version);

/// Reads and checks a document, without what its names refer to. The problems, a line each, with place and advice.
pub fn check(text: &str) -> Result<Chain, Vec<String>> {
    let document = wire::json::parse(text)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<String>>())?;
    check_document(&document)
}

fn check_document(document: &Value) -> Result<Chain, Vec<String>> {
    let lines =
        |problems: Vec<chains::Problem>| problems.iter().map(ToString::to_string).collect::<Vec<String>>();
    let version = chains::read(document).map_err(lines)?;
    let found = chains::check(&version, &Catalogue::default());
    if found.is_empty() { Ok(Chain(version)) } else { Err(lines(found)) }
}

impl Chain {
    /// How many nodes it has.
    pub fn nodes(&self) -> usize {
        self.0.nodes.len()
    }

    /// SHA-256 of its document.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }
}

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Name of the chain.
    pub chain: String,
    /// First moment, in milliseconds since 1970.
    pub from: i64,
    /// The moment after the last.
    pub to: i64,
    /// Days after an entry in which a purchase counts as one that would have been made anyway.
    pub window_days: u16,
    /// Hours in which nothing is sent, such as 21:00 and 09:00.
    pub quiet: Option<QuietHours>,
    /// Name of the zone of members of whom none is known.
    pub zone: String,
}

/// Reads quiet hours such as `21:00-09:00`.
pub fn quiet_hours(text: &str) -> Result<QuietHours, String> {
    let (from, until) = text.split_once('-').ok_or("must be two times such as 21:00-09:00")?;
    QuietHours::read(&QuietHoursText { from: from.to_owned(), until: until.to_owned() })
}

/// The bounds of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// If nobody reacts to messages.
    pub none: Simulation,
    /// If everybody does.
    pub all: Simulation,
}

/// Simulates a chain over recorded events. `show` is told how many events were read.
pub fn simulate(chain: &Chain, asked: &Asked, recording: &Recording, show: &mut dyn FnMut(u64)) -> Simulated {
    let mut run = |reactions| {
        let options = Options {
            chain: asked.chain.clone(),
            from: asked.from,
            to: asked.to,
            reactions,
            window: i64::from(asked.window_days).saturating_mul(24 * 60 * 60 * 1000),
            quiet: asked.quiet,
            trace: false,
        };
        let mut world = Recorded::new(recording, &asked.zone);
        chains::simulate(&chain.0, &options, &mut world, recording.events(), &mut |progress| {
            show(progress.events)
        })
    };
    Simulated { none: run(Reactions::None), all: run(Reactions::All) }
}

/// The control group that the chain asks for, in hundredths of a percent.
fn control(chain: &Chain) -> Option<i32> {
    chain.0.control.as_ref().map(|control| control.percent.0)
}
