//! Personal offers that chains give. An offer that takes its terms from an attribute of members gets items of the member's
//! own: written into that attribute, where the till, apps and sites read them. The `decision` of an item names run and node,
//! so that what is asked for again is found, and so that results and reports tell what came of it.

use communications::Profile;
use communications::chains::{Problem, Span};
use domain::offer::Terms;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use store::ChainEffect;
use wire::personal::{self, unpacked};

use crate::error::Error;
use crate::live::Live;
use crate::state::App;

/// How decisions of chains begin.
const DECISION: &str = "chain/";
/// The code of an item whose goods the catalogue does not have.
const UNKNOWN_TARGET: &str = "unknown_target";
/// How often the attribute is read anew if somebody else has written it meanwhile.
const TRIES: usize = 5;
/// Fields of an item that are not the chain's to say.
const OWN: [&str; 4] = ["start", "end", "accepted", "decision"];

/// An offer that takes personal terms.
struct Offered {
    attribute: String,
    mechanic: String,
}

/// Why an offer cannot be given.
enum Unfit {
    NotRunning,
    NotPersonal,
}

fn find(live: &Live, offer: &str) -> Result<Offered, Unfit> {
    let plan = &live.active.plan.plan;
    let found = plan.offers.iter().find(|found| found.external_id == offer).ok_or(Unfit::NotRunning)?;
    let Terms::Attribute(attribute) = &found.terms else { return Err(Unfit::NotPersonal) };
    let mechanic = plan.mechanic(found.mechanic).map(|mechanic| mechanic.name.clone()).unwrap_or_default();
    Ok(Offered { attribute: attribute.clone(), mechanic })
}

/// The problems that keep a node from giving an offer. `at` is the place of the node.
pub(super) async fn problems(app: &App, at: &str, offer: &str, items: &Value) -> Result<Vec<Problem>, Error> {
    let problem = |field: &str, code: &'static str, detail: String, advice: &str| Problem {
        pointer: format!("{at}/{field}"),
        code: code.into(),
        detail,
        advice: advice.to_owned(),
    };
    let live = app.live.load_full();
    let offered = match find(&live, offer) {
        Ok(offered) => offered,
        Err(Unfit::NotRunning) => {
            let detail = format!("no offer `{offer}` runs");
            return Ok(vec![problem("offer", "unknown_offer", detail, "run the offer first")]);
        }
        Err(Unfit::NotPersonal) => {
            let detail = format!("the terms of offer `{offer}` are the same for everybody");
            let advice = "give the offer an `attribute` in place of its `params`, or name another one";
            return Ok(vec![problem("offer", "not_personal", detail, advice)]);
        }
    };
    let mut found = Vec::new();
    let defined = app.store.attribute(&offered.attribute).await?;
    if defined.is_none_or(|defined| defined.kind != "json") {
        let attribute = &offered.attribute;
        let detail = format!("attribute `{attribute}` of the offer is not defined with the type json");
        found.push(problem("offer", "unknown_attribute", detail, "define it with PUT /v1/attributes/{name}"));
    }
    let Some(list) = items.as_array().filter(|list| !list.is_empty()) else {
        let detail = "must be a list of what the member gets, as in personal terms".to_owned();
        let advice = "write such as [{ \"target\": \"G1\", \"reward\": \"discount\", \"method\": \"percent\", \"value\": \"15\" }]";
        found.push(problem("items", "no_items", detail, advice));
        return Ok(found);
    };
    for (place, item) in list.iter().enumerate() {
        for field in OWN.into_iter().filter(|field| item.get(field).is_some()) {
            let detail = "is not for the chain to say".to_owned();
            let advice = "remove it; `lasts` of the node says how long the offer is good for";
            found.push(problem(&format!("items/{place}/{field}"), "not_here", detail, advice));
        }
    }
    let terms = json!({ "kind": offered.mechanic, "items": items });
    // A warning about odd terms, but here it would be an offer of nothing.
    let refused = match personal::check(&terms, &live.active.plan.context()) {
        Ok(warnings) => warnings.into_iter().filter(|warning| warning.code == UNKNOWN_TARGET).collect(),
        Err(refused) => refused.listed(),
    };
    found.extend(refused.into_iter().map(|refused| Problem {
        pointer: format!("{at}{}", refused.pointer),
        code: refused.code,
        detail: refused.detail,
        advice: "write it as in personal terms".to_owned(),
    }));
    Ok(found)
}

