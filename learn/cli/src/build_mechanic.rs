//! `build-mechanic`: the champion as a component that runs at the till.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use till::{Level, Model, Parts};

use crate::champion::{self, Champion};
use crate::input::plan::ColumnPlan;
use crate::output::{Files, say};
use crate::refused::{Refused, nearest, refuse};

/// Millionths of an outcome.
const MILLIONTHS: f64 = 1_000_000.0;

/// Put a champion into the mechanic for the till: a component that `offer-host mechanic check` admits.
///
/// No compiler is needed. The same champion gives the same bytes.
///
/// Example:
///   offer-host-learn build-mechanic judged --name spring-levels -o spring-levels.wasm
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Folder that `experiment` wrote, or a `champion.json`.
    model: PathBuf,
    /// Name of the mechanic, as offers use it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Version of the mechanic.
    #[arg(long, value_name = "X.Y.Z", default_value = "1.0.0")]
    version: String,
    /// The arm of members of whom nothing is known; nothing by default.
    #[arg(long, value_name = "ARM")]
    constant: Option<String>,
    /// The component.
    #[arg(short, long, value_name = "FILE.wasm")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path =
        if arguments.model.is_dir() { arguments.model.join(champion::NAME) } else { arguments.model.clone() };
    let (champion, _) = Champion::read(&path)?;
    let model = model(&champion, arguments, &path)?;
    let component =
        component::component(&model).map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    let name = arguments.out.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} is no name of a file", arguments.out.display()))?;
    let mut files = Files::default();
    let size = component.len();
    files.add(name, component);
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    files.write(folder.unwrap_or(Path::new(".")))?;
    say(&format!("{}: {size} bytes", arguments.out.display()))?;
    for (level, arm) in (1..).zip(champion.arms.iter().skip(1)) {
        say(&format!("level {level} is \"{arm}\""))?;
    }
    let view = model.view()?;
    for name in view.attributes() {
        say(&format!("the member's attribute \"{name}\"{}", written(&champion.columns, name)))?;
    }
    for (number, label) in (1..).zip(view.goods()) {
        say(&format!("goods {number} are \"{label}\""))?;
    }
    Ok(())
}

/// The parts of the champion that the till needs.
fn model(champion: &Champion, arguments: &Arguments, path: &Path) -> Result<Model, Refused> {
    let file = path.display().to_string();
    let levels = levels(champion, &file)?;
    let constant = match &arguments.constant {
        None => None,
        Some(wanted) => match (0_u8..).zip(&champion.arms).find(|(_, arm)| *arm == wanted) {
            Some((0, _)) => None,
            Some((level, _)) => Some(level),
            None => {
                let near = nearest(wanted, champion.arms.iter().map(String::as_str));
                refuse!("--constant: \"{wanted}\" is no arm of {file}{near}");
            }
        },
    };
    let parts = Parts { name: arguments.name.clone(), version: arguments.version.clone(), levels, constant };
    Model::new(parts).map_err(|error| Refused(format!("{file}: {error}")))
}

/// Forest and cost of each arm but the control.
fn levels(champion: &Champion, file: &str) -> Result<Vec<Level>, Refused> {
    let fitted = champion.restored(file)?;
    let Some(forests) = fitted.forests() else {
        refuse!(
            "{file}: the champion is \"{}\", which has no forest for each level; a mechanic can be built of the learners r, dr and to",
            champion.title
        );
    };
    let control = champion.costs.first().copied().unwrap_or_default();
    let costs = champion.costs.iter().skip(1).map(|cost| millionths((cost - control) * champion.price));
    if forests.len() + 1 != champion.costs.len() {
        refuse!("{file}: its forests and costs do not fit each other");
    }
    forests
        .iter()
        .zip(costs)
        .map(|(effect, cost)| {
            let cost = cost.ok_or_else(|| Refused(format!("{file}: a cost is too large for the till")))?;
            Ok(Level { forest: effect.forest.clone(), scale: effect.scale, cost })
        })
        .collect()
}

/// The nearest whole number of millionths; nothing if it does not fit.
fn millionths(outcome: f64) -> Option<i64> {
    format!("{:.0}", outcome * MILLIONTHS).parse().ok()
}

/// How the attribute must be written so that the mechanic reads what the champion was trained on.
fn written(columns: &[ColumnPlan], feature: &str) -> String {
    let of = |name: &String| feature == name;
    columns
        .iter()
        .find_map(|column| match column {
            ColumnPlan::Numbers { column, digits } if of(column) && *digits > 0 => {
                Some(format!(", a whole number: the value times {}", 10_u64.saturating_pow(*digits)))
            }
            ColumnPlan::Ordered { column, categories } if of(column) => {
                Some(format!(", a whole number: 0 for \"{}\"", categories.join("\", the next for \"")))
            }
            ColumnPlan::Spread { column, .. } if feature.starts_with(column) && feature != column => {
                Some(", 1 or 0".to_owned())
            }
            _ => None,
        })
        .unwrap_or_else(|| ", a whole number".to_owned())
}
