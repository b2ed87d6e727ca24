//! The conditions of an offer's items: personal terms, their periods, and acceptance.

use super::super::answer::NotAppliedReason;
use super::super::items::handed;
use super::super::refusal::Refusal;
use super::{CheckedCondition, Finding, Subject};
use crate::conditions;
use crate::decimal::format_trimmed;
use crate::member::PersonalAttribute;
use crate::offer::{Item, Terms};

/// The conditions, with the items that pricing found valid, or its refusal.
pub(super) fn checked(subject: &Subject<'_>, items: &Result<Vec<&Item>, Refusal>) -> Vec<CheckedCondition> {
    let refused = items.as_ref().err();
    let Terms::Attribute(attribute) = &subject.offer.terms else {
        let Terms::Configured(all) = &subject.offer.terms else { return Vec::new() };
        return periods(subject, all, refused).into_iter().chain(exploration(subject, all)).collect();
    };
    let stops_at_terms = refused.is_some_and(|refusal| of_terms(refusal.reason));
    let mut conditions = vec![personal_terms(subject, attribute, refused)];
    if let Some(all) = personal_items(subject, attribute)
        && !stops_at_terms
    {
        conditions.extend(periods(subject, all, refused));
        conditions.extend(exploration(subject, all));
        conditions.extend(accepted(all, refused));
    }
    conditions
}

/// True for a refusal of the terms as a whole.
fn of_terms(reason: NotAppliedReason) -> bool {
    matches!(
        reason,
        NotAppliedReason::NoMember | NotAppliedReason::NoPersonalTerms | NotAppliedReason::MalformedAttribute
    )
}

fn personal_items<'a>(subject: &Subject<'a>, attribute: &str) -> Option<&'a [Item]> {
    match subject.member?.personal.get(attribute)? {
        PersonalAttribute::Terms(terms) => Some(&terms.items),
        PersonalAttribute::Malformed(_) => None,
    }
}

fn personal_terms(subject: &Subject<'_>, attribute: &str, refused: Option<&Refusal>) -> CheckedCondition {
    let plan = subject.calculation.plan;
    let mechanic = plan.mechanic(subject.offer.mechanic).map_or("", |mechanic| mechanic.name.as_str());
    let refusal = refused.filter(|refusal| of_terms(refusal.reason));
    let carried = subject.member.and_then(|member| member.personal.get(attribute));
    let (found, clause) = match carried {
        None if subject.member.is_none() => (Finding::Nothing, subject.no_member().to_owned()),
        None => (Finding::Nothing, "the member has none".to_owned()),
        Some(PersonalAttribute::Malformed(problem)) => (
            Finding::fields([("problem", Some(Finding::text(problem)))]),
            format!("they cannot be read: {problem}"),
        ),
        Some(PersonalAttribute::Terms(terms)) => {
            let number = i64::try_from(terms.items.len()).unwrap_or(i64::MAX);
            let found =
                [("kind", Some(Finding::text(&terms.kind))), ("items", Some(Finding::Number(number)))];
            (Finding::fields(found), format!("the member has {number} items of kind {}", terms.kind))
        }
    };
    CheckedCondition {
        condition: "personal_terms",
        phase: None,
        expected: Finding::fields([
            ("attribute", Some(Finding::text(attribute))),
            ("kind", Some(Finding::text(mechanic))),
        ]),
        found,
        holds: Some(refusal.is_none()),
        reason: refusal.map(|refusal| refusal.reason.name()),
        detail: format!(
            "Its terms are those of the member in attribute {attribute}, for {mechanic}; {clause}."
        ),
    }
}

