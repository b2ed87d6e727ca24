//! Defining segments.

use std::collections::{BTreeMap, BTreeSet};

use communications::segments::{Limits, Measure, Parsed, Reference, Rule, order, read};
use domain::id;
use serde_json::{Value, json};
use store::SegmentRow;
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};

use super::catalogue::{KnownMeasure, measures, rule_of};
use super::{publish, rfm};
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Measures of all rules together; each is looked at for each event.
const MEASURES_MAX: usize = 2_000;
/// Names that a refusal lists.
const KNOWN_MAX: usize = 20;
/// The name of the address of previews.
const PREVIEW: &str = "preview";

/// A segment as it is shown.
pub struct Shown {
    /// The segment.
    pub row: SegmentRow,
    /// The rule.
    pub rule: Value,
    /// How many members it has; none before they are worked out.
    pub members: Option<i64>,
}

struct Definition {
    title: Option<String>,
    parsed: Parsed,
    offers: bool,
}

/// Defines a segment, or changes it. Its members are worked out in the background.
pub async fn put(app: App, name: String, body: Value, actor: Actor) -> Result<Shown, Error> {
    check_name(&name)?;
    let definition = definition(&body, limits(&app))?;
    unknown_attributes(&app, &definition.parsed).await?.or(()).map_err(refused)?;
    let rule = body.get("rule").map(Value::to_string).unwrap_or_default();
    loop {
        let state = app.communications.segment_state().await?;
        let rows = app.communications.segments().await?;
        let before = rows.iter().find(|row| row.name == name);
        check(&app, &name, &definition, &rows)?;
        let mut row = SegmentRow {
            name: name.clone(),
            title: definition.title.clone(),
            rule: rule.clone(),
            revision: before.map_or(0, |before| before.revision),
            built: before.map_or(0, |before| before.built),
            offers: definition.offers,
            published: before.and_then(|before| before.published),
            changed_at: app.communications.now_ms().await?,
        };
        if let Some(before) = before
            && *before == (SegmentRow { changed_at: before.changed_at, ..row.clone() })
        {
            return show(&app, before.clone()).await;
        }
        if row.offers {
            publish::prepare(&app, &row, &actor).await?;
        }
        let mut readers = Vec::new();
        if before.is_none_or(|before| before.rule != rule) {
            row.revision = row.revision.saturating_add(1);
            readers = above(&name, &rows)?;
        }
        let wanted = wanted(&app, definition.parsed.rule.measures()).await?;
        if app.communications.put_segment(state, &row, &readers, &wanted).await? {
            let detail = json!({"revision": row.revision, "offers": row.offers});
            app.store.audit_append(&actor.entry("segment.put", &name, detail)).await?;
            return show(&app, row).await;
        }
    }
}

/// Deletes a segment that no other one reads. Its audience of offers stays.
pub async fn delete(app: App, name: String, actor: Actor) -> Result<(), Error> {
    loop {
        let state = app.communications.segment_state().await?;
        let rows = app.communications.segments().await?;
        if !rows.iter().any(|row| row.name == name) {
            return Err(unknown(&name));
        }
        let readers = readers(&name, &rows)?;
        if !readers.is_empty() {
            let names: Vec<&str> = readers.iter().map(String::as_str).collect();
            let detail =
                format!("segment `{name}` is read by segments: {}; change them first", names.join(", "));
            return Err(Error::State { code: "segment_in_use", detail });
        }
        if app.communications.delete_segment(state, &name).await? {
            app.store.audit_append(&actor.entry("segment.delete", &name, json!({}))).await?;
            return Ok(());
        }
    }
}

/// A segment.
pub async fn get(app: &App, name: &str) -> Result<Shown, Error> {
    let rows = app.communications.segments().await?;
    let row = rows.into_iter().find(|row| row.name == name).ok_or_else(|| unknown(name))?;
    show(app, row).await
}

