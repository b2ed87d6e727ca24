//! Who competes: the dumb ones too, since a choice among models alone cannot say "none".

use causal::{Learner, Rule};

/// A competitor before it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrant {
    /// Key in files.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What it does, in a sentence.
    pub about: String,
    pub learner: Learner,
}

impl Entrant {
    /// Whether it looks at members at all.
    pub fn is_model(&self) -> bool {
        !matches!(self.learner, Learner::Nobody | Learner::Constant(_))
    }
}

/// All competitors: nobody, every arm for all, the rule if there is one, and every learner.
pub fn field(arms: &[String], rule: Option<&Rule>) -> Vec<Entrant> {
    let constants = (1_u8..).zip(arms.iter().skip(1)).map(|(arm, name)| Entrant {
        name: format!("always {name}"),
        title: format!("\"{name}\" to everybody"),
        about: format!("Gives every member \"{name}\"."),
        learner: Learner::Constant(arm),
    });
    std::iter::once(learned(Learner::Nobody))
        .chain(constants)
        .chain(rule.cloned().map(Learner::Rule).map(learned))
        .chain(Learner::learned().map(learned))
        .collect()
}

fn learned(learner: Learner) -> Entrant {
    let (title, about) = words(&learner);
    Entrant { name: learner.name().to_owned(), title: title.to_owned(), about: about.to_owned(), learner }
}

fn words(learner: &Learner) -> (&'static str, &'static str) {
    match learner {
        Learner::Nobody => ("nobody", "Gives nobody anything."),
        Learner::Constant(_) => ("constant", "Gives every member the same."),
        Learner::Rule(_) => ("rule of thumb", "Treats members who bought recently, often and for much."),
        Learner::Response => ("response", "Predicts who buys anyway, and treats the likeliest buyers."),
        Learner::S => ("S-learner", "One model of the outcome, with the arm as one of its features."),
        Learner::T => ("T-learner", "One model of the outcome for each arm; the effect is their difference."),
        Learner::X => ("X-learner", "Imputes each member's effect, and learns it from both sides."),
        Learner::R => ("R-learner", "Learns the effect from what outcome and arm leave unexplained."),
        Learner::Dr => ("DR-learner", "Learns the effect from doubly robust scores."),
        Learner::TransformedOutcome => {
            ("transformed outcome", "Learns the effect from outcomes weighted by inverse propensity.")
        }
        Learner::DrRidge => ("DR ridge", "A linear model of doubly robust scores."),
    }
}
