//! Checks of a mechanic's description.

use std::collections::BTreeSet;

use domain::mechanics::{DeclineReason, Description, Reason, Unit};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The most variables of a reason for declining.
const VARIABLES_MAX: usize = 16;

/// Placeholders that the host fills in, which no variable may be called by.
const PLACEHOLDERS: [&str; 4] = ["value", "units", "from", "target"];

/// All problems of a description, as sentences; none if it is acceptable.
pub(crate) fn check(description: &Description) -> Vec<String> {
    let mut problems = Vec::new();
    if !is_name(&description.name, '-') {
        problems.push(format!(
            "name `{}` is not of lower-case letters, digits and hyphens, a letter first, at most {NAME_BYTES_MAX}",
            description.name.escape_debug()
        ));
    }
    if let Err(error) = semver::Version::parse(&description.version) {
        problems.push(format!(
            "version `{}` is not a semantic version: {error}",
            description.version.escape_debug()
        ));
    }
    if description.phases.is_empty() {
        problems.push("it takes part in no phase".to_owned());
    }
    if has_twice(&description.phases) {
        problems.push("a phase is named twice".to_owned());
    }
    check_parameters(description, &mut problems);
    check_reasons(&description.reasons, &mut problems);
    check_decline_reasons(&description.decline_reasons, &mut problems);
    problems
}

fn check_parameters(description: &Description, problems: &mut Vec<String>) {
    for parameter in &description.parameters {
        if !is_name(&parameter.name, '_') {
            problems.push(format!(
                "parameter `{}` is not of lower-case letters, digits and underscores, a letter first",
                parameter.name.escape_debug()
            ));
        }
    }
    let places: Vec<_> = description
        .parameters
        .iter()
        .map(|parameter| (parameter.place == domain::mechanics::ParameterPlace::Item, &parameter.name))
        .collect();
    if has_twice(&places) {
        problems.push("a parameter is named twice in the same place".to_owned());
    }
    if description.needs.iter().any(|need| need.name.is_empty()) {
        problems.push("it needs a fact without a name".to_owned());
    }
}

fn check_reasons(reasons: &[Reason], problems: &mut Vec<String>) {
    let ids: Vec<u32> = reasons.iter().map(|reason| reason.id).collect();
    if has_twice(&ids) {
        problems.push("a reason id is used twice".to_owned());
    }
    for reason in reasons {
        check_texts(&format!("reason {}", reason.id), &reason.texts, problems);
    }
}

fn check_texts(reason: &str, texts: &[(String, String)], problems: &mut Vec<String>) {
    if texts.is_empty() {
        problems.push(format!("{reason} has no text"));
    }
    let locales: Vec<&String> = texts.iter().map(|(locale, _)| locale).collect();
    if has_twice(&locales) {
        problems.push(format!("{reason} has two texts in one language"));
    }
}

fn check_decline_reasons(reasons: &[DeclineReason], problems: &mut Vec<String>) {
    let ids: Vec<u32> = reasons.iter().map(|reason| reason.id).collect();
    let codes: Vec<&String> = reasons.iter().map(|reason| &reason.code).collect();
    if has_twice(&ids) || has_twice(&codes) {
        problems.push("two reasons for declining have the same id or the same code".to_owned());
    }
    for DeclineReason { code, variables, texts, .. } in reasons {
        let reason = format!("reason `{}` for declining", code.escape_debug());
        if !is_name(code, '_') {
            problems.push(format!(
                "{reason}: its code is not of lower-case letters, digits and underscores, a letter first"
            ));
        }
        check_texts(&reason, texts, problems);
        if variables.len() > VARIABLES_MAX {
            problems.push(format!("{reason} has {} variables, at most {VARIABLES_MAX}", variables.len()));
        }
        let names: Vec<&String> = variables.iter().map(|variable| &variable.name).collect();
        if has_twice(&names) {
            problems.push(format!("{reason} has a variable twice"));
        }
        for variable in variables {
            let name = variable.name.escape_debug();
            if !is_name(&variable.name, '_') || PLACEHOLDERS.contains(&variable.name.as_str()) {
                problems.push(format!(
                    "{reason}: variable `{name}` is not of lower-case letters, digits and underscores, a letter \
                     first, or is one of {}, which the host fills in",
                    PLACEHOLDERS.join(", ")
                ));
            }
            if variable.unit == Unit::Boolean {
                problems.push(format!("{reason}: variable `{name}` is a boolean, which no text can say"));
            }
        }
    }
}

fn is_name(name: &str, separator: char) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator)
}

fn has_twice<T: Ord>(list: &[T]) -> bool {
    list.iter().collect::<BTreeSet<_>>().len() < list.len()
}

#[cfg(test)]
mod tests {
    use domain::mechanics::{Declined, Variable};

    use super::*;

    fn reason(code: &str, variables: &[(&str, Unit)], locales: &[&str]) -> DeclineReason {
        let variable = |(name, unit): &(&str, Unit)| Variable { name: (*name).to_owned(), unit: *unit };
        DeclineReason {
            id: 1,
            code: code.to_owned(),
            kind: Declined::NotApplicable,
            variables: variables.iter().map(variable).collect(),
            texts: locales.iter().map(|locale| ((*locale).to_owned(), "text".to_owned())).collect(),
        }
    }

    #[test]
    fn reasons_for_declining_can_be_told_apart_and_filled_in() {
        let many: Vec<String> = (0..17).map(|number| format!("v{number}")).collect();
        let many: Vec<(&str, Unit)> = many.iter().map(|name| (name.as_str(), Unit::Count)).collect();
        for (reasons, says) in [
            (vec![reason("too_few", &[("missing", Unit::Money)], &["en", "ru"])], None),
            (vec![reason("a", &[], &["en"]), reason("b", &[], &["en"])], Some("the same id")),
            (vec![reason("Too few", &[], &["en"])], Some("its code is not of lower-case letters")),
            (vec![reason("too_few", &[], &[])], Some("reason `too_few` for declining has no text")),
            (vec![reason("too_few", &[], &["en", "en"])], Some("two texts in one language")),
            (vec![reason("too_few", &[("target", Unit::Count)], &["en"])], Some("which the host fills in")),
            (
                vec![reason("too_few", &[("A", Unit::Count)], &["en"])],
                Some("variable `A` is not of lower-case"),
            ),
            (vec![reason("too_few", &[("open", Unit::Boolean)], &["en"])], Some("is a boolean")),
            (
                vec![reason("too_few", &[("a", Unit::Count), ("a", Unit::Money)], &["en"])],
                Some("a variable twice"),
            ),
            (vec![reason("too_few", &many, &["en"])], Some("17 variables, at most 16")),
        ] {
            let mut problems = Vec::new();
            check_decline_reasons(&reasons, &mut problems);
            match says {
                None => assert!(problems.is_empty(), "{problems:?}"),
                Some(says) => assert!(problems.len() == 1 && problems[0].contains(says), "{problems:?}"),
            }
        }
    }
}