/// All segments, by name.
pub async fn list(app: &App) -> Result<Vec<Shown>, Error> {
    let mut shown = Vec::new();
    for row in app.communications.segments().await? {
        shown.push(show(app, row).await?);
    }
    Ok(shown)
}

/// The limits of rules.
pub fn limits(app: &App) -> Limits {
    let config = &app.config.communications;
    Limits { depth: config.segment_depth, conditions: config.segment_conditions }
}

/// Adds the measures of a rule that are not there yet.
pub(super) async fn add_measures(app: &App, rule: &Rule) -> Result<(), Error> {
    loop {
        let state = app.communications.segment_state().await?;
        let wanted = wanted(app, rule.measures()).await?;
        if wanted.is_empty() || app.communications.add_measures(state, &wanted).await? {
            return Ok(());
        }
    }
}

async fn show(app: &App, row: SegmentRow) -> Result<Shown, Error> {
    let rule = wire::json::parse(&row.rule);
    let rule = rule.map_err(|_| Error::damaged(&format!("segment {}", row.name)))?;
    let members = match row.built {
        0 => None,
        built => Some(app.communications.segment_size(&row.name, built).await?),
    };
    Ok(Shown { row, rule, members })
}

fn definition(body: &Value, limits: Limits) -> Result<Definition, Error> {
    let report = Report::of_new();
    let read = |node: Node<'_, '_>| {
        let document = node.object()?;
        let title = document.text("title").map(str::to_owned);
        let offers = document.boolean("offers").unwrap_or(false);
        let rule = document.required("rule").and_then(|node| read(node, limits));
        document.refuse_unknown();
        Some(Definition { title, parsed: rule?, offers })
    };
    let definition = read(report.root(body));
    report.finish(definition).map(|(definition, _)| definition).map_err(refused)
}

fn check_name(name: &str) -> Result<(), Error> {
    let problem = match id::check(name) {
        Ok(()) if name == PREVIEW => {
            ("reserved_name", "is the address of previews; take another name".to_owned())
        }
        Ok(()) => return Ok(()),
        Err(error) => (error.code(), error.to_string()),
    };
    Err(refused(Problems::of_document(problem.0, format!("the name of a segment {}", problem.1))))
}

/// Refuses a definition that names segments that are not there, or itself, and one too many.
fn check(app: &App, name: &str, definition: &Definition, rows: &[SegmentRow]) -> Result<(), Error> {
    let most = app.config.communications.segments;
    if rows.len() >= most && !rows.iter().any(|row| row.name == name) {
        let detail =
            format!("there are {most} segments already; delete one, or raise communications.segments");
        return Err(Error::State { code: "too_many_segments", detail });
    }
    let mut problems = unknown_segments(&definition.parsed, rows, Some(name));
    let mut reads = reads(rows)?;
    reads.insert(name.to_owned(), definition.parsed.rule.segments().map(str::to_owned).collect());
    if let Err(circle) = order::order(&reads) {
        let places = definition.parsed.references.iter();
        let is_on_it = |name: &String| circle.path.contains(name);
        for reference in places.filter(|reference| is_on_it(&reference.name)) {
            let pointer = format!("/rule{}", below_rule(&reference.pointer));
            let detail = format!("the segment would read itself: {}", circle.path.join(" → "));
            problems.push(Problem { pointer, code: "segment_cycle".into(), detail });
        }
    }
    problems.or(()).map_err(refused)
}

/// A problem for each attribute that a rule names and that is not defined: no member has it, so that the rule would hold for
/// nobody, or for everybody.
pub(in super::super) async fn unknown_attributes(app: &App, parsed: &Parsed) -> Result<Problems, Error> {
    if parsed.attributes.is_empty() {
        return Ok(Problems::default());
    }
    let defined: Vec<String> =
        app.store.attributes().await?.into_iter().map(|attribute| attribute.name).collect();
    let known: Vec<&str> = defined.iter().map(String::as_str).take(KNOWN_MAX).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let missing = parsed.attributes.iter().filter(|reference| !defined.contains(&reference.name));
    let problem = |reference: &Reference| Problem {
        pointer: reference.pointer.clone(),
        code: "unknown_attribute".into(),
        detail: format!(
            "attribute `{name}` is not defined, so that no member has it; PUT /v1/attributes/{name} defines it. \
             Defined: {known}",
            name = reference.name
        ),
    };
    Ok(missing.map(problem).collect())
}

