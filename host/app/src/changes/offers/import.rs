//! Imports of many offers: whole documents, or templates with their values. One plan, one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use store::{OfferRecord, OfferState, Revision};
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};

use super::super::ProposedPlans;
use super::super::audiences::KnownAudiences;
use super::super::templates::{self, ReadTemplate};
use super::{PUBLIC, RESERVED_ID, reserved_detail};
use crate::audit::Actor;
use crate::changes::lock;
use crate::error::Error;
use crate::live::Origin;
use crate::rows::{self, BadRows, ReadRows};
use crate::state::App;
use crate::stream::ByteStream;

/// Options of an import of offers.
#[derive(Debug, Clone, Copy)]
pub struct OfferImportOptions {
    /// True to make the imported versions live.
    pub run: bool,
    /// True to import the good rows although there are bad ones.
    pub skip_bad_rows: bool,
}

/// Offers of which no other version may run now: code and text of the refusal by external id.
pub type Forbidden = BTreeMap<String, (&'static str, String)>;

/// Result of an import.
pub struct ImportedOffers {
    /// The latest revision of the database.
    pub revision: Revision,
    /// The imported offers, each with the number of its row from 0.
    pub offers: Vec<(usize, OfferRecord)>,
    /// Number of new versions among them, those of new offers included.
    pub new_versions: usize,
    /// Problems of the rows that were left out.
    pub errors: Problems,
    /// Oddities that do not prevent the import.
    pub warnings: Vec<Problem>,
}

/// The offer that a row asks for.
struct RequestedOffer {
    row: usize,
    external_id: String,
    body: Value,
    origin: Origin,
}

/// The version and state of an offer that a row leads to.
#[derive(Clone)]
struct OfferUpdate {
    row: usize,
    offer: OfferRecord,
    origin: Origin,
    /// True if it differs from the stored version, so that it must be written.
    changed: bool,
    new_version: bool,
}

impl OfferUpdate {
    /// The problem of a row that may not do this.
    fn refused(&self, code: &'static str, detail: &str) -> Problem {
        let pointer = format!("/{}/external_id", self.row);
        Problem { pointer, code: code.into(), detail: detail.to_owned() }
    }
}

/// Reads the rows of a request as they arrive. Good rows are kept beside bad ones, so that their problems are told
/// together.
pub async fn read(app: &App, body: ByteStream) -> Result<ReadRows<Value>, Error> {
    let check = |number: usize, row: Value| {
        let report = Report::of_new();
        let head = head(report.root(&row));
        report.finish(head).map(|_| row).map_err(|problems| problems.in_row(number))
    };
    rows::read(body, &app.config.limits, BadRows::LeaveOut, check).await
}

/// Imports all rows or none, unless bad rows are to be skipped.
pub async fn import(
    app: App,
    options: OfferImportOptions,
    sent: ReadRows<Value>,
    forbidden: &Forbidden,
    actor: Actor,
) -> Result<ImportedOffers, Error> {
    let ReadRows { rows, refused: mut errors, digest, .. } = sent;
    let actor = actor.sending(digest);
    let _lock = lock::acquire(&app).await?;
    let templates = templates::all(&app).await?;
    let requested = requested_offers(rows, &templates, &mut errors);
    let before = app.store.offers().await?;
    let before: BTreeMap<_, _> = before.into_iter().map(|offer| (offer.external_id.clone(), offer)).collect();
    let require_approval = app.config.offers.require_approval;
    let mut audiences = KnownAudiences::default();
    let mut updates = Vec::new();
    for requested in requested {
        let unknown = audiences.problems_of(&app, &requested.body).await?;
        if !unknown.is_empty() {
            let what = format!("offer `{}`", requested.external_id);
            errors.append(unknown.map(|problem| requested.origin.trace(&what, problem)));
            continue;
        }
        let latest = before.get(&requested.external_id);
        match update(requested, latest, options.run, require_approval) {
            Ok(update) => match forbidden.get(&update.offer.external_id).filter(|_| update.changed) {
                Some(&(code, ref detail)) => errors.push(update.refused(code, detail)),
                None => updates.push(update),
            },
            Err(found) => errors.push(found),
        }
    }
    let proposed = build(&app, &mut updates, &mut errors, options).await?;
    if !errors.is_empty() && !options.skip_bad_rows {
        return Err(refused(errors));
    }
    let warnings = proposed.warnings();
    let changed: Vec<_> =
        updates.iter().filter(|update| update.changed).map(|update| update.offer.clone()).collect();
    let new_versions = updates.iter().filter(|update| update.new_version).count();
    let revision = if changed.is_empty() {
        app.store.revision().await?
    } else {
        let detail = json!({
            "run": options.run,
            "changed": changed.len(),
            "new_versions": new_versions,
            "refused": errors.len(),
        });
        let entry = actor.entry("offer.import", "offers", detail);
        let revision = app.store.put_offers(&changed, &entry).await?;
        if options.run {
            proposed.go_live(&app, revision).await?;
        }
        revision
    };
    tracing::info!(revision, offers = updates.len(), refused = errors.len(), "offers imported");
    Ok(ImportedOffers {
        revision,
        new_versions,
        offers: updates.into_iter().map(|update| (update.row, update.offer)).collect(),
        errors,
        warnings,
    })
}

/// Builds the plans with the offers. If bad rows may be skipped, offers with problems are left out, and their
/// problems are added to `errors`.
async fn build(
    app: &App,
    updates: &mut Vec<OfferUpdate>,
    errors: &mut Problems,
    options: OfferImportOptions,
) -> Result<ProposedPlans, Error> {
    loop {
        let offers = updates.iter().map(|update| (update.offer.clone(), update.origin.clone()));
        let found = match ProposedPlans::with_offers(app, offers.collect()).await? {
            Ok(proposed) => return Ok(proposed),
            Err(found) => found,
        };
        let bad = found.rows();
        let count = updates.len();
        errors.append(found);
        updates.retain(|update| !bad.contains(&update.row));
        if !options.skip_bad_rows || updates.len() == count {
            return Err(refused(std::mem::take(errors)));
        }
    }
}

/// The update that a requested offer leads to, or the problem of its row.
fn update(
    requested: RequestedOffer,
    latest: Option<&OfferRecord>,
    run: bool,
    require_approval: bool,
) -> Result<OfferUpdate, Problem> {
    let RequestedOffer { row, external_id, body, origin } = requested;
    let refuse = |code: &'static str, detail: String| Problem {
        pointer: format!("/{row}/external_id"),
        code: code.into(),
        detail,
    };
    if latest.is_some_and(|latest| latest.state == OfferState::Archived) {
        return Err(refuse("offer_archived", format!("offer `{external_id}` is archived")));
    }
    if latest.is_none() && external_id == PUBLIC {
        return Err(refuse(RESERVED_ID, reserved_detail()));
    }
    let body = body.to_string();
    let same = latest.filter(|latest| latest.body == body);
    let before = same.map_or(OfferState::Draft, |same| same.state);
    if run && require_approval && before == OfferState::Draft {
        return Err(refuse("offer_not_approved", format!("offer `{external_id}` must be approved first")));
    }
    let state = if run { OfferState::Running } else { before };
    let version = match (same, latest) {
        (Some(same), _) => same.version,
        (None, Some(latest)) => latest.version.saturating_add(1),
        (None, None) => 1,
    };
    let new_version = same.is_none();
    let changed = new_version || state != before;
    Ok(OfferUpdate {
        row,
        offer: OfferRecord { external_id, version, state, body },
        origin,
        changed,
        new_version,
    })
}

