//! Lays a file and the environment over the defaults. Only keys of the defaults are allowed, with the types
//! that they have there.

use toml::{Table, Value};

use super::DEFAULTS;

const PREFIX: &str = "OFFER_HOST__";

/// The merged settings. An entry that cannot be merged is left out and added to `problems`.
pub(super) fn merge(
    file: Option<(&str, &str)>,
    environment: impl Iterator<Item = (String, String)>,
    problems: &mut Vec<String>,
) -> Table {
    let mut settings = parse("config.default.toml", DEFAULTS, problems);
    if let Some((name, text)) = file {
        let over = parse(name, text, problems);
        overlay(&mut settings, over, name, "", problems);
    }
    let mut variables: Vec<_> = environment.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    variables.sort();
    for (name, value) in variables {
        if let Err(problem) = set(&mut settings, &name, value) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    settings
}

fn parse(name: &str, text: &str, problems: &mut Vec<String>) -> Table {
    text.parse().unwrap_or_else(|error: toml::de::Error| {
        problems.push(format!("{name}: {}", error.to_string().trim_end()));
        Table::new()
    })
}

fn overlay(settings: &mut Table, over: Table, file: &str, path: &str, problems: &mut Vec<String>) {
    for (key, value) in over {
        let place = format!("{path}{key}");
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(section)), Value::Table(inner)) => {
                overlay(section, inner, file, &format!("{place}."), problems);
            }
            (Some(known), value) if known.same_type(&value) => *known = value,
            (Some(known), value) => problems.push(format!(
                "{file}: {place} must be of type {}, not {}",
                known.type_str(),
                value.type_str()
            )),
            (None, _) => problems.push(format!("{file}: there is no key {place}; see `config --defaults`")),
        }
    }
}

fn set(settings: &mut Table, name: &str, text: String) -> Result<(), String> {
    let path = name.trim_start_matches(PREFIX).to_lowercase();
    let known = path
        .split_once("__")
        .and_then(|(section, key)| settings.get_mut(section)?.as_table_mut()?.get_mut(key))
        .ok_or("there is no such key; see `config --defaults`")?;
    *known = match known {
        Value::String(_) => Value::String(text),
        Value::Integer(_) => {
            Value::Integer(text.parse().map_err(|_| format!("`{text}` is not a whole number"))?)
        }
        Value::Boolean(_) => {
            Value::Boolean(text.parse().map_err(|_| format!("`{text}` is neither true nor false"))?)
        }
        // As in a file, for lists of more than texts.
        Value::Array(_) if text.trim_start().starts_with('[') => {
            let table = format!("value = {text}").parse::<Table>().ok();
            let list = table.and_then(|mut table| table.remove("value")).filter(Value::is_array);
            list.ok_or_else(|| format!("`{text}` is no list"))?
        }
        Value::Array(_) => Value::Array(
            text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Value::from).collect(),
        ),
        _ => return Err("cannot be set by the environment".to_owned()),
    };
    Ok(())
}
