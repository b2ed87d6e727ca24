//! Reads the nodes of a chain.

use std::collections::BTreeMap;

use domain::quantities::Percent;
use rust_decimal::Decimal;
use serde_json::Value;

use super::document::{Channel, Message, Node, Place, Points, Step, Until, Way};
use super::fields::{Fields, Problems, escaped};
use super::read_parts::{Names, date, event_match, percent};
use super::when::{Span, Unit, weekdays};
use crate::local_time::Weekdays;
use crate::segments::{self, Rule};

const CHANNELS_MAX: usize = 5;
const VALUES_MAX: usize = 50;
const WAYS_MAX: usize = 20;

/// Reads a node.
pub(super) fn place(name: &str, value: &Value, names: &Names<'_>, problems: &Problems) -> Option<Place> {
    let fields = Fields::of(value, format!("/nodes/{}", escaped(name)), problems)?;
    let too_late_after = fields.parsed("too_late_after");
    let node = node(&fields, names);
    // A type that is not known says nothing about the fields.
    if node.is_some() {
        fields.done();
    }
    Some(Place { name: name.to_owned(), too_late_after, node: node? })
}

fn node(fields: &Fields<'_>, names: &Names<'_>) -> Option<Node> {
    let step = match fields.needed_text("type")? {
        "wait" => return wait(fields, names),
        "branch" => return branch(fields, names),
        "split" => return split(fields, names),
        "exit" => return Some(Node::Exit),
        "message" => message(fields).map(Step::Message),
        "points" => points(fields).map(Step::Points),
        "attribute" => {
            let name = fields.needed_text("name").map(str::to_owned);
            let value = fields.needed("value").cloned();
            name.zip(value).map(|(name, value)| Step::Attribute { name, value })
        }
        "personal_offer" => {
            let offer = fields.needed_text("offer").map(str::to_owned);
            let items = fields.get("items").cloned().unwrap_or(Value::Null);
            let lasts = fields.parsed("lasts");
            offer.map(|offer| Step::PersonalOffer { offer, items, lasts })
        }
        "coupon" => fields.needed_text("pool").map(|pool| Step::Coupon { pool: pool.to_owned() }),
        "tag" => {
            let on = fields.flag("on").unwrap_or(true);
            fields.needed_text("name").map(|name| Step::Tag { name: name.to_owned(), on })
        }
        "webhook" => {
            let body = fields.get("body").cloned().unwrap_or(Value::Null);
            fields.needed_text("channel").map(|channel| Step::Webhook { channel: channel.to_owned(), body })
        }
        "survey" => {
            let name = fields.needed_text("survey").map(str::to_owned);
            name.zip(message(fields)).map(|(name, message)| Step::Survey { name, message })
        }
        "goal" => fields.needed_text("name").map(|name| Step::Goal { name: name.to_owned() }),
        other => {
            let detail = format!("`{other}` is no type of node");
            let advice = "choose wait, branch, split, message, points, attribute, personal_offer, coupon, tag, webhook, survey, goal or exit";
            fields.problem("type", "unknown_type", detail, advice);
            return None;
        }
    };
    let next = names.edge(fields, "next");
    let failed = failed(fields, names, step.as_ref());
    Some(Node::Action { step: step?, next: next?, failed: failed? })
}

/// Where a node goes on that cannot do what it should; the outer option is none if something is wrong.
fn failed(
    fields: &Fields<'_>,
    names: &Names<'_>,
    step: Option<&Step>,
) -> Option<Option<(super::NodeIndex, Span)>> {
    if !fields.has("failed") || matches!(step, None | Some(Step::Goal { .. })) {
        return Some(None);
    }
    let to = names.edge(fields, "failed")?;
    let within =
        if fields.has("failed_within") { fields.parsed("failed_within") } else { Span::new(1, Unit::Days) };
    fields.get("failed_within");
    Some(Some((to, within?)))
}

fn wait(fields: &Fields<'_>, names: &Names<'_>) -> Option<Node> {
    let next = names.edge(fields, "next");
    let (until, or) = if let Some(value) = fields.get("until_event") {
        let inner = Fields::of(value, fields.at("until_event"), fields.problems())?;
        let of = event_match(&inner);
        inner.done();
        let at_most = fields.needed_parsed("at_most");
        (Until::Event { of: of?, at_most: at_most? }, names.edge(fields, "otherwise"))
    } else if let Some(value) = fields.get("until_date") {
        let inner = Fields::of(value, fields.at("until_date"), fields.problems())?;
        let date = date(&inner);
        inner.done();
        (Until::Date(date?), names.edge_or(fields, "otherwise", next))
    } else {
        (until_time(fields)?, next)
    };
    Some(Node::Wait { until, next: next?, otherwise: or? })
}

fn until_time(fields: &Fields<'_>) -> Option<Until> {
    let after = fields.parsed("for");
    let clock = fields.parsed("until");
    let days = fields.list("weekdays");
    let days_of_week = if fields.has("weekdays") {
        let days = days.iter().map(|(_, day)| day.as_str().unwrap_or_default());
        let read = weekdays(days);
        if let Err(wanted) = read {
            fields.problem("weekdays", "not_weekdays", wanted, "write such as [\"mon\", \"thu\"]");
        }
        read.ok()?
    } else {
        Weekdays::ALL
    };
    if after.is_none() && clock.is_none() {
        if !fields.has("for") && !fields.has("until") {
            let detail = "must say how long: for, until, until_date or until_event";
            fields.problem("", "waits_for_nothing", detail, "add such as \"for\": \"1h\"");
        }
        return None;
    }
    if clock.is_none() && days_of_week != Weekdays::ALL {
        let detail = "days of the week without a time of day";
        fields.problem("weekdays", "weekdays_without_time", detail, "add such as \"until\": \"10:00\"");
        return None;
    }
    Some(Until::Time { after, clock, weekdays: days_of_week })
}

