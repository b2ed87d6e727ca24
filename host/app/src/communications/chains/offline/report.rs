//! The report of a simulation as text.

use std::cmp::Reverse;

use communications::chains::{Anyway, Simulation};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Asked, Chain, Simulated, control};
use crate::report::aligned;

/// Hours that are listed, the busiest first.
const HOURS_MAX: usize = 24;
/// Millionths of one.
const MILLIONTHS: u128 = 1_000_000;
/// `z₀.₉₇₅ + z₀.₈` = 2.801585 in millionths: a difference is found at the 5 % level, two-sided, with 80 % power (see
/// `report::power`).
const QUANTILES: u128 = 2_801_585;

/// Writes the report.
pub fn write(chain: &Chain, asked: &Asked, simulated: &Simulated) -> String {
    let day = |at: i64| Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
    let mut lines = vec![
        format!("chain {} ({}), {} to {}", asked.chain, short(chain.digest()), day(asked.from), day(asked.to)),
        "bounds and no forecast: how members would have reacted to messages that they never got is not known; \
         the columns are if nobody reacts, and if everybody does"
            .to_owned(),
        String::new(),
    ];
    lines.extend(table(simulated));
    lines.extend(hours(&simulated.none));
    lines.push(String::new());
    lines.extend(anyway(chain, asked, simulated.none.anyway));
    lines.push(String::new());
    lines.join("\n")
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn table(simulated: &Simulated) -> Vec<String> {
    let Simulated { none, all } = simulated;
    let mut rows = vec![["".to_owned(), "nobody reacts".to_owned(), "everybody".to_owned()]];
    let mut row = |name: &str, of: &dyn Fn(&Simulation) -> String| {
        rows.push([name.to_owned(), of(none), of(all)]);
    };
    row("events", &|of| of.events.to_string());
    row("entries", &|of| of.entries.to_string());
    row("  members", &|of| of.members.to_string());
    row("  ghosts of the control group", &|of| of.ghosts.to_string());
    row("events of active runs", &|of| of.joined.to_string());
    row("not let in again", &|of| of.refused.to_string());
    row("messages", &|of| of.messages.values().sum::<u64>().to_string());
    row("  held by quiet hours", &|of| of.held.to_string());
    row("  too late after quiet hours", &|of| of.dropped.to_string());
    row("  that ghosts would have got", &|of| of.ghost_messages.to_string());
    row("points given", &|of| of.points.to_string());
    row("  that expire", &|of| of.expiring_points.to_string());
    let names = |of: &dyn Fn(&Simulation) -> Vec<String>| {
        let mut names: Vec<String> = of(none).into_iter().chain(of(all)).collect();
        names.sort();
        names.dedup();
        names
    };
    let owned = |name: &&'static str| (*name).to_owned();
    for name in names(&|of| of.actions.keys().map(owned).collect()) {
        row(&name, &|of| of.actions.get(name.as_str()).copied().unwrap_or(0).to_string());
    }
    for name in names(&|of| of.goals.keys().cloned().collect()) {
        row(&format!("goal {name}"), &|of| of.goals.get(&name).copied().unwrap_or(0).to_string());
    }
    for name in names(&|of| of.visits.keys().cloned().collect()) {
        row(&format!("node {name}"), &|of| of.visits.get(&name).copied().unwrap_or(0).to_string());
    }
    for name in names(&|of| of.waiting.keys().cloned().collect()) {
        row(&format!("still waiting at {name}"), &|of| {
            of.waiting.get(&name).copied().unwrap_or(0).to_string()
        });
    }
    for name in names(&|of| of.left.keys().map(owned).collect()) {
        row(&format!("left: {name}"), &|of| of.left.get(name.as_str()).copied().unwrap_or(0).to_string());
    }
    for name in names(&|of| of.too_late.keys().cloned().collect()) {
        row(&format!("too late at {name}"), &|of| of.too_late.get(&name).copied().unwrap_or(0).to_string());
    }
    aligned(&rows, 1)
}

/// The busiest hours, in the order of time.
fn hours(simulation: &Simulation) -> Vec<String> {
    if simulation.messages.is_empty() {
        return Vec::new();
    }
    let mut busiest: Vec<(&(i64, String), &u64)> = simulation.messages.iter().collect();
    busiest.sort_by_key(|(hour, count)| (Reverse(**count), (*hour).clone()));
    busiest.truncate(HOURS_MAX);
    busiest.sort();
    let header = ["hour (UTC)", "channel", "messages"].map(str::to_owned);
    let rows: Vec<[String; 3]> = busiest
        .into_iter()
        .map(|((hour, channel), count)| {
            let hour =
                Timestamp::from_millisecond(*hour).map_or_else(|_| hour.to_string(), |hour| hour.to_string());
            [hour, channel.clone(), count.to_string()]
        })
        .collect();
    let title = format!("\nmessages by hour if nobody reacts, the busiest {HOURS_MAX} at most:");
    std::iter::once(title)
        .chain(aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>(), 2))
        .collect()
}

