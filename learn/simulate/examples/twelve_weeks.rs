//! Twelve weeks of a learner beside the chain: it learns anew each week, explores, and watches for drift. What
//! its champion is worth is held against somebody who knows everything (the oracle).
//!
//! `cargo run -p simulate --example twelve_weeks -- [MEMBERS] [WEEK OF A SHIFT, 0 FOR NONE] [SEED]`
//!
//! Worth is what is gained over giving nothing to anybody, exactly as expected, not as drawn.

use std::error::Error;
use std::io::Write as _;

use causal::policy::{assign, difference, evaluate};
use causal::{Bootstrap, Fitted, Learner, Nuisances, Scores, Trainers, fit};
use drift::{stability, uplift};
use forest::Feature;
use simulate::{Chain, Chances, Columns, Settings, Shift};
use trees::{Bins, Booster, Options};

const WEEKS: u32 = 12;

/// Part of members, in millionths, that get any arm with the same probability: the rest get the champion's.
const EXPLORED: u32 = 300_000;

/// The same in the week after a drift: all of them.
const EXPLORED_AFTER_DRIFT: u32 = 1_000_000;

/// A member in so many is for judging only.
const JUDGED: u64 = 5;

struct Champion {
    name: &'static str,
    fitted: Box<dyn Fitted>,
    cuts: Vec<Feature>,
    /// What it was trained on.
    bins: Bins,
}

impl Champion {
    fn choose(&self, columns: &Columns, costs: &[f64]) -> Result<Chosen, Box<dyn Error>> {
        let bins = columns.bins(&self.cuts)?;
        let effects = self.fitted.effects(&bins, &rows(columns))?;
        Ok(Chosen { arms: assign(&effects, costs)?, effects })
    }
}

/// What a champion would give, and the effects that it promises.
struct Chosen {
    arms: Vec<u8>,
    /// `[arm − 1][row]`.
    effects: Vec<Vec<f64>>,
}

/// A learner in the competition.
struct Contender {
    net: f64,
    name: &'static str,
    fitted: Box<dyn Fitted>,
    arms: Vec<u8>,
}

fn rows(columns: &Columns) -> Vec<u32> {
    (0..).take(columns.rows()).collect()
}

/// For models of outcomes.
fn trainer() -> Booster {
    Booster(Options { trees: 60, depth: 4, least_rows: 100, threads: 2, ..Options::default() })
}

/// For models of effects, which are noisier.
fn careful() -> Booster {
    Booster(Options { trees: 60, depth: 3, least_rows: 500, threads: 2, ..Options::default() })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let members = arguments.next().transpose()?.unwrap_or(20_000);
    let shift = arguments.next().transpose()?.filter(|week| *week > 0).map(|week| Shift { week });
    let seed = arguments.next().transpose()?.unwrap_or(1).into();
    let chain = Chain::new(Settings { members, weeks: WEEKS, seed, shift, ..Settings::default() })?;
    let mut learner =
        Weeks { chain, chances: Vec::new(), seen: Columns::default(), champion: None, explored: EXPLORED };
    (1..=WEEKS).try_for_each(|week| learner.week(week))
}

/// The learner's state between weeks.
struct Weeks {
    chain: Chain,
    /// `[week − 1][member]`.
    chances: Vec<Vec<Chances>>,
    /// What is trained on.
    seen: Columns,
    champion: Option<Champion>,
    explored: u32,
}

impl Weeks {
    fn week(&mut self, week: u32) -> Result<(), Box<dyn Error>> {
        let costs = vec![0.0; self.chain.arms().len()];
        let members = self.chain.settings().members;
        // Features of a week do not depend on its arm, so that the champion can look at them first.
        self.chances.push(vec![self.chain.shares(); usize::try_from(members)?]);
        let mut output = std::io::stdout().lock();
        write!(output, "week {week:>2}: ")?;
        let drifted = match &self.champion {
            None => {
                writeln!(output, "everybody at random")?;
                false
            }
            Some(champion) => {
                let before = self.columns(week);
                let chosen = champion.choose(&before, &costs)?;
                let explored = self.explored / u32::try_from(costs.len())?;
                let chances = chosen.arms.iter().map(|arm| {
                    let mut chances = [0; simulate::MOST_ARMS];
                    for (number, chance) in (0..).zip(&mut chances).take(costs.len()) {
                        let own = if number == *arm { 1_000_000 - self.explored } else { 0 };
                        *chance = explored + own;
                    }
                    chances
                });
                let chances = chances.collect();
                if let Some(last) = self.chances.last_mut() {
                    *last = chances;
                }
                let now = self.columns(week);
                write!(output, "{:>8} is worth {}", champion.name, self.worth(week, &chosen.arms))?;
                let (text, drifted) = self.drift(champion, &now, &chosen)?;
                writeln!(output, "; {text}")?;
                drifted
            }
        };
        let now = self.columns(week);
        if drifted {
            // What was seen before is of another world.
            self.seen = Columns::default();
            self.champion = None;
        }
        self.explored = if drifted { EXPLORED_AFTER_DRIFT } else { EXPLORED };
        self.seen.append(&now);
        self.learn(week, &costs)
    }

    fn columns(&self, week: u32) -> Columns {
        let chances = |member, week: u32| {
            let of_week = usize::try_from(week).ok().and_then(|week| self.chances.get(week.checked_sub(1)?));
            let of_member = usize::try_from(member).ok().and_then(|member| of_week?.get(member).copied());
            of_member.unwrap_or_default()
        };
        self.chain.columns(0..self.chain.settings().members, week..week + 1, &chances)
    }

