//! Masking: ids and identifiers become pseudonyms, and of the member only its audiences and control groups are kept.

mod messages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::mechanics::FactSource;
use domain::member::Member;
use domain::plan::Plan;
use domain::pricing::explored_items;
use domain::time::Moment;
use serde_json::{Map, Value};

use super::ReplayError;
use super::recorded::{Masked, Recorded};
use crate::live::{Live, PlanVariant};
use crate::purchases::inputs::MemberInputs;
use crate::purchases::pricing::Input;

/// Fields of a request that are kept. The host reads no others, and they may name the buyer; of those that the answer
/// tells as not used, the names are kept.
const REQUEST: [&str; 9] =
    ["at", "pos", "locale", "member", "lines", "coupons", "pay_points", "explain", "attributes"];
const LINE: [&str; 7] = ["position", "goods_id", "quantity", "price", "amount", "name", ATTRIBUTES];
const LINE_WITHOUT_ATTRIBUTES: [&str; 6] = ["position", "goods_id", "quantity", "price", "amount", "name"];
const ATTRIBUTES: &str = "attributes";
/// Attributes that name a person: removed even if a mechanic asks for them.
const PERSONAL: [&str; 5] = ["birth_date", "name", "first_name", "last_name", "full_name"];
/// Length of the shortest id that is searched for in masked texts: shorter ones occur by chance.
const SECRET_LENGTH_MIN: usize = 5;

/// Pseudonyms: one for each kind and value, numbered, so that none can be traced back.
#[derive(Debug, Default)]
pub struct Pseudonyms(BTreeMap<(String, String), String>);

impl Pseudonyms {
    fn of(&mut self, kind: &str, value: &str) -> String {
        let next = self.0.len().saturating_add(1);
        let made = || format!("masked-{next}");
        self.0.entry((kind.to_owned(), value.to_owned())).or_insert_with(made).clone()
    }
}

/// The masked purchase. An error if its texts still contain the member's id or identifier.
pub fn mask(live: &Live, recorded: &Recorded, names: &mut Pseudonyms) -> Result<Recorded, ReplayError> {
    let variant = live.variant_with_hash(&recorded.plan).unwrap_or(&live.active);
    let input = recorded.input(live, variant)?;
    let plan = &variant.plan.plan;
    let mut masked = Recorded { request: request(plan, recorded, names), ..recorded.clone() };
    masked.answer = messages::of_answer(&recorded.answer, &input);
    for (_, text) in &mut masked.inputs.messages {
        *text = messages::masked(text);
    }
    masked.attributes.retain(|attribute| is_read(variant, &attribute.name));
    if let Some(member) = &recorded.inputs.member {
        let id = names.of("id", &member.id);
        let blocked = |id: &str| Value::from(format!("member {id} is blocked")).to_string();
        masked.answer = masked.answer.replace(&blocked(&member.id), &blocked(&id));
        masked.inputs.member = Some(MemberInputs { id, audiences: Vec::new(), ..member.clone() });
        masked.masked = Some(
            input
                .member
                .as_deref()
                .map(|member| memberships(plan, member, &input.read.receipt.at))
                .unwrap_or_default(),
        );
    }
    match secrets(recorded, &input).into_iter().find(|secret| contains(&masked, secret)) {
        None => Ok(masked),
        Some(_) => {
            let detail = format!(
                "purchase `{}` cannot be masked: its texts contain the id of the member or the identifier",
                recorded.id
            );
            Err(ReplayError::NotReproducible(detail))
        }
    }
}

/// The audiences that the plan asks for and the control groups that a member is in, with the items that exploration draws.
fn memberships(plan: &Plan, member: &Member, at: &Moment) -> Masked {
    let filters = plan.offers.iter().map(|offer| &offer.filters);
    let asked: BTreeSet<&String> =
        filters.flat_map(|filters| filters.audiences.iter().chain(&filters.excluded_audiences)).collect();
    let control = plan.offers.iter().filter(|offer| member.is_in_control_group(offer));
    Masked {
        audiences: member.audiences.iter().filter(|name| asked.contains(name)).cloned().collect(),
        control: control.map(|offer| offer.external_id.clone()).collect(),
        explored: explored_items(plan, member, at),
    }
}