/// A problem for each segment that a rule names and that is not there.
pub(in super::super) fn unknown_segments(
    parsed: &Parsed,
    rows: &[SegmentRow],
    own: Option<&str>,
) -> Problems {
    let is_there = |name: &str| own == Some(name) || rows.iter().any(|row| row.name == name);
    let missing = parsed.references.iter().filter(|reference| !is_there(&reference.name));
    let problem = |reference: &Reference| Problem {
        pointer: reference.pointer.clone(),
        code: "unknown_segment".into(),
        detail: format!("there is no segment `{}`; define it first", reference.name),
    };
    missing.map(problem).collect()
}

fn below_rule(pointer: &str) -> &str {
    pointer.strip_prefix("/rule").unwrap_or(pointer)
}

/// The segments that each segment reads.
fn reads(rows: &[SegmentRow]) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let read =
        |row: &SegmentRow| Ok((row.name.clone(), rule_of(row)?.segments().map(str::to_owned).collect()));
    rows.iter().map(read).collect()
}

/// The segments that read one.
fn readers(name: &str, rows: &[SegmentRow]) -> Result<BTreeSet<String>, Error> {
    let reads = reads(rows)?;
    Ok(reads.into_iter().filter(|(_, below)| below.contains(name)).map(|(above, _)| above).collect())
}

/// The segments that read one, also by way of others.
fn above(name: &str, rows: &[SegmentRow]) -> Result<Vec<String>, Error> {
    let reads = reads(rows)?;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec![name.to_owned()];
    while let Some(name) = waiting.pop() {
        for (above, _) in reads.iter().filter(|(_, below)| below.contains(&name)) {
            if found.insert(above.clone()) {
                waiting.push(above.clone());
            }
        }
    }
    Ok(found.into_iter().filter(|above| above != name).collect())
}

/// Digest and definition of the measures that are not there yet. If there would be too many, those go that nothing reads.
async fn wanted(app: &App, of_rule: impl Iterator<Item = &Measure>) -> Result<Vec<(String, String)>, Error> {
    let known = measures(app).await?;
    let new: BTreeMap<String, String> = of_rule
        .map(|measure| (measure.digest(), measure.document().to_string()))
        .filter(|(digest, _)| !known.iter().any(|known| known.digest == *digest))
        .collect();
    if known.len().saturating_add(new.len()) > MEASURES_MAX && !make_room(app, &known).await? {
        let detail =
            format!("all rules together may read {MEASURES_MAX} kinds of events and filters; simplify some");
        return Err(Error::State { code: "too_many_measures", detail });
    }
    Ok(new.into_iter().collect())
}

/// Removes measures that nothing reads. False if there are none.
async fn make_room(app: &App, known: &[KnownMeasure]) -> Result<bool, Error> {
    let state = app.communications.segment_state().await?;
    let mut used: BTreeSet<String> = rfm::measures().iter().map(Measure::digest).collect();
    for row in app.communications.segments().await? {
        used.extend(rule_of(&row)?.measures().map(Measure::digest));
    }
    let unused: Vec<i64> =
        known.iter().filter(|known| !used.contains(&known.digest)).map(|known| known.number).collect();
    if unused.is_empty() {
        return Ok(false);
    }
    app.communications.remove_measures(state, &unused).await?;
    Ok(true)
}

pub(super) fn unknown(name: &str) -> Error {
    Error::Unknown { code: "unknown_segment", what: format!("segment `{name}`") }
}

pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "segment_refused", what: "the segment has problems", problems }
}
