//! The offers that a list shows: of a member those that are personal to it, of everybody those that ask nothing of the
//! member.

use std::collections::BTreeSet;

use domain::offer::{Item, MemberState, Offer, OfferId, Terms};
use domain::time::{Moment, Period};
use serde_json::Value;
use store::IssuedCoupon;
use wire::json;
use wire::member::MemberRecord;
use wire::personal::{self, OFFERS, ReadTerms, item_id};
use wire::plan::BuiltPlan;

use super::dates::{ended, within};
use super::query::{Asked, Position};

/// The reader of a list, and what it asks for.
pub(super) struct View<'a> {
    pub plan: &'a BuiltPlan,
    pub asked: &'a Asked,
    /// Seconds since 1970.
    pub now: i64,
    /// The time that is asked for, or now.
    pub at: Moment,
    /// None for everybody.
    pub member: Option<Seen<'a>>,
    /// The member whose control groups are left out, and for whom exploration has drawn.
    pub control: Option<&'a str>,
}

/// The member of a list.
pub(super) struct Seen<'a> {
    pub record: &'a MemberRecord,
    /// All of the member's audiences that offers name, computed ones too.
    pub audiences: BTreeSet<String>,
    /// The codes that the member can use.
    pub coupons: &'a [IssuedCoupon],
}

/// An offer as a whole, or an item of personal terms.
pub(super) struct Candidate<'a> {
    pub id: OfferId,
    pub offer: &'a Offer,
    /// Index of the item; 0 for an offer as a whole.
    pub place: usize,
    pub item_id: String,
    /// The attribute with the terms; [`OFFERS`] for an offer as a whole.
    pub attribute: &'a str,
    /// Its rewarded items, each as it was read and as it was written.
    pub rewards: Vec<(Item, Value)>,
    /// The item as it was uploaded, or the parameters of the offer.
    pub written: Value,
    pub period: Period,
    pub require_accept: bool,
    /// The member's answer.
    pub answer: Option<bool>,
    /// The answer of the uploaded item.
    pub uploaded: bool,
    /// The member's codes of the offer's pools.
    pub codes: Vec<&'a IssuedCoupon>,
}

/// The items of a page, and the position of its last one if there are more.
pub(super) fn page<'a>(view: &View<'a>) -> (Vec<Candidate<'a>>, Option<Position>) {
    let after = view.asked.after.as_ref();
    let mut shown: Vec<Candidate<'a>> = Vec::new();
    for (id, offer) in view.plan.plan.numbered_offers() {
        let before_page = |after: &&Position| offer.external_id < after.offer;
        if after.filter(before_page).is_some() || !view.shows(id, offer) {
            continue;
        }
        let is_new = |candidate: &Candidate<'_>| {
            after.is_none_or(|after| after.offer != offer.external_id || candidate.place > after.item)
        };
        shown.extend(view.candidates(id, offer).into_iter().filter(is_new));
        if shown.len() > view.asked.limit {
            shown.truncate(view.asked.limit);
            let last = shown.last();
            let last = last.map(|last| Position { offer: last.offer.external_id.clone(), item: last.place });
            return (shown, last);
        }
    }
    (shown, None)
}

impl<'a> View<'a> {
    /// True if the offer is for the reader, and shown in the channel and at the place that are asked for.
    fn shows(&self, id: OfferId, offer: &Offer) -> bool {
        let is_measured = |member| offer.control_group.as_ref().is_some_and(|group| group.contains(member));
        if self.control.is_some_and(is_measured) || !self.asked.is_there(offer) {
            return false;
        }
        let channel = self.asked.channel.as_deref();
        if self.plan.promo(id).is_some_and(|promo| !promo.is_shown_in(channel)) {
            return false;
        }
        if self.asked.active_at.is_some() && !offer.filters.is_open_at(&self.at) {
            return false;
        }
        match &self.member {
            None => !offer.is_personal(),
            Some(seen) => seen.sees(offer),
        }
    }