/// True if an attribute carries terms of the plan, or a mechanic asks for it.
fn is_read(variant: &Arc<PlanVariant>, name: &str) -> bool {
    !PERSONAL.contains(&name)
        && (variant.plan.is_personal(name) || needs(&variant.plan.plan, FactSource::Member).contains(name))
}

fn needs(plan: &Plan, source: FactSource) -> BTreeSet<&str> {
    let needs = plan.mechanics.iter().flat_map(|mechanic| &mechanic.description.needs);
    needs.filter(|need| need.source == source).map(|need| need.name.as_str()).collect()
}

fn request(plan: &Plan, recorded: &Recorded, names: &mut Pseudonyms) -> Value {
    let told = recorded.inputs.told_fields;
    let mut kept = with_names(&recorded.request, &REQUEST, told);
    let of_lines = needs(plan, FactSource::Line);
    // Where lines have no attributes, a field of that name is one that is not used.
    let line_names = if recorded.inputs.line_attributes { &LINE[..] } else { &LINE_WITHOUT_ATTRIBUTES[..] };
    if let Some(lines) = kept.get_mut("lines").and_then(Value::as_array_mut) {
        for line in lines {
            let mut line_kept = with_names(line, line_names, told);
            retain(&mut line_kept, &of_lines);
            *line = Value::Object(line_kept);
        }
    }
    retain(&mut kept, &needs(plan, FactSource::Receipt));
    if let Some(member) = kept.get_mut("member") {
        let mut identifier = only(member, &["kind", "value"]);
        let kind = identifier.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(value) = identifier.get_mut("value") {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            *value = Value::from(names.of(&kind, &text));
        }
        *member = Value::Object(identifier);
    }
    Value::Object(kept)
}

/// Keeps of the attributes of a receipt or a line those with these names.
fn retain(object: &mut Map<String, Value>, names: &BTreeSet<&str>) {
    match object.get_mut(ATTRIBUTES) {
        Some(Value::Object(attributes)) => attributes.retain(|name, _| names.contains(name.as_str())),
        None | Some(Value::Null) => {}
        // It is not used, and the answer may say so.
        Some(other) => *other = Value::Bool(false),
    }
}

/// These fields of an object; the others with null in place of their values, if the answer tells their names.
fn with_names(value: &Value, names: &[&str], told: bool) -> Map<String, Value> {
    let mut kept = only(value, names);
    if told {
        let others = value.as_object().into_iter().flatten().map(|(name, _)| name);
        for name in others.filter(|name| !names.contains(&name.as_str())) {
            kept.insert(name.clone(), Value::Null);
        }
    }
    kept
}

fn only(value: &Value, names: &[&str]) -> Map<String, Value> {
    let fields = value.as_object().into_iter().flatten();
    let kept = fields.filter(|(name, _)| names.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Texts that must not be found in the masked purchase.
fn secrets(recorded: &Recorded, input: &Input) -> Vec<String> {
    let id = recorded.inputs.member.as_ref().map(|member| member.id.clone());
    let identifier = input.read.receipt.identifier.as_ref().map(|(_, value)| value.clone());
    id.into_iter().chain(identifier).filter(|text| text.len() >= SECRET_LENGTH_MIN).collect()
}

fn contains(masked: &Recorded, secret: &str) -> bool {
    let attributes = masked.attributes.iter().map(|attribute| &attribute.value);
    [&masked.id, &masked.answer, &masked.request.to_string()]
        .into_iter()
        .chain(attributes)
        .any(|text| text.contains(secret))
}
