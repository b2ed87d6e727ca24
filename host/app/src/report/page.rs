//! The report as a page that needs nothing else: no scripts, no fonts, no files.

use askama::Template;

use super::chart::{Panel, panel};
use super::statistics::Estimate;
use super::table::{Change, Row, changes, cost, definitions, rows, subject};
use super::uplift::{Uplift, fixed};

#[derive(Template)]
#[template(path = "uplift.html")]
struct Page<'a> {
    title: &'a str,
    subject: Vec<String>,
    panels: Vec<Panel>,
    sides: [&'static str; 2],
    rows: Vec<Row>,
    changes: Vec<Change>,
    /// The cost of the offer; none if the report is about the program.
    cost: Option<String>,
    definitions: Vec<(&'static str, &'static str)>,
    notes: Vec<String>,
}

/// Writes the report.
pub fn write(uplift: &Uplift) -> askama::Result<String> {
    let (treated, control) = (&uplift.treated, &uplift.control);
    let [with, without] = uplift.sides();
    let sides = |treated, control| [(with, "treated", treated), (without, "control", control)];
    let share = |estimate: Option<Estimate>| estimate.and_then(Estimate::percent);
    let money = |number| uplift.money(number, 0);
    let currency = &uplift.basis.currency().code;
    let panels = [
        panel(
            "Conversion, %".to_owned(),
            sides(share(treated.conversion.estimate()), share(control.conversion.estimate())),
            |number| format!("{} %", fixed(number, 2)),
        ),
        panel(
            format!("Revenue per member, {currency}"),
            sides(treated.revenue.estimate(), control.revenue.estimate()),
            money,
        ),
        panel(
            format!("Average receipt, {currency}"),
            sides(treated.average_receipt.estimate(), control.average_receipt.estimate()),
            money,
        ),
    ];
    Page {
        title: &uplift.population.title,
        subject: subject(uplift),
        sides: uplift.sides(),
        panels: panels.into_iter().flatten().collect(),
        rows: rows(uplift),
        changes: changes(uplift),
        cost: cost(uplift),
        definitions: definitions(uplift),
        notes: uplift.notes(),
    }
    .render()
}
