//! A guest of the contract 1.1.0, built from its own folder of `wit/`, with nothing of the SDK but
//! its memory. It is kept as it is for as long as a host speaks that version: every function and
//! every kind of answer is in it.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code, missing_docs, reason = "what is generated")]

wit_bindgen::generate!({ path: "../../../wit/v1.1.0", world: "mechanic" });

use exports::loyalty::mechanic::rules::*;

#[global_allocator]
static MEMORY: mechanic_sdk::Arena = mechanic_sdk::Arena::new();

struct Rule;

/// The index of the parameter `behave`.
const BEHAVE: u32 = 0;

/// Variables of the reason for declining, one of each unit that a text can say.
const UNITS: [(&str, Unit); 5] = [
    ("cups", Unit::Count),
    ("weight", Unit::Quantity),
    ("sum", Unit::Money),
    ("points", Unit::Points),
    ("share", Unit::Percent),
];

impl Guest for Rule {
    fn describe() -> Description {
        let text = |locale: &str, text: &str| LocalisedText { locale: locale.into(), text: text.into() };
        Description {
            name: "contract".into(),
            version: "1.1.0".into(),
            phases: vec![Phase::Discount, Phase::Accrual],
            params_schema: r#"{"type":"object"}"#.into(),
            targets: vec![TargetKind::Product, TargetKind::Category, TargetKind::Group, TargetKind::Receipt],
            parameters: vec![Parameter {
                place: ParameterPlace::Offer,
                name: "behave".into(),
                unit: Unit::Count,
            }],
            needs: vec![
                Need { source: FactSource::Product, name: "brand".into() },
                Need { source: FactSource::Receipt, name: "weather".into() },
                Need { source: FactSource::Member, name: "cups".into() },
                Need { source: FactSource::Line, name: "counter".into() },
            ],
            wants_params_text: true,
            reasons: vec![Reason { id: 7, texts: vec![text("en", "{value} off {target}")] }],
            decline_reasons: vec![DeclineReason {
                id: 3,
                code: "too_few_cups".into(),
                kind: Declined::NotApplicable,
                variables: UNITS.map(|(name, unit)| Variable { name: name.into(), unit }).into(),
                texts: vec![
                    text("de", "{cups} Tassen fehlen für {target}"),
                    text(
                        "en",
                        "{value} off {target}: {cups} of {weight} for {sum} and {points}, {share}, {other}",
                    ),
                ],
            }],
        }
    }

    fn validate(params: String, offer: Offer) -> Vec<Problem> {
        let problem = |detail: String| Problem { pointer: "/behave".into(), code: "odd".into(), detail };
        match behave(&offer) {
            9 => {
                let rewards: Vec<_> = offer.items.iter().map(|item| item.reward).collect();
                vec![problem(format!("{rewards:?} in {} bytes", params.len()))]
            }
            _ => Vec::new(),
        }
    }

    fn evaluate(receipt: Receipt, offers: Vec<Offer>, facts: Vec<Fact>) -> Vec<Verdict> {
        offers.iter().map(|offer| verdict(&receipt, offer, &facts)).collect()
    }
}

fn verdict(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
    match behave(offer) {
        1 => Verdict::Declined(Declined::BelowThreshold),
        2 => Verdict::Failed(Failure { code: "sorry".into(), detail: seen(receipt, facts), message: None }),
        3 => {
            Verdict::DeclinedFor(Decline { reason: 3, item: Some(0), values: vec![2, 1500, 420, 1000, 1250] })
        }
        4 => Verdict::Failed(Failure {
            code: "broken".into(),
            detail: "it broke".into(),
            message: Some("TypeError: cups is null\n\tat rule.js:7\u{202e}".into()),
        }),
        _ => Verdict::Proposals((0..).zip(&offer.items).map(|(index, item)| propose(index, item)).collect()),
    }
}

/// The item as it is, on its lines one by one.
fn propose(index: u32, item: &Item) -> Proposal {
    let portions = match &item.scope {
        Scope::WholeReceipt => Portions::ItemScope,
        Scope::Lines(lines) => {
            Portions::Listed(lines.iter().map(|&line| Portion { line, quantity: None }).collect())
        }
    };
    Proposal {
        item: Some(index),
        portions,
        benefit: item.benefit,
        max_units: item.max_units,
        unit_multiple: item.unit_multiple,
        pick: item.pick,
        cap: item.cap,
        reason: 7,
    }
}

/// The arguments of the call as text, so that a test sees that nothing gets lost on the way.
fn seen(receipt: &Receipt, facts: &[Fact]) -> String {
    let facts: Vec<String> = facts
        .iter()
        .map(|fact| {
            let line = fact.line.map_or(String::new(), |line| format!("@{line}"));
            match &fact.value {
                FactValue::Number(number) => format!("{}{line}={number}", fact.need),
                FactValue::Text(text) => format!("{}{line}={text}", fact.need),
            }
        })
        .collect();
    let time = receipt.time;
    format!(
        "{}-{}-{} {}:{} on day {}, {} lines, amounts {:?}, kinds {:?}, {}",
        time.year,
        time.month,
        time.day,
        time.hour,
        time.minute,
        time.weekday,
        receipt.lines.position.len(),
        receipt.lines.amount,
        receipt.lines.unit_kind,
        facts.join(" ")
    )
}

fn behave(offer: &Offer) -> i64 {
    offer.extras.iter().find(|extra| extra.parameter == BEHAVE).map_or(0, |extra| extra.value)
}

export!(Rule);