/// Gives the member the offer of an effect, once. Returns what is told of it.
pub(super) async fn give(
    app: &App,
    effect: &ChainEffect,
    payload: &Value,
    member: &Profile,
) -> Result<Value, Error> {
    let damaged = || Error::damaged(&format!("effect {}", effect.id));
    let offer = payload.get("offer").and_then(Value::as_str).ok_or_else(damaged)?;
    let items = payload.get("items").and_then(Value::as_array).ok_or_else(damaged)?;
    let live = app.live.load_full();
    let offered = find(&live, offer).map_err(|unfit| match unfit {
        Unfit::NotRunning => {
            Error::State { code: "offer_not_running", detail: format!("no offer `{offer}` runs") }
        }
        Unfit::NotPersonal => Error::State {
            code: "offer_not_personal",
            detail: format!("offer `{offer}` takes its terms from no attribute"),
        },
    })?;
    let at = app.store.now().await?;
    let end = match payload.get("lasts").and_then(Value::as_str) {
        None => None,
        Some(lasts) => {
            let lasts: Span = lasts.parse().map_err(|_| damaged())?;
            let end = lasts.after(at.saturating_mul(1_000), &member.zone).div_euclid(1_000);
            let end = Timestamp::from_second(end).map_err(|_| damaged())?;
            Some(end.to_zoned(member.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        }
    };
    let told = json!({ "offer": offer, "chain": effect.chain, "end": end });
    let most = app.config.communications.chain_offer_items;
    for _ in 0..TRIES {
        let stored = stored(app, &member.id, &offered.attribute, at).await?;
        let mut terms = Owned::read(stored.as_deref(), &offered)?;
        if terms.has(&effect.id) {
            return Ok(told);
        }
        terms.forget_ended(at);
        terms.put(items, &effect.id, end.as_deref());
        if terms.items.len() > most {
            let detail =
                format!("the member has {most} personal items already (communications.chain_offer_items)");
            return Err(Error::State { code: "too_many_personal_items", detail });
        }
        let written = terms.written();
        personal::check(&written, &live.active.plan.context()).map_err(|problems| Error::State {
            code: "personal_terms_refused",
            detail: problems.to_string(),
        })?;
        let written = written.to_string();
        let change = (stored.as_deref(), written.as_str());
        if app.store.change_attribute(&member.id, &offered.attribute, change, at).await? {
            return Ok(told);
        }
    }
    Err(Error::Overloaded)
}

/// The member's terms as they are stored.
async fn stored(app: &App, member: &str, attribute: &str, at: i64) -> Result<Option<String>, Error> {
    let people = app.store.people(&[member.to_owned()], at).await?;
    let person = people
        .into_iter()
        .next()
        .ok_or_else(|| Error::Unknown { code: "unknown_member", what: format!("member `{member}`") })?;
    Ok(person.attributes.into_iter().find(|(name, _)| name == attribute).map(|(_, value)| value))
}

/// Terms of a member in the course of being changed.
struct Owned {
    fields: Map<String, Value>,
    items: Vec<Value>,
}

impl Owned {
    /// Reads stored terms; new ones if there are none.
    fn read(stored: Option<&str>, offered: &Offered) -> Result<Self, Error> {
        let refused = |detail: String| Error::State { code: "personal_terms_refused", detail };
        let Some(stored) = stored else {
            let fields = [("kind".to_owned(), json!(offered.mechanic))].into_iter().collect();
            return Ok(Self { fields, items: Vec::new() });
        };
        let value = wire::json::parse(stored).map_err(|_| Error::damaged("attribute"))?;
        let value = unpacked(&value).map_err(|problems| refused(problems.to_string()))?;
        let Value::Object(mut fields) = value else {
            return Err(refused(format!("attribute `{}` has no terms", offered.attribute)));
        };
        let items = match fields.remove("items") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        Ok(Self { fields, items })
    }

    fn has(&self, decision: &str) -> bool {
        self.items.iter().any(|item| of(item) == Some(decision))
    }

    /// Removes what chains gave once and is over.
    fn forget_ended(&mut self, now: i64) {
        let is_over = |item: &Value| {
            let is_own = of(item).is_some_and(|decision| decision.starts_with(DECISION));
            let end = item.get("end").and_then(Value::as_str).and_then(|end| end.parse::<Timestamp>().ok());
            is_own && end.is_some_and(|end| end.as_second() <= now)
        };
        self.items.retain(|item| !is_over(item));
    }

    /// Adds items before all others: of two on the same goods the first counts.
    fn put(&mut self, items: &[Value], decision: &str, end: Option<&str>) {
        let own = items.iter().map(|item| {
            let mut item = item.clone();
            if let Some(fields) = item.as_object_mut() {
                fields.insert("decision".to_owned(), decision.into());
                fields.extend(end.map(|end| ("end".to_owned(), end.into())));
            }
            item
        });
        self.items = own.chain(std::mem::take(&mut self.items)).collect();
    }

    fn written(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("items".to_owned(), Value::Array(self.items.clone()));
        Value::Object(fields)
    }
}

fn of(item: &Value) -> Option<&str> {
    item.get("decision").and_then(Value::as_str)
}
