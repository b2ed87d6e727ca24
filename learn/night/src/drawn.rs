//! Arms for all members, so that what is drawn stays within budget and caps.

use allocate::{Cap, Choice, Limits, Measure, Member, Of, Plan, Settings, Table, allocate};
use anyhow::Context as _;
use features::member_code;

use crate::config::{Config, MILLION};
use crate::policy::{Drawing, Exploring, Group, Groups, explored, marginal, uniform};

/// The most attempts to keep back enough of the budget for what is drawn.
const ATTEMPTS: i64 = 12;

/// What a competitor predicts.
pub(crate) struct Policy {
    pub(crate) name: String,
    /// By member and arm, nobody first: effect less cost in millionths of the outcome.
    pub(crate) worth: Vec<Vec<i64>>,
    /// The arm of every member, if it is a constant.
    pub(crate) always: Option<usize>,
}

/// What is drawn from.
pub(crate) struct Draw<'a> {
    pub(crate) config: &'a Config,
    pub(crate) members: &'a [String],
    /// Whether each is in the host's control group.
    pub(crate) control: &'a [bool],
    /// None as long as all arms are drawn at random.
    pub(crate) champion: Option<&'a Policy>,
    pub(crate) challenger: Option<&'a Policy>,
    /// First day of the assignment.
    pub(crate) day: i64,
}

/// A member's draw.
pub(crate) struct Drawn {
    pub(crate) group: Group,
    pub(crate) arm: usize,
    pub(crate) champion_arm: Option<usize>,
    /// By arm, before anything was drawn.
    pub(crate) chances: Vec<u32>,
}

pub(crate) struct Given {
    pub(crate) members: Vec<Drawn>,
    /// Expected cost in minor units, without the control group.
    pub(crate) spend: i64,
    pub(crate) note: Option<String>,
}

/// How an attempt is made.
#[derive(Clone, Copy)]
struct Attempt {
    groups: Groups,
    /// None if everybody is to get what the plan says.
    exploring: Option<Exploring>,
    /// What the plans of champion and challenger may cost.
    budget: Option<i64>,
    /// Of what random arms would cost, in millionths.
    paid: u32,
}

/// Draws for all members.
///
/// # Errors
///
/// A floor that is too high; sums that leave 64 bits.
pub(crate) fn give(draw: &Draw<'_>) -> anyhow::Result<Given> {
    let settings = &draw.config.assign;
    let exploring = Exploring {
        gamma_millionths: rounded(settings.gamma),
        floor_millionths: u32::try_from(rounded(settings.floor))?,
    };
    let groups =
        Groups { champion: settings.champion, challenger: settings.challenger, random: settings.random };
    let budget = draw.config.budget()?;
    let mut attempt = Attempt { groups, exploring: Some(exploring), budget, paid: MILLION };
    let Some(most) = budget else { return attempted(draw, attempt) };
    let attempts = if most == 0 { 0 } else { ATTEMPTS };
    for number in 0..attempts {
        let given = attempted(draw, attempt)?;
        let excess = given.spend.saturating_sub(most);
        if excess <= 0 {
            return Ok(given);
        }
        // Part of what is drawn does not depend on the plan, so each attempt lowers by more than was too much.
        let eighths = number.saturating_mul(number).saturating_add(9);
        let less = excess.saturating_mul(eighths) / 8 + 1;
        attempt.budget = attempt.budget.map(|budget| budget.saturating_sub(less).max(0));
        let paid = i128::from(attempt.paid) * i128::from(most) / i128::from(given.spend.max(1));
        attempt.paid = u32::try_from(paid * 98 / 100).unwrap_or_default();
    }
    let alone = Groups { champion: 100, challenger: 0, random: 0 };
    let mut given = attempted(draw, Attempt { groups: alone, exploring: None, budget, paid: 0 })?;
    given.note = Some(if most == 0 {
        "The budget is 0: nobody gets a level that costs something, and nothing can be learned.".to_owned()
    } else {
        "The budget is too small to explore: members get what the plan says, and nothing can be learned."
            .to_owned()
    });
    Ok(given)
}

/// The nearest whole number of millionths.
fn rounded(value: f64) -> u64 {
    format!("{:.0}", value * f64::from(MILLION)).parse().unwrap_or(u64::MAX)
}

