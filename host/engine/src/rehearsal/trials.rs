//! Trials: what a made-up receipt says beyond its lines, so that a rule is reached. Offers with parameters by the
//! mechanic's schema, facts by its needs, times around the week, and what the author's cases have shown to matter.

mod facts;

use std::borrow::Cow;
use std::fmt::Write as _;

use domain::mechanics::{Description, Fact, FactSource, FactValue, LocalTime, OfferCall, Scope, TargetKind};
use serde_json::Value;

use super::receipts::{self, SampleReceipt, number};
use crate::component::Component;
use facts::FactOptions;

/// Made-up offers of one mechanic.
const OFFERS_MAX: usize = 10;
/// All trials of one mechanic.
const TRIALS_MAX: usize = 400;
/// Trials by hints.
const HINTS_MAX: usize = 16;
/// The longest text of parameters in the name of a trial, in characters.
const PARAMS_SHOWN: usize = 400;
/// Moments of trials. Their number is a prime, so that they meet every offer and fact in the course of the trials.
const TIMES: usize = 29;

/// Contents of a receipt that reach a rule, as the author's cases show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Date and time on the store's clock.
    pub time: LocalTime,
    /// True if a member is identified.
    pub has_member: bool,
    /// Facts. A need of products may have several: they go to the lines in turn.
    pub facts: Vec<HintFact>,
    /// The parameters of the offer, as JSON; absent for an offer of the rehearsal's own.
    pub params: Option<String>,
}

/// A fact of a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintFact {
    /// Its source.
    pub source: FactSource,
    /// Name of the attribute.
    pub name: String,
    /// Its value.
    pub value: FactValue,
}

/// A made-up offer, with the facts and the moment of the receipts that it meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub(super) time: LocalTime,
    pub(super) has_member: bool,
    /// Index of the need, and the values that lines take in turn; the first one counts for receipt and member.
    pub(super) facts: Vec<(u32, Vec<FactValue>)>,
    pub(super) offer: OfferCall,
    /// Its parameters; absent for the offer that every rehearsal has.
    params: Option<String>,
    /// True if its parameters have something that the schema does not require: a failure is told, and no reason to
    /// refuse the mechanic.
    pub(super) has_optional: bool,
}

/// A made-up offer.
struct Made {
    offer: OfferCall,
    params: Option<String>,
    values: Option<Value>,
    has_optional: bool,
}

impl Component {
    /// The trials of this mechanic: first what the hints say, then made-up parameters, facts and times in many
    /// combinations. `read` reads parameters as the host does, into an offer with all items and without lines.
    pub fn trials(&self, hints: &[Hint], read: impl Fn(&str) -> Option<OfferCall>) -> Vec<Trial> {
        let mut trials: Vec<Trial> =
            hints.iter().take(HINTS_MAX).filter_map(|hint| self.hinted(hint, &read)).collect();
        let mut offers = self.made_up_offers(&read);
        if offers.is_empty() {
            let offer = receipts::with_items(self.description(), 0);
            offers.push(Made { offer, params: None, values: None, has_optional: false });
        }
        let named = self.schema().named_values();
        let options: Vec<FactOptions> = offers
            .iter()
            .map(|made| FactOptions::of(self.description(), made.values.as_ref(), &named))
            .collect();
        let offers: Vec<(Made, FactOptions)> = offers.into_iter().zip(options).collect();
        let rounds = offers.iter().map(|(_, options)| options.rounds()).max().unwrap_or(1);
        // After so many, offers, facts and times begin to repeat.
        let distinct = rounds.saturating_mul(offers.len()).saturating_mul(TIMES);
        let mut made_so_far = 0_usize;
        while trials.len() < TRIALS_MAX && made_so_far < distinct {
            let of_offer = made_so_far.checked_rem(offers.len()).and_then(|index| offers.get(index));
            let (Some((made, options)), Some(round)) = (of_offer, made_so_far.checked_div(offers.len()))
            else {
                break;
            };
            trials.push(Trial {
                time: time(made_so_far),
                has_member: true,
                facts: options.of_round(round),
                offer: made.offer.clone(),
                params: made.params.clone(),
                has_optional: made.has_optional,
            });
            made_so_far = made_so_far.saturating_add(1);
        }
        trials
    }

    /// Offers with made-up parameters that the host can read and the mechanic accepts.
    fn made_up_offers(&self, read: &impl Fn(&str) -> Option<OfferCall>) -> Vec<Made> {
        let mut offers = Vec::new();
        for example in self.schema().examples() {
            let text = example.params.to_string();
            let Some(offer) = read(&text) else { continue };
            match self.validate(&text, &offer) {
                Ok(problems) if problems.is_empty() => {
                    let params = Some(text.clone());
                    let offer = self.to_evaluate(offer, &text);
                    offers.push(Made {
                        offer,
                        params,
                        values: Some(example.params),
                        has_optional: example.has_optional,
                    });
                }
                Ok(_) => {}
                // It may fail, and take long, on every one.
                Err(_) => break,
            }
            if offers.len() >= OFFERS_MAX {
                break;
            }
        }
        offers
    }

