//! The competition: train, choose, and only then report.

use causal::bootstrap::Bootstrap;
use causal::{CausalError, Experiment, Fitted, Nuisances, Rule, Scores, Trainers, randomness};

use crate::error::ChooseError;
use crate::field::{Entrant, field};
use crate::gate::{Standing, choose};
use crate::importance::importances;
use crate::judge::{Judge, rounded};
use crate::model::{Model, Spending, chosen};
use crate::ranking::{best, rankings};
use crate::segments::{Segmentation, segments};
use crate::sentence::{sentence, warnings};
use crate::split::{Parts, number};
use crate::verdict::{
    About, ArmAuc, ArmSummary, Choice, Competitor, FeatureSummary, PREVIOUS, Randomness, SHAPE, Verdict,
};

/// What competes on what.
pub struct Task<'a> {
    pub experiment: &'a Experiment,
    pub about: About,
    pub features: Vec<FeatureSummary>,
    /// How many features of the bins each of those columns has become, in their order.
    pub widths: Vec<usize>,
    /// The columns of few values, for effects by segment.
    pub segmentations: Vec<Segmentation>,
    /// Cost of each arm per row, control first, in units of the outcome.
    pub costs: Vec<f64>,
    /// A rule of thumb that competes too.
    pub rule: Option<Rule>,
    /// By how much a model may be worth less than the champion of an earlier run.
    pub delta: f64,
    pub previous: Option<Previous<'a>>,
    pub trainers: Trainers<'a>,
    /// Threads for intervals; they change no figure.
    pub threads: u32,
    /// Is told what begins, and how many steps of how many are done.
    pub progress: &'a dyn Fn(&str, u64, u64),
}

/// The champion of an earlier run, on the features of this one.
pub struct Previous<'a> {
    pub fitted: &'a dyn Fitted,
    pub bins: &'a trees::Bins,
    pub price: f64,
}

/// The verdict, and the competitors as they should be used from now on.
pub struct Done {
    pub verdict: Verdict,
    /// Trained again on all rows, in the order of [`field`]. The verdict's figures are those of models that
    /// had seen the part `fit` only.
    pub models: Vec<Model>,
}

/// Lets all competitors compete.
///
/// # Errors
///
/// An experiment that cannot be judged: [`Experiment::check`], [`randomness::check`], too few members.
pub fn compete(task: Task<'_>) -> Result<Done, ChooseError> {
    let experiment = task.experiment;
    experiment.check()?;
    if task.costs.len() != experiment.arms.len() {
        return Err(ChooseError::Costs { found: task.costs.len(), arms: experiment.arms.len() });
    }
    let runner = Runner::new(&task);
    let all: Vec<u32> = (0_u32..).take(experiment.rows()).collect();
    runner.step("is the treatment random?");
    let randomness = randomness::check(experiment, &all, task.trainers.outcome, runner.seed)?;
    let entrants = field(&experiment.arms, task.rule.as_ref());
    let parts = Parts::draw(experiment, runner.seed);

    let models = runner.train(&entrants, &parts.fit, "training")?;
    runner.step("choosing");
    let judge = runner.judge(&parts.choose)?;
    let policies = runner.policies(&models, &parts.choose)?;
    let previous = runner.previous(&parts.choose)?;
    let standing = Standing { entrants: &entrants, policies: &policies, previous: previous.as_deref() };
    let mut chosen = choose(&judge, &standing, &task)?;

    runner.step("opening the rows that were kept back");
    let report = runner.judge(&parts.report)?;
    let reported = runner.policies(&models, &parts.report)?;
    let whole = runner.judge(&all)?;
    let ranked = rankings(&runner, &entrants, &whole.scores, &all)?;
    let mut competitors = Vec::new();
    for (((entrant, arms), judged), ranking) in entrants.iter().zip(&reported).zip(&chosen.judged).zip(ranked)
    {
        competitors.push(Competitor {
            name: entrant.name.clone(),
            title: entrant.title.clone(),
            about: entrant.about.clone(),
            model: entrant.is_model(),
            choose: judged.figures.clone(),
            report: report.judge(arms, chosen.constant)?.figures,
            ranking,
        });
    }
    if let Some((judged, arms)) = chosen.previous.as_ref().zip(runner.previous(&parts.report)?) {
        competitors.push(Competitor {
            name: PREVIOUS.to_owned(),
            title: "champion so far".to_owned(),
            about: "The champion of an earlier run.".to_owned(),
            model: true,
            choose: judged.figures.clone(),
            report: report.judge(&arms, chosen.constant)?.figures,
            ranking: Vec::new(),
        });
    }
    competitors.sort_by(|a, b| b.choose.value.estimate.total_cmp(&a.choose.value.estimate));
    let models = runner.train(&entrants, &all, "training on all rows")?;
    let features = with_importances(&task, &models, &chosen.choice)?;
    chosen.choice.ranks_best = best(&experiment.arms, &competitors);
    let runs = match models.iter().find(|model| model.entrant.name == chosen.choice.champion) {
        Some(model) => model.arms(&experiment.bins, &all, &task.costs)?,
        None => runner.previous(&all)?.unwrap_or_default(),
    };
    let mut verdict = Verdict {
        shape: SHAPE,
        sentence: String::new(),
        warnings: Vec::new(),
        arms: arms(&task, &whole.scores, &runner.bootstrap)?,
        split: parts.sizes(experiment),
        randomness: aucs(&experiment.arms, &randomness),
        choice: chosen.choice,
        competitors,
        segments: segments(&task.segmentations, &features, &whole.scores, &runs, &runner.bootstrap)?,
        experiment: task.about,
        features,
    };
    verdict.sentence = sentence(&verdict);
    verdict.warnings = warnings(&verdict);
    Ok(Done { verdict, models })
}