fn attempted(draw: &Draw<'_>, attempt: Attempt) -> anyhow::Result<Given> {
    let arms = draw.config.arms.len() + 1;
    let costs = draw.config.costs()?;
    let planned =
        |policy: Option<&Policy>| policy.map(|policy| plan(draw, policy, attempt.budget)).transpose();
    let (champion, challenger) = (planned(draw.champion)?, planned(draw.challenger)?);
    let random = uniform(arms, attempt.paid);
    let mut given = Given { members: Vec::new(), spend: 0, note: None };
    for (place, (member, control)) in draw.members.iter().zip(draw.control).enumerate() {
        let chances = |planned: &Option<Planned>| -> anyhow::Result<Option<Vec<u32>>> {
            let Some(planned) = planned else { return Ok(None) };
            let best = planned.best.get(place).copied().unwrap_or_default();
            let worth = planned.worth.get(place).context("a member without scores")?;
            match attempt.exploring {
                Some(exploring) => explored(worth, best, exploring).map(Some),
                None => Ok(Some((0..arms).map(|arm| if arm == best { MILLION } else { 0 }).collect())),
            }
        };
        let by_champion = chances(&champion)?;
        let by_challenger = chances(&challenger)?.or_else(|| by_champion.clone());
        let (first, second) =
            (by_champion.as_deref().unwrap_or(&random), by_challenger.as_deref().unwrap_or(&random));
        let Groups { champion: of_first, challenger: of_second, random: of_random } = attempt.groups;
        let parts = [(of_first, first), (of_second, second), (of_random, random.as_slice())];
        let drawing = Drawing { member, seed: draw.config.seed, day: draw.day };
        let group = drawing.group(attempt.groups);
        let arm = drawing.arm(match group {
            Group::Champion => first,
            Group::Challenger => second,
            Group::Random => &random,
        });
        if !control {
            let cost = costs.get(arm).copied().unwrap_or_default();
            given.spend = given.spend.checked_add(cost).context("the sum of costs is too large")?;
        }
        given.members.push(Drawn {
            group,
            arm,
            champion_arm: champion.as_ref().and_then(|planned| planned.best.get(place)).copied(),
            chances: marginal(&parts, arms, draw.config.control_hundredths()?)?,
        });
    }
    Ok(given)
}

/// What a policy would give each member.
struct Planned {
    best: Vec<usize>,
    /// Worth at the price that the budget has.
    worth: Vec<Vec<i64>>,
}

fn plan(draw: &Draw<'_>, policy: &Policy, budget: Option<i64>) -> anyhow::Result<Planned> {
    let caps = caps(draw.config);
    if budget.is_none() && caps.is_empty() {
        let best = policy.worth.iter().map(|worth| policy.always.unwrap_or_else(|| largest(worth))).collect();
        return Ok(Planned { best, worth: policy.worth.clone() });
    }
    let costs = draw.config.costs()?;
    let choices = |worth: &Vec<i64>| -> Vec<Choice> {
        let arms = (0_u16..).zip(worth).zip(&costs).skip(1);
        let offered =
            arms.filter(|((arm, _), _)| policy.always.is_none_or(|always| usize::from(*arm) == always));
        offered
            .map(|((arm, gain), cost)| Choice {
                cost: *cost,
                gain: *gain,
                level: arm,
                category: arm,
                ..Choice::default()
            })
            .collect()
    };
    let all: Vec<(u64, Vec<Choice>)> = draw
        .members
        .iter()
        .map(|member| member_code(member).cast_unsigned())
        .zip(policy.worth.iter().map(choices))
        .collect();
    let table = Table::new(all.iter().map(|(key, choices)| (*key, choices)))?;
    // Without a budget there is no sum of costs that is too large.
    let budget = budget.unwrap_or(i64::MAX);
    let settings = Settings {
        threads: usize::try_from(draw.config.threads)?,
        salt: draw.config.seed,
        ..Settings::default()
    };
    let plan: Plan = allocate(&table, &Limits { budget, caps }, &settings)?;
    let price = plan.summary().prices_millionths.first().copied().unwrap_or_default();
    let at_price = |worth: &Vec<i64>| -> Vec<i64> {
        let own = |(worth, cost): (&i64, &i64)| {
            let paid = price.saturating_mul(i128::from(*cost)) / i128::from(MILLION);
            i64::try_from(i128::from(*worth) - paid).unwrap_or(i64::MIN)
        };
        worth.iter().zip(&costs).map(own).collect()
    };
    let mut chooser = plan.chooser();
    let best = all.iter().map(|(key, choices)| {
        chooser.choose(&Member { key: *key, choices }).map_or(0, |choice| usize::from(choice.level))
    });
    Ok(Planned { best: best.collect(), worth: policy.worth.iter().map(at_price).collect() })
}

fn caps(config: &Config) -> Vec<Cap> {
    let capped = (1_u16..)
        .zip(&config.arms)
        .filter_map(|(arm, settings)| Some((arm, settings, settings.most_members?)));
    let cap = |(arm, settings, most): (u16, &crate::config::ArmSettings, u32)| Cap {
        name: settings.name.clone(),
        of: Of::Category(arm),
        measure: Measure::Members,
        limit: i64::from(most),
    };
    capped.map(cap).collect()
}

/// The arm that is worth most, the lowest of equal ones.
fn largest(worth: &[i64]) -> usize {
    let best = worth.iter().enumerate().max_by_key(|(arm, worth)| (**worth, std::cmp::Reverse(*arm)));
    best.map_or(0, |(arm, _)| arm)
}