    /// What the champion, the best constant and the oracle gain over nothing, and the share of the oracle's
    /// gain.
    fn worth(&self, week: u32, arms: &[u8]) -> String {
        let weeks = week..week + 1;
        let value = |policy: &dyn Fn(u32) -> u8| self.chain.value(weeks.clone(), |member, _| policy(member));
        let nothing = value(&|_| 0);
        let champion = value(&|member| {
            usize::try_from(member).ok().and_then(|member| arms.get(member)).copied().unwrap_or_default()
        });
        let constants = (0..).take(self.chain.arms().len()).map(|arm| value(&|_| arm));
        let constant = constants.max().unwrap_or(nothing) - nothing;
        let oracle = value(&|member| self.chain.oracle(member, week)) - nothing;
        let champion = champion - nothing;
        let minor = |millionths: i64| millionths.div_euclid(1_000_000);
        format!(
            "{:>3} of the oracle's {:>3} ({:>3} %; best constant {:>3})",
            minor(champion),
            minor(oracle),
            champion * 100 / oracle.max(1),
            minor(constant)
        )
    }

    /// What the champion promised of its arms against what came of them, and whether members have changed.
    fn drift(
        &self,
        champion: &Champion,
        now: &Columns,
        chosen: &Chosen,
    ) -> Result<(String, bool), Box<dyn Error>> {
        let experiment = now.experiment(&self.chain, &champion.cuts)?;
        let rows = rows(now);
        let scores = Scores::new(&experiment, &rows, &Nuisances::fit(&experiment, &rows, &trainer(), 1)?)?;
        let of_arm = |arm: u8, row: usize| -> (f64, f64) {
            let get = |arm| scores.arm(arm).and_then(|column| column.get(row)).copied().unwrap_or_default();
            let predicted =
                usize::from(arm).checked_sub(1).and_then(|arm| chosen.effects.get(arm)?.get(row)).copied();
            (predicted.unwrap_or_default(), get(usize::from(arm)) - get(0))
        };
        let (predicted, gain): (Vec<f64>, Vec<f64>) =
            chosen.arms.iter().enumerate().map(|(row, arm)| of_arm(*arm, row)).unzip();
        let found = uplift(&predicted, &gain, &now.cluster, &Bootstrap::default())?;
        let moved: Vec<String> = stability(&champion.bins, &experiment.bins)?
            .into_iter()
            .filter(|feature| feature.moved)
            .map(|feature| format!("{} {:.2}", feature.feature, feature.psi))
            .collect();
        let realised = found.all.realised;
        let mut text = format!(
            "predicted {:.2}, realised {:.2} ± {:.2}",
            found.all.predicted,
            realised.estimate,
            1.96 * realised.error
        );
        if found.drifted() {
            text += &format!("; DRIFT of effects {:?}", found.departures);
        }
        if !moved.is_empty() {
            text += &format!("; moved: {}", moved.join(", "));
        }
        Ok((text, found.drifted()))
    }

    /// Trains competitors, judges them on members that none of them has seen, and promotes the best one unless
    /// it is worse than the champion, beyond chance.
    fn learn(&mut self, week: u32, costs: &[f64]) -> Result<(), Box<dyn Error>> {
        let cuts = self.seen.cuts(32);
        let experiment = self.seen.experiment(&self.chain, &cuts)?;
        let judged = |row: &u32| {
            usize::try_from(*row)
                .ok()
                .and_then(|row| experiment.cluster.get(row))
                .is_some_and(|member| member % JUDGED == 0)
        };
        let (judge, train): (Vec<u32>, Vec<u32>) = rows(&self.seen).into_iter().partition(judged);
        let (trainer, careful) = (trainer(), careful());
        let trainers = Trainers { outcome: &trainer, effect: &careful };
        let nuisances = Nuisances::fit(&experiment, &train, &trainer, week.into())?;
        let scores =
            Scores::new(&experiment, &judge, &Nuisances::fit(&experiment, &judge, &trainer, week.into())?)?;
        let bootstrap = Bootstrap { replicates: 50, threads: 2, ..Bootstrap::default() };
        let mut best: Option<Contender> = None;
        for learner in [Learner::T, Learner::X, Learner::R, Learner::Dr, Learner::DrRidge] {
            let fitted = fit(&learner, &experiment, &train, trainers, Some(&nuisances), week.into())?;
            let arms = assign(&fitted.effects(&experiment.bins, &judge)?, costs)?;
            let net = evaluate(&scores, &arms, costs, &bootstrap)?.net.estimate;
            if best.as_ref().is_none_or(|best| net > best.net) {
                best = Some(Contender { net, name: learner.name(), fitted, arms });
            }
        }
        let Some(best) = best else { return Ok(()) };
        if let Some(champion) = &self.champion {
            let all = champion.choose(&self.seen, costs)?.arms;
            let old: Vec<u8> =
                judge.iter().filter_map(|row| all.get(usize::try_from(*row).ok()?).copied()).collect();
            if difference(&scores, &best.arms, &old, costs, &bootstrap)?.high < 0.0 {
                return Ok(());
            }
        }
        self.champion = Some(Champion { name: best.name, fitted: best.fitted, cuts, bins: experiment.bins });
        Ok(())
    }
}
