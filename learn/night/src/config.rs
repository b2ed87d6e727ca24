//! The configuration of the nightly loop, `learn.toml`. All keys are in docs/learning.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use experiment::input::number::Decimal;
use experiment::refused::{Refused, refuse};
use serde::Deserialize;

/// Name of the arm that gets nothing.
pub const NOBODY: &str = "nobody";

/// Largest configuration file, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Most arms beside nobody.
const MOST_ARMS: usize = 15;

/// Longest that an assignment holds, in days.
const MOST_DAYS: u32 = 365;

/// Fewest rows of an arm with which an experiment is judged.
const LEAST_ROWS: u32 = 200;

/// Millionths in everything.
pub(crate) const MILLION: u32 = 1_000_000;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of all that the learner keeps.
    pub state: PathBuf,
    #[serde(default = "one")]
    pub seed: u64,
    /// IANA name of the chain's time zone: days begin by it.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Threads; they change no byte.
    #[serde(default = "two")]
    pub threads: u32,
    pub host: HostSettings,
    pub drop: DropSettings,
    #[serde(default)]
    pub features: FeatureSettings,
    pub offer: OfferSettings,
    pub arms: Vec<ArmSettings>,
    #[serde(default)]
    pub assign: AssignSettings,
    pub outcome: OutcomeSettings,
    #[serde(default)]
    pub competition: CompetitionSettings,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostSettings {
    /// Such as `https://host.example`.
    pub url: String,
    /// Environment variable with a key of the role `integration`.
    #[serde(default = "key_variable")]
    pub key_variable: String,
    /// How long an upload may take in all.
    #[serde(default = "wait_seconds")]
    pub wait_seconds: u64,
    /// How often a call is tried again if the host does not answer, fails or is busy.
    #[serde(default = "retries")]
    pub retries: u32,
    /// How long one call may take.
    #[serde(default = "call_seconds")]
    pub call_seconds: u64,
}

