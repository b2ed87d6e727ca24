//! The plan document: everything receipts are priced by, into one snapshot.

mod hash;

use std::collections::{BTreeMap, BTreeSet};

use domain::mechanics::{Fault, MechanicId, OfferCall, ParamsProblem};
use domain::offer::Terms;
use domain::plan::{Mechanic, Plan};
use engine::Class;
use serde_json::Value;

use super::audience::{self, Computed};
use super::catalog::{self, PointsOfSale, ReadCatalog};
use super::member::{self, MemberRecord};
use super::offer::{self, Context, ReadOffer};
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};
use super::settings;

/// A plan, and what the edge needs to know beside it.
#[derive(Debug)]
pub struct BuiltPlan {
    /// The snapshot.
    pub plan: Plan,
    /// The clocks of the tills.
    pub points_of_sale: PointsOfSale,
    /// What is odd, but not in the way.
    pub warnings: Vec<Problem>,
    personal_attributes: BTreeSet<String>,
    audiences: Computed,
    /// Pointer and text of the parameters of each offer that has some.
    params: Vec<Option<(String, String)>>,
}

impl BuiltPlan {
    /// How decimals are read and written.
    pub fn scales(&self) -> Scales {
        Scales { money: self.plan.currency.exponent, points: self.plan.points.exponent }
    }

    /// What offers and personal terms refer to.
    pub fn context(&self) -> Context<'_> {
        Context {
            scales: self.scales(),
            catalog: &self.plan.catalog,
            points_of_sale: &self.points_of_sale,
            mechanics: &self.plan.mechanics,
        }
    }

    /// The attributes that offers take personal terms from.
    pub fn personal_attributes(&self) -> impl Iterator<Item = &str> {
        self.personal_attributes.iter().map(String::as_str)
    }

    /// Whether an offer takes personal terms from this attribute.
    pub fn is_personal(&self, attribute: &str) -> bool {
        self.personal_attributes.contains(attribute)
    }

    /// The computed audiences.
    pub fn audiences(&self) -> &Computed {
        &self.audiences
    }

    /// Has every mechanic check the parameters of its offers, which is for the caller to ask: the
    /// mechanics live in the sandbox.
    pub fn check_params(
        &self,
        mut validate: impl FnMut(MechanicId, &str, &OfferCall) -> Result<Vec<ParamsProblem>, Fault>,
    ) -> Result<(), Problems> {
        let mut problems = Vec::new();
        for ((offer, params), id) in self.plan.offers.iter().zip(&self.params).zip(0..) {
            let Some((pointer, text)) = params else { continue };
            match validate(offer.mechanic, text, &offer::validation_call(offer, id, text)) {
                Ok(found) => problems.extend(found.into_iter().map(|problem| Problem {
                    pointer: format!("{pointer}{}", problem.pointer),
                    code: problem.code.into(),
                    detail: problem.detail,
                })),
                Err(fault) => problems.push(Problem {
                    pointer: pointer.clone(),
                    code: "mechanic_failed".into(),
                    detail: format!("the mechanic could not check the parameters: {}", fault.detail),
                }),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }
}

const CLASSES: [(&str, Class); 3] =
    [("fast", Class::Fast), ("standard", Class::Standard), ("slow", Class::Slow)];

/// A mechanic that a plan file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicFile {
    /// What offers call it.
    pub name: String,
    /// The component, relative to the plan file.
    pub path: String,
    /// How much it is trusted to need.
    pub class: Class,
}

/// Builds the plan of a document `{currency, points, caps, locale, catalog, audiences, offers}`,
/// as the plan file has it. Its `members` and `mechanics` are left alone.
pub fn build(document: &Value, mechanics: Vec<Mechanic>) -> Result<BuiltPlan, Problems> {
    let report = Report::default();
    let read = read(report.root(document), mechanics).map(|(plan, _)| plan);
    finish(report, read, document)
}

/// Builds the plan of a plan file, and reads its members.
pub fn load(document: &Value, mechanics: Vec<Mechanic>) -> Result<(BuiltPlan, Vec<MemberRecord>), Problems> {
    let report = Report::default();
    let mut members = Vec::new();
    let read = read(report.root(document), mechanics).map(|(plan, root)| {
        members = member::read_all(&root, plan.scales());
        audience::check_names(*root.node(), &plan.audiences);
        plan
    });
    Ok((finish(report, read, document)?, members))
}

/// The mechanics that a plan file brings along.
pub fn mechanic_files(document: &Value) -> Result<Vec<MechanicFile>, Problems> {
    let report = Report::default();
    let files = report.root(document).object().map(|root| {
        root.each("mechanics", |node| {
            let entry = node.object()?;
            let name = entry.required("name").and_then(Node::text);
            let path = entry.required("path").and_then(Node::text);
            let class = entry.choice("class", &CLASSES).unwrap_or_default();
            entry.refuse_unknown();
            Some(MechanicFile { name: name?.to_owned(), path: path?.to_owned(), class })
        })
    });
    report.finish(files).map(|(files, _)| files)
}

fn finish(report: Report, plan: Option<BuiltPlan>, document: &Value) -> Result<BuiltPlan, Problems> {
    let (mut plan, warnings) = report.finish(plan)?;
    plan.warnings = warnings;
    plan.plan.hash = hash::hash(document, &plan.plan);
    Ok(plan)
}

fn read<'v, 'r>(node: Node<'v, 'r>, mechanics: Vec<Mechanic>) -> Option<(BuiltPlan, Object<'v, 'r>)> {
    let document = node.object()?;
    let settings = settings::read(&document);
    let scales = settings.scales();
    let ReadCatalog { catalog, points_of_sale } =
        document.object("catalog").map(|lists| catalog::read(&lists, scales)).unwrap_or_default();
    let context =
        Context { scales, catalog: &catalog, points_of_sale: &points_of_sale, mechanics: &mechanics };
    let (offers, params): (Vec<_>, Vec<_>) =
        offers(&document, &context).into_iter().map(|ReadOffer { offer, params }| (offer, params)).unzip();
    let mut audiences = audience::read_all(&document);
    for offer in &offers {
        let filters = &offer.filters;
        audiences.use_by(filters.audiences.iter().chain(&filters.excluded_audiences));
    }
    document.tolerate(&["members", "mechanics"]);
    document.warn_unknown();
    let personal_attributes = offers
        .iter()
        .filter_map(|offer| match &offer.terms {
            Terms::Attribute(name) => Some(name.clone()),
            Terms::Configured(_) => None,
        })
        .collect();
    let plan = Plan {
        hash: String::new(),
        currency: settings.currency,
        points: settings.points,
        catalog,
        mechanics,
        offers,
        receipt_max_discount: settings.receipt_max_discount,
        locale: settings.locale,
    };
    let warnings = Vec::new();
    let built = BuiltPlan { plan, points_of_sale, warnings, personal_attributes, audiences, params };
    Some((built, document))
}

fn offers(document: &Object<'_, '_>, context: &Context<'_>) -> Vec<ReadOffer> {
    let mut seen = BTreeMap::new();
    let mut offers = document.each("offers", |node| {
        let id = node.value().get("external_id").filter(|id| id.is_string() || id.is_number());
        if let Some(id) = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
            && let Some(first) = seen.insert(id.clone(), node.pointer())
        {
            node.problem("duplicate_id", format!("offer `{id}` is already given at {first}"));
        }
        offer::read(node, context)
    });
    offers.sort_by(|a, b| a.offer.external_id.cmp(&b.offer.external_id));
    offers
}