/// Who would have bought anyway, and what a control group can show.
fn anyway(chain: &Chain, asked: &Asked, anyway: Anyway) -> Vec<String> {
    let Anyway { members, bought } = anyway;
    let days = asked.window_days;
    if members == 0 {
        return vec![format!(
            "no member entered {days} days before the end: nothing is known of who buys anyway"
        )];
    }
    let mut lines = vec![format!(
        "bought anyway: {bought} of {members} members ({} %) bought within {days} days after they entered, without a message",
        percent(millionths(bought, members))
    )];
    let Some(share) = control(chain) else {
        lines.push(
            "no control group: what the chain does cannot be told from what happens anyway; add `control`"
                .to_owned(),
        );
        return lines;
    };
    let ghosts = u64::try_from(share).unwrap_or(0).saturating_mul(members) / 10_000;
    match smallest(members, bought, ghosts) {
        Some(smallest) => lines.push(format!(
            "smallest uplift that the control group of {} % can show: {} percentage points of buyers (5 % level, 80 % power, {} ghosts)",
            Decimal::new(i64::from(share), 2).normalize(),
            percent(smallest),
            ghosts
        )),
        None => lines.push(format!(
            "the control group of {} % would have {ghosts} members here: too few to show anything",
            Decimal::new(i64::from(share), 2).normalize()
        )),
    }
    lines
}

fn millionths(part: u64, whole: u64) -> u128 {
    (u128::from(part) * MILLIONTHS).checked_div(u128::from(whole)).unwrap_or(0)
}

/// Percent with two decimals, of millionths.
fn percent(millionths: u128) -> String {
    let hundredths = i64::try_from(millionths.saturating_add(50) / 100).unwrap_or(i64::MAX);
    Decimal::new(hundredths, 2).to_string()
}

/// The smallest difference of two shares that is found, in millionths: `(z₀.₉₇₅ + z₀.₈) · √(p (1 − p) (1/n₁ + 1/n₂))`. None
/// if a group is empty, or nobody or everybody buys.
fn smallest(members: u64, bought: u64, ghosts: u64) -> Option<u128> {
    let treated = members.checked_sub(ghosts).filter(|treated| *treated > 0)?;
    let others = members.checked_sub(bought)?;
    let [members, bought, others, ghosts, treated] =
        [members, bought, others, ghosts, treated].map(u128::from);
    // p (1 − p) in units of 10⁻¹², then the variance of the difference in the same.
    let spread = bought.checked_mul(others)?.checked_mul(MILLIONTHS * MILLIONTHS)?;
    let spread = spread.checked_div(members.checked_mul(members)?)?;
    let variance = spread.checked_mul(members)?.checked_div(treated.checked_mul(ghosts)?)?;
    let deviation = variance.isqrt();
    (deviation > 0).then(|| deviation.saturating_mul(QUANTILES) / MILLIONTHS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_uplift_is_that_of_the_formula() {
        // √(0.2 · 0.8 · (1/9000 + 1/1000)) = 0.0133333; times 2.801585 = 3.7354 points.
        assert_eq!(percent(smallest(10_000, 2_000, 1_000).unwrap()), "3.74");
        assert_eq!(smallest(10_000, 0, 1_000), None);
        assert_eq!(smallest(10, 2, 0), None);
        assert_eq!(percent(millionths(1, 3)), "33.33");
    }
}