    fn candidates(&self, id: OfferId, offer: &'a Offer) -> Vec<Candidate<'a>> {
        match (&offer.terms, &self.member) {
            (Terms::Attribute(attribute), Some(seen)) => self.items(seen, attribute, (id, offer)),
            (Terms::Attribute(_), None) => Vec::new(),
            (Terms::Configured(items), _) => self.whole(id, offer, items).into_iter().collect(),
        }
    }

    /// The items of a member's terms of an offer; none if there are no terms or they cannot be read.
    fn items(
        &self,
        seen: &Seen<'a>,
        attribute: &'a str,
        (id, offer): (OfferId, &'a Offer),
    ) -> Vec<Candidate<'a>> {
        let Some((value, terms)) = self.terms(seen.record, attribute, offer) else { return Vec::new() };
        let require_accept = value.get("require_accept").and_then(Value::as_bool).unwrap_or(false);
        let ReadTerms { terms, places, .. } = terms;
        let written = |place: usize| value.get("items").and_then(|items| items.get(place)).cloned();
        let codes = seen.codes(offer);
        let mut shown = Vec::new();
        let left = self.left(offer, &terms.period, &terms.items);
        for ((item, place), is_left) in terms.items.into_iter().zip(places).zip(left) {
            let Some(written) = written(place).filter(|_| is_left) else { continue };
            let periods = [&offer.filters.period, &terms.period, &item.period];
            let period = within(&periods);
            if !self.is_current(&periods, &period) {
                continue;
            }
            let item_id = item_id(&written);
            shown.push(Candidate {
                id,
                offer,
                place,
                attribute,
                answer: seen.record.answers_to(attribute).get(&item_id).copied(),
                uploaded: written.get("accepted").and_then(Value::as_bool).unwrap_or(false),
                item_id,
                rewards: vec![(item, written.clone())],
                written,
                period,
                require_accept,
                codes: codes.clone(),
            });
        }
        shown
    }

    /// For each item, true unless exploration has drawn another one of those that hold at the time of the list.
    fn left(&self, offer: &Offer, period: &Period, items: &[Item]) -> Vec<bool> {
        let everything = || vec![true; items.len()];
        let Some((exploration, member)) = offer.exploration.as_ref().zip(self.control) else {
            return everything();
        };
        let holds = |item: &Item| period.contains(&self.at) && item.period.contains(&self.at);
        let holding: Vec<bool> = items.iter().map(holds).collect();
        let number = holding.iter().filter(|holds| **holds).count();
        let drawn = exploration.item(&offer.external_id, member, number).filter(|_| number > 1);
        let Some(drawn) = drawn else { return everything() };
        let mut numbers = 0_usize..;
        holding.into_iter().map(|holds| !holds || numbers.next() == Some(drawn)).collect()
    }

    fn terms(&self, record: &MemberRecord, attribute: &str, offer: &Offer) -> Option<(Value, ReadTerms)> {
        let value = record.attributes.get(attribute).filter(|value| !value.is_null())?;
        let value = personal::unpacked(value).ok()?;
        let terms = personal::parse(&value, record.answers_to(attribute), &self.plan.context()).ok()?;
        let mechanic = self.plan.plan.mechanic(offer.mechanic)?;
        (terms.terms.kind == mechanic.name).then_some((value, terms))
    }

    /// An offer as a whole, with those of its items that have not ended.
    fn whole(&self, id: OfferId, offer: &'a Offer, items: &[Item]) -> Option<Candidate<'a>> {
        let written = self.plan.params(id).and_then(|params| json::parse(params).ok()).unwrap_or_default();
        let of_item = |place: usize| written.get("items").and_then(|items| items.get(place)).cloned();
        let mut rewards = Vec::new();
        let left = self.left(offer, &Period::default(), items);
        for ((place, item), is_left) in items.iter().enumerate().zip(left) {
            if !is_left {
                continue;
            }
            let periods = [&offer.filters.period, &item.period];
            if self.is_current(&periods, &within(&periods)) {
                rewards.push((item.clone(), of_item(place).unwrap_or_default()));
            }
        }
        let offers_period = &offer.filters.period;
        if (rewards.is_empty() && !items.is_empty()) || !self.is_current(&[offers_period], offers_period) {
            return None;
        }
        let period = match rewards.as_slice() {
            [(item, _)] => within(&[offers_period, &item.period]),
            _ => *offers_period,
        };
        let seen = self.member.as_ref();
        let answer = seen.and_then(|seen| seen.record.answers_to(OFFERS).get(&offer.item_id).copied());
        Some(Candidate {
            id,
            offer,
            place: 0,
            item_id: offer.item_id.clone(),
            attribute: OFFERS,
            rewards,
            written,
            period,
            require_accept: offer.require_accept,
            answer,
            uploaded: false,
            codes: seen.map(|seen| seen.codes(offer)).unwrap_or_default(),
        })
    }

    /// True if all periods hold at the time that is asked for; without one, if the time within all is not over yet.
    fn is_current(&self, periods: &[&Period], together: &Period) -> bool {
        match self.asked.active_at {
            Some(_) => periods.iter().all(|period| period.contains(&self.at)),
            None => !ended(together, self.now),
        }
    }
}

impl<'a> Seen<'a> {
    /// True if the offer is for the member in particular: it asks something of the member that holds, or the member has
    /// a code of it or has answered it.
    fn sees(&self, offer: &Offer) -> bool {
        let state = self.record.state;
        // To the till a blocked member is nobody.
        if state == MemberState::Blocked || !offer.filters.is_for(state, &self.audiences) {
            return false;
        }
        let has_code = !self.codes(offer).is_empty();
        let needs_code = offer.filters.coupons.is_empty() && !offer.filters.coupon_pools.is_empty();
        let is_answered = || self.record.answers_to(OFFERS).contains_key(&offer.item_id);
        has_code || (!needs_code && (offer.is_personal() || is_answered()))
    }

    fn codes(&self, offer: &Offer) -> Vec<&'a IssuedCoupon> {
        let pools = &offer.filters.coupon_pools;
        self.coupons.iter().filter(|coupon| pools.contains(&coupon.pool)).collect()
    }
}