fn requested_offers(
    rows: Vec<(usize, Value)>,
    templates: &BTreeMap<String, ReadTemplate>,
    problems: &mut Problems,
) -> Vec<RequestedOffer> {
    let mut requested = Vec::new();
    let mut first_rows = BTreeMap::new();
    for (row, value) in rows {
        match read_row(row, value, templates) {
            Err(found) => problems.append(found.in_row(row)),
            Ok(read) => match first_rows.get(&read.external_id) {
                Some(first) => problems.push(Problem {
                    pointer: format!("/{row}/external_id"),
                    code: "duplicate_id".into(),
                    detail: format!("offer `{}` is already given in row {first}", read.external_id),
                }),
                None => {
                    first_rows.insert(read.external_id.clone(), row);
                    requested.push(read);
                }
            },
        }
    }
    requested
}

fn read_row(
    row: usize,
    value: Value,
    templates: &BTreeMap<String, ReadTemplate>,
) -> Result<RequestedOffer, Problems> {
    let report = Report::of_new();
    let head = head(report.root(&value));
    let (head, _) = report.finish(head)?;
    let Head { external_id, template } = head;
    let (mut body, origin) = match template {
        None => (value, Origin::Row(row)),
        Some((name, values)) => {
            let known = templates.get(&name).ok_or_else(|| unknown_template(&name))?;
            let offer = Arc::clone(known.template.offer());
            (known.template.fill(&values)?, Origin::Template(row, offer))
        }
    };
    if let Some(fields) = body.as_object_mut() {
        fields.remove("external_id");
        fields.remove("version");
    }
    Ok(RequestedOffer { row, external_id, body, origin })
}

/// The fields of a row that tell a template from a whole offer.
struct Head {
    external_id: String,
    /// Name and values, if the row names a template.
    template: Option<(String, Map<String, Value>)>,
}

fn head(node: Node<'_, '_>) -> Option<Head> {
    let row = node.object()?;
    let external_id = row.required("external_id").and_then(Node::id)?.into_owned();
    let Some(template) = row.field("template") else { return Some(Head { external_id, template: None }) };
    let name = template.text()?.to_owned();
    let values = row
        .field("values")
        .map_or(Some(Map::new()), |values| values.object().and_then(|_| values.value().as_object().cloned()));
    row.refuse_unknown();
    Some(Head { external_id, template: Some((name, values?)) })
}

fn unknown_template(name: &str) -> Problems {
    Problems::from(Problem {
        pointer: "/template".to_owned(),
        code: "unknown_template".into(),
        detail: format!("there is no template `{name}`; PUT /v1/offer-templates/{name} makes one"),
    })
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "import_refused", what: "the import has problems", problems }
}
