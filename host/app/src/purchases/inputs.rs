//! The inputs of a calculation beside the request, the plan and the member's attributes, which have revisions of
//! their own. They are stored with the purchase, so that it can be replayed.

use std::collections::{BTreeMap, BTreeSet};

use domain::caseless::Code;
use domain::coupon::{CouponRefusal, PoolCoupon};
use domain::mechanics::MechanicId;
use domain::offer::{Offer, OfferId};
use domain::usage::Used;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{MemberRecord, Revision};
use wire::json;
use wire::personal::{OFFERS, item_id, unpacked};
use wire::receipt::{AMOUNT_FAR_FROM_PRICE, ReadingRules};

use super::pricing::Input;
use crate::error::Error;

/// The stored form; empty fields are left out. The limit on the number of lines is not stored: a receipt that was
/// priced was within it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The member, if one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberInputs>,
    /// The parts of limits that other purchases had taken: external id of the offer, index of the limit, uses, money in
    /// minor units, points in smallest steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<(String, usize, i64, i64, i64)>,
    /// The codes of the receipt that belong to pools: code, pool, and the reason why the purchase could not use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<(String, String, Option<String>)>,
    /// The number of codes that were looked at, if the receipt had more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupons_read: Option<usize>,
    /// True for the receipt of a till that had been cut off.
    #[serde(default, skip_serializing_if = "is_false")]
    pub offline: bool,
    /// True if the till had no row in the catalogue and its store had one: then it was unknown. Earlier releases took
    /// such a till for known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact_pos: bool,
    /// For a late receipt, the revision of everything but offers and audiences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<Revision>,
    /// True if the receipt has coupons whose codes compared by their folded form; byte by byte, if it is absent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub folded_codes: bool,
    /// True if the receipt has amounts that are far from their prices, and the answer says so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub told_amounts: bool,
    /// True if the receipt has fields that are not used, or names an unknown member by its id, and the answer says so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub told_fields: bool,
    /// True if lines of the receipt have attributes, or fields of a similar name. Earlier releases did not use them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub line_attributes: bool,
    /// Messages of communications that the answer gives: place (`receipt` or `cashier`) and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<(String, String)>,
    /// The date by which limits by period counted, if it is another one than that of the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_date: Option<String>,
    /// Digests of the versions of mechanics that were not asked, because their circuit was open.
    #[serde(default, rename = "left_alone", skip_serializing_if = "Vec::is_empty")]
    pub open_circuits: Vec<String>,
}

/// The member as it was at the calculation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberInputs {
    /// Its id at that time; after a merger the purchase belongs to another member.
    pub id: String,
    /// Name of the state; absent if it is normal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Points that could be spent, in smallest steps.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: i64,
    /// Names of the audiences that the member was put into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Answers to the items of personal offers: attribute, item, and true if it was accepted. Those to offers as a whole
    /// are under [`OFFERS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, BTreeMap<String, bool>>,
}

const NORMAL: &str = "normal";

impl Inputs {
    /// The inputs of one calculation.
    pub(super) fn of(
        input: &Input,
        today: Option<Revision>,
        record: Option<&MemberRecord>,
        open_circuits: &[MechanicId],
    ) -> Self {
        let plan = &input.variant.plan.plan;
        let points_of_sale = &input.variant.plan.points_of_sale;
        let points = input.member.as_ref().map_or(0, |member| member.points_available.0);
        let taken = input.usage.iter().filter(|(_, _, used)| *used != Used::default());
        let limit = |(offer, limit, used): (OfferId, usize, Used)| {
            let offer = plan.offer(offer)?.external_id.clone();
            Some((offer, limit, used.uses, used.money.0, used.points.0))
        };
        let digest = |mechanic: &MechanicId| plan.mechanic(*mechanic).map(|found| found.digest.clone());
        let coupon = |coupon: &PoolCoupon| {
            let refusal = coupon.refusal.map(|refusal| refusal.name().to_owned());
            (coupon.code.written().to_owned(), coupon.pool.clone(), refusal)
        };
        Self {
            member: record.map(|record| MemberInputs::of(record, points, &plan.offers)),
            limits: taken.filter_map(limit).collect(),
            coupons: input.usage.coupons().iter().map(coupon).collect(),
            coupons_read: (input.read.coupons_left_out > 0).then_some(input.read.receipt.coupons.len()),
            offline: input.offline,
            exact_pos: !input.read.receipt.pos_known
                && points_of_sale.zone(&input.read.receipt.pos).is_some(),
            today,
            folded_codes: !input.read.receipt.coupons.is_empty() && !input.read.receipt.exact_codes,
            told_amounts: input.read.warnings.iter().any(|warning| warning.code == AMOUNT_FAR_FROM_PRICE),
            told_fields: input.read.has_later_warnings(),
            line_attributes: input.read.has_line_attributes,
            messages: Vec::new(),
            limit_date: None,
            open_circuits: open_circuits.iter().filter_map(digest).collect(),
        }
    }

