//! The gate that a model had to pass.

use choose::{Interval, Verdict};

use crate::number::Units;
use crate::whiskers::{Text, Whiskers};

/// What the best model is worth more than what it must beat, on the rows the choice was made on.
pub(crate) fn chart(verdict: &Verdict, units: Units) -> Whiskers {
    let gate = &verdict.choice.gate;
    let line = |name: &str, about: &str, figure: Interval| {
        let text = Text {
            name: name.to_owned(),
            about: about.to_owned(),
            badge: "",
            class: if figure.low > 0.0 {
                "more"
            } else if figure.high < 0.0 {
                "less"
            } else {
                "ink"
            },
            value: units.change(figure.estimate),
            interval: units.between_changes(figure),
        };
        (text, figure)
    };
    let mut lines = vec![
        line(
            "Against the best constant at equal spend",
            "The best arm, given to a random share of members so that it costs as much; the whole whisker must be right \
             of zero.",
            gate.at_equal_spend,
        ),
        line(
            "Against the best constant",
            "The best arm within the budget, whatever it spends.",
            gate.against_best_constant,
        ),
    ];
    lines.extend(
        gate.against_previous.map(|figure| {
            line("Against the champion so far", "It may be worse by no more than delta.", figure)
        }),
    );
    Whiskers::new(lines, Some(0.0), |value| units.change_tick(value))
}
