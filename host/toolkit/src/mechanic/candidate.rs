//! A component with hints for its rehearsal, which its author's case files give: the offers, facts and times of receipts
//! that drew a proposal from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use app::mechanics::trials::{self, HINTS_MAX};
use domain::mechanics::{OfferCall, Verdict};
use domain::offer::OfferId;
use engine::{Class, Component, Hint, HintFact, Runtime, RuntimeSettings, Trial};
use serde_json::Value;

use super::admission::{self, Refused};
use super::test::case_files;
use super::test::run::{PreparedCase, TestHost};
use super::{ClassArg, read};
use crate::cases::{Case, RecordedCall, Stores};
use crate::sandbox::Sandbox;

/// An admitted component.
pub(super) struct Candidate {
    pub(super) file: Vec<u8>,
    pub(super) class: Class,
    pub(super) component: Arc<Component>,
    /// The hints as they are sent to a host.
    pub(super) hints: Option<String>,
}

impl Candidate {
    /// Admits the component in a file. Cases that it does not pass give hints, too; a case that cannot be used is an error.
    pub(super) fn admit(
        file: &Path,
        class: ClassArg,
        cases: &[PathBuf],
    ) -> anyhow::Result<Result<Self, Refused>> {
        let path = file;
        let file = read(path)?;
        let class = class.of(&file);
        let sandbox = if cases.is_empty() { None } else { Some(Sandbox::with_builtins()?) };
        let runtime = match &sandbox {
            Some(sandbox) => sandbox.runtime().clone(),
            None => Runtime::new(&RuntimeSettings::default())?,
        };
        let component = match admission::admit(&runtime, &file, class)? {
            Ok(component) => Arc::new(component),
            Err(refused) => return Ok(Err(refused)),
        };
        let hints = match sandbox {
            Some(sandbox) => of_cases(&TestHost::of(sandbox, Arc::clone(&component), class), cases)?,
            None => Vec::new(),
        };
        Ok(Ok(Self { file, class, component, hints: trials::to_header(&hints) }))
    }

    /// The trials of a rehearsal with these hints, as a host makes them.
    pub(super) fn trials(&self) -> anyhow::Result<Vec<Trial>> {
        of_hints(&self.component, self.hints.as_deref())
    }
}

/// The trials of a component with hints as they are sent to a host.
pub(super) fn of_hints(component: &Component, hints: Option<&str>) -> anyhow::Result<Vec<Trial>> {
    let hints =
        hints.map_or(Ok(Vec::new()), trials::from_header).map_err(|wrong| anyhow!("hints: {wrong}"))?;
    Ok(trials::of(component, &hints))
}

/// The hints of case files, none twice, in the order of the receipts.
pub(super) fn of_cases(host: &TestHost, cases: &[PathBuf]) -> anyhow::Result<Vec<Hint>> {
    let mut hints = Vec::new();
    for file in case_files::cases(cases)? {
        let case = Case::read(&file, &Stores::Beside)?;
        if !case.refused.is_empty() {
            continue;
        }
        let ready = host.prepare(&file, &case)?;
        let ready = ready.with_context(|| format!("{}: its plan cannot be used", file.display()))?;
        for receipt in &case.receipts {
            let (_, calls) = ready.price(receipt);
            for call in calls.iter().filter(|call| ready.is_under_test(call, host)) {
                for hint in of_call(host, &case, &ready, call) {
                    if hints.len() < HINTS_MAX && !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
            }
        }
    }
    Ok(hints)
}

/// A hint for each offer of a call that has a proposal.
fn of_call(host: &TestHost, case: &Case, ready: &PreparedCase, call: &RecordedCall) -> Vec<Hint> {
    let Ok(evaluated) = &call.ended else { return Vec::new() };
    let proposes = |verdict: &Verdict| matches!(verdict, Verdict::Proposals(list) if !list.is_empty());
    let offers = call.offers.iter().zip(&evaluated.verdicts);
    let hint = |(offer, _): (&OfferCall, &Verdict)| Hint {
        time: call.receipt.time,
        has_member: call.receipt.has_member,
        facts: facts(host.component.as_ref(), call),
        params: params(case, ready, offer),
    };
    offers.filter(|(_, verdict)| proposes(verdict)).map(hint).collect()
}

/// The facts of a call, each value of a need once.
fn facts(component: &Component, call: &RecordedCall) -> Vec<HintFact> {
    let mut facts: Vec<HintFact> = Vec::new();
    for fact in &call.facts {
        let need = usize::try_from(fact.need).ok().and_then(|need| component.description().needs.get(need));
        let Some(need) = need else { continue };
        let fact = HintFact { source: need.source, name: need.name.clone(), value: fact.value.clone() };
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

/// The parameters of an offer as the case writes them; none for personal terms.
fn params(case: &Case, ready: &PreparedCase, offer: &OfferCall) -> Option<String> {
    let id = OfferId(usize::try_from(offer.id).ok()?);
    let external_id = &ready.prepared.plan().plan.offer(id)?.external_id;
    let written = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let mut offers = case.plan.get("offers")?.as_array()?.iter();
    let offer =
        offers.find(|offer| offer.get("external_id").is_some_and(|id| written(id) == *external_id))?;
    offer.get("params").map(Value::to_string)
}
