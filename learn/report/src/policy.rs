//! Who gets what, what it costs, and who gets nothing and why.

use choose::{Competitor, Verdict};

use crate::number::{Units, percent};

pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) role: &'static str,
    /// Each arm, and the share of rows that gets it.
    pub(crate) shares: Vec<(String, String)>,
    pub(crate) spend: String,
}

/// The policy that runs, the best model and the best constant, each once.
pub(crate) fn rows(verdict: &Verdict, units: Units) -> Vec<Row> {
    let choice = &verdict.choice;
    let roles = [
        (&choice.champion, "runs now"),
        (&choice.candidate, "best model"),
        (&choice.best_constant, "best constant"),
    ];
    let mut seen: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for (name, role) in roles {
        if seen.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        rows.extend(verdict.competitor(name).map(|competitor| Row {
            title: competitor.title.clone(),
            role,
            shares: shares(verdict, competitor),
            spend: units.amount(competitor.report.spend),
        }));
    }
    rows
}

fn shares(verdict: &Verdict, competitor: &Competitor) -> Vec<(String, String)> {
    let shares = verdict.arms.iter().zip(&competitor.report.shares);
    shares.map(|(arm, share)| (arm.name.clone(), percent(*share, 1))).collect()
}

/// Who gets nothing from the policy that runs, and why, in sentences.
pub(crate) fn nothing(verdict: &Verdict, units: Units) -> Vec<String> {
    let Some(champion) = verdict.champion() else { return Vec::new() };
    let control = &verdict.experiment.control;
    let share = champion.report.shares.first().copied().unwrap_or_default();
    let mut sentences = vec![who(verdict, champion, share, control)];
    if let Some(budget) = verdict.experiment.budget {
        sentences.push(format!(
            "The budget is {} per row; what runs spends {}.",
            units.amount(budget),
            units.amount(champion.report.spend)
        ));
    }
    sentences
}

fn who(verdict: &Verdict, champion: &Competitor, share: f64, control: &str) -> String {
    if champion.model {
        let or_budget = match verdict.experiment.budget {
            Some(_) => ", or the budget brings more with others",
            None => "",
        };
        return format!(
            "{} of rows get nothing ({control}): for them no arm is predicted to bring more than it costs{or_budget}.",
            percent(share, 1)
        );
    }
    let no_model = "no model was shown to choose better than that";
    if share >= 1.0 {
        return format!(
            "Nobody gets anything ({control}): no arm was shown to bring more than it costs, and {no_model}."
        );
    }
    if share > 0.0 {
        return format!(
            "{} of rows, drawn at random, get nothing ({control}), so that the budget is kept; {no_model}.",
            percent(share, 1)
        );
    }
    format!("Everybody gets the same, since {no_model}.")
}
