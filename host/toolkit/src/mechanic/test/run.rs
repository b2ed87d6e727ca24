//! Runs cases one after the other.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::mechanics::Outcome;
use engine::{Class, Component};
use serde_json::Value;
use wire::plan::mechanic_files;
use wire::problem::Problems;

use super::report::{CallReport, CaseReport, ReceiptReport, Report, Tested, print};
use super::{Args, UNUSABLE, case_files, profile};
use crate::cases::{
    CallRecorder, Case, CaseReceipt, Prepared, RecordedCall, Stores, draft::expectation, refusal_differences,
};
use crate::mechanic::{ClassArg, admission, formatting, read};
use crate::sandbox::Sandbox;

/// The mechanic under test among the built-in ones, as a host would have them.
pub(in crate::mechanic) struct TestHost {
    sandbox: Sandbox,
    pub(in crate::mechanic) component: Arc<Component>,
    pub(in crate::mechanic) tested: Tested,
}

/// A case whose plan is built, with the mechanics that it names.
pub(in crate::mechanic) struct PreparedCase {
    pub(in crate::mechanic) prepared: Prepared,
    sandbox: Sandbox,
}

/// Runs the cases.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Some(host) = TestHost::admit(&args.file, args.class, args.json)? else {
        return Ok(ExitCode::FAILURE);
    };
    let mut report =
        Report { mechanic: host.tested.clone(), passed: 0, failed: 0, unusable: 0, cases: Vec::new() };
    let mut calls = Vec::new();
    for file in case_files::cases(&args.cases)? {
        let case = host.case(&file, &mut calls);
        report.note(case);
    }
    if args.json {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    } else {
        print(&report)?;
    }
    if let Some(out) = &args.profile {
        profile::write(&args.file, &host.component, &calls, out)?;
    }
    Ok(match (report.unusable, report.failed) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::FAILURE,
        _ => ExitCode::from(UNUSABLE),
    })
}

impl Report {
    fn note(&mut self, case: CaseReport) {
        let passed = case.receipts.iter().filter(|receipt| receipt.passed).count();
        self.passed = self.passed.saturating_add(passed);
        let failed = case.receipts.len().saturating_sub(passed);
        self.failed =
            self.failed.saturating_add(failed).saturating_add(usize::from(!case.differences.is_empty()));
        self.unusable = self.unusable.saturating_add(usize::from(case.unusable.is_some()));
        self.cases.push(case);
    }
}

impl TestHost {
    /// Admits the component. `None` if it is refused; the refusal is printed.
    pub(in crate::mechanic) fn admit(
        file: &Path,
        class: ClassArg,
        json: bool,
    ) -> anyhow::Result<Option<Self>> {
        let bytes = read(file)?;
        let class = class.of(&bytes);
        let sandbox = Sandbox::with_builtins()?;
        let component = match admission::admit(sandbox.runtime(), &bytes, class)? {
            Ok(component) => Arc::new(component),
            Err(refused) => {
                refused.tell(json)?;
                return Ok(None);
            }
        };
        Ok(Some(Self::of(sandbox, component, class)))
    }

    /// A component that was admitted, among the built-in mechanics of a sandbox.
    pub(in crate::mechanic) fn of(mut sandbox: Sandbox, component: Arc<Component>, class: Class) -> Self {
        let (description, inspected) = (component.description(), component.inspected());
        let tested = Tested {
            name: description.name.clone(),
            version: description.version.clone(),
            digest: inspected.digest.clone(),
            contract: inspected.abi(),
            class: class.name(),
            size: inspected.bytes,
        };
        sandbox.put(tested.name.clone(), Arc::clone(&component));
        Self { sandbox, component, tested }
    }

    /// Builds the plan of a case, with the mechanics that it names by their files. The inner error lists the problems of
    /// the plan.
    pub(in crate::mechanic) fn prepare(
        &self,
        file: &Path,
        case: &Case,
    ) -> anyhow::Result<Result<PreparedCase, Problems>> {
        let plan = case.plan_with(&self.tested.name);
        let mut sandbox = self.sandbox.clone();
        let folder = file.parent().unwrap_or(Path::new("."));
        let more = mechanic_files(&plan).with_context(|| file.display().to_string())?;
        if let Err(problems) = sandbox.admit_all(folder, more).or(()) {
            return Ok(Err(problems));
        }
        let validate = |mechanic, params: &str, offer: &_| sandbox.validate(mechanic, params, offer);
        let prepared = Prepared::of(&plan, sandbox.described(), validate);
        Ok(prepared.map(|prepared| PreparedCase { prepared, sandbox }))
    }

