//! Checks of a mechanic's description.

use std::collections::BTreeSet;

use domain::mechanics::{Description, Reason};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

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
        if reason.texts.is_empty() {
            problems.push(format!("reason {} has no text", reason.id));
        }
        let locales: Vec<&String> = reason.texts.iter().map(|(locale, _)| locale).collect();
        if has_twice(&locales) {
            problems.push(format!("reason {} has two texts in one language", reason.id));
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
