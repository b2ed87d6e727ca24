//! The answer that a case expects, and its comparison with the real one. Fields that the case leaves out must be zero
//! or empty; proposals are compared only for the offers that the case names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Scales};

use super::answer::{self, Texts};
use super::difference::Difference;
use super::proposal::{self, ProposalText};
use super::verdicts::{OfferVerdicts, Verdicts};

/// The expected answer to a receipt.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// By position. Lines that are left out must get nothing.
    lines: BTreeMap<String, ExpectedLine>,
    /// Totals by name; others are not compared.
    totals: Texts,
    /// Points of the member by name; others are not compared.
    points: Texts,
    /// Every offer that gives nothing, with its reason.
    not_applied: Texts,
    /// Explanation by offer that gives nothing; offers that are left out are not compared.
    details: Texts,
    /// Every warning's code.
    warnings: Vec<String>,
    /// Every message, for the cashier and on the receipt.
    messages: [Vec<String>; 2],
    /// Outcomes by mechanic, without those that are `ok`.
    mechanics: Texts,
    /// Problems for which the receipt must be refused, as `pointer code`.
    pub refused: Vec<String>,
    /// Proposals by offer; offers that are left out are not compared.
    proposals: BTreeMap<String, Vec<ProposalText>>,
    /// Reason by offer for proposing nothing, by its kind or its own code; offers that are left out are not compared.
    declined: Texts,
    /// Code by offer of a failure that the mechanic reported itself; offers that are left out are not compared.
    failed: Texts,
}

/// The expected line of an answer; `None` is not compared, but for sums, which must be zero.
#[derive(Debug, Clone, Default)]
struct ExpectedLine {
    discount: Option<String>,
    points_paid: Option<String>,
    points_earned: Option<String>,
    payable: Option<String>,
    /// Reward by offer.
    offers: Option<Texts>,
    /// Reasons in the order of the offers.
    reasons: Option<Vec<String>>,
}

impl Expected {
    /// Reads the table `expect`.
    pub(super) fn read(object: &Object<'_, '_>, scales: Scales) -> Self {
        let messages = object.object("messages");
        let messages = messages.map(|messages| {
            let both = ["cashier", "receipt"].map(|name| messages.one_or_more_texts(name));
            messages.refuse_unknown();
            both
        });
        let expected = Self {
            lines: by_name(object, "lines", ExpectedLine::read),
            totals: by_name(object, "totals", plain),
            points: by_name(object, "points", plain),
            not_applied: by_name(object, "not_applied", plain),
            details: by_name(object, "details", plain),
            warnings: object.one_or_more_texts("warnings"),
            messages: messages.unwrap_or_default(),
            mechanics: by_name(object, "mechanics", plain),
            refused: object.one_or_more_texts("refused"),
            proposals: by_name(object, "proposals", |node| {
                Some(node.list()?.read(|node| proposal::read(node, scales)))
            }),
            declined: by_name(object, "declined", plain),
            failed: by_name(object, "failed", plain),
        };
        object.refuse_unknown();
        expected
    }

    /// The differences between an answer and the expected one, sums that do not add up among them.
    pub fn differences(&self, answer: &Value) -> Vec<Difference> {
        let mut found = Vec::new();
        if !self.refused.is_empty() {
            differ("the receipt", &format!("refused: {}", self.refused.join(", ")), "priced", &mut found);
        }
        self.compare_lines(answer, &mut found);
        for (name, expected) in [("totals", &self.totals), ("points", &self.points)] {
            for (field, wanted) in expected {
                let got = answer::text(answer, &format!("/{name}/{field}"));
                differ(&format!("{name}.{field}"), wanted, got, &mut found);
            }
        }
        let not_applied = pairs(answer, "/not_applied", ["/offer", "/reason"]).collect();
        differ_in_names("not_applied", &self.not_applied, &not_applied, &mut found);
        let details: Texts = pairs(answer, "/not_applied", ["/offer", "/detail"]).collect();
        for (offer, wanted) in &self.details {
            let got = details.get(offer).map_or("none", String::as_str);
            differ(&format!("details.{offer}"), wanted, got, &mut found);
        }
        let warnings: BTreeSet<&str> =
            answer::list(answer, "/warnings").iter().map(|entry| answer::text(entry, "/code")).collect();
        let wanted: BTreeSet<&str> = self.warnings.iter().map(String::as_str).collect();
        differ("warnings", &listed(wanted), &listed(warnings), &mut found);
        for (name, wanted) in ["cashier", "receipt"].into_iter().zip(&self.messages) {
            let got = answer::list(answer, &format!("/messages/{name}")).iter().filter_map(Value::as_str);
            let name = format!("messages.{name}");
            differ(&name, &listed(wanted.iter().map(String::as_str)), &listed(got), &mut found);
        }
        self.compare_mechanics(answer, &mut found);
        found.extend(answer::broken_sums(answer));
        found
    }

