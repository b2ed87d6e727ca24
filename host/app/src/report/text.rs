//! The report as text.

use super::table::{changes, cost, definitions, rows, subject};
use super::uplift::Uplift;

/// Writes the report.
pub fn write(uplift: &Uplift) -> String {
    let mut lines = vec![uplift.population.title.clone()];
    lines.extend(subject(uplift));
    lines.push(String::new());
    let [treated, control] = uplift.sides();
    let header = ["", treated, control].map(str::to_owned);
    let both = rows(uplift).into_iter().map(|row| [row.name.to_owned(), row.treated, row.control]);
    lines.extend(aligned(&std::iter::once(header).chain(both).collect::<Vec<_>>(), 1));
    let changes = changes(uplift);
    if !changes.is_empty() {
        lines.push(String::new());
        let header = ["uplift", "", "with 95 % confidence", "", "members needed"].map(str::to_owned);
        let changes = changes.into_iter().map(|change| {
            [change.name.to_owned(), change.value, change.interval, change.verdict.to_owned(), change.needed]
        });
        lines.extend(aligned(&std::iter::once(header).chain(changes).collect::<Vec<_>>(), 5));
    }
    let cost = cost(uplift).map(|cost| format!("\ncost of the offer: {cost}"));
    lines.extend(cost);
    lines.push(String::new());
    lines.extend(definitions(uplift).into_iter().map(|(name, text)| format!("{name}: {text}")));
    lines.extend(uplift.notes().into_iter().map(|note| format!("\nnote: {note}")));
    lines.push(String::new());
    lines.join("\n")
}

/// Columns side by side, those from `right` on to the right.
pub fn aligned<const N: usize>(rows: &[[String; N]], right: usize) -> Vec<String> {
    let length = |cell: &String| cell.chars().count();
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = length(cell).max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            let space = " ".repeat(width.saturating_sub(length(cell)));
            if column >= right { format!("{space}{cell}") } else { format!("{cell}{space}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