    /// Runs a case; the calls of the mechanic under test are added to `calls`.
    pub(in crate::mechanic) fn case(&self, file: &Path, calls: &mut Vec<RecordedCall>) -> CaseReport {
        let mut report = CaseReport { file: file.display().to_string(), ..CaseReport::default() };
        if let Err(error) = self.try_case(file, &mut report, calls) {
            report.unusable = Some(format!("{error:#}"));
        }
        report
    }

    fn try_case(
        &self,
        file: &Path,
        report: &mut CaseReport,
        calls: &mut Vec<RecordedCall>,
    ) -> anyhow::Result<()> {
        let case = Case::read(file, &Stores::Beside)?;
        report.title = case.title.clone();
        let ready = match self.prepare(file, &case)? {
            Ok(ready) => ready,
            Err(problems) if case.refused.is_empty() => {
                return Err(problems).context("its plan cannot be used");
            }
            Err(problems) => {
                report.differences = refusal_differences(&case.refused, &problems);
                return Ok(());
            }
        };
        if !case.refused.is_empty() {
            report.differences = refusal_differences(&case.refused, &Problems::default());
        }
        for receipt in &case.receipts {
            let (priced, made) = ready.price(receipt);
            report.receipts.push(self.receipt(&ready, receipt, priced, &made));
            calls.extend(made.into_iter().filter(|call| ready.is_under_test(call, self)));
        }
        Ok(())
    }

    fn receipt(
        &self,
        ready: &PreparedCase,
        receipt: &CaseReceipt,
        priced: Result<Value, Problems>,
        calls: &[RecordedCall],
    ) -> ReceiptReport {
        let verdicts = ready.prepared.verdicts(calls);
        let (differences, happened, answer) = match priced {
            Ok(answer) => {
                let mut differences = receipt.expected.verdict_differences(&verdicts);
                differences.extend(receipt.expected.differences(&answer));
                (differences, expectation(&answer, &verdicts), answer)
            }
            Err(problems) => {
                (refusal_differences(&receipt.expected.refused, &problems), Value::Null, Value::Null)
            }
        };
        ReceiptReport {
            title: receipt.title.clone(),
            passed: differences.is_empty(),
            differences,
            calls: calls.iter().map(|call| ready.call(call, self)).collect(),
            happened,
            answer,
        }
    }
}

impl PreparedCase {
    /// Prices a receipt. Answers the calls that were made for it, too.
    pub(in crate::mechanic) fn price(
        &self,
        receipt: &CaseReceipt,
    ) -> (Result<Value, Problems>, Vec<RecordedCall>) {
        let recorder = Arc::new(CallRecorder::default());
        let mechanics = self.sandbox.set().observed_by(recorder.clone());
        let priced = self.prepared.price(&mechanics, receipt);
        (priced, recorder.take())
    }

    /// True for a call of the mechanic under test.
    pub(in crate::mechanic) fn is_under_test(&self, call: &RecordedCall, host: &TestHost) -> bool {
        let called = self.sandbox.mechanics().nth(call.mechanic.0);
        called.is_some_and(|(_, component)| Arc::ptr_eq(component, &host.component))
    }

    fn call(&self, call: &RecordedCall, host: &TestHost) -> CallReport {
        let called = self.sandbox.mechanics().nth(call.mechanic.0);
        let deadline = called.map(|(_, component)| component.limits().deadline).unwrap_or_default();
        let cost = &call.cost;
        CallReport {
            mechanic: called.map_or("", |(name, _)| name).to_owned(),
            under_test: self.is_under_test(call, host),
            phase: call.receipt.phase.name(),
            offers: call.offers.len(),
            lines: call.receipt.lines.len(),
            outcome: call.ended.as_ref().map_or_else(|fault| fault.outcome, |_| Outcome::Ok).name(),
            detail: call.ended.as_ref().err().map(|fault| fault.detail.clone()),
            advice: call.ended.as_ref().err().zip(called).map(|(fault, (_, component))| {
                engine::advice(fault.outcome, component.limits().are_largest())
            }),
            fuel: cost.fuel,
            fuel_limit: cost.fuel_limit,
            memory_bytes: cost.memory_bytes,
            memory_limit_bytes: cost.memory_limit,
            returned_bytes: cost.returned_bytes,
            returned_limit_bytes: cost.returned_limit,
            time_ns: call.took.as_nanos(),
            deadline_ns: deadline.as_nanos(),
            usage: formatting::of_limits(cost, deadline, call.took),
        }
    }
}
