//! What a competition found, as data: it becomes `leaderboard.json` and is all that the report page
//! and the model card are drawn from.
//!
//! Outcomes are in units of the outcome column (a share, if the outcome is 0 or 1), each per row.
//! Costs are in the same unit, and a *value* is net: mean outcome less mean cost, unless its comment
//! says otherwise.

use serde::{Deserialize, Serialize};

/// Version of the shape of [`Verdict`].
pub const SHAPE: u32 = 2;

/// Name of the competitor that is the champion of an earlier run.
pub const PREVIOUS: &str = "previous";

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// Everything that a competition found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`SHAPE`].
    pub shape: u32,
    /// The verdict in one sentence for people; the page begins with it.
    pub sentence: String,
    /// Further sentences that a reader must know before trusting the figures; may be empty.
    pub warnings: Vec<String>,
    pub experiment: About,
    /// The control arm is the first.
    pub arms: Vec<ArmSummary>,
    pub features: Vec<FeatureSummary>,
    pub split: Split,
    pub randomness: Randomness,
    pub choice: Choice,
    /// Best first, by value on the part `choose`.
    pub competitors: Vec<Competitor>,
    /// Effects by value of the columns that have few of them, over all rows.
    pub segments: Vec<Segments>,
}

/// One column of few values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    pub column: String,
    pub values: Vec<Segment>,
}

/// The rows with one value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub value: String,
    pub rows: u64,
    /// Effect of each arm but the control; for itself a 95 % interval, but of many one in twenty is wrong.
    pub effects: Vec<Interval>,
    /// Share of these rows that what runs from now on gives each arm, control first.
    pub shares: Vec<f64>,
}

/// What was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub name: String,
    /// File name of the data, without folders.
    pub data: String,
    pub rows: u64,
    /// Rows of arms that are not judged.
    pub left_out: u64,
    pub members: u64,
    /// Column that names the arm of each row.
    pub treatment: String,
    pub control: String,
    pub outcome: String,
    /// The outcome is 0 or 1 in every row.
    pub binary: bool,
    /// Most mean spend per row, if there is a budget.
    pub budget: Option<f64>,
    pub seed: u64,
    /// Version of the program.
    pub version: String,
}

/// One arm of the experiment, over all rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmSummary {
    pub name: String,
    pub rows: u64,
    /// Known probability of this arm; the mean, where it differs by row.
    pub propensity: f64,
    /// Cost per row that gets this arm.
    pub cost: f64,
    /// Mean outcome (gross of cost) if all rows had this arm.
    pub mean: Interval,
    /// Difference of that mean to the control arm's; none for the control arm itself.
    pub effect: Option<Interval>,
}

/// One column that models see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSummary {
    pub name: String,
    /// Number of categories, if it is a text.
    pub categories: Option<u64>,
    /// Share of rows without a value.
    pub missing: f64,
    /// How well this column alone tells the outcome: AUC (outcome 0 or 1) or R² (any other).
    pub tells_outcome: f64,
    /// Share of this column in the splits of a forest that was trained to predict what the champion (or, if
    /// a constant runs, the best model) predicts.
    pub importance: f64,
}

/// How rows were divided, by a hash of their member.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Models were trained on these.
    pub fit: Part,
    /// The champion was chosen on these.
    pub choose: Part,
    /// Opened once, after the choice: the reported figures.
    pub report: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub rows: u64,
    pub members: u64,
}

/// Whether features can tell the arm, which they cannot if it was drawn at random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Randomness {
    /// One for each arm; with two arms one for the treated arm. An experiment is refused if a low end is above 0.5.
    pub arms: Vec<ArmAuc>,
}

/// How well features tell who got an arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmAuc {
    pub arm: String,
    /// AUC on rows that the prediction was not trained on, with a 99.9 % interval; 0.5 = pure chance.
    pub auc: Interval,
}

