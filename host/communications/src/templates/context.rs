//! The values of a message as expressions see them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind};
use serde_json::{Map, Value as Json};

use super::values::{OfferFacts, PointsFacts, ProductFacts, Values};

/// The context of one rendering.
pub(super) struct Context {
    /// The values that expressions read.
    pub(super) root: Value,
    /// True as soon as an expression has read from an offer that is void.
    pub(super) touched_void: Arc<AtomicBool>,
}

/// Makes the context of values. `language` is that of the texts.
pub(super) fn context(values: &Arc<Values>, language: &str, stand_in: Option<&str>) -> Context {
    let touched_void = Arc::new(AtomicBool::new(false));
    let mut pairs: Vec<(&str, Value)> = vec![
        ("member", object(&values.member)),
        ("event", object(&values.event)),
        ("values", object(&values.values)),
        ("language", Value::from(language)),
        ("zone", Value::from(values.zone.as_str())),
        ("currency", Value::from(values.currency.as_str())),
        ("now", Value::from(values.now_ms)),
    ];
    let given = [
        ("unsubscribe_url", &values.unsubscribe_url),
        ("message_id", &values.message_id),
        ("open_url__", &values.open_url),
    ];
    pairs.extend(given.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.as_deref()?)))));
    let facts = values.clone();
    let touched = touched_void.clone();
    pairs.push(("offer", Value::from_function(move |id: String| offer(&facts, &id, &touched))));
    let facts = values.clone();
    let picture = stand_in.map(str::to_owned);
    pairs.push(("product", Value::from_function(move |id: String| product(&facts, &id, picture.as_deref()))));
    let facts = values.clone();
    pairs.push(("coupon", Value::from_function(move |pool: String| named(&facts.coupons, "coupon", &pool))));
    let facts = values.clone();
    pairs.push(("survey", Value::from_function(move |name: String| named(&facts.surveys, "survey", &name))));
    let facts = values.clone();
    pairs.push(("points", Value::from_function(move || points(facts.points.as_ref()))));
    Context { root: Value::from_pairs(pairs), touched_void }
}

fn missing(what: String) -> Error {
    Error::new(ErrorKind::UndefinedError, what)
}

fn named(texts: &std::collections::BTreeMap<String, String>, kind: &str, name: &str) -> Result<Value, Error> {
    let text = texts.get(name).ok_or_else(|| missing(format!("{kind}(\"{name}\")")))?;
    Ok(Value::from(text.as_str()))
}

fn offer(values: &Values, id: &str, touched: &Arc<AtomicBool>) -> Result<Value, Error> {
    let facts = values.offers.get(id).ok_or_else(|| missing(format!("offer(\"{id}\")")))?;
    Ok(match &facts.void {
        Some(_) => Value::from_object(VoidOffer { touched: touched.clone() }),
        None => offer_object(id, facts),
    })
}

fn offer_object(id: &str, facts: &OfferFacts) -> Value {
    let mut pairs = vec![
        ("id", Value::from(id)),
        ("title", Value::from(facts.title.as_str())),
        ("version", Value::from(facts.version)),
    ];
    let texts = [
        ("description", &facts.description),
        ("text", &facts.text),
        ("value", &facts.value),
        ("reward", &facts.reward),
    ];
    pairs.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.as_deref()?)))));
    pairs.extend(facts.ends_at.map(|at| ("ends_at", Value::from(at))));
    Value::from_pairs(pairs)
}

fn product(values: &Values, id: &str, stand_in: Option<&str>) -> Result<Value, Error> {
    let ProductFacts { id: product, name, picture } =
        values.products.get(id).ok_or_else(|| missing(format!("product(\"{id}\")")))?;
    let mut pairs = vec![("id", Value::from(product.as_str())), ("name", Value::from(name.as_str()))];
    pairs.extend(picture.as_deref().or(stand_in).map(|picture| ("picture", Value::from(picture))));
    Ok(Value::from_pairs(pairs))
}

fn points(facts: Option<&PointsFacts>) -> Result<Value, Error> {
    let facts = facts.ok_or_else(|| missing("points()".to_owned()))?;
    let mut pairs = vec![("balance", Value::from(facts.balance.as_str()))];
    pairs.extend(facts.expiring.as_deref().map(|amount| ("expiring", Value::from(amount))));
    pairs.extend(facts.expires_at.map(|at| ("expires_at", Value::from(at))));
    Ok(Value::from_pairs(pairs))
}

fn object(fields: &Map<String, Json>) -> Value {
    let present = fields.iter().filter(|(_, field)| !field.is_null());
    Value::from_pairs(present.map(|(name, field)| (name.clone(), value(field))))
}

/// A JSON value. A number with a fraction is its text, so that nothing is rounded; `null` is a value that is missing.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::UNDEFINED,
        Json::Bool(is) => Value::from(*is),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(list) => Value::from(list.iter().map(value).collect::<Vec<_>>()),
        Json::Object(fields) => object(fields),
    }
}

/// An offer that the till would not pay: false as a condition, and an error as soon as it is read.
#[derive(Debug)]
struct VoidOffer {
    touched: Arc<AtomicBool>,
}

impl Object for VoidOffer {
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        self.touched.store(true, Ordering::Relaxed);
        None
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.touched.store(true, Ordering::Relaxed);
        Err(std::fmt::Error)
    }
}
