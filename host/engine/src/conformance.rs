//! Conformance: every check that a mechanic must pass, each reported by itself. Unlike a rehearsal, it
//! does not stop at the first check that fails.

mod answer_text;

use sha2::{Digest as _, Sha256};

use crate::admission::Refusal;
use crate::component::Component;
use crate::digest;
use crate::rehearsal::receipts::{self, SampleReceipt};
use crate::rehearsal::{self, RehearsedCall, Trial, TrialReceipt, Tried};

/// The results of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformance {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// SHA-256 of all answers (`sha256:` and 64 hexadecimal digits): equal on every machine, in every
    /// process.
    pub answers: String,
    /// Sentences for the author; no check fails for them.
    pub warnings: Vec<String>,
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
    /// Makes every check. Each one uses new instances, so that one that fails hides no other. See [`Self::trials`] for
    /// the trials.
    pub fn conformance(&self, trials: &[Trial]) -> Conformance {
        let mut checks = vec![
            Check::of("it imports nothing", Ok(())),
            Check::of("it describes itself the same again", self.describes_the_same()),
            Check::of("it checks empty parameters", self.validates_empty_params()),
        ];
        let mut suite = Suite { component: self, answers: Sha256::new(), differs: None };
        for sample in receipts::all(self.description()) {
            let title = format!("it answers {}", sample.name);
            let (refusal, calls) = suite.outcome(&sample);
            checks.push(Check { title, refusal, calls });
        }
        let failed_on = suite.on_trials(trials, &mut checks);
        let Suite { answers, differs, .. } = suite;
        let again = "it answers the same in two fresh instances, for the same fuel";
        checks.push(Check::of(again, differs.map_or(Ok(()), Err)));
        let calls: Vec<RehearsedCall> = checks.iter().flat_map(|check| check.calls.clone()).collect();
        let warnings = rehearsal::warnings(&calls, failed_on.as_ref());
        Conformance { checks, answers: digest::finish(answers), warnings }
    }
}

/// The checks on receipts, while they are made.
struct Suite<'a> {
    component: &'a Component,
    /// All answers so far.
    answers: Sha256,
    /// The first answer that was another one in a second instance.
    differs: Option<Refusal>,
}

impl Suite<'_> {
    /// The refusal for one receipt, if there is one, and the calls that were made.
    fn outcome(&mut self, sample: &SampleReceipt) -> (Option<Refusal>, Vec<RehearsedCall>) {
        match self.component.try_on(sample) {
            Ok(Tried { calls, answers, differs }) => {
                self.answers.update(answer_text::written(&answers));
                self.differs = self.differs.take().or(differs);
                (None, calls)
            }
            Err(refusal) => {
                self.answers.update(refusal.to_string());
                (Some(refusal), Vec::new())
            }
        }
    }

    /// Adds the checks on the receipts of trials: one on all small ones together, and one on each larger one. Answers
    /// the first failure that is no reason to refuse the mechanic.
    fn on_trials(&mut self, trials: &[Trial], checks: &mut Vec<Check>) -> Option<Refusal> {
        let receipts = match self.component.trial_receipts(trials) {
            Ok(receipts) => receipts,
            Err(refusal) => {
                checks.push(Check::of(
                    "it answers receipts with facts, times and parameters of its own",
                    Err(refusal),
                ));
                return None;
            }
        };
        let small = receipts.iter().filter(|receipt| receipt.title.is_none()).count();
        let title = format!("it answers {small} receipts with facts, times and parameters of its own");
        let mut together = Check { title, refusal: None, calls: Vec::new() };
        let (mut larger, mut failed_on) = (Vec::new(), None);
        for TrialReceipt { sample, title, is_binding } in receipts {
            let (mut refusal, calls) = self.outcome(&sample);
            if !is_binding {
                failed_on = failed_on.or(refusal.take());
            }
            match title {
                Some(title) => larger.push(Check { title: title.to_owned(), refusal, calls }),
                None => {
                    together.refusal = together.refusal.or(refusal);
                    together.calls.extend(calls);
                }
            }
        }
        if small > 0 {
            checks.push(together);
        }
        checks.extend(larger);
        failed_on
    }
}
