//! The priced receipt, for people.

use std::io::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

/// Columns that hold numbers.
const NUMBERS: [usize; 6] = [2, 3, 4, 5, 6, 7];

/// Prints lines with their reasons, totals, what did not apply, and how the mechanics did.
pub(super) fn print(receipt: &Value, answer: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{}\n", lines(receipt, answer))?;
    for (kind, who) in [("receipt", "On the receipt"), ("cashier", "To the cashier")] {
        for message in list(at(answer, &["messages", kind])) {
            writeln!(out, "{who}: {}", text(message))?;
        }
    }
    writeln!(out, "\nNot applied:\n{}", not_applied(answer))?;
    writeln!(out, "\nMechanics, each in a sandbox of its own:\n{}", mechanics(answer))?;
    for warning in list(at(answer, &["warnings"])) {
        writeln!(out, "Warning {}: {}", field(warning, "code"), field(warning, "detail"))?;
    }
    writeln!(out, "\nPlan {}", field(answer, "plan"))?;
    Ok(())
}

fn lines(receipt: &Value, answer: &Value) -> Table {
    let mut table = table(&[
        "#",
        "Item",
        "Qty",
        "Amount",
        "Discount",
        "Paid with points",
        "To pay",
        "Points earned",
        "Why",
    ]);
    for (sent, priced) in list(at(receipt, &["lines"])).iter().zip(list(at(answer, &["lines"]))) {
        let mut row = vec![field(priced, "position"), field(sent, "name"), field(sent, "quantity")];
        row.extend(sums(priced));
        row.push(reasons(priced));
        table.add_row(row);
    }
    let totals = at(answer, &["totals"]);
    let mut row = vec![String::new(), "Total".to_owned(), String::new()];
    row.extend(sums(totals));
    row.push(String::new());
    table.add_row(row);
    for column in NUMBERS {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn sums(of: &Value) -> impl Iterator<Item = String> {
    ["amount", "discount", "points_paid", "payable", "points_earned"].into_iter().map(|name| field(of, name))
}

fn reasons(line: &Value) -> String {
    let reason = |offer: &Value| {
        let gave = [("discount", "off"), ("points", "points")].into_iter().filter_map(|(name, unit)| {
            let value = field(offer, name);
            let nothing = value.chars().all(|digit| matches!(digit, '0' | '.'));
            (!nothing).then(|| format!("{value} {unit}"))
        });
        let gave: Vec<_> = gave.collect();
        format!("{}: {} ({})", field(offer, "offer"), gave.join(", "), field(offer, "reason"))
    };
    list(at(line, &["offers"])).iter().map(reason).collect::<Vec<_>>().join("\n")
}

fn not_applied(answer: &Value) -> Table {
    let mut table = table(&["Offer", "Reason", "Detail"]);
    for entry in list(at(answer, &["not_applied"])) {
        table.add_row([field(entry, "offer"), field(entry, "reason"), field(entry, "detail")]);
    }
    table
}

fn mechanics(answer: &Value) -> Table {
    let mut table = table(&["Mechanic", "Version", "Outcome", "Fuel", "Digest"]);
    for entry in list(at(answer, &["mechanics"])) {
        table.add_row(["name", "version", "outcome", "fuel", "digest"].map(|name| field(entry, name)));
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(header.to_vec());
    table
}

fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn field(value: &Value, name: &str) -> String {
    text(at(value, &[name]))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