/// Files from elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropSettings {
    /// CSV file of all members that may be assigned: column `member`, and what is known of each.
    pub members: PathBuf,
    /// Folder of `*.ndjson` files of the results feed, read in order of their names instead of asking the host.
    pub feed: Option<PathBuf>,
    /// Folder of older receipts, `*.csv` or `*.parquet`, for features only.
    pub receipts: Option<PathBuf>,
    /// The catalogue as it was imported, NDJSON: which goods are of which category.
    pub catalog: Option<PathBuf>,
    /// CSV file with the columns `goods` and `percent`, the margin on goods.
    pub margins: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSettings {
    /// What features there are; the 1,000 of the program by default.
    pub definitions: Option<PathBuf>,
    /// Columns that models must not see.
    #[serde(default)]
    pub forbidden: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferSettings {
    pub external_id: String,
    /// The attribute that carries the terms.
    pub attribute: String,
    /// How long an assignment holds, from the day of the run on; outcomes are counted as long.
    #[serde(default = "days")]
    pub days: u32,
    pub target_kind: TargetKind,
    /// The same goods for everybody.
    pub target: Option<String>,
    /// The column of the members' file that names each member's goods.
    pub target_column: Option<String>,
    /// As the host's offer has it: the host leaves these members without the offer.
    pub control_group: ControlGroup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    Product,
    Category,
    Group,
    Receipt,
}

impl TargetKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Category => "category",
            Self::Group => "group",
            Self::Receipt => "receipt",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlGroup {
    /// Percent of members, as a decimal with at most two places.
    pub percent: String,
    pub salt: String,
}

/// What a member may get.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmSettings {
    pub name: String,
    /// As the host's terms have it: percent, amount, …
    pub method: String,
    pub value: String,
    /// What a member who has it is expected to cost in a run, in money; needed if there is a budget.
    pub cost: Option<String>,
    /// Most members who get it.
    pub most_members: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AssignSettings {
    /// Percent of the members outside the control group that get what the champion chooses for them.
    pub champion: u32,
    pub challenger: u32,
    /// Percent that get any arm with the same probability.
    pub random: u32,
    /// Least probability of any arm by champion or challenger.
    pub floor: f64,
    /// How fast the probability of an arm falls with how much less it is worth (inverse gap weighting).
    pub gamma: f64,
    /// Largest expected cost of a run, in money.
    pub budget: Option<String>,
}

impl Default for AssignSettings {
    fn default() -> Self {
        Self { champion: 85, challenger: 10, random: 5, floor: 0.005, gamma: 1_000.0, budget: None }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeSettings {
    pub metric: Metric,
}

/// What counts, by member and run, of what was bought while the assignment held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// 1 for who bought, else 0.
    Visits,
    /// Money paid.
    Revenue,
    /// Margin on the goods (`drop.margins`) less all discount.
    Margin,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompetitionSettings {
    /// How many assignments back are learned from.
    pub history: u32,
    /// Most rows; of more, a sample of members.
    pub most_rows: u32,
    /// Fewest rows of every arm; below that members go on getting random arms.
    pub least_rows_of_arm: u32,
    /// By arm, what it costs in units of the outcome beside what the outcome has in it.
    pub cost: BTreeMap<String, f64>,
    /// By how much a model may be worth less than the champion so far.
    pub delta: f64,
    /// How trees are grown: `trees`, `depth`, `least_rows`, `rate`, `ridge`.
    pub trees: BTreeMap<String, toml::Value>,
}

impl Default for CompetitionSettings {
    fn default() -> Self {
        Self {
            history: 26,
            most_rows: 2_000_000,
            least_rows_of_arm: 1_000,
            cost: BTreeMap::new(),
            delta: 0.0,
            trees: BTreeMap::new(),
        }
    }
}

fn one() -> u64 {
    1
}
fn two() -> u32 {
    2
}
fn utc() -> String {
    "UTC".to_owned()
}
fn key_variable() -> String {
    "OFFER_HOST_KEY".to_owned()
}
fn wait_seconds() -> u64 {
    3_600
}
fn call_seconds() -> u64 {
    1_800
}
fn retries() -> u32 {
    4
}
fn days() -> u32 {
    7
}

impl Config {
    /// Reads a file; paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// Not to be read; an unknown or missing key; a value out of range.
    pub fn read(path: &Path) -> Result<Self, Refused> {
        let bytes = fs::read(path)
            .map_err(|error| Refused(format!("{}: cannot be read: {error}", path.display())))?;
        if bytes.len() > MOST_BYTES {
            refuse!("{}: a configuration has at most {MOST_BYTES} bytes", path.display());
        }
        let text =
            String::from_utf8(bytes).map_err(|error| Refused(format!("{}: {error}", path.display())))?;
        let mut config =
            Self::parse(&text).map_err(|error| Refused(format!("{}: {error}", path.display())))?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// An unknown or missing key; a value out of range.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let config: Self = toml::from_str(text).map_err(|error| Refused(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn resolve(&mut self, folder: &Path) {
        let drop = &mut self.drop;
        let optional = [&mut drop.feed, &mut drop.receipts, &mut drop.catalog, &mut drop.margins];
        let paths = optional.into_iter().chain([&mut self.features.definitions]).flatten();
        for path in paths.chain([&mut drop.members, &mut self.state]) {
            *path = folder.join(&*path);
        }
    }

    fn check(&self) -> Result<(), Refused> {
        let AssignSettings { champion, challenger, random, floor, gamma, .. } = self.assign;
        if champion.saturating_add(challenger).saturating_add(random) != 100 {
            refuse!(
                "`assign`: champion {champion}, challenger {challenger} and random {random} are percents of the members \
                 outside the control group, and must add up to 100"
            );
        }
        let arms = f64::from(u32::try_from(self.arms.len()).unwrap_or(u32::MAX)) + 1.0;
        if !(floor >= 0.0 && floor * arms <= 1.0) {
            refuse!("`assign.floor`: {floor} for each of {arms} arms is no probability");
        }
        if !(0.0..=1e12).contains(&gamma) {
            refuse!("`assign.gamma`: {gamma} is not between 0 and 1e12");
        }
        if !(1..=MOST_DAYS).contains(&self.offer.days) {
            refuse!("`offer.days`: {} is not between 1 and {MOST_DAYS}", self.offer.days);
        }
        if !(1..=64).contains(&self.threads) {
            refuse!("`threads`: {} is not between 1 and 64", self.threads);
        }
        if self.competition.history == 0 {
            refuse!("`competition.history`: at least 1");
        }
        if self.competition.least_rows_of_arm < LEAST_ROWS {
            refuse!(
                "`competition.least_rows_of_arm`: with fewer than {LEAST_ROWS} rows nothing can be judged"
            );
        }
        if self.outcome.metric == Metric::Margin && self.drop.margins.is_none() {
            refuse!("`outcome.metric`: margin needs the file `drop.margins`");
        }
        self.zone()?;
        self.control_hundredths()?;
        self.check_offer()?;
        self.check_arms()
    }

    fn check_offer(&self) -> Result<(), Refused> {
        let OfferSettings { target_kind, target, target_column, .. } = &self.offer;
        match (target_kind, target, target_column) {
            (TargetKind::Receipt, None, None) => Ok(()),
            (TargetKind::Receipt, ..) => refuse!("`offer`: the receipt as a whole has no target"),
            (_, Some(_), None) | (_, None, Some(_)) => Ok(()),
            _ => refuse!("`offer`: give `target`, the same goods for all, or `target_column`, by member"),
        }
    }

    fn check_arms(&self) -> Result<(), Refused> {
        if self.arms.is_empty() || self.arms.len() > MOST_ARMS {
            refuse!("`arms`: {} arms; 1 to {MOST_ARMS} are possible", self.arms.len());
        }
        for (at, arm) in self.arms.iter().enumerate() {
            if arm.name == NOBODY
                || arm.name.is_empty()
                || self.arms.iter().take(at).any(|other| other.name == arm.name)
            {
                refuse!(
                    "`arms`: \"{}\" is there twice, is empty, or means that a member gets nothing",
                    arm.name
                );
            }
        }
        if let Some(name) =
            self.competition.cost.keys().find(|name| self.arms.iter().all(|arm| arm.name != **name))
        {
            refuse!("`competition.cost`: there is no arm \"{name}\"");
        }
        let lacks = self.arms.iter().find(|arm| arm.cost.is_none());
        if let Some((arm, _)) = lacks.zip(self.assign.budget.as_ref()) {
            refuse!("`arms`: \"{}\" has no `cost`, which `assign.budget` needs", arm.name);
        }
        self.arms.iter().try_for_each(|arm| arm.cost.as_deref().map_or(Ok(0), minor).map(drop))?;
        self.budget().map(drop)
    }

    /// The time zone.
    pub(crate) fn zone(&self) -> Result<Tz, Refused> {
        self.time_zone.parse().map_err(|_| {
            Refused(format!("`time_zone`: \"{}\" is no zone such as Europe/Berlin", self.time_zone))
        })
    }

    /// Share of the control group in hundredths of a percent.
    pub(crate) fn control_hundredths(&self) -> Result<u32, Refused> {
        let percent = &self.offer.control_group.percent;
        let found =
            Decimal::parse(percent).filter(|number| number.digits() <= 2).and_then(|number| number.scaled(2));
        let found = found.and_then(|hundredths| u32::try_from(hundredths).ok());
        found.filter(|hundredths| (1..=5_000).contains(hundredths)).ok_or_else(|| {
            Refused(format!("`offer.control_group.percent`: \"{percent}\" is not between 0.01 and 50"))
        })
    }

    /// The budget in minor units.
    pub(crate) fn budget(&self) -> Result<Option<i64>, Refused> {
        let Some(text) = &self.assign.budget else { return Ok(None) };
        match minor(text)? {
            budget if budget >= 0 => Ok(Some(budget)),
            _ => refuse!("`assign.budget`: {text} is below 0"),
        }
    }

    /// All arms, nobody first.
    pub(crate) fn arm_names(&self) -> Vec<String> {
        std::iter::once(NOBODY.to_owned()).chain(self.arms.iter().map(|arm| arm.name.clone())).collect()
    }

    /// Expected cost of each arm in minor units, nobody first.
    pub(crate) fn costs(&self) -> Result<Vec<i64>, Refused> {
        let costs = self.arms.iter().map(|arm| arm.cost.as_deref().map_or(Ok(0), minor));
        std::iter::once(Ok(0)).chain(costs).collect()
    }
}

/// An amount of money with at most two decimals, in minor units.
pub(crate) fn minor(text: &str) -> Result<i64, Refused> {
    let found =
        Decimal::parse(text).filter(|number| number.digits() <= 2).and_then(|number| number.scaled(2));
    found.ok_or_else(|| Refused(format!("\"{text}\" is no amount of money with at most two decimals")))
}
