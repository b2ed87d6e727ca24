//! The plan document: everything receipts are priced by, into one snapshot.

mod base;
mod hash;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::class::Class;
use domain::mechanics::{Fault, MechanicId, OfferCall, ParamsProblem};
use domain::offer::{Offer, Terms};
use domain::plan::{Mechanic, Plan};
use serde_json::Value;

pub use self::base::{Base, ReadBase};
use super::audience::{self, Audiences, Computed};
use super::catalog::PointsOfSale;
use super::member::{self, MemberRecord};
use super::offer::{self, Context};
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};

/// A plan, and what the edge needs to know beside it.
#[derive(Debug)]
pub struct BuiltPlan {
    /// The snapshot.
    pub plan: Plan,
    /// The clocks of the tills.
    pub points_of_sale: Arc<PointsOfSale>,
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
        for (offer, params) in self.plan.offers.iter().zip(&self.params) {
            problems.extend(check_offer(offer, params.as_ref(), &mut validate));
        }
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }

    /// The plan of a base, of offers that were read against it, one an external id, and of audiences.
    pub fn assemble<'a>(
        base: &Base,
        mechanics: Vec<Mechanic>,
        offers: impl IntoIterator<Item = &'a PreparedOffer>,
        audiences: Audiences,
    ) -> Self {
        let mut prepared: Vec<_> = offers.into_iter().collect();
        prepared.sort_by(|a, b| a.offer.external_id.cmp(&b.offer.external_id));
        let offers: Vec<_> = prepared.iter().map(|prepared| prepared.offer.clone()).collect();
        let mut plan = Plan {
            hash: String::new(),
            currency: base.settings.currency.clone(),
            points: base.settings.points.clone(),
            catalog: Arc::clone(&base.catalog),
            mechanics,
            offers,
            receipt_max_discount: base.settings.receipt_max_discount,
            locale: base.settings.locale.clone(),
        };
        let texts = prepared.iter().map(|prepared| prepared.text.as_str());
        plan.hash = base.hasher.clone().finish(texts, &plan, &audiences.canonical);
        let mut audiences = audiences.computed;
        for offer in &plan.offers {
            let filters = &offer.filters;
            audiences.use_by(filters.audiences.iter().chain(&filters.excluded_audiences));
        }
        Self {
            audiences,
            personal_attributes: personal_attributes(&plan.offers),
            plan,
            points_of_sale: Arc::clone(&base.points_of_sale),
            warnings: Vec::new(),
            params: prepared.iter().map(|prepared| prepared.params.clone()).collect(),
        }
    }
}

/// An offer that was read against a base, ready for any plan over it.
#[derive(Debug)]
pub struct PreparedOffer {
    offer: Offer,
    params: Option<(String, String)>,
    /// What the plan's hash takes in.
    text: String,
}

impl PreparedOffer {
    /// Reads an offer that is a document of its own; with the warnings.
    pub fn parse(
        document: &Value,
        base: &Base,
        mechanics: &[Mechanic],
    ) -> Result<(Self, Vec<Problem>), Problems> {
        let report = Report::default();
        let offer = Self::read(report.root(document), &base.context(mechanics));
        report.finish(offer)
    }

    fn read(node: Node<'_, '_>, context: &Context<'_>) -> Option<Self> {
        let read = offer::read(node, context)?;
        let text = hash::offer_text(node.value(), read.offer.version);
        Some(Self { offer: read.offer, params: read.params, text })
    }

    /// The number of its mechanic.
    pub fn mechanic(&self) -> MechanicId {
        self.offer.mechanic
    }

    /// Has the offer's mechanic check its parameters; what it finds.
    pub fn check_params(
        &self,
        validate: impl FnMut(MechanicId, &str, &OfferCall) -> Result<Vec<ParamsProblem>, Fault>,
    ) -> Vec<Problem> {
        check_offer(&self.offer, self.params.as_ref(), validate)
    }
}

fn check_offer(
    offer: &Offer,
    params: Option<&(String, String)>,
    mut validate: impl FnMut(MechanicId, &str, &OfferCall) -> Result<Vec<ParamsProblem>, Fault>,
) -> Vec<Problem> {
    let Some((pointer, text)) = params else { return Vec::new() };
    match validate(offer.mechanic, text, &offer::validation_call(offer, 0, text)) {
        Ok(found) => found
            .into_iter()
            .map(|problem| Problem {
                pointer: format!("{pointer}{}", problem.pointer),
                code: problem.code.into(),
                detail: problem.detail,
            })
            .collect(),
        Err(fault) => vec![Problem {
            pointer: pointer.clone(),
            code: "mechanic_failed".into(),
            detail: format!("the mechanic could not check the parameters: {}", fault.detail),
        }],
    }
}

fn personal_attributes(offers: &[Offer]) -> BTreeSet<String> {
    let attribute = |offer: &Offer| match &offer.terms {
        Terms::Attribute(name) => Some(name.clone()),
        Terms::Configured(_) => None,
    };
    offers.iter().filter_map(attribute).collect()
}

/// A mechanic that a plan file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicFile {
    /// What offers call it.
    pub name: String,
    /// The component, relative to the plan file.
    pub path: String,
    /// How much it is trusted to need; the smallest class that takes it, if the file does not say.
    pub class: Option<Class>,
}

/// Builds the plan of a document `{currency, points, caps, locale, catalog, audiences, offers}`,
/// as the plan file has it. Its `members` and `mechanics` are left alone.
pub fn build(document: &Value, mechanics: Vec<Mechanic>) -> Result<BuiltPlan, Problems> {
    let report = Report::default();
    let read = read(report.root(document), mechanics).map(|(plan, _)| plan);
    finish(report, read)
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
    Ok((finish(report, read)?, members))
}

/// The mechanics that a plan file brings along.
pub fn mechanic_files(document: &Value) -> Result<Vec<MechanicFile>, Problems> {
    let report = Report::default();
    let files = report.root(document).object().map(|root| {
        root.each("mechanics", |node| {
            let entry = node.object()?;
            let name = entry.required("name").and_then(Node::text);
            let path = entry.required("path").and_then(Node::text);
            let class = entry.choice("class", &Class::ALL.map(|class| (class.name(), class)));
            entry.refuse_unknown();
            Some(MechanicFile { name: name?.to_owned(), path: path?.to_owned(), class })
        })
    });
    report.finish(files).map(|(files, _)| files)
}

fn finish(report: Report, plan: Option<BuiltPlan>) -> Result<BuiltPlan, Problems> {
    let (mut plan, warnings) = report.finish(plan)?;
    plan.warnings = warnings;
    Ok(plan)
}

fn read<'v, 'r>(node: Node<'v, 'r>, mechanics: Vec<Mechanic>) -> Option<(BuiltPlan, Object<'v, 'r>)> {
    let document = node.object()?;
    let base = Base::of(&document);
    let offers = offers(&document, &base.context(&mechanics));
    let audiences = Audiences::of(&document);
    document.tolerate(&["members", "mechanics"]);
    document.warn_unknown();
    Some((BuiltPlan::assemble(&base, mechanics, &offers, audiences), document))
}

fn offers(document: &Object<'_, '_>, context: &Context<'_>) -> Vec<PreparedOffer> {
    let mut seen = BTreeMap::new();
    document.each("offers", |node| {
        let id = node.value().get("external_id").filter(|id| id.is_string() || id.is_number());
        if let Some(id) = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
            && let Some(first) = seen.insert(id.clone(), node.pointer())
        {
            node.problem("duplicate_id", format!("offer `{id}` is already given at {first}"));
        }
        PreparedOffer::read(node, context)
    })
}