    /// The differences between the verdicts of mechanics and the expected ones.
    pub fn verdict_differences(&self, verdicts: &Verdicts) -> Vec<Difference> {
        let (mut found, nothing) = (Vec::new(), OfferVerdicts::default());
        // The message says what is wrong with the rule, which the answer does not.
        let is_named = |offer: &String| {
            let texts = [&self.declined, &self.failed].into_iter().any(|names| names.contains_key(offer));
            texts || self.proposals.contains_key(offer)
        };
        for (offer, told) in verdicts.0.iter().filter(|(offer, told)| told.has_message && !is_named(offer)) {
            differ(&format!("offer {offer}"), "no failure", &told.summary(), &mut found);
        }
        let of = |offer: &String| verdicts.0.get(offer).unwrap_or(&nothing);
        for (offer, wanted) in &self.proposals {
            compare_proposals(offer, wanted, of(offer), &mut found);
        }
        for (offer, wanted) in &self.declined {
            if !of(offer).declined.contains(&wanted.as_str()) && !of(offer).codes.contains(wanted) {
                differ(
                    &format!("offer {offer}"),
                    &format!("declined: {wanted}"),
                    &of(offer).summary(),
                    &mut found,
                );
            }
        }
        for (offer, wanted) in &self.failed {
            if !of(offer).failed.iter().any(|(code, _)| code == wanted) {
                differ(
                    &format!("offer {offer}"),
                    &format!("failed: {wanted}"),
                    &of(offer).summary(),
                    &mut found,
                );
            }
        }
        found
    }

    /// Outcomes of mechanics; a fault that is not expected is reported with its detail.
    fn compare_mechanics(&self, answer: &Value, found: &mut Vec<Difference>) {
        let outcomes = pairs(answer, "/mechanics", ["/name", "/outcome"]);
        let outcomes = outcomes.filter(|(_, outcome)| outcome != "ok").collect();
        let before = found.len();
        differ_in_names("mechanics", &self.mechanics, &outcomes, found);
        for difference in found.iter_mut().skip(before) {
            let of =
                |entry: &&Value| difference.place == format!("mechanics.{}", answer::text(entry, "/name"));
            let called = answer::list(answer, "/mechanics").iter().find(of);
            if let Some(detail) = called.and_then(|entry| entry.get("detail")).and_then(Value::as_str) {
                difference.got = format!("{} ({detail})", difference.got);
            }
        }
    }

    fn compare_lines(&self, answer: &Value, found: &mut Vec<Difference>) {
        let nothing = ExpectedLine::default();
        let mut unseen: BTreeSet<&String> = self.lines.keys().collect();
        for line in answer::list(answer, "/lines") {
            let position = line.get("position").map(Value::to_string).unwrap_or_default();
            unseen.remove(&position);
            self.lines.get(&position).unwrap_or(&nothing).compare(&format!("line {position}"), line, found);
        }
        for position in unseen {
            differ(&format!("line {position}"), "a line of the answer", "none", found);
        }
    }
}

impl ExpectedLine {
    fn read(node: Node<'_, '_>) -> Option<Self> {
        let object = node.object()?;
        let text = |name| object.field(name).and_then(plain);
        let line = Self {
            discount: text("discount"),
            points_paid: text("points_paid"),
            points_earned: text("points_earned"),
            payable: text("payable"),
            offers: object.field("offers").map(|_| by_name(&object, "offers", plain)),
            reasons: object.field("reasons").map(|_| object.each("reasons", plain)),
        };
        object.refuse_unknown();
        Some(line)
    }

    fn compare(&self, name: &str, line: &Value, found: &mut Vec<Difference>) {
        let amounts = [
            ("discount", &self.discount),
            ("points_paid", &self.points_paid),
            ("points_earned", &self.points_earned),
        ];
        for (field, wanted) in amounts {
            let got = answer::text(line, &format!("/{field}"));
            match wanted {
                Some(wanted) => differ(&format!("{name} {field}"), wanted, got, found),
                None if answer::is_zero(got) => {}
                None => differ(&format!("{name} {field}"), "nothing", got, found),
            }
        }
        if let Some(wanted) = &self.payable {
            differ(&format!("{name} payable"), wanted, answer::text(line, "/payable"), found);
        }
        if let Some(wanted) = &self.offers {
            differ_in_names(&format!("{name} offers"), wanted, &answer::given_by_offer(line), found);
        }
        if let Some(wanted) = &self.reasons {
            let reasons = answer::list(line, "/offers").iter().map(|reward| answer::text(reward, "/reason"));
            let wanted = listed(wanted.iter().map(String::as_str));
            differ(&format!("{name} reasons"), &wanted, &listed(reasons), found);
        }
    }
}

