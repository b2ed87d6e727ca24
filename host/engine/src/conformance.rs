//! Everything that is asked of any mechanic, told one by one: what a dry run stops at, this goes on after.

use sha2::{Digest as _, Sha256};

use crate::admission::Refusal;
use crate::component::Component;
use crate::rehearsal::{RehearsedCall, Tried, receipts};

/// What came of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformance {
    /// In their order.
    pub checks: Vec<Check>,
    /// `sha256:…` of all answers: the same on every machine, in every process.
    pub answers: String,
}

/// One thing that is asked of a mechanic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is asked, for people.
    pub title: String,
    /// Why it is not so.
    pub refusal: Option<Refusal>,
    /// The calls that were made for it.
    pub calls: Vec<RehearsedCall>,
}

impl Check {
    fn of(title: impl Into<String>, found: Result<(), Refusal>) -> Self {
        Self { title: title.into(), refusal: found.err(), calls: Vec::new() }
    }
}

impl Conformance {
    /// Whether all checks pass.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.refusal.is_none())
    }
}

impl Component {
    /// Checks all that is asked of any mechanic. Each check starts afresh, so that one that fails hides no
    /// other.
    pub fn conformance(&self) -> Conformance {
        let mut checks = vec![
            Check::of("it imports nothing", Ok(())),
            Check::of("it describes itself the same again", self.describes_the_same()),
            Check::of("it checks empty parameters", self.validates_empty_params()),
        ];
        let (mut answers, mut differs) = (Sha256::new(), None);
        for golden in receipts::all(self.description()) {
            let title = format!("it answers {}", golden.name);
            let (refusal, calls) = match self.try_on(&golden) {
                Ok(Tried { calls, answers: said, differs: now }) => {
                    answers.update(format!("{said:?}"));
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
        let hex = answers.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Conformance { checks, answers: format!("sha256:{hex}") }
    }
}
