//! Conformance: every check that a mechanic must pass, each reported by itself. Unlike a rehearsal, it
//! does not stop at the first check that fails.

mod answer_text;

use sha2::{Digest as _, Sha256};

use crate::admission::Refusal;
use crate::component::Component;
use crate::digest;
use crate::rehearsal::{RehearsedCall, Tried, receipts};

/// The results of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformance {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// SHA-256 of all answers (`sha256:` and 64 hexadecimal digits): equal on every machine, in every
    /// process.
    pub answers: String,
}

/// One check of a mechanic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The requirement, as a sentence for people.
    pub title: String,
    /// The reason if the check fails.
    pub refusal: Option<Refusal>,
    /// The calls that the check made.
    pub calls: Vec<RehearsedCall>,
}

impl Check {
    fn of(title: impl Into<String>, found: Result<(), Refusal>) -> Self {
        Self { title: title.into(), refusal: found.err(), calls: Vec::new() }
    }
}

impl Conformance {
    /// True if all checks pass.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.refusal.is_none())
    }
}

impl Component {
    /// Makes every check. Each one uses new instances, so that one that fails hides no other.
    pub fn conformance(&self) -> Conformance {
        let mut checks = vec![
            Check::of("it imports nothing", Ok(())),
            Check::of("it describes itself the same again", self.describes_the_same()),
            Check::of("it checks empty parameters", self.validates_empty_params()),
        ];
        let (mut answers, mut differs) = (Sha256::new(), None);
        for sample in receipts::all(self.description()) {
            let title = format!("it answers {}", sample.name);
            let (refusal, calls) = match self.try_on(&sample) {
                Ok(Tried { calls, answers: said, differs: now }) => {
                    answers.update(answer_text::written(&said));
                    differs = differs.or(now);
                    (None, calls)
                }
                Err(refusal) => {
                    answers.update(refusal.to_string());
                    (Some(refusal), Vec::new())
                }
            };
            checks.push(Check { title, refusal, calls });
        }
        let again = "it answers the same in two fresh instances, for the same fuel";
        checks.push(Check::of(again, differs.map_or(Ok(()), Err)));
        Conformance { checks, answers: digest::finish(answers) }
    }
}