/// What all stages share.
pub(crate) struct Runner<'a> {
    task: &'a Task<'a>,
    pub(crate) seed: u64,
    pub(crate) bootstrap: Bootstrap,
    done: std::cell::Cell<u64>,
    steps: u64,
}

impl<'a> Runner<'a> {
    fn new(task: &'a Task<'a>) -> Self {
        let seed = task.about.seed;
        let bootstrap = Bootstrap { seed, threads: task.threads, ..Bootstrap::default() };
        let entrants = number(field(&task.experiment.arms, task.rule.as_ref()).len());
        // Trained once on the part `fit`, in five folds, and on all rows, besides three steps of its own.
        Self { task, seed, bootstrap, done: std::cell::Cell::new(0), steps: entrants * 7 + 3 }
    }

    /// Tells that something begins.
    pub(crate) fn step(&self, what: &str) {
        (self.task.progress)(what, self.done.get(), self.steps);
        self.done.set(self.done.get().saturating_add(1));
    }

    pub(crate) fn experiment(&self) -> &'a Experiment {
        self.task.experiment
    }

    /// Trains all competitors on some rows.
    pub(crate) fn train(
        &self,
        entrants: &[Entrant],
        rows: &[u32],
        what: &str,
    ) -> Result<Vec<Model>, ChooseError> {
        let plan = Spending { costs: &self.task.costs, budget: self.task.about.budget, seed: self.seed };
        let nuisances = Nuisances::fit(self.task.experiment, rows, self.task.trainers.outcome, self.seed)?;
        entrants
            .iter()
            .map(|entrant| {
                self.step(&format!("{what}: {}", entrant.title));
                Model::train(entrant, self.task.experiment, rows, self.task.trainers, &nuisances, &plan)
            })
            .collect()
    }

    fn judge(&self, rows: &[u32]) -> Result<Judge<'a>, ChooseError> {
        Judge::new(self.task.experiment, rows, self.task.trainers, &self.task.costs, self.bootstrap)
    }

    fn policies(&self, models: &[Model], rows: &[u32]) -> Result<Vec<Vec<u8>>, ChooseError> {
        let bins = &self.task.experiment.bins;
        models.iter().map(|model| model.arms(bins, rows, &self.task.costs)).collect()
    }

    fn previous(&self, rows: &[u32]) -> Result<Option<Vec<u8>>, ChooseError> {
        let Some(previous) = &self.task.previous else { return Ok(None) };
        chosen(previous.fitted, previous.price, previous.bins, rows, &self.task.costs).map(Some)
    }
}

/// The columns with the importance that they have for the champion, or for the candidate if no model runs.
fn with_importances(
    task: &Task<'_>,
    models: &[Model],
    choice: &Choice,
) -> Result<Vec<FeatureSummary>, ChooseError> {
    let named =
        |name: &str| models.iter().find(|model| model.entrant.is_model() && model.entrant.name == name);
    let mut features = task.features.clone();
    if let Some(model) = named(&choice.champion).or_else(|| named(&choice.candidate)) {
        let shares = importances(model, &task.experiment.bins, task.trainers)?;
        let mut shares = shares.iter();
        for (feature, width) in features.iter_mut().zip(&task.widths) {
            feature.importance = rounded(shares.by_ref().take(*width).sum());
        }
    }
    Ok(features)
}

fn arms(task: &Task<'_>, scores: &Scores, bootstrap: &Bootstrap) -> Result<Vec<ArmSummary>, CausalError> {
    let experiment = task.experiment;
    let rows = experiment.rows();
    let count = |rows: usize| f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    let summary = |arm: usize, name: &String| {
        let of_arm = experiment.arm.iter().filter(|own| usize::from(**own) == arm).count();
        let sum: f64 = (0_u32..).take(rows).map(|row| experiment.probability(row, arm)).sum();
        let effect = match arm {
            0 => None,
            _ => Some(bootstrap.mean(scores.clusters(), &scores.effect(arm)?)?.into()),
        };
        Ok(ArmSummary {
            name: name.clone(),
            rows: number(of_arm),
            propensity: rounded(sum / count(rows)),
            cost: task.costs.get(arm).copied().unwrap_or(0.0),
            mean: bootstrap.mean(scores.clusters(), scores.arm(arm).unwrap_or_default())?.into(),
            effect,
        })
    };
    experiment.arms.iter().enumerate().map(|(arm, name)| summary(arm, name)).collect()
}

fn aucs(arms: &[String], found: &randomness::Randomness) -> Randomness {
    // With two arms the control tells nothing that the other does not.
    let arms = arms.iter().skip(arms.len().saturating_sub(found.auc.len())).zip(&found.auc);
    Randomness { arms: arms.map(|(arm, auc)| ArmAuc { arm: arm.clone(), auc: (*auc).into() }).collect() }
}
