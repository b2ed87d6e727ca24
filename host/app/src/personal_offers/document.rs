//! The document of a shown offer or item.

use domain::catalog::Product;
use domain::conditions::{self, Condition, ConditionKind, Language};
use domain::decimal::format_trimmed;
use domain::locale::LocalizedText;
use domain::mechanics::{Phase, TargetKind};
use domain::offer::{Filters, Item, Offer, Target};
use domain::placeholder::fill;
use domain::time::Bound;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use store::IssuedCoupon;
use wire::offer::promo::Promo;
use wire::personal::OFFERS;
use wire::plan::BuiltPlan;

use super::candidates::Candidate;
use super::dates::text;

/// The manner in which documents are written.
pub(super) struct Style<'a> {
    pub plan: &'a BuiltPlan,
    pub zone: TimeZone,
    /// Wanted locales, the first first.
    pub locales: Vec<&'a str>,
    pub language: Language,
    /// Address of the picture of what has none.
    pub stand_in: Option<&'a str>,
}

impl Style<'_> {
    /// The document of an item, without limits.
    pub(super) fn document(&self, candidate: &Candidate<'_>) -> Map<String, Value> {
        let Candidate { offer, answer, .. } = candidate;
        let rewards: Vec<Map<String, Value>> =
            candidate.rewards.iter().map(|(item, written)| self.reward(offer, item, written)).collect();
        let mechanic = self.plan.plan.mechanic(offer.mechanic);
        let attribute = Some(candidate.attribute).filter(|name| *name != OFFERS);
        let promo = self.plan.promo(candidate.id).cloned().unwrap_or_default();
        let mut document = fields([
            ("item_id", json!(candidate.item_id)),
            ("offer", json!(offer.external_id)),
            ("offer_version", json!(offer.version)),
            ("title", json!(offer.title)),
            ("attribute", json!(attribute)),
            ("kind", json!(mechanic.map(|mechanic| mechanic.name.as_str()))),
            ("by", json!(by(candidate))),
            ("start", json!(self.date(candidate.period.start))),
            ("end", json!(self.date(candidate.period.end))),
            ("require_accept", json!(candidate.require_accept)),
            ("accepted", json!(answer.unwrap_or(candidate.uploaded))),
            ("declined", json!(*answer == Some(false))),
            ("coupons", candidate.codes.iter().map(|coupon| self.coupon(coupon)).collect()),
            ("conditions", self.conditions(offer)),
            ("promo", json!(self.promo(&promo, candidate))),
            ("picture", json!(self.picture(&promo, candidate))),
        ]);
        // The fields of an item, where there is one only.
        let alone = match rewards.as_slice() {
            [alone] => alone.clone(),
            _ => fields(ITEM_FIELDS.map(|name| (name, Value::Null))),
        };
        document.extend(alone.into_iter().filter(|(name, _)| ITEM_FIELDS.contains(&name.as_str())));
        if let Some(decision) = candidate.rewards.iter().find_map(|(item, _)| item.decision.as_deref()) {
            document.insert("decision".to_owned(), json!(decision));
        }
        document.insert("rewards".to_owned(), rewards.into_iter().map(Value::Object).collect());
        document
    }

    /// Target, reward and conditions of an item.
    fn reward(&self, offer: &Offer, item: &Item, written: &Value) -> Map<String, Value> {
        let money = |sum: i64| format_trimmed(sum, self.plan.scales().money);
        let plain = |name: &str, default: Value| match written.get(name) {
            Some(Value::Number(number)) => json!(number.as_str()),
            Some(value) if !value.is_null() => value.clone(),
            _ => default,
        };
        let target = Some(item.target_text.as_str()).filter(|target| !target.is_empty());
        let plan = &self.plan.plan;
        fields([
            ("target", json!(target)),
            ("target_kind", json!(kind(item.target.kind()))),
            ("target_name", json!(self.name(item))),
            (
                "picture",
                json!(self.product(item).map(|product| product.picture.as_deref().or(self.stand_in))),
            ),
            ("reward", json!(reward(item))),
            ("method", plain("method", json!("percent"))),
            ("value", plain("value", Value::Null)),
            ("value_text", json!(conditions::items::value(plan, item, self.language))),
            ("min_sum", json!(item.min_sum.map(|sum| money(sum.0)))),
            ("from", json!(item.threshold.map(|threshold| money(threshold.sum)))),
            ("order", json!(item.order)),
            ("start", json!(self.date(item.period.start))),
            ("end", json!(self.date(item.period.end))),
            ("conditions", json!(conditions::items::of(plan, offer, item, self.language))),
        ])
    }

    fn conditions(&self, offer: &Offer) -> Value {
        let document = |Condition { kind, words }: Condition| json!({"kind": kind.name(), "text": words});
        let found = conditions::for_member(&self.plan.plan, offer, self.language);
        found.into_iter().map(document).collect()
    }

    fn coupon(&self, coupon: &IssuedCoupon) -> Value {
        let taken = coupon.used.saturating_add(coupon.reserved);
        json!({
            "code": coupon.code,
            "left": coupon.most.saturating_sub(taken).max(0),
            "expires_at": self.date(coupon.expires_at.map(Bound::Instant)),
        })
    }

    /// The promotional content in the wanted language; none if the offer has none.
    fn promo(&self, promo: &Promo, candidate: &Candidate<'_>) -> Option<Map<String, Value>> {
        self.plan.promo(candidate.id)?;
        let text =
            |text: &Option<LocalizedText>| json!(text.as_ref().map(|text| self.filled(text, candidate)));
        Some(fields([
            ("title", text(&promo.title)),
            ("text", text(&promo.text)),
            ("terms", text(&promo.terms)),
            ("badge", text(&promo.badge)),
            ("picture", json!(promo.picture.as_ref().map(|picture| picture.in_locales(&self.locales)))),
        ]))
    }

    fn filled(&self, text: &LocalizedText, candidate: &Candidate<'_>) -> String {
        let all = |of: &dyn Fn(&Item) -> Option<String>| {
            let mut values: Vec<String> = candidate.rewards.iter().filter_map(|(item, _)| of(item)).collect();
            values.dedup();
            values.join(", ")
        };
        fill(text.in_locales(&self.locales), |name| match name {
            "title" => Some(candidate.offer.title.clone()),
            "target" => Some(all(&|item| self.name(item).or_else(|| Some(item.target_text.clone())))),
            "value" => {
                Some(all(&|item| Some(conditions::items::value(&self.plan.plan, item, self.language))))
            }
            _ => None,
        })
    }

    /// The picture of the offer, else of the first of its products that has one, else the stand-in.
    fn picture(&self, promo: &Promo, candidate: &Candidate<'_>) -> Option<String> {
        let of_product =
            || candidate.rewards.iter().find_map(|(item, _)| self.product(item)?.picture.as_deref());
        let own = promo.picture.as_ref().map(|picture| picture.in_locales(&self.locales));
        own.or_else(of_product).or(self.stand_in).map(str::to_owned)
    }

    /// The name of the goods; none if they have none.
    fn name(&self, item: &Item) -> Option<String> {
        let catalog = &self.plan.plan.catalog;
        let name = match item.target {
            Target::Product(_) => self.product(item).map(|product| &product.name),
            Target::Category(id, _) => catalog.category(id).map(|category| &category.name),
            Target::Group(id) => catalog.group(id).map(|group| &group.name),
            Target::Receipt | Target::Unknown(_) => None,
        };
        name.filter(|name| !name.is_empty()).cloned()
    }

    fn product(&self, item: &Item) -> Option<&Product> {
        match item.target {
            Target::Product(id) => self.plan.plan.catalog.product(id),
            _ => None,
        }
    }

    fn date(&self, bound: Option<Bound>) -> Option<String> {
        text(bound?, &self.zone)
    }
}

/// The fields of an item that stand in the document itself, if it has one item.
const ITEM_FIELDS: [&str; 8] =
    ["target", "target_name", "reward", "method", "value", "min_sum", "from", "order"];

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The grounds on which the offer is personal: empty for an offer to everybody.
fn by(candidate: &Candidate<'_>) -> Vec<&'static str> {
    let Filters { audiences, excluded_audiences, member_states, .. } = &candidate.offer.filters;
    let reasons = [
        ("attribute", candidate.attribute != OFFERS),
        ("audience", !(audiences.is_empty() && excluded_audiences.is_empty())),
        (ConditionKind::MemberState.name(), !member_states.is_empty()),
        ("coupon", !candidate.codes.is_empty()),
        (ConditionKind::Acceptance.name(), candidate.offer.require_accept),
    ];
    reasons.into_iter().filter(|(_, is_so)| *is_so).map(|(name, _)| name).collect()
}

fn reward(item: &Item) -> &'static str {
    match item.reward {
        Phase::Discount => "discount",
        Phase::Accrual => "points",
    }
}

fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Product => "product",
        TargetKind::Category => "category",
        TargetKind::Group => "group",
        TargetKind::Receipt => "receipt",
    }
}
