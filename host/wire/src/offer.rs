//! Offers: the document of `PUT /v1/offers/{external_id}` into the domain's offer.

mod coupons;
mod exploration;
mod extras;
mod filters;
mod item;
mod keys;
pub mod limits;
mod messages;
mod params;
pub mod population;
pub mod promo;
mod target;

use domain::catalog::Catalog;
use domain::mechanics::{Description, MechanicId, OfferCall, Scope};
use domain::offer::{Base, Offer, OnFault, Stacking, StackingMode, Terms};
use domain::plan::Mechanic;
use serde_json::Value;

pub(crate) use self::coupons::equal_codes;
pub use self::coupons::{EQUAL_CODES, EqualCodes, PlacedCode};
pub(super) use self::filters::MEMBER_STATES;
pub(super) use self::item::{BAD_DECISION, ItemReader, REWARDS};
pub(crate) use self::keys::check_template;
pub use self::keys::{SCHEMA, is_common_parameter};
use self::params::Params;
use self::promo::Promo;
pub(super) use self::target::{ID_SPACES, IdSpace, KINDS};
use super::catalog::PointsOfSale;
use super::personal::item_id::of_offer;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};

const ON_FAULT: [(&str, OnFault); 3] =
    [("skip", OnFault::Skip), ("previous_version", OnFault::PreviousVersion), ("fail", OnFault::Fail)];

/// The parts of a plan that offers and personal terms refer to.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Scales of decimals.
    pub scales: Scales,
    /// Catalogue.
    pub catalog: &'a Catalog,
    /// Points of sale.
    pub points_of_sale: &'a PointsOfSale,
    /// Mechanics.
    pub mechanics: &'a [Mechanic],
}

impl<'a> Context<'a> {
    pub(super) fn mechanic(&self, name: &str) -> Option<(MechanicId, &'a Description)> {
        let found = (0..).map(MechanicId).zip(self.mechanics).find(|(_, mechanic)| mechanic.name == name);
        found.map(|(id, mechanic)| (id, &mechanic.description))
    }
}

/// An offer, and its parameters for the check by its mechanic.
#[derive(Debug, Clone)]
pub struct ReadOffer {
    /// The offer.
    pub offer: Offer,
    /// Pointer of its parameters, and their JSON text; absent for personal terms.
    pub params: Option<(String, String)>,
    /// Its coupon codes.
    pub codes: Vec<PlacedCode>,
    /// Its promotional content.
    pub promo: Option<Promo>,
}

/// Reads one offer, with its `external_id` in the document.
pub fn read(node: Node<'_, '_>, context: &Context<'_>) -> Option<ReadOffer> {
    let document = node.object()?;
    let external_id = document.required("external_id").and_then(Node::id);
    let version = document.field("version").map_or(Some(1), version);
    let title = document.text("title");
    let mechanic = document.required("mechanic").and_then(|field| mechanic(field, context));
    let mut params = params(&document, context, mechanic.map(|(_, description)| description));
    let id_space = params.as_ref().map_or(IdSpace::Unsaid, |params| params.id_space);
    let filters = document.object("filters").map(|filters| filters::read(&filters, context, id_space));
    let (filters, codes) = filters.unwrap_or_default();
    let stacking = stacking(document.object("stacking"));
    let limits = document.each("limits", |limit| limits::read(limit, context.scales));
    let salt = external_id.as_deref().unwrap_or_default();
    let control_group =
        document.object("control_group").and_then(|group| limits::control_group(&group, salt));
    let exploration = exploration::read(&document, salt);
    let messages = document.object("messages").map(|messages| messages::read(&messages));
    let on_fault = document.choice("on_fault", &ON_FAULT).unwrap_or_default();
    let promo = document.field("promo").and_then(|field| field.read_new(promo::read));
    let require_accept = require_accept(&document);
    let terms = terms(&document, params.as_mut());
    if let Some(terms) = &terms {
        exploration::check_choice(&document, terms);
    }
    keys::refuse_unknown_of_document(&document);

    let external_id = external_id?;
    let item_id = document.field("params").map(|params| of_offer(&external_id, params.value()));
    let (mechanic, description) = mechanic?;
    let params = params.unwrap_or_default();
    let text = params.source.as_ref().map(|(_, text)| text.clone());
    Some(ReadOffer {
        offer: Offer {
            title: title.unwrap_or(&external_id).to_owned(),
            external_id: external_id.into_owned(),
            version: version?,
            mechanic,
            terms: terms?,
            extras: params.extras,
            params_text: text.filter(|_| description.wants_params_text),
            exclude: params.exclude,
            skip_discounted_lines: params.skip_discounted_lines,
            weighed: params.weighed,
            stacking,
            filters,
            limits,
            control_group,
            exploration,
            messages: messages.unwrap_or_default(),
            on_fault,
            require_accept,
            item_id: item_id.unwrap_or_default(),
        },
        params: params.source,
        codes,
        promo,
    })
}

