//! The plan document, with everything that receipts are priced by, into a plan.

mod base;
mod hash;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::mechanic_class::Class;
use domain::mechanics::{Fault, MechanicId, OfferCall, ParamsProblem};
use domain::offer::{Offer, OfferId, Terms};
use domain::plan::{Mechanic, Plan};
use serde_json::Value;

pub use self::base::{PlanBase, ReadBase};
use super::audience::{self, Audiences, Computed};
use super::catalog::PointsOfSale;
use super::coupon::{self, Codes, CouponPools};
use super::member::{self, MemberRecord};
use super::offer::promo::Promo;
use super::offer::{self, Context, EQUAL_CODES, EqualCodes, PlacedCode};
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};

/// A plan, with the data that reading receipts and members needs beside it.
#[derive(Debug)]
pub struct BuiltPlan {
    /// The plan.
    pub plan: Plan,
    /// Points of sale, for time zones and widths of tills.
    pub points_of_sale: Arc<PointsOfSale>,
    /// Oddities that do not prevent the use of the plan.
    pub warnings: Vec<Problem>,
    personal_attributes: BTreeSet<String>,
    audiences: Computed,
    /// The codes of a plan file; none in the service, which keeps them in its database.
    coupon_codes: Codes,
    /// For each offer of the plan, pointer and text of its parameters, if it has some.
    params: Vec<Option<(String, String)>>,
    /// For each offer of the plan, its promotional content, if it has some.
    promos: Vec<Option<Arc<Promo>>>,
}

impl BuiltPlan {
    /// Scales of decimals.
    pub fn scales(&self) -> Scales {
        Scales { money: self.plan.currency.exponent, points: self.plan.points.exponent }
    }

    /// The parts of the plan that offers and personal terms refer to.
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

    /// True if an offer takes personal terms from this attribute.
    pub fn is_personal(&self, attribute: &str) -> bool {
        self.personal_attributes.contains(attribute)
    }

    /// The computed audiences.
    pub fn audiences(&self) -> &Computed {
        &self.audiences
    }

    /// The codes of pools that a plan file has.
    pub fn coupon_codes(&self) -> &Codes {
        &self.coupon_codes
    }

    /// The promotional content of an offer.
    pub fn promo(&self, offer: OfferId) -> Option<&Promo> {
        self.promos.get(offer.0)?.as_deref()
    }

    /// The parameters of an offer, as JSON text; none if its terms are personal.
    pub fn params(&self, offer: OfferId) -> Option<&str> {
        let (_, text) = self.params.get(offer.0)?.as_ref()?;
        Some(text)
    }

    /// Checks the parameters of every offer by its mechanic, which `validate` calls in the sandbox.
    pub fn check_params(
        &self,
        mut validate: impl FnMut(MechanicId, &str, &OfferCall) -> Result<Vec<ParamsProblem>, Fault>,
    ) -> Result<(), Problems> {
        let mut problems = Problems::default();
        for (offer, params) in self.plan.offers.iter().zip(&self.params) {
            problems.extend(check_offer(offer, params.as_ref(), &mut validate));
        }
        problems.or(())
    }

    /// The plan of a base, of audiences and pools of coupon codes, and of offers that were read against the base, with
    /// one offer for each external id.
    pub fn assemble<'a>(
        base: &PlanBase,
        mechanics: Vec<Mechanic>,
        offers: impl IntoIterator<Item = &'a PreparedOffer>,
        audiences: Audiences,
        coupon_pools: &CouponPools,
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
            largest_grants: base.settings.largest_grants,
            locale: base.settings.locale.clone(),
        };
        let coupon_pools = coupon_pools.enter(&mut plan);
        let texts = prepared.iter().map(|prepared| prepared.text.as_str());
        plan.hash = base.hasher.clone().finish(texts, &plan, &audiences.canonical, &coupon_pools);
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
            coupon_codes: Codes::default(),
            params: prepared.iter().map(|prepared| prepared.params.clone()).collect(),
            promos: prepared.iter().map(|prepared| prepared.promo.clone()).collect(),
        }
    }
}

/// An offer that was read against a base, ready for any plan over it.
#[derive(Debug)]
pub struct PreparedOffer {
    offer: Offer,
    params: Option<(String, String)>,
    codes: Vec<PlacedCode>,
    promo: Option<Arc<Promo>>,
    /// Its part of the plan's hash.
    text: String,
}

impl PreparedOffer {
    /// Reads the document of one offer into a report, which says whether it is stored already. The result has the
    /// warnings beside it.
    pub fn parse(
        document: &Value,
        base: &PlanBase,
        mechanics: &[Mechanic],
        report: Report,
    ) -> Result<(Self, Vec<Problem>), Problems> {
        let offer = Self::read(report.root(document), &base.context(mechanics));
        report.finish(offer)
    }

    fn read(node: Node<'_, '_>, context: &Context<'_>) -> Option<Self> {
        let read = offer::read(node, context)?;
        let text = hash::offer_text(node.value(), read.offer.version);
        let promo = read.promo.map(Arc::new);
        Some(Self { offer: read.offer, params: read.params, codes: read.codes, promo, text })
    }

    /// The id of its mechanic in the plan.
    pub fn mechanic(&self) -> MechanicId {
        self.offer.mechanic
    }

    /// The problems that the offer's mechanic finds in its parameters.
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
    /// The name that offers have as their `mechanic`.
    pub name: String,
    /// Path of the component, relative to the plan file.
    pub path: String,
    /// Class of its limits; if absent, the smallest class that admits it.
    pub class: Option<Class>,
}

/// Builds the plan of a document `{currency, points, caps, locale, catalog, audiences, coupon_pools, offers}`,
/// as the plan file has it. Its `members` and `mechanics` are not read.
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

/// The mechanics that a plan file names.
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
    let base = PlanBase::of(&document);
    let offers = offers(&document, &base.context(&mechanics));
    let audiences = Audiences::of(&document);
    let (pools, coupon_codes) = coupon::of_plan_file(&document);
    document.tolerate(&["members", "mechanics"]);
    document.warn_unknown();
    let plan = BuiltPlan::assemble(&base, mechanics, &offers, audiences, &pools);
    coupon::check_offers(&document, &plan.plan);
    Some((BuiltPlan { coupon_codes, ..plan }, document))
}

fn offers(document: &Object<'_, '_>, context: &Context<'_>) -> Vec<PreparedOffer> {
    let mut seen = BTreeMap::new();
    let offers = document.each("offers", |node| {
        let id = node.value().get("external_id").filter(|id| id.is_string() || id.is_number());
        if let Some(id) = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
            && let Some(first) = seen.insert(id.clone(), node.pointer())
        {
            node.problem("duplicate_id", format!("offer `{id}` is already given at {first}"));
        }
        PreparedOffer::read(node, context)
    });
    for EqualCodes { first, second, .. } in equal_codes(&offers) {
        let ((first_place, first), (place, code)) = (first, second);
        let detail = format!(
            "`{}` is the same code as `{}` at {first_place}: spell both alike",
            code.written(),
            first.written()
        );
        document.node().problem_at(place.clone(), EQUAL_CODES, detail);
    }
    offers
}

/// The coupon codes of offers that compare as one in spite of their spelling.
pub fn equal_codes<'a>(offers: impl IntoIterator<Item = &'a PreparedOffer>) -> Vec<EqualCodes<'a>> {
    offer::equal_codes(
        offers.into_iter().map(|offer| (offer.offer.external_id.as_str(), offer.codes.as_slice())),
    )
}
