//! Made-up facts, by the needs of a mechanic and the values that its schema and its parameters name.

use domain::mechanics::{Description, FactSource, FactValue, Need};
use serde_json::Value;

/// Values of one need that come from schema and parameters.
const VALUES_MAX: usize = 8;
/// Parameters that the host reads: their values are words of the host, not of attributes.
const OF_THE_HOST: [&str; 6] = ["target_kind", "reward", "id_space", "method", "pick", "operator"];
/// Depth of parameters that is looked at.
const DEEP_MAX: usize = 16;

/// Values that facts may take, for each need.
pub(super) struct FactOptions(Vec<Vec<FactValue>>);

impl FactOptions {
    /// The values for the needs of a mechanic beside an offer with these parameters; `named` are the values that its schema
    /// names, each with its parameter. Values of a parameter of the same name come first, then any other text, then
    /// what attributes often are.
    pub(super) fn of(description: &Description, params: Option<&Value>, named: &[(String, Value)]) -> Self {
        let mut given = Vec::new();
        if let Some(params) = params {
            leaves(params, "", 0, &mut given);
        }
        Self(description.needs.iter().map(|need| values(need, &given, named)).collect())
    }

    /// Rounds until all values were there.
    pub(super) fn rounds(&self) -> usize {
        self.0.iter().map(Vec::len).max().unwrap_or(1)
    }

    /// The facts of one round: index of the need, with its values.
    pub(super) fn of_round(&self, round: usize) -> Vec<(u32, Vec<FactValue>)> {
        let of_need = |(need, values): (u32, &Vec<FactValue>)| {
            let value = values.get(round.checked_rem(values.len())?)?;
            Some((need, vec![value.clone()]))
        };
        (0_u32..).zip(&self.0).filter_map(of_need).collect()
    }
}

/// The values of parameters that are no lists and objects, each with the name of its parameter.
fn leaves(params: &Value, name: &str, deep: usize, found: &mut Vec<(String, Value)>) {
    match params {
        _ if deep > DEEP_MAX => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(name, part)| leaves(part, name, deep.saturating_add(1), found));
        }
        Value::Array(parts) => {
            parts.iter().for_each(|part| leaves(part, name, deep.saturating_add(1), found))
        }
        Value::Null => {}
        leaf => found.push((name.to_owned(), leaf.clone())),
    }
}

fn values(need: &Need, given: &[(String, Value)], named: &[(String, Value)]) -> Vec<FactValue> {
    let all = || given.iter().chain(named);
    let same = all().filter(|(name, _)| is_same(name, &need.name));
    let texts = all().filter(|(name, value)| value.is_string() && !OF_THE_HOST.contains(&name.as_str()));
    let mut found: Vec<FactValue> = Vec::new();
    for (_, value) in same.chain(texts) {
        if let Some(value) = fact(need.source, value)
            && !found.contains(&value)
            && found.len() < VALUES_MAX
        {
            found.push(value);
        }
    }
    let usual = [FactValue::Number(1), FactValue::Text("true".to_owned()), FactValue::Number(1000)];
    for value in usual {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// True if a parameter is named like an attribute, in the singular or the plural.
fn is_same(parameter: &str, attribute: &str) -> bool {
    parameter == attribute || parameter.strip_suffix('s') == Some(attribute)
}

/// A value as the attribute of a product, a receipt or a member is handed over.
fn fact(source: FactSource, value: &Value) -> Option<FactValue> {
    match (value, source) {
        (Value::String(text), FactSource::Product) => {
            Some(text.parse().map_or_else(|_| FactValue::Text(text.clone()), FactValue::Number))
        }
        (Value::String(text), _) => Some(FactValue::Text(text.clone())),
        (Value::Number(number), _) => number.as_i64().map(FactValue::Number),
        (Value::Bool(value), _) => Some(FactValue::Text(value.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_a_parameter_of_the_same_name_come_first() {
        let need = Need { source: FactSource::Member, name: "tier".to_owned() };
        let named = [
            ("level".to_owned(), json!("other")),
            ("tiers".to_owned(), json!("gold")),
            ("pick".to_owned(), json!("first")),
        ];
        let found = values(&need, &[("every".to_owned(), json!(5))], &named);
        let text = |text: &str| FactValue::Text(text.to_owned());
        let expected =
            [text("gold"), text("other"), FactValue::Number(1), text("true"), FactValue::Number(1000)];
        assert_eq!(found, expected);
    }
}