impl OfferVerdicts {
    /// All verdicts on the offer in a few words.
    fn summary(&self) -> String {
        let mut words = Vec::new();
        if !self.proposals.is_empty() {
            words.push(format!("{} proposals", self.proposals.len()));
        }
        words.extend(self.declined.iter().map(|reason| format!("declined: {reason}")));
        words.extend(self.codes.iter().map(|code| format!("declined: {code}")));
        words.extend(self.failed.iter().map(|(code, detail)| format!("failed: {code} ({detail})")));
        if words.is_empty() {
            "nothing: it was not asked, or did not answer".to_owned()
        } else {
            words.join(", ")
        }
    }
}

fn compare_proposals(
    offer: &str,
    wanted: &[ProposalText],
    verdicts: &OfferVerdicts,
    found: &mut Vec<Difference>,
) {
    let got = &verdicts.proposals;
    if wanted.len() != got.len() {
        let (place, wanted) = (format!("offer {offer}"), format!("{} proposals", wanted.len()));
        let told: Vec<String> = got.iter().map(|one| Value::Object(one.clone()).to_string()).collect();
        let told = if told.is_empty() { verdicts.summary() } else { told.join(", ") };
        return found.push(Difference { place, expected: wanted, got: told });
    }
    for (number, (wanted, got)) in (1_usize..).zip(wanted.iter().zip(got)) {
        let names: BTreeSet<&String> = wanted.keys().chain(got.keys()).collect();
        for name in names {
            // A reason that is left out is not compared.
            if name == "reason" && !wanted.contains_key(name) {
                continue;
            }
            let place = format!("offer {offer}, proposal {number}, {name}");
            let told = |text: &ProposalText| text.get(name).map_or_else(|| "none".to_owned(), plain_text);
            differ(&place, &told(wanted), &told(got), found);
        }
    }
}

/// A text without its quotes, anything else as JSON.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The difference between the problems for which a document was refused and the expected ones, as `pointer code`.
pub fn refusal_differences(wanted: &[String], problems: &Problems) -> Vec<Difference> {
    let got: BTreeSet<String> =
        problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
    let wanted: BTreeSet<String> = wanted.iter().cloned().collect();
    if got == wanted {
        return Vec::new();
    }
    let expected = if wanted.is_empty() { "taken".to_owned() } else { format!("{wanted:?}") };
    vec![Difference { place: "refused".to_owned(), expected, got: format!("\n{problems}") }]
}

fn by_name<T>(
    object: &Object<'_, '_>,
    name: &'static str,
    mut read: impl FnMut(Node<'_, '_>) -> Option<T>,
) -> BTreeMap<String, T> {
    let Some(object) = object.object(name) else { return BTreeMap::new() };
    object.entries().filter_map(|(name, node)| Some((name.to_owned(), read(node)?))).collect()
}

/// A text, or a number with the digits of the document.
fn plain(node: Node<'_, '_>) -> Option<String> {
    match node.value() {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => node.refuse("wrong_type", "must be a text"),
    }
}

fn pairs<'a>(
    answer: &'a Value,
    list: &str,
    fields: [&'a str; 2],
) -> impl Iterator<Item = (String, String)> + use<'a> {
    let pair = move |entry: &Value| fields.map(|field| answer::text(entry, field).to_owned()).into();
    answer::list(answer, list).iter().map(pair)
}

fn listed<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.into_iter().collect();
    if texts.is_empty() { "none".to_owned() } else { format!("{texts:?}") }
}

fn differ_in_names(place: &str, wanted: &Texts, got: &Texts, found: &mut Vec<Difference>) {
    for name in wanted.keys().chain(got.keys()).collect::<BTreeSet<_>>() {
        let told = |texts: &Texts| texts.get(name).cloned().unwrap_or_else(|| "none".to_owned());
        differ(&format!("{place}.{name}"), &told(wanted), &told(got), found);
    }
}

fn differ(place: &str, wanted: &str, got: &str, found: &mut Vec<Difference>) {
    if wanted != got {
        let (place, expected, got) = (place.to_owned(), wanted.to_owned(), got.to_owned());
        found.push(Difference { place, expected, got });
    }
}
