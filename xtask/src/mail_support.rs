//! `cargo xtask mail-support`: the table of what mail programs do not show, made of the data of caniemail.com that the
//! npm package `caniemail` (MIT) has. Templates are warned by it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::node;

const PACKAGE: &str = "caniemail@2.0.2";
const TABLE: &str = "host/communications/src/templates/mail_support.tsv";
/// The percentage of programs below which a feature is in the table.
const ENOUGH_PERCENT: usize = 67;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    node::ensure_installed()?;
    let folder = std::env::temp_dir().join(format!("offer-host-mail-support-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let made = data(&folder).and_then(|data| table(&data));
    std::fs::remove_dir_all(&folder)?;
    std::fs::write(TABLE, made?)
        .with_context(|| format!("{TABLE}: run it in the folder of the repository"))?;
    eprintln!("{TABLE} is made of {PACKAGE}");
    Ok(ExitCode::SUCCESS)
}

/// The data of the package.
fn data(folder: &Path) -> anyhow::Result<Value> {
    let packed = Command::new("npm").args(["pack", PACKAGE]).current_dir(folder).output()?;
    ensure!(packed.status.success(), "npm cannot get {PACKAGE}: {}", String::from_utf8_lossy(&packed.stderr));
    let file = String::from_utf8(packed.stdout)?;
    let file = file.lines().last().unwrap_or_default().trim().to_owned();
    let unpacked = Command::new("tar")
        .args(["xzf", &file, "package/data/caniemail.json"])
        .current_dir(folder)
        .status()?;
    ensure!(unpacked.success(), "`{file}` cannot be unpacked");
    Ok(serde_json::from_slice(&std::fs::read(folder.join("package/data/caniemail.json"))?)?)
}

/// The rows: kind, name, share of programs in percent, and those that do not show it.
fn table(data: &Value) -> anyhow::Result<String> {
    let mut rows = BTreeMap::new();
    for feature in list(data, "data") {
        let title = text(feature, "title");
        let Some((percent, programs)) = support(data, feature) else { continue };
        if percent >= ENOUGH_PERCENT {
            continue;
        }
        for (kind, name) in names(text(feature, "category"), title) {
            rows.insert((kind, name), (percent, programs.clone()));
        }
    }
    ensure!(!rows.is_empty(), "the data has another form than before");
    let day = text(data, "last_update_date").split(' ').next().unwrap_or_default();
    let mut table = format!("# Made by `cargo xtask mail-support` of {PACKAGE}: caniemail.com on {day}.\n");
    for ((kind, name), (percent, programs)) in rows {
        writeln!(table, "{kind}\t{name}\t{percent}\t{programs}")?;
    }
    Ok(table)
}

/// How many of a hundred programs show a feature, at least in part, in their last version that was tried; and those that
/// do not. None if it was tried in too few of them.
fn support(data: &Value, feature: &Value) -> Option<(usize, String)> {
    let (mut tried, mut good) = (0_usize, 0_usize);
    let mut lacking = Vec::new();
    for (family, platforms) in feature.get("stats")?.as_object()? {
        let platforms = platforms.as_object()?;
        let mut without = Vec::new();
        for (platform, versions) in platforms {
            let last =
                versions.as_object()?.iter().max_by_key(|(version, _)| numbers(version))?.1.as_str()?;
            match last.chars().next() {
                Some('y' | 'a') => good = good.saturating_add(1),
                Some('n') => without.push(nice(data, "platform", platform)),
                _ => continue,
            }
            tried = tried.saturating_add(1);
        }
        if without.is_empty() {
            continue;
        }
        let family = nice(data, "family", family);
        let is_whole = without.len() == platforms.len();
        lacking.push(if is_whole { family } else { format!("{family} ({})", without.join(", ")) });
    }
    let percent = good.checked_mul(100)?.checked_div(tried)?;
    (tried >= 10).then(|| (percent, lacking.join("; ")))
}

/// A version or a month as numbers, which can be compared.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map(|number| number.parse().unwrap_or_default()).collect()
}

/// The subject of a title of caniemail.com: properties, values of properties, functions, rules, elements.
fn names(category: &str, title: &str) -> Vec<(&'static str, String)> {
    let is_name = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
    };
    let mut found = Vec::new();
    if category == "html" {
        let elements = title.split('<').skip(1).filter_map(|part| part.split_once('>'));
        // Every page has a body: programs put its content into one of theirs.
        found.extend(
            elements
                .filter(|(name, _)| is_name(name) && *name != "body")
                .map(|(name, _)| ("html", name.to_owned())),
        );
        return found;
    }
    if category != "css" {
        return found;
    }
    let title =
        title.trim().trim_end_matches(" property").trim_end_matches(" CSS").trim_end_matches(" shorthand");
    for part in title.split([',', '&']).map(str::trim) {
        if is_name(part) {
            found.push(("property", part.to_owned()));
        } else if let Some(name) = part.strip_suffix("()").filter(|name| is_name(name)) {
            found.push(("function", name.to_owned()));
        } else if let Some(name) = part.strip_prefix('@').filter(|name| is_name(name)) {
            found.push(("rule", name.to_owned()));
        } else if let Some((name, value)) = part.split_once(':')
            && is_name(name)
            && is_name(value.trim())
        {
            found.push(("value", format!("{name}:{}", value.trim())));
        }
    }
    found
}

fn nice(data: &Value, kind: &str, name: &str) -> String {
    let nice = data.pointer(&format!("/nicenames/{kind}/{name}")).and_then(Value::as_str);
    nice.unwrap_or(name).to_owned()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
