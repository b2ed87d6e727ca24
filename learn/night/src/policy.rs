//! Who is given what by chance, and with which probability: champion, challenger, random and control group.
//!
//! A member outside the host's control group is in one of three groups, which stays the same from run to run. In that
//! of the champion or challenger an arm is drawn by inverse gap weighting with a floor (see `allocate`), in `random`
//! each arm has the same probability. The *probability* of an arm is that before group and arm are drawn, over the
//! control group too, so that no arm is impossible for any member.

use allocate::probabilities;
use anyhow::{Context as _, bail};
use causal::folds::split_mix;

use crate::config::MILLION;
use crate::members::millionth;

/// Salts of independent draws.
const GROUP: u64 = 0x6772_6f75_7000_0001;
const ARM: u64 = 0x6172_6d00_0000_0001;

/// Hundredths of a percent in everything.
const HUNDREDTHS: u64 = 10_000;

/// Groups outside the control group, in percent; 100 together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    pub(crate) champion: u32,
    pub(crate) challenger: u32,
    pub(crate) random: u32,
}

/// How arms are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exploring {
    /// γ of inverse gap weighting, in millionths.
    pub(crate) gamma_millionths: u64,
    pub(crate) floor_millionths: u32,
}

/// A member as the draw sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawing<'a> {
    pub(crate) member: &'a str,
    pub(crate) seed: u64,
    /// First day of the assignment: arms are drawn anew in each.
    pub(crate) day: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Champion,
    Challenger,
    Random,
}

impl Group {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
            Self::Random => "random",
        }
    }
}

impl Drawing<'_> {
    /// The group of a member; it does not depend on the day.
    pub(crate) fn group(&self, groups: Groups) -> Group {
        let drawn = millionth(self.member, split_mix(self.seed ^ GROUP));
        let percent = MILLION / 100;
        if drawn < groups.champion.saturating_mul(percent) {
            Group::Champion
        } else if drawn < groups.champion.saturating_add(groups.challenger).saturating_mul(percent) {
            Group::Challenger
        } else {
            Group::Random
        }
    }

    /// An arm, drawn with these probabilities.
    pub(crate) fn arm(&self, chances: &[u32]) -> usize {
        let mut place =
            millionth(self.member, split_mix(self.seed ^ ARM) ^ split_mix(self.day.cast_unsigned()));
        for (arm, chance) in chances.iter().enumerate() {
            match place.checked_sub(*chance) {
                Some(rest) => place = rest,
                None => return arm,
            }
        }
        0
    }
}

/// Probabilities of arms of these worths (in millionths of the outcome) where `best` is the one to give.
pub(crate) fn explored(worth: &[i64], best: usize, exploring: Exploring) -> anyhow::Result<Vec<u32>> {
    let most = worth.get(best).copied().context("the best arm is none of the arms")?;
    let gap = |own: &i64| u128::try_from(i128::from(most) - i128::from(*own)).unwrap_or_default();
    let gaps: Vec<u128> = worth.iter().map(gap).collect();
    let found = probabilities(&gaps, best, exploring.gamma_millionths, exploring.floor_millionths);
    found.with_context(|| {
        format!(
            "a floor of {} millionths for each of {} arms is too high",
            exploring.floor_millionths,
            worth.len()
        )
    })
}

/// The same probability for each of some arms; what cannot be divided goes to nobody, the first. `paid_millionths` of
/// it is left of what paid arms would have, for a budget.
pub(crate) fn uniform(arms: usize, paid_millionths: u32) -> Vec<u32> {
    let count = u32::try_from(arms).unwrap_or(u32::MAX).max(1);
    let paid = u64::from(MILLION / count) * u64::from(paid_millionths) / u64::from(MILLION);
    let paid = u32::try_from(paid).unwrap_or_default();
    let nobody = MILLION - paid * (count - 1);
    std::iter::once(nobody).chain(std::iter::repeat_n(paid, arms.saturating_sub(1))).collect()
}

/// The probability of each arm before anything is drawn, in millionths, 1,000,000 together. `parts` are the groups'
/// shares in percent with the probabilities in each; `control_hundredths` of all members get nothing, the first arm.
pub(crate) fn marginal(
    parts: &[(u32, &[u32])],
    arms: usize,
    control_hundredths: u32,
) -> anyhow::Result<Vec<u32>> {
    let control = u64::from(control_hundredths);
    let treated = HUNDREDTHS.checked_sub(control).context("the control group is larger than everything")?;
    let mut all = Vec::new();
    for arm in 0..arms {
        let sum: u64 = parts
            .iter()
            .map(|(share, chances)| {
                u64::from(*share) * u64::from(chances.get(arm).copied().unwrap_or_default())
            })
            .sum();
        let nothing = if arm == 0 { control * u64::from(MILLION) / HUNDREDTHS } else { 0 };
        all.push(u32::try_from(sum * treated / (100 * HUNDREDTHS) + nothing)?);
    }
    let sum: u32 = all.iter().sum();
    let rest = MILLION.checked_sub(sum).context("probabilities are more than everything")?;
    match all.iter_mut().max_by_key(|chance| **chance) {
        Some(largest) => *largest += rest,
        None => bail!("there are no arms"),
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_everything_together_and_those_of_the_draw() {
        let exploring = Exploring { gamma_millionths: 1_000_000_000, floor_millionths: 5_000 };
        let worth = [0, 200_000, 150_000, -50_000];
        let champion = explored(&worth, 1, exploring).unwrap();
        assert_eq!(champion.iter().sum::<u32>(), MILLION);
        assert!(champion[1] > 900_000 && champion.iter().all(|chance| *chance >= 4_000), "{champion:?}");
        let random = uniform(4, MILLION);
        assert_eq!(random, [250_000; 4]);
        assert_eq!(uniform(4, 0), [MILLION, 0, 0, 0]);
        let groups = Groups { champion: 85, challenger: 10, random: 5 };
        let all = marginal(&[(85, &champion), (10, &champion), (5, &random)], 4, 500).unwrap();
        assert_eq!(all.iter().sum::<u32>(), MILLION);
        // Without a floor of its own every arm has a share of the random group.
        assert!(all.iter().all(|chance| *chance >= 11_875), "{all:?}");

        let mut counts = [0_u32; 4];
        for number in 0..40_000 {
            let member = format!("m-{number}");
            let drawing = Drawing { member: &member, seed: 1, day: 20_000 };
            let later = Drawing { day: 20_007, ..drawing };
            assert_eq!(drawing.group(groups), later.group(groups));
            let chances = if drawing.group(groups) == Group::Random { &random } else { &champion };
            counts[drawing.arm(chances)] += 1;
        }
        for (arm, count) in counts.iter().enumerate() {
            let treated = f64::from(all[arm]) - if arm == 0 { 50_000.0 } else { 0.0 };
            let expected = treated / 950_000.0 * 40_000.0;
            assert!(
                (f64::from(*count) - expected).abs() < 5.0 * expected.sqrt(),
                "{arm}: {count} of {expected}"
            );
        }
    }
}
