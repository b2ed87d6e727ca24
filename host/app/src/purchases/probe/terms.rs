//! What an offer says to a member: its items, and its words.

use domain::conditions::{self, Language};
use domain::locale::LocalizedText;
use domain::mechanics::{Benefit, Phase};
use domain::member::{Member, PersonalAttribute};
use domain::offer::{Item, Offer, OfferId, Target, Terms as OfferTerms};
use domain::placeholder::fill;
use domain::time::Bound;
use jiff::tz::TimeZone;
use wire::plan::BuiltPlan;

/// What people read about an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Its headline.
    pub title: String,
    /// It in one sentence.
    pub description: Option<String>,
    /// The size of its reward, such as `15 %`.
    pub reward: Option<String>,
    /// `discount` or `points`.
    pub kind: Option<&'static str>,
}

/// Goods that an offer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Code of the product, category or group.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Address of its picture.
    pub picture: Option<String>,
}

/// The terms of an offer for a member.
pub(super) struct Terms {
    pub(super) items: Vec<Item>,
    pub(super) words: Words,
    pub(super) goods: Option<Goods>,
    /// True if its reward does not depend on prices.
    pub(super) is_fixed: bool,
}

/// The terms of an offer for a member, in the wanted locales.
pub(super) fn of(
    plan: &BuiltPlan,
    (id, offer): (OfferId, &Offer),
    member: &Member,
    locales: &[&str],
) -> Terms {
    let items = match &offer.terms {
        OfferTerms::Configured(items) => items.clone(),
        OfferTerms::Attribute(name) => match member.personal.get(name) {
            Some(PersonalAttribute::Terms(terms)) => terms.items.clone(),
            Some(PersonalAttribute::Malformed(_)) | None => Vec::new(),
        },
    };
    let locales: Vec<&str> = locales.iter().copied().chain([plan.plan.locale.as_str()]).collect();
    let first = items.first();
    let reward = first.map(|item| conditions::items::value(&plan.plan, item, Language::of(&locales)));
    let goods = items.iter().find_map(|item| goods(plan, item));
    let filled = |text: &LocalizedText| {
        fill(text.in_locales(&locales), |name| match name {
            "title" => Some(offer.title.clone()),
            "target" => goods.as_ref().map(|goods| goods.name.clone()),
            "value" => reward.clone(),
            _ => None,
        })
    };
    let promo = plan.promo(id);
    let title = promo.and_then(|promo| promo.title.as_ref()).map(&filled);
    let words = Words {
        title: title.unwrap_or_else(|| offer.title.clone()),
        description: promo.and_then(|promo| promo.text.as_ref()).map(&filled),
        kind: first.map(|item| match item.reward {
            Phase::Discount => "discount",
            Phase::Accrual => "points",
        }),
        reward: reward.clone(),
    };
    let is_fixed =
        first.is_some_and(|item| !matches!(item.benefit, Benefit::Percent(_) | Benefit::UnitPrice(_)));
    Terms { items, words, goods, is_fixed }
}

/// The goods of an item: a product, or a category or group that has a name.
fn goods(plan: &BuiltPlan, item: &Item) -> Option<Goods> {
    let catalog = &plan.plan.catalog;
    let named = |id: &str, name: &str, picture: Option<&str>| Goods {
        id: id.to_owned(),
        name: if name.is_empty() { id.to_owned() } else { name.to_owned() },
        picture: picture.map(str::to_owned),
    };
    match item.target {
        Target::Product(id) => {
            let product = catalog.product(id)?;
            Some(named(&product.code, &product.name, product.picture.as_deref()))
        }
        Target::Category(id, _) => catalog.category(id).map(|found| named(&found.code, &found.name, None)),
        Target::Group(id) => catalog.group(id).map(|found| named(&found.code, &found.name, None)),
        Target::Receipt | Target::Unknown(_) => None,
    }
}

/// A bound in milliseconds since 1970; a local one on the clock of `zone`.
pub(super) fn instant_ms(bound: Bound, zone: &TimeZone) -> Option<i64> {
    match bound {
        Bound::Instant(seconds) => Some(seconds.saturating_mul(1000)),
        Bound::Local(local) => zone.to_timestamp(local).ok().map(|at| at.as_millisecond()),
    }
}
