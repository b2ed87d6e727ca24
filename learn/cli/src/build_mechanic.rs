//! `build-mechanic`: the champion as a component that runs at the till.

mod run;
mod student;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use causal::EffectForest;
use till::{Level, Model, ModelError, Parts, View};

use self::run::Run;
use self::student::{Fidelity, Student};
use crate::champion::{self, Champion};
use crate::input::plan::ColumnPlan;
use crate::output::{Files, say};
use crate::refused::{Refused, nearest, refuse};

/// Millionths of an outcome.
const MILLIONTHS: f64 = 1_000_000.0;

/// Put a champion into the mechanic for the till: a component that `offer-host mechanic check` admits.
///
/// No compiler is needed. The same champion gives the same bytes. A champion that has no forest for each arm, or
/// too large ones, is stood in for by a student, which is trained on the rows of the run; how true it is to the
/// champion is said.
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
    /// The arm of members of whom nothing is known; by default the best constant of the run.
    #[arg(long, value_name = "ARM")]
    constant: Option<String>,
    /// Where the data of the run is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Where the configuration of the run is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The component.
    #[arg(short, long, value_name = "FILE.wasm")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let run = arguments.model.is_dir().then(|| Run {
        folder: &arguments.model,
        data: arguments.data.as_ref(),
        config: arguments.config.as_ref(),
    });
    let path = run.as_ref().map_or_else(|| arguments.model.clone(), |run| run.folder.join(champion::NAME));
    let (champion, _) = Champion::read(&path)?;
    let file = path.display().to_string();
    needs_a_model(&champion, &file)?;
    let constant = constant(&champion, arguments.constant.as_ref(), run.as_ref(), &file)?;
    let named = Parts {
        name: arguments.name.clone(),
        version: arguments.version.clone(),
        levels: Vec::new(),
        constant: constant.map(|(level, _)| level),
    };
    let (model, fidelity) = model(&champion, named, run.as_ref(), &file)?;
    let component = component::component(&model).map_err(|error| Refused(format!("{file}: {error}")))?;
    let name = arguments.out.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} is no name of a file", arguments.out.display()))?;
    let mut files = Files::default();
    let size = component.len();
    files.add(name, component);
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    files.write(folder.unwrap_or(Path::new(".")))?;
    say(&format!("{}: {size} bytes", arguments.out.display()))?;
    tell(&champion, fidelity, constant.map(|(_, arm)| arm), &model.view()?)
}

/// Says what an operator must know of a mechanic.
fn tell(
    champion: &Champion,
    fidelity: Option<Fidelity>,
    constant: Option<&str>,
    view: &View<'_>,
) -> anyhow::Result<()> {
    if let Some(fidelity) = fidelity {
        say(&format!(
            "a student stands in for the champion \"{}\": {}",
            champion.title,
            fidelity.sentence()
        ))?;
    }
    for (level, arm) in (1..).zip(champion.arms.iter().skip(1)) {
        say(&format!("level {level} is \"{arm}\""))?;
    }
    let unknown = constant.map_or_else(|| "nothing".to_owned(), |arm| format!("\"{arm}\""));
    say(&format!("members of whom nothing is known get {unknown}"))?;
    for name in view.attributes() {
        say(&format!("the member's attribute \"{name}\"{}", written(&champion.columns, name)))?;
    }
    for (number, label) in (1..).zip(view.goods()) {
        say(&format!("goods {number} are \"{label}\""))?;
    }
    Ok(())
}

/// Refuses a champion that gives everybody the same.
fn needs_a_model(champion: &Champion, file: &str) -> Result<(), Refused> {
    let Some(arm) = &champion.always else { return Ok(()) };
    if champion.arms.first() == Some(arm) {
        refuse!(
            "{file}: the champion is nobody: no arm is worth its cost, so there is nothing to run at the till"
        );
    }
    refuse!(
        "{file}: the champion gives \"{arm}\" to everybody, which needs no model: run an offer of another mechanic that \
         gives it to all"
    );
}

/// Level and name of the arm of members of whom nothing is known.
fn constant<'a>(
    champion: &'a Champion,
    wanted: Option<&String>,
    run: Option<&Run<'_>>,
    file: &str,
) -> Result<Option<(u8, &'a str)>, Refused> {
    let best = match (wanted, run) {
        (None, Some(run)) => run.best_constant()?,
        _ => None,
    };
    let Some(wanted) = wanted.or(best.as_ref()) else { return Ok(None) };
    let Some((level, arm)) = (0_u8..).zip(&champion.arms).find(|(_, arm)| *arm == wanted) else {
        let near = nearest(wanted, champion.arms.iter().map(String::as_str));
        refuse!("--constant: \"{wanted}\" is no arm of {file}{near}");
    };
    Ok(Some((level, arm.as_str())).filter(|(level, _)| *level > 0))
}

/// The model of the champion's own forests, or of a student if it has none or they do not fit.
fn model(
    champion: &Champion,
    named: Parts,
    run: Option<&Run<'_>>,
    file: &str,
) -> Result<(Model, Option<Fidelity>), Refused> {
    let refused = |error: ModelError| Refused(format!("{file}: {error}"));
    let fitted = champion.restored(file)?;
    let with = |forests: &[EffectForest]| {
        Ok::<_, Refused>(Model::new(Parts { levels: levels(champion, forests, file)?, ..named.clone() }))
    };
    let why = match fitted.forests().map(with).transpose()? {
        Some(Ok(model)) => return Ok((model, None)),
        Some(Err(error @ (ModelError::Limit { .. } | ModelError::Tree { .. }))) => error.to_string(),
        Some(Err(error)) => return Err(refused(error)),
        None => "it has no forest for each arm".to_owned(),
    };
    let Some(run) = run else {
        refuse!(
            "{file}: the champion \"{}\" does not run at the till as it is ({why}). A student can stand in for it: give the \
             folder of the run instead of the file",
            champion.title
        );
    };
    let student = Student::train((champion, fitted.as_ref()), &run.lessons(champion)?, file)?;
    let model = with(&student.forests)?.map_err(refused)?;
    Ok((model, Some(student.fidelity)))
}

/// Forest and cost of each arm but the control.
fn levels(champion: &Champion, forests: &[EffectForest], file: &str) -> Result<Vec<Level>, Refused> {
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
