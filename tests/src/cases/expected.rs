//! What a case expects of an answer. What it leaves out must be zero or empty.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use server::wire::problem::Problems;

use super::answer::{self, Texts};

/// What must come of a receipt.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// By position. Lines that are left out get nothing.
    lines: BTreeMap<String, ExpectedLine>,
    /// Those that are given.
    totals: Texts,
    /// Those that are given.
    points: Texts,
    /// Every offer that gives nothing, with its reason.
    not_applied: Texts,
    /// Every warning's code.
    warnings: Vec<String>,
    /// Every message.
    messages: ExpectedMessages,
    /// Outcomes that are not `ok`.
    mechanics: Texts,
    /// Problems for which the receipt must be refused, as `pointer code`.
    pub(super) refused: Vec<String>,
}

/// What must come of a line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectedLine {
    discount: Option<String>,
    points_paid: Option<String>,
    points_earned: Option<String>,
    payable: Option<String>,
    /// What each offer gives, if the case cares.
    offers: Option<Texts>,
    /// Why, in the order of the offers, if the case cares.
    reasons: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectedMessages {
    cashier: Vec<String>,
    receipt: Vec<String>,
}

impl Expected {
    /// What is different in the answer, for people.
    pub(super) fn differences(&self, answer: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if !self.refused.is_empty() {
            found.push(format!("is priced, but should be refused: {}", self.refused.join(", ")));
        }
        self.compare_lines(answer, &mut found);
        for (name, expected) in [("totals", &self.totals), ("points", &self.points)] {
            for (field, wanted) in expected {
                let got = answer::text(answer, &format!("/{name}/{field}"));
                differ(&format!("{name}.{field}"), wanted.as_str(), got, &mut found);
            }
        }
        let not_applied: Texts = answer::list(answer, "/not_applied")
            .iter()
            .map(|entry| {
                (answer::text(entry, "/offer").to_owned(), answer::text(entry, "/reason").to_owned())
            })
            .collect();
        differ("not_applied", &self.not_applied, &not_applied, &mut found);
        let warnings: BTreeSet<&str> =
            answer::list(answer, "/warnings").iter().map(|entry| answer::text(entry, "/code")).collect();
        differ("warnings", &self.warnings.iter().map(String::as_str).collect(), &warnings, &mut found);
        for (name, expected) in [("cashier", &self.messages.cashier), ("receipt", &self.messages.receipt)] {
            let messages: Vec<&str> =
                answer::list(answer, &format!("/messages/{name}")).iter().filter_map(Value::as_str).collect();
            differ(
                &format!("messages.{name}"),
                &expected.iter().map(String::as_str).collect(),
                &messages,
                &mut found,
            );
        }
        let outcomes: Texts = answer::list(answer, "/mechanics")
            .iter()
            .map(|entry| {
                (answer::text(entry, "/name").to_owned(), answer::text(entry, "/outcome").to_owned())
            })
            .filter(|(_, outcome)| outcome != "ok")
            .collect();
        differ("mechanics", &self.mechanics, &outcomes, &mut found);
        found.extend(answer::broken_sums(answer));
        found
    }

    fn compare_lines(&self, answer: &Value, found: &mut Vec<String>) {
        let nothing = ExpectedLine::default();
        let mut unseen: BTreeSet<&String> = self.lines.keys().collect();
        for line in answer::list(answer, "/lines") {
            let position = line.get("position").map(Value::to_string).unwrap_or_default();
            unseen.remove(&position);
            self.lines.get(&position).unwrap_or(&nothing).compare(&format!("line {position}"), line, found);
        }
        for position in unseen {
            found.push(format!("line {position} is not in the answer"));
        }
    }
}

impl ExpectedLine {
    fn compare(&self, name: &str, line: &Value, found: &mut Vec<String>) {
        let amounts = [
            ("discount", &self.discount),
            ("points_paid", &self.points_paid),
            ("points_earned", &self.points_earned),
        ];
        for (field, wanted) in amounts {
            let got = answer::text(line, &format!("/{field}"));
            match wanted {
                Some(wanted) => differ(&format!("{name} {field}"), wanted.as_str(), got, found),
                None if answer::is_zero(got) => {}
                None => found.push(format!("{name} {field}: expected nothing, got {got}")),
            }
        }
        if let Some(wanted) = &self.payable {
            differ(&format!("{name} payable"), wanted.as_str(), answer::text(line, "/payable"), found);
        }
        if let Some(wanted) = &self.offers {
            differ(&format!("{name} offers"), wanted, &answer::given_by_offer(line), found);
        }
        if let Some(wanted) = &self.reasons {
            let reasons: Vec<&str> =
                answer::list(line, "/offers").iter().map(|reward| answer::text(reward, "/reason")).collect();
            differ(&format!("{name} reasons"), &wanted.iter().map(String::as_str).collect(), &reasons, found);
        }
    }
}

/// What is different between the problems that a document has and those that it should have.
pub(super) fn refusal_differences(wanted: &[String], problems: &Problems) -> Vec<String> {
    let got: BTreeSet<String> =
        problems.0.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
    let wanted: BTreeSet<String> = wanted.iter().cloned().collect();
    let mut found = Vec::new();
    if got != wanted {
        found.push(format!("refused: expected {wanted:?}, got\n{problems}"));
    }
    found
}

fn differ<T: PartialEq + std::fmt::Debug + ?Sized>(name: &str, wanted: &T, got: &T, found: &mut Vec<String>) {
    if wanted != got {
        found.push(format!("{name}: expected {wanted:?}, got {got:?}"));
    }
}
