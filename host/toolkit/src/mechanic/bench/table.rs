//! Writes measurements as tables and as JSON.

use std::io::{self, Write};

use domain::decimal::format_scaled;
use engine::VerdictCounts;
use serde_json::{Value, json};

use super::measure::{Measured, Percentiles};
use super::{Row, YARDSTICK};
use crate::mechanic::formatting;

/// Of a mechanic that was never asked what it proposes something for.
const DECLINED: &str =
    "no receipt drew a proposal from it: this is what declining costs (--cases gives it receipts that do)";

/// Prints a table for each mechanic.
pub(super) fn print(rows: &[Row]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for row in rows {
        let (description, inspected) = (row.component.description(), row.component.inspected());
        writeln!(
            out,
            "{} {}, class {}, {} bytes, {}",
            description.name,
            description.version,
            row.class.name(),
            formatting::grouped(inspected.bytes),
            row.origin
        )?;
        writeln!(
            out,
            "  {:>14} {:>12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  lines or case: offers",
            "fuel", "memory KiB", "cpu p50", "p99 µs", "wall p50", "p99 µs", "× fuel", "× cpu"
        )?;
        for (name, measured) in &row.measured {
            print_one(&mut out, name, measured, yardstick(rows, name))?;
        }
        if row
            .measured
            .iter()
            .all(|(_, measured)| measured.verdicts.is_none_or(|verdicts| verdicts.proposing == 0))
        {
            writeln!(out, "  {DECLINED}")?;
        }
    }
    writeln!(
        out,
        "Each call in a fresh instance. × is times `{YARDSTICK}` on a receipt of that size, in this run. Fuel is the same \
         everywhere; times are of this machine, now."
    )
}

fn print_one(out: &mut impl Write, name: &str, measured: &Measured, of: Option<&Measured>) -> io::Result<()> {
    let micros = |nanos: u64| format_scaled(i64::try_from(nanos / 100).unwrap_or(i64::MAX), 1);
    let times = |ratio: Option<u64>| {
        ratio.map_or_else(
            || "-".to_owned(),
            |ratio| format_scaled(i64::try_from(ratio).unwrap_or(i64::MAX), 2),
        )
    };
    let Percentiles { p50, p99 } = measured.cpu;
    let (fuel, cpu) = ratios(measured, of);
    writeln!(
        out,
        "  {:>14} {:>12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  {name}: {}",
        formatting::grouped(measured.cost.fuel),
        formatting::grouped(formatting::kib(measured.cost.memory_bytes)),
        micros(p50),
        micros(p99),
        micros(measured.wall.p50),
        micros(measured.wall.p99),
        times(fuel),
        times(cpu),
        path(measured),
    )?;
    match &measured.fault {
        Some(fault) => writeln!(out, "    FAILED {}: {}", fault.outcome.name(), fault.detail),
        None => Ok(()),
    }
}

/// The offers of a call by verdict, in words: the way through the rule that was measured.
fn path(measured: &Measured) -> String {
    let Some(VerdictCounts { proposing, declined, failed }) = measured.verdicts else {
        return "no answer".to_owned();
    };
    let mut parts = vec![format!("{proposing} proposing")];
    let others = [(declined, "declined"), (failed, "failed")].into_iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, verdict)| format!("{count} {verdict}")));
    parts.join(", ")
}

/// All measurements as JSON: times in nanoseconds, sizes in bytes, ratios in hundredths.
pub(super) fn document(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let (description, inspected) = (row.component.description(), row.component.inspected());
        let measured = row.measured.iter().map(|(name, measured)| one(name, measured, yardstick(rows, name)));
        json!({
            "origin": row.origin, "name": description.name, "version": description.version,
            "class": row.class.name(), "digest": inspected.digest, "size": inspected.bytes,
            "calls": measured.collect::<Vec<_>>(),
        })
    };
    json!({"yardstick": YARDSTICK, "mechanics": rows.iter().map(row).collect::<Vec<_>>()})
}

fn one(name: &str, measured: &Measured, of: Option<&Measured>) -> Value {
    let Measured { cost, cpu, wall, calls, verdicts, fault } = measured;
    let count = |of: fn(VerdictCounts) -> usize| verdicts.map(of);
    let (fuel_ratio, cpu_ratio) = ratios(measured, of);
    json!({
        "receipt": name, "calls": calls, "fuel": cost.fuel, "fuel_limit": cost.fuel_limit,
        "memory_bytes": cost.memory_bytes, "memory_limit_bytes": cost.memory_limit,
        "cpu_p50_ns": cpu.p50, "cpu_p99_ns": cpu.p99, "wall_p50_ns": wall.p50, "wall_p99_ns": wall.p99,
        "proposing": count(|verdicts| verdicts.proposing),
        "declined": count(|verdicts| verdicts.declined), "failed": count(|verdicts| verdicts.failed),
        "fuel_ratio_hundredths": fuel_ratio, "cpu_ratio_hundredths": cpu_ratio,
        "outcome": fault.as_ref().map_or("ok", |fault| fault.outcome.name()),
        "detail": fault.as_ref().map(|fault| &fault.detail),
    })
}

/// The measurement of the mechanic `YARDSTICK` under the same name.
fn yardstick<'a>(rows: &'a [Row], name: &str) -> Option<&'a Measured> {
    let row = rows.iter().find(|row| row.component.description().name == YARDSTICK)?;
    row.measured.iter().find(|(known, _)| known == name).map(|(_, measured)| measured)
}

/// Ratios of fuel and of processor time to the yardstick, in hundredths.
fn ratios(measured: &Measured, of: Option<&Measured>) -> (Option<u64>, Option<u64>) {
    let ratio = |one: u64, other: u64| one.saturating_mul(100).checked_div(other);
    let fuel = of.and_then(|of| ratio(measured.cost.fuel, of.cost.fuel));
    (fuel, of.and_then(|of| ratio(measured.cpu.p50, of.cpu.p50)))
}