    /// The rules by which the receipt was read.
    pub fn reading_rules(&self) -> ReadingRules {
        let Self { folded_codes, told_amounts, exact_pos, told_fields, line_attributes, .. } = *self;
        ReadingRules { folded_codes, told_amounts, exact_pos, told_fields, line_attributes }
    }

    /// The codes that belong to pools, as the calculation read them.
    pub fn coupons(&self) -> Vec<PoolCoupon> {
        let coupon = |(code, pool, refusal): &(String, String, Option<String>)| PoolCoupon {
            code: Code::new(code.clone()),
            pool: pool.clone(),
            // A refusal that a later release has written still refuses.
            refusal: refusal
                .as_deref()
                .map(|name| CouponRefusal::from_name(name).unwrap_or(CouponRefusal::Used)),
        };
        self.coupons.iter().map(coupon).collect()
    }

    /// As JSON text.
    pub fn write(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::internal(&error))
    }

    /// From JSON text.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

impl MemberInputs {
    fn of(record: &MemberRecord, points: i64, offers: &[Offer]) -> Self {
        Self {
            id: record.id.clone(),
            state: Some(record.state.clone()).filter(|state| state != NORMAL),
            points,
            audiences: record.audiences.clone(),
            answers: answers(record, offers),
        }
    }

    /// The name of the state.
    pub fn state(&self) -> &str {
        self.state.as_deref().unwrap_or(NORMAL)
    }
}

/// The answers to items of the current terms, and to these offers as a whole. Answers to earlier ones stay with the
/// member for ever, and price nothing.
fn answers(record: &MemberRecord, offers: &[Offer]) -> BTreeMap<String, BTreeMap<String, bool>> {
    let mut answers: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let carriers: BTreeSet<&str> = record.answers.iter().map(|answer| answer.attribute.as_str()).collect();
    for attribute in record.attributes.iter().filter(|one| carriers.contains(one.name.as_str())) {
        let items = items(&attribute.value);
        let given = record.answers.iter().filter(|answer| answer.attribute == attribute.name);
        let given: BTreeMap<_, _> = given
            .filter(|answer| items.contains(&answer.item))
            .map(|answer| (answer.item.clone(), answer.accepted))
            .collect();
        if !given.is_empty() {
            answers.insert(attribute.name.clone(), given);
        }
    }
    let of_offers: BTreeMap<_, _> = record
        .answers
        .iter()
        .filter(|answer| {
            answer.attribute == OFFERS && offers.iter().any(|offer| offer.item_id == answer.item)
        })
        .map(|answer| (answer.item.clone(), answer.accepted))
        .collect();
    if !of_offers.is_empty() {
        answers.insert(OFFERS.to_owned(), of_offers);
    }
    answers
}

fn items(value: &str) -> BTreeSet<String> {
    let value = json::parse(value).and_then(|value| unpacked(&value)).unwrap_or_default();
    let items = value.get("items").and_then(Value::as_array);
    items.into_iter().flatten().map(item_id).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use store::{AttributeValue, PersonalAnswer};

    use super::*;

    fn record(answers: &[(&str, &str, bool)]) -> MemberRecord {
        let answer = |&(attribute, item, accepted): &(&str, &str, bool)| PersonalAnswer {
            attribute: attribute.to_owned(),
            item: item.to_owned(),
            accepted,
        };
        let value = r#"{"kind":"product","items":[{"target":"G1","value":"20"}]}"#.to_owned();
        MemberRecord {
            id: "m-1".to_owned(),
            state: "normal".to_owned(),
            points: "5.00".to_owned(),
            identifiers: vec![("card".to_owned(), "1".to_owned())],
            audiences: vec!["vip".to_owned()],
            attributes: vec![AttributeValue { name: "for-you".to_owned(), value, revision: 3 }],
            answers: answers.iter().map(answer).collect(),
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(Inputs::default().write().ok().as_deref(), Some("{}"));
        let member = Some(MemberInputs::of(&record(&[]), 0, &[]));
        let inputs = Inputs { member, ..Inputs::default() };
        let text = r#"{"member":{"id":"m-1","audiences":["vip"]}}"#;
        assert_eq!(inputs.write().ok().as_deref(), Some(text));
        assert_eq!(Inputs::read(text).ok(), Some(inputs));
    }

    #[test]
    fn answers_to_items_that_are_gone_are_left_out() {
        let value = serde_json::json!({"target": "G1", "value": "20"});
        let id = item_id(&value);
        let given = [
            ("for-you", id.as_str(), false),
            ("for-you", "gone", true),
            ("other", "x", true),
            (OFFERS, "offer that is gone", true),
        ];
        let expected = BTreeMap::from([("for-you".to_owned(), BTreeMap::from([(id.clone(), false)]))]);
        assert_eq!(answers(&record(&given), &[]), expected);
    }
}