/// Which competitor runs from now on, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Name of the competitor that runs.
    pub champion: String,
    /// Whether the champion is a model, which had to prove itself, and not a constant or nobody: the candidate
    /// if it passed the gate, otherwise the champion of an earlier run.
    pub promoted: bool,
    /// The model (learned or rule) with the largest value on the part `choose`.
    pub candidate: String,
    /// The constant (or nobody) with the largest value on the part `choose`.
    pub best_constant: String,
    /// For each arm but the control the model that ranks rows best: the one to go by if only a part of the
    /// members can be treated, whatever runs.
    pub ranks_best: Vec<RanksBest>,
    pub gate: Gate,
}

/// The model with the largest Qini value for an arm, cross-validated over all rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RanksBest {
    pub arm: String,
    /// Name of the competitor.
    pub name: String,
}

/// The gate that the candidate had to pass, all figures from the part `choose`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Value of the candidate less that of the best constant arm at equal spend (given to a random share
    /// of the rows, so that it costs as much as the candidate). The interval is simultaneous for all
    /// models that competed: the best of many must not win by luck.
    pub at_equal_spend: Interval,
    /// The same less the best constant within the budget, whatever it spends.
    pub against_best_constant: Interval,
    /// Value less that of the champion of an earlier run, if one was given.
    pub against_previous: Option<Interval>,
    /// By how much the candidate may be worse than that champion.
    pub delta: f64,
    pub passed: bool,
    /// For each condition a sentence that says how it came out.
    pub reasons: Vec<String>,
}

/// One competitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Competitor {
    /// Short key, as in `scores.csv`: `nobody`, `always Mens E-Mail`, `response`, `t`, …
    pub name: String,
    /// Name for people.
    pub title: String,
    /// One sentence: what it does.
    pub about: String,
    /// Neither a constant nor nobody.
    pub model: bool,
    /// Figures the choice was made on.
    pub choose: Figures,
    /// Figures of the part that was opened once, after the choice: the ones to quote.
    pub report: Figures,
    /// How well it ranks rows by effect, for each arm but the control, cross-validated over all rows after
    /// the choice; empty unless it is a model.
    pub ranking: Vec<Ranking>,
}

/// What a competitor's policy is worth on one part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean outcome less mean cost.
    pub value: Interval,
    /// Mean outcome, gross of cost.
    pub outcome: Interval,
    /// Mean cost per row.
    pub spend: f64,
    /// Share of rows that the policy gives each arm, in the order of `Verdict::arms`.
    pub shares: Vec<f64>,
    /// Value less that of the best constant arm at equal spend.
    pub at_equal_spend: Interval,
    /// Value less that of the best constant within the budget.
    pub against_best_constant: Interval,
}

/// How well predicted effects of one arm rank rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    pub arm: String,
    /// Part of all extra outcomes that falls into the best-scored 30 % of rows; 0.3 = pure chance. None if
    /// the arm brings nothing for sure, since a share of nothing means nothing.
    pub share_in_best_30: Option<Interval>,
    /// Area between the Qini curve and the straight line, per row.
    pub qini: Interval,
    /// Area under the targeting operator characteristic.
    pub autoc: Interval,
    /// The Qini curve from (0, 0): share of rows treated, best first, against extra outcome per row of all.
    pub curve: Vec<CurvePoint>,
    /// Tenths of rows by predicted effect, best first.
    pub deciles: Vec<Decile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub treated: f64,
    pub extra: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    pub rows: u64,
    /// Mean predicted effect.
    pub predicted: f64,
    /// Mean effect as it turned out.
    pub realised: Interval,
}

impl Verdict {
    /// The competitor of that name.
    pub fn competitor(&self, name: &str) -> Option<&Competitor> {
        self.competitors.iter().find(|competitor| competitor.name == name)
    }

    /// The competitor that runs from now on.
    pub fn champion(&self) -> Option<&Competitor> {
        self.competitor(&self.choice.champion)
    }
}