    fn hinted(&self, hint: &Hint, read: &impl Fn(&str) -> Option<OfferCall>) -> Option<Trial> {
        let offer = match &hint.params {
            None => receipts::with_items(self.description(), 0),
            Some(text) => {
                let offer = read(text)?;
                let problems = self.validate(text, &offer).ok()?;
                problems.is_empty().then(|| self.to_evaluate(offer, text))?
            }
        };
        let needs = (0_u32..).zip(&self.description().needs);
        let facts = needs.filter_map(|(need, wanted)| {
            let is_it = |fact: &&HintFact| fact.source == wanted.source && fact.name == wanted.name;
            let values: Vec<FactValue> =
                hint.facts.iter().filter(is_it).map(|fact| fact.value.clone()).collect();
            (!values.is_empty()).then_some((need, values))
        });
        let (time, has_member, facts) = (hint.time, hint.has_member, facts.collect());
        Some(Trial { time, has_member, facts, offer, params: hint.params.clone(), has_optional: false })
    }

    /// The offer as it is evaluated: with the text of its parameters if the mechanic asks for it.
    fn to_evaluate(&self, offer: OfferCall, params: &str) -> OfferCall {
        let params = self.description().wants_params_text.then(|| params.to_owned());
        OfferCall { id: 1, params, ..offer }
    }
}

impl Trial {
    /// A receipt with this number of lines, which belong to the offer's items in turn.
    pub(super) fn receipt(&self, component: &Component, lines: usize) -> SampleReceipt {
        let mut offer = self.offer.clone();
        for (index, item) in offer.items.iter_mut().enumerate() {
            item.scope = match item.target_kind {
                TargetKind::Receipt => Scope::WholeReceipt,
                _ => Scope::Lines((index % 2..lines).step_by(2).map(number).collect()),
            };
        }
        SampleReceipt {
            name: Cow::Owned(format!("a receipt of {lines} lines {}", self.name(component))),
            offers: vec![offer],
            facts: facts(component.description(), &self.facts, lines),
            has_member: self.has_member,
            time: self.time,
            keeps_phases: true,
            ..receipts::of_lines(component.description(), lines)
        }
    }

    /// Description for people, after the description of the receipt: `on a Tuesday at 16:30 …`.
    fn name(&self, component: &Component) -> String {
        const DAYS: [&str; 7] =
            ["a Monday", "a Tuesday", "a Wednesday", "a Thursday", "a Friday", "a Saturday", "a Sunday"];
        let LocalTime { year, month, day, weekday, hour, minute, .. } = self.time;
        let named = DAYS.get(usize::from(weekday.saturating_sub(1))).copied().unwrap_or("a day");
        let mut text = format!("on {named} ({year}-{month:02}-{day:02}) at {hour:02}:{minute:02}");
        for (need, values) in &self.facts {
            let need = usize::try_from(*need).ok().and_then(|need| component.description().needs.get(need));
            let Some(need) = need else { continue };
            let values: Vec<String> = values.iter().map(shown).collect();
            // Writing to a text cannot fail.
            let _ = write!(text, ", `{}` is {}", need.name, values.join(" or "));
        }
        if let Some(params) = &self.params {
            let shown: String = params.chars().take(PARAMS_SHOWN).collect();
            let more = if shown.len() < params.len() { "…" } else { "" };
            let _ = write!(text, ", parameters {shown}{more}");
        }
        text
    }
}

/// The facts that are given, with the values of a product's attribute on the lines in turn.
fn facts(description: &Description, given: &[(u32, Vec<FactValue>)], lines: usize) -> Vec<Fact> {
    let mut facts = receipts::facts(description, lines);
    facts.retain_mut(|fact| {
        let values = given.iter().find(|(need, _)| *need == fact.need).map_or(&[][..], |(_, values)| values);
        let turn = fact.line.and_then(|line| usize::try_from(line).ok()).unwrap_or(0);
        let value = turn.checked_rem(values.len()).and_then(|turn| values.get(turn));
        if let Some(value) = value {
            fact.value = value.clone();
        }
        value.is_some()
    });
    facts
}

fn shown(value: &FactValue) -> String {
    match value {
        FactValue::Number(number) => number.to_string(),
        FactValue::Text(text) => format!("`{text}`"),
    }
}

/// The moment of a trial: every hour of the day, on all days of the week, and days that rules often name.
fn time(trial: usize) -> LocalTime {
    const DAYS: [(i32, u8, u8, u8, u8); 5] = [
        (2026, 2, 14, 6, 18),
        (2026, 12, 31, 4, 23),
        (2026, 1, 1, 4, 0),
        (2026, 7, 4, 6, 12),
        (2028, 2, 29, 2, 12),
    ];
    let index = trial % TIMES;
    if let Some(&(year, month, day, weekday, hour)) = index.checked_sub(24).and_then(|index| DAYS.get(index))
    {
        return LocalTime { year, month, day, weekday, hour, minute: 30, second: 0 };
    }
    // The first is the noon of a Monday, as on every other receipt of a rehearsal.
    let hour = u8::try_from(index.saturating_mul(5).saturating_add(12) % 24).unwrap_or(12);
    let after_monday = u8::try_from(index % 7).unwrap_or(0);
    let (day, weekday) = (after_monday.saturating_add(5), after_monday.saturating_add(1));
    LocalTime { year: 2026, month: 1, day, weekday, hour, minute: 0, second: 0 }
}