fn branch(fields: &Fields<'_>, names: &Names<'_>) -> Option<Node> {
    let rule = fields.needed("rule").and_then(|document| rule(fields, document));
    let yes = names.edge(fields, "yes");
    let no = names.edge(fields, "no");
    Some(Node::Branch { rule: rule?, yes: yes?, no: no? })
}

fn rule(fields: &Fields<'_>, document: &Value) -> Option<Rule> {
    let read = segments::parse(document, segments::Limits::default());
    for problem in read.as_ref().err().into_iter().flat_map(wire::problem::Problems::iter) {
        let at = format!("{}{}", fields.at("rule"), problem.pointer);
        fields.problems().push(
            at,
            problem.code.clone(),
            problem.detail.clone(),
            "write the rule as in segments",
        );
    }
    read.ok().map(|parsed| parsed.rule)
}

fn split(fields: &Fields<'_>, names: &Names<'_>) -> Option<Node> {
    let salt = fields.needed_text("salt").map(str::to_owned);
    let found = fields.list("ways");
    if found.len() < 2 || found.len() > WAYS_MAX {
        let detail = format!("must be 2 to {WAYS_MAX} ways");
        fields.problem("ways", "not_ways", detail, "write [{ \"percent\": \"50\", \"next\": … }, …]");
        return None;
    }
    let ways: Vec<Option<Way>> = found
        .into_iter()
        .map(|(at, value)| {
            let inner = Fields::of(value, at, fields.problems())?;
            let percent = percent(&inner, Percent::HUNDRED);
            let next = names.edge(&inner, "next");
            inner.done();
            Some(Way { percent: percent?, next: next? })
        })
        .collect();
    let ways: Vec<Way> = ways.into_iter().collect::<Option<_>>()?;
    let sum: i64 = ways.iter().map(|way| i64::from(way.percent.0)).sum();
    if sum != i64::from(Percent::HUNDRED.0) {
        let detail =
            format!("the shares must add up to 100; they come to {}", Decimal::new(sum, 2).normalize());
        fields.problem("ways", "shares_not_100", detail, "change a share");
        return None;
    }
    Some(Node::Split { salt: salt?, ways })
}

fn message(fields: &Fields<'_>) -> Option<Message> {
    let template = fields.needed_text("template").map(str::to_owned);
    let channels = channels(fields);
    let topic = fields.text("topic").map(str::to_owned);
    let transactional = match fields.text("category") {
        None | Some("marketing") => false,
        Some("transactional") => true,
        Some(other) => {
            let detail = format!("must be marketing or transactional; found `{other}`");
            fields.problem("category", "unknown_category", detail, "choose one of them");
            return None;
        }
    };
    let priority =
        fields.whole("priority", -100, 100).and_then(|number| i32::try_from(number).ok()).unwrap_or(0);
    let values = match fields.get("values") {
        None => BTreeMap::new(),
        Some(value) => {
            let values = value.as_object().filter(|values| values.len() <= VALUES_MAX);
            if values.is_none() {
                let detail = format!("must be an object of at most {VALUES_MAX} values");
                fields.problem("values", "not_values", detail, "write it in { }");
            }
            values?.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        }
    };
    Some(Message { template: template?, channels: channels?, topic, transactional, priority, values })
}

/// `channel`, or a cascade in `channels`.
fn channels(fields: &Fields<'_>) -> Option<Vec<Channel>> {
    if fields.has("channel") == fields.has("channels") {
        fields.get("channels");
        let detail = "must have either channel or channels";
        fields.problem(
            "channel",
            "no_channel",
            detail,
            "name the channel, or a list of them one after the other",
        );
        return None;
    }
    fields.get("channels");
    if let Some(name) = fields.text("channel") {
        let ttl = fields.parsed("ttl");
        return Some(vec![Channel { name: name.to_owned(), ttl }]);
    }
    let found = fields.list("channels");
    if found.is_empty() || found.len() > CHANNELS_MAX {
        let detail = format!("must be 1 to {CHANNELS_MAX} channels");
        fields.problem("channels", "not_channels", detail, "write [{ \"channel\": …, \"ttl\": \"2h\" }, …]");
        return None;
    }
    let last = found.len().saturating_sub(1);
    let read: Vec<Option<Channel>> = found
        .into_iter()
        .enumerate()
        .map(|(place, (at, value))| {
            let inner = Fields::of(value, at, fields.problems())?;
            let name = inner.needed_text("channel").map(str::to_owned);
            // Only the last may take as long as the message itself.
            let ttl =
                if place < last { inner.needed_parsed("ttl").map(Some) } else { Some(inner.parsed("ttl")) };
            inner.done();
            Some(Channel { name: name?, ttl: ttl? })
        })
        .collect();
    read.into_iter().collect()
}

fn points(fields: &Fields<'_>) -> Option<Points> {
    let amount = fields.needed_text("points");
    let positive =
        amount.filter(|amount| amount.parse::<Decimal>().is_ok_and(|amount| amount > Decimal::ZERO));
    if let Some(amount) = amount.filter(|_| positive.is_none()) {
        let detail = format!("must be a decimal above 0 in quotes; found `{amount}`");
        fields.problem("points", "not_points", detail, "write such as \"100.00\"");
    }
    let reason = fields.needed_text("reason").map(str::to_owned);
    let active_after = fields.parsed("active_after");
    let expires_after = fields.parsed("expires_after");
    Some(Points { amount: positive?.to_owned(), reason: reason?, active_after, expires_after })
}
