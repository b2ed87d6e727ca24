//! The document of a mailing.

use domain::decimal::parse_scaled;
use domain::offer::ControlGroup;
use domain::quantities::Percent;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use super::fields::{Fields, Problem, name_of, refuse};
use super::{Audience, Mailing, Schedule, Variant};
use crate::policy::Category;

/// Segments of an audience at most.
const SEGMENTS_MAX: usize = 100;
/// Variants at most.
const VARIANTS_MAX: usize = 20;
/// Shares of all variants together at most.
const SHARES_MAX: i64 = 10_000;
/// Messages a second at most.
const THROTTLE_MAX: i64 = 100_000;
/// The default of `too_late_after_minutes`: two days.
const LATE_DEFAULT: i64 = 2_880;
/// Its largest value: 60 days.
const LATE_MAX: i64 = 86_400;
/// The default of `attribution_days`.
const ATTRIBUTION_DEFAULT: i64 = 7;
/// Its largest value.
const ATTRIBUTION_MAX: i64 = 90;

/// Reads the document of a mailing, or says all that is wrong with it.
pub fn parse(document: &Value) -> Result<Mailing, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut fields = Fields::new(document, "", &mut problems);
    let variants = variants(&mut fields, &mut problems);
    let template = fields.name("template", &mut problems);
    let needs_template = variants.is_empty() || variants.iter().any(|variant| variant.template.is_none());
    if template.is_none() && needs_template && document.is_object() {
        let detail = "must be there, unless each variant has a template of its own";
        refuse(&mut problems, "/template", "missing", detail);
    }
    let channel = match fields.required("channel", &mut problems) {
        Some(value) => name_of(value, "/channel", &mut problems),
        None => None,
    };
    let audience = match fields.required("audience", &mut problems) {
        Some(value) => audience(value, &mut problems),
        None => None,
    };
    let schedule = match fields.get("schedule") {
        Some(value) => schedule(value, &mut problems),
        None => Some(Schedule::AtOnce),
    };
    let category = category(&mut fields, &mut problems);
    let control_group = match fields.get("control_group") {
        Some(value) => control_group(value, &mut problems),
        None => None,
    };
    let mailing = Mailing {
        template: template.unwrap_or_default(),
        channel: channel.unwrap_or_default(),
        audience: audience.unwrap_or(Audience::All),
        schedule: schedule.unwrap_or(Schedule::AtOnce),
        category: category.unwrap_or(Category::Marketing),
        topic: fields.name("topic", &mut problems).unwrap_or_default(),
        priority: fields.integer("priority", (-1_000, 1_000), &mut problems).unwrap_or(0),
        throttle_per_second: fields.integer("throttle_per_second", (1, THROTTLE_MAX), &mut problems),
        too_late_after_minutes: fields
            .integer("too_late_after_minutes", (1, LATE_MAX), &mut problems)
            .unwrap_or(LATE_DEFAULT),
        variants,
        control_group,
        attribution_days: fields
            .integer("attribution_days", (1, ATTRIBUTION_MAX), &mut problems)
            .unwrap_or(ATTRIBUTION_DEFAULT),
    };
    fields.refuse_unknown(&mut problems);
    if problems.is_empty() { Ok(mailing) } else { Err(problems) }
}

