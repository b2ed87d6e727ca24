//! The verdict in words.

use crate::verdict::{Competitor, Gate, Interval, PREVIOUS, Verdict};

/// A part with fewer members than this makes intervals that are wide enough to hide most effects.
const FEW_MEMBERS: u64 = 2000;

/// The verdict in one sentence, or two.
pub(crate) fn sentence(verdict: &Verdict) -> String {
    let choice = &verdict.choice;
    let find = |name: &str| verdict.competitor(name);
    let (Some(candidate), Some(constant)) = (find(&choice.candidate), find(&choice.best_constant)) else {
        return String::new();
    };
    let reported = &candidate.report.against_best_constant;
    if let Some(stays) = find(PREVIOUS).filter(|previous| previous.name == choice.champion) {
        let own = &stays.report.against_best_constant;
        return format!(
            "The champion so far stays: on rows that were kept back it is worth {} per member, {} {} than {}. No new model \
             passed the gate; the best of them, the {}, came out {} {} than the same.",
            figure(stays.report.value.estimate),
            amount(own),
            more_or_less(own),
            constant_words(constant),
            candidate.title,
            amount(reported),
            more_or_less(reported),
        );
    }
    if choice.promoted {
        return format!(
            "The {} runs: on rows that were kept back until it was chosen it is worth {} per member, {} {} than {}.",
            candidate.title,
            figure(candidate.report.value.estimate),
            amount(reported),
            more_or_less(reported),
            constant_words(constant),
        );
    }
    if reported.low == 0.0 && reported.high == 0.0 {
        return format!(
            "{}: no model is proved to be worth more. The best of them, the {}, would do the same.",
            runs(constant),
            candidate.title
        );
    }
    format!(
        "{}: no model is proved to be worth more. The best of them, the {}, came out {} {} per member on the rows that \
         were kept back.",
        runs(constant),
        candidate.title,
        amount(reported),
        more_or_less(reported),
    )
}

/// What runs, as the beginning of a sentence.
fn runs(constant: &Competitor) -> String {
    if constant.name == "nobody" {
        return "Nobody gets anything".to_owned();
    }
    format!("Everybody gets {}", constant.title.trim_end_matches(" to everybody"))
}

fn constant_words(constant: &Competitor) -> String {
    if constant.name == "nobody" {
        "giving nobody anything".to_owned()
    } else {
        format!("giving {}", constant.title)
    }
}

/// For each condition of the gate how it came out.
pub(crate) fn reasons(gate: &Gate) -> Vec<String> {
    let held = |holds: bool| if holds { "met" } else { "not met" };
    let against = |interval: &Interval, what: &str| {
        format!(
            "{}: worth {} {} than {what} (95 % interval for all models at once from {} to {}); its lower end must be above 0",
            held(interval.low > 0.0),
            figure(interval.estimate.abs()),
            more_or_less(interval),
            figure(interval.low),
            figure(interval.high),
        )
    };
    let mut reasons = vec![
        against(&gate.at_equal_spend, "the best constant that spends as much"),
        against(&gate.against_best_constant, "the best constant whatever it spends"),
    ];
    if let Some(previous) = &gate.against_previous {
        reasons.push(format!(
            "{}: worth {} {} than the champion so far; it may be worth {} less",
            held(previous.estimate >= -gate.delta),
            figure(previous.estimate.abs()),
            more_or_less(previous),
            figure(gate.delta),
        ));
    }
    reasons
}

/// What a reader must know before trusting the figures.
pub(crate) fn warnings(verdict: &Verdict) -> Vec<String> {
    let mut warnings = Vec::new();
    let choice = &verdict.choice;
    if choice.promoted
        && let Some(champion) = verdict.champion()
    {
        warnings.extend(lead(champion));
    }
    let split = &verdict.split;
    if split.choose.members.min(split.report.members) < FEW_MEMBERS {
        warnings.push(format!(
            "Only {} members were there to choose on: small differences cannot be proved with so few.",
            split.choose.members
        ));
    }
    if verdict.arms.iter().skip(1).all(|arm| arm.effect.is_some_and(|effect| effect.low <= 0.0)) {
        warnings.push("No arm is proved to bring anything at all on average.".to_owned());
    }
    warnings
}

/// What to know of a model's lead if the rows that were kept back do not prove it again.
fn lead(champion: &Competitor) -> Option<String> {
    let leads = [&champion.report.at_equal_spend, &champion.report.against_best_constant];
    let lowest = leads.into_iter().min_by(|a, b| a.low.total_cmp(&b.low))?;
    if leads.into_iter().any(|lead| lead.estimate <= 0.0) {
        return Some(
            "The champion was worth no more than the best constant on the rows that were kept back: its lead may have \
             been luck. Run a larger experiment before relying on it."
                .to_owned(),
        );
    }
    (lowest.low <= 0.0).then(|| {
        format!(
            "The champion's lead over the best constant was proved on the rows it was chosen on, but not once more on the \
             fewer rows that were kept back: there its 95 % interval begins at {}. Watch it, or run a larger experiment.",
            figure(lowest.low)
        )
    })
}

fn more_or_less(interval: &Interval) -> &'static str {
    if interval.estimate < 0.0 { "less" } else { "more" }
}

/// Size of a difference with its interval.
fn amount(interval: &Interval) -> String {
    format!(
        "{} (95 % interval of the difference from {} to {})",
        figure(interval.estimate.abs()),
        figure(interval.low),
        figure(interval.high)
    )
}

/// A number for people: four digits that count.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 1000.0 {
        0
    } else if size >= 100.0 {
        1
    } else if size >= 10.0 {
        2
    } else if size >= 1.0 {
        3
    } else {
        4
    };
    let text = format!("{value:.decimals$}");
    if text.trim_matches(['-', '0', '.']).is_empty() { format!("{:.decimals$}", 0.0) } else { text }
}