/// The condition that an item is valid at the time of the receipt; absent if none has a period of its own.
fn periods(subject: &Subject<'_>, items: &[Item], refused: Option<&Refusal>) -> Option<CheckedCondition> {
    let at = &subject.calculation.receipt.at;
    let refusal = refused.filter(|refusal| refusal.reason == NotAppliedReason::OutsidePeriod);
    let of_items =
        items.iter().filter_map(|item| Some(format!("{} {}", name(item), conditions::period(&item.period)?)));
    let mut expected: Vec<String> = of_items.collect();
    if let Some(terms) = terms_period(subject) {
        expected.insert(0, format!("all items {terms}"));
    }
    if expected.is_empty() && refusal.is_none() {
        return None;
    }
    let valid: Vec<String> = match refusal {
        Some(_) => Vec::new(),
        None => items.iter().filter(|item| item.period.contains(at)).map(name).collect(),
    };
    let at = at.local.strftime("%Y-%m-%d %H:%M:%S");
    let clause = if valid.is_empty() {
        format!("on {at} none is valid")
    } else {
        format!("on {at} valid: {}", valid.join(", "))
    };
    Some(CheckedCondition {
        condition: "item_period",
        phase: None,
        detail: format!("Its items have periods of their own ({}); {clause}.", expected.join("; ")),
        expected: Finding::texts(expected),
        found: Finding::texts(valid),
        holds: Some(refusal.is_none()),
        reason: refusal.map(|refusal| refusal.reason.name()),
    })
}

/// Whether an item was drawn for the member: not something that may fail. Absent without a draw.
fn exploration(subject: &Subject<'_>, items: &[Item]) -> Option<CheckedCondition> {
    let exploration = subject.offer.exploration.as_ref()?;
    let handed = handed(subject.id, subject.offer, subject.member?, &subject.calculation.receipt.at)?;
    let draw = handed.draw?;
    let percent = format_trimmed(exploration.share.into(), 4);
    let drawn = draw.item.and_then(|item| items.get(item)).map(name);
    let clause = match &drawn {
        Some(item) => format!("the member is one of them, and was handed {item}"),
        None => "the member is none of them, and was handed all".to_owned(),
    };
    Some(CheckedCondition {
        condition: "exploration",
        phase: None,
        expected: Finding::fields([("percent", Some(Finding::text(&percent)))]),
        found: Finding::fields([
            ("explored", Some(Finding::Yes(drawn.is_some()))),
            ("item", drawn.map(Finding::text)),
            ("propensity", Some(Finding::Number(draw.propensity.into()))),
        ]),
        holds: Some(true),
        reason: None,
        detail: format!("One of its items is drawn for {percent} % of members; {clause}."),
    })
}

fn terms_period(subject: &Subject<'_>) -> Option<String> {
    let Terms::Attribute(attribute) = &subject.offer.terms else { return None };
    match subject.member?.personal.get(attribute)? {
        PersonalAttribute::Terms(terms) => conditions::period(&terms.period),
        PersonalAttribute::Malformed(_) => None,
    }
}

/// The condition that the member accepted an item; absent if that is not asked for.
fn accepted(items: &[Item], refused: Option<&Refusal>) -> Option<CheckedCondition> {
    let asked = items.iter().any(|item| item.accepted.is_some());
    // Acceptance of an item that is not valid makes no difference.
    let stopped_before = refused.is_some_and(|refusal| refusal.reason == NotAppliedReason::OutsidePeriod);
    if !asked || stopped_before {
        return None;
    }
    let refusal = refused.filter(|refusal| refusal.reason == NotAppliedReason::NotAccepted);
    let accepted: Vec<String> = items.iter().filter(|item| item.accepted == Some(true)).map(name).collect();
    let clause = if accepted.is_empty() {
        "the member has accepted none".to_owned()
    } else {
        format!("the member has accepted {}", accepted.join(", "))
    };
    Some(CheckedCondition {
        condition: "accepted",
        phase: None,
        expected: Finding::Yes(true),
        found: Finding::texts(accepted),
        holds: Some(refusal.is_none()),
        reason: refusal.map(|refusal| refusal.reason.name()),
        detail: format!("It pays items that the member has accepted; {clause}."),
    })
}

/// The target of an item as the offer writes it.
fn name(item: &Item) -> String {
    if item.target_text.is_empty() { "the receipt".to_owned() } else { item.target_text.clone() }
}