/// Reads the document of one offer. The result has the warnings beside it.
pub fn parse(document: &Value, context: &Context<'_>) -> Result<(ReadOffer, Vec<Problem>), Problems> {
    let report = Report::default();
    let offer = read(report.root(document), context);
    report.finish(offer)
}

/// The offer as its mechanic gets it to validate: with all items, and without a receipt.
pub fn validation_call(offer: &Offer, id: u32, params: &str) -> OfferCall {
    let items = match &offer.terms {
        Terms::Configured(items) => items.iter().map(|item| item.call(Scope::Lines(Vec::new()))).collect(),
        Terms::Attribute(_) => Vec::new(),
    };
    OfferCall { id, items, extras: offer.extras.clone(), params: Some(params.to_owned()) }
}

fn version(field: Node<'_, '_>) -> Option<u32> {
    let number = field.integer()?;
    let version = u32::try_from(number).ok().filter(|version| *version > 0);
    version.or_else(|| field.refuse("out_of_range", "must be a whole number from 1"))
}

fn mechanic<'a>(field: Node<'_, '_>, context: &Context<'a>) -> Option<(MechanicId, &'a Description)> {
    let name = field.text()?;
    context.mechanic(name).or_else(|| {
        let known: Vec<_> = context.mechanics.iter().map(|mechanic| mechanic.name.as_str()).collect();
        let detail = format!("there is no mechanic `{name}`; there are {}", known.join(", "));
        field.refuse("unknown_mechanic", detail)
    })
}

fn params(
    document: &Object<'_, '_>,
    context: &Context<'_>,
    description: Option<&Description>,
) -> Option<Params> {
    let params = document.object("params")?;
    Some(params::read(&params, context, description?))
}

/// The terms, with the items of the parameters, which are taken from there.
fn terms(document: &Object<'_, '_>, params: Option<&mut Params>) -> Option<Terms> {
    match (document.field("params"), document.field("attribute")) {
        (Some(_), Some(attribute)) => {
            attribute.refuse("conflicting_fields", "an offer has `params` or `attribute`, not both")
        }
        (Some(_), None) => Some(Terms::Configured(std::mem::take(&mut params?.items))),
        (None, Some(attribute)) => Some(Terms::Attribute(attribute.text()?.to_owned())),
        (None, None) => document
            .node()
            .refuse("missing_field", "an offer needs `params`, or `attribute` for personal terms"),
    }
}

/// True if members must accept the offer. Personal terms say it themselves.
fn require_accept(document: &Object<'_, '_>) -> bool {
    let Some(field) = document.field("require_accept") else { return false };
    if document.field("attribute").is_some() {
        field.problem_of_new(
            "conflicting_fields",
            "personal terms say themselves whether their items must be accepted: leave it out here",
        );
        return false;
    }
    field.boolean().unwrap_or(false)
}

fn stacking(object: Option<Object<'_, '_>>) -> Stacking {
    const MODES: [(&str, StackingMode); 2] =
        [("exclusive", StackingMode::Exclusive), ("cumulative", StackingMode::Cumulative)];
    const BASES: [(&str, Base); 4] =
        [("gross", Base::Gross), ("line", Base::Line), ("net", Base::Net), ("cash", Base::Cash)];

    let mut stacking = Stacking { mode: StackingMode::Exclusive, priority: 0, base: None };
    if let Some(object) = object {
        stacking.mode = object.choice("mode", &MODES).unwrap_or(stacking.mode);
        stacking.priority = object.integer("priority").unwrap_or(stacking.priority);
        stacking.base = object.choice("base", &BASES);
        keys::refuse_unknown(&object);
    }
    stacking
}
