//! Prints the report on cases for people.

use std::io::{self, Write};

use super::{CallReport, CaseReport, ReceiptReport, Report};

/// Prints a line for each receipt, what differs, and what each call used of its limits.
pub(in crate::mechanic::test) fn print(report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let tested = &report.mechanic;
    writeln!(out, "{} {}, class {}, {}", tested.name, tested.version, tested.class, tested.digest)?;
    for case in &report.cases {
        print_case(&mut out, case)?;
    }
    let unusable = match report.unusable {
        0 => String::new(),
        unusable => format!(", {unusable} cases cannot be used"),
    };
    writeln!(out, "{} passed, {} failed{unusable}", report.passed, report.failed)
}

fn print_case(out: &mut impl Write, case: &CaseReport) -> io::Result<()> {
    writeln!(out, "{}: {}", case.file, case.title)?;
    if let Some(unusable) = &case.unusable {
        writeln!(out, "  cannot be used: {unusable}")?;
    }
    for difference in &case.differences {
        writeln!(out, "  FAILED  {difference}")?;
    }
    case.receipts.iter().try_for_each(|receipt| print_receipt(out, receipt))
}

fn print_receipt(out: &mut impl Write, receipt: &ReceiptReport) -> io::Result<()> {
    let mark = if receipt.passed { "ok    " } else { "FAILED" };
    writeln!(out, "  {mark}  {}", receipt.title)?;
    let own = || receipt.calls.iter().filter(|call| call.under_test);
    // A fault is the cause of the differences.
    own().try_for_each(|call| print_fault(out, call))?;
    for difference in &receipt.differences {
        writeln!(out, "          {difference}")?;
    }
    own().try_for_each(|call| writeln!(out, "          {}: {}", call.phase, call.usage.join("  ")))
}

fn print_fault(out: &mut impl Write, call: &CallReport) -> io::Result<()> {
    if let Some(detail) = &call.detail {
        writeln!(out, "          {}: {}: {detail}", call.phase, call.outcome)?;
    }
    match call.advice {
        Some(advice) => writeln!(out, "          {advice}"),
        None => Ok(()),
    }
}