fn variants(fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Variant> {
    let Some(value) = fields.get("variants") else { return Vec::new() };
    let Some(list) = value.as_array().filter(|list| (2..=VARIANTS_MAX).contains(&list.len())) else {
        refuse(
            problems,
            "/variants",
            "wrong_type",
            format!("must be a list of 2 to {VARIANTS_MAX} variants"),
        );
        return Vec::new();
    };
    let mut variants: Vec<Variant> = Vec::new();
    for (number, value) in list.iter().enumerate() {
        let place = format!("/variants/{number}");
        let mut fields = Fields::new(value, &place, problems);
        let name = match fields.required("name", problems) {
            Some(value) => name_of(value, &fields.place("name"), problems),
            None => None,
        };
        let name = name.unwrap_or_default();
        if variants.iter().any(|variant| variant.name == name) {
            refuse(
                problems,
                &fields.place("name"),
                "duplicate",
                "must differ from the names of other variants",
            );
        }
        let share = fields.integer("share", (1, SHARES_MAX), problems).unwrap_or(1);
        let template = fields.name("template", problems);
        fields.refuse_unknown(problems);
        variants.push(Variant { name, share, template });
    }
    if variants.iter().map(|variant| variant.share).sum::<i64>() > SHARES_MAX {
        refuse(
            problems,
            "/variants",
            "out_of_range",
            format!("must have shares of {SHARES_MAX} together at most"),
        );
    }
    variants
}

fn audience(value: &Value, problems: &mut Vec<Problem>) -> Option<Audience> {
    let mut fields = Fields::new(value, "/audience", problems);
    let all = fields.get("all");
    let segments = fields.get("segments");
    let rule = fields.get("rule");
    let promised = fields.get("promised");
    fields.refuse_unknown(problems);
    match (all, segments, rule, promised) {
        (Some(Value::Bool(true)), None, None, None) => Some(Audience::All),
        (None, Some(list), None, None) => segments_of(list, problems),
        (None, None, Some(rule), None) if rule.is_object() => Some(Audience::Rule(rule.clone())),
        (None, None, None, Some(offer)) => {
            name_of(offer, "/audience/promised", problems).map(Audience::Promised)
        }
        _ if value.is_object() => {
            let detail = "must have one of `all` (true), `segments` (a list of names), `rule` (an object) and \
                          `promised` (the id of an offer)";
            refuse(problems, "/audience", "ambiguous", detail);
            None
        }
        _ => None,
    }
}

fn segments_of(value: &Value, problems: &mut Vec<Problem>) -> Option<Audience> {
    let place = "/audience/segments";
    let Some(list) = value.as_array().filter(|list| (1..=SEGMENTS_MAX).contains(&list.len())) else {
        refuse(problems, place, "wrong_type", format!("must be a list of 1 to {SEGMENTS_MAX} names"));
        return None;
    };
    let name = |(number, value)| name_of(value, &format!("{place}/{number}"), problems);
    let mut names: Vec<String> = list.iter().enumerate().filter_map(name).collect();
    names.sort_unstable();
    names.dedup();
    Some(Audience::Segments(names))
}

fn schedule(value: &Value, problems: &mut Vec<Problem>) -> Option<Schedule> {
    if value.as_str() == Some("at_once") {
        return Some(Schedule::AtOnce);
    }
    let wrong = "must be \"at_once\", {\"at\":\"2026-12-01T10:00:00Z\"} or {\"local\":\"2026-12-01T10:00\"}";
    let Some(object) = value.as_object().filter(|object| object.len() == 1) else {
        refuse(problems, "/schedule", "wrong_type", wrong);
        return None;
    };
    let at = object.get("at").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    let local = object.get("local").and_then(Value::as_str).and_then(|text| text.parse::<DateTime>().ok());
    // A time with an offset is no time on the member's own clock.
    let has_offset = object
        .get("local")
        .and_then(Value::as_str)
        .is_some_and(|text| text.ends_with(['Z', 'z']) || text.parse::<Timestamp>().is_ok());
    match (at, local) {
        (Some(at), None) => Some(Schedule::At(at.as_millisecond())),
        (None, Some(local)) if !has_offset => Some(Schedule::Local(local)),
        _ => {
            refuse(problems, "/schedule", "wrong_type", wrong);
            None
        }
    }
}

fn category(fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Option<Category> {
    match fields.get("category").map(Value::as_str) {
        None | Some(Some("marketing")) => Some(Category::Marketing),
        Some(Some("transactional")) => Some(Category::Transactional),
        Some(_) => {
            let detail = "must be `marketing` or `transactional`";
            refuse(problems, "/category", "unknown_value", detail);
            None
        }
    }
}

fn control_group(value: &Value, problems: &mut Vec<Problem>) -> Option<ControlGroup> {
    let mut fields = Fields::new(value, "/control_group", problems);
    let percent = fields.required("percent", problems);
    let salt = match fields.required("salt", problems) {
        Some(value) => name_of(value, "/control_group/salt", problems),
        None => None,
    };
    fields.refuse_unknown(problems);
    let parsed = percent?.as_str().and_then(|text| parse_scaled(text, 2).ok());
    let Some(percent) = parsed.filter(|percent| (0..=5_000).contains(percent)) else {
        let detail = "must be a percentage from 0 to 50 as a text, such as \"5\" or \"2.5\"";
        refuse(problems, "/control_group/percent", "out_of_range", detail);
        return None;
    };
    Some(ControlGroup { percent: Percent(i32::try_from(percent).ok()?), salt: salt? })
}
