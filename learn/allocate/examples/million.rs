//! Time, memory and share of the linear bound for a million members with eight levels each.
//!
//! `cargo run --release --example million -- [MEMBERS [CAPS]]`: with 0 to 3 caps, by default none.

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use allocate::{Cap, Choice, Limits, Measure, Of, Settings, Source as _, Table, allocate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let mut words = std::env::args().skip(1);
    let members: u64 = words.next().map_or(Ok(1_000_000), |word| word.parse())?;
    let caps: usize = words.next().map_or(Ok(0), |word| word.parse())?;
    let begin = Instant::now();
    let table = Table::new((0..members).map(|key| (key, levels(key))))?;
    writeln!(out, "{members} members made and sorted in {:?}", begin.elapsed())?;

    let many = i64::try_from(members)?;
    let cap = |name: &str, of, measure, limit| Cap { name: name.to_owned(), of, measure, limit };
    let all = [
        cap("category 1", Of::Category(1), Measure::Members, many / 10),
        cap("brand 2", Of::Brand(2), Measure::Spend, many * 20),
        cap("messages", Of::All, Measure::Contacts, many / 2),
    ];
    let limits = Limits { budget: many * 100, caps: all.into_iter().take(caps).collect() };
    let begin = Instant::now();
    let plan = allocate(&table, &limits, &Settings::default())?;
    writeln!(out, "planned with 2 threads in {:?}", begin.elapsed())?;

    let begin = Instant::now();
    let (mut chooser, mut gain) = (plan.chooser(), 0);
    for part in 0..table.parts() {
        table.visit(part, &mut |member| {
            gain += chooser.choose(&member).map_or(0, |choice| choice.gain);
            Ok(())
        })?;
    }
    let summary = plan.summary();
    writeln!(out, "handed out with 1 thread in {:?}, gain {gain}", begin.elapsed())?;
    writeln!(out, "{summary:#?}")?;
    let share = i128::from(summary.gain) * 1_000_000 / i128::from(summary.bound.max(1));
    writeln!(out, "{share} millionths of the linear bound")?;
    // Linux only; elsewhere the line is left out.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM")) {
        writeln!(out, "most memory {line}")?;
    }
    Ok(())
}

/// Eight levels of falling return; one member in eight gets a level that pays for itself.
fn levels(key: u64) -> Vec<Choice> {
    let mut state = key;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % below).unwrap_or_default()
    };
    let (mut cost, mut gain) = (if draw(8) == 0 { -draw(60) } else { 0 }, 0);
    let levels = (1..=8).map(|level| {
        cost += 20 + draw(60);
        gain += draw(90_000) / i64::from(level);
        let group = u16::try_from(draw(5)).unwrap_or_default();
        Choice { cost, gain, level, category: group, brand: group, contacts: 1 }
    });
    levels.collect()
}
