//! A stored purchase with the recorded inputs of its calculation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::member::Member;
use domain::offer::OfferId;
use domain::quantities::{Money, Points};
use domain::time::Moment;
use domain::usage::{Usage, Used};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    AttributeValue, MemberRecord, PersonalAnswer, Purchase, PurchaseState, Revision, Store, scope_of, till_id,
};
use wire::answer;
use wire::json;
use wire::receipt::{self, Request};

use super::ReplayError;
use crate::live::PlanKey;
use crate::live::{Live, PlanVariant};
use crate::purchases::inputs::{Inputs, MemberInputs};
use crate::purchases::members;
use crate::purchases::pricing::Input;
use crate::purchases::till_messages;

/// Everything needed to price a purchase again, beside the plan.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The till's id.
    pub id: String,
    /// The place within which the id is unique, if it is not in the whole host.
    pub scope: Option<String>,
    /// Name of the state in its answer.
    pub state: String,
    /// Hash of the plan.
    pub plan: String,
    /// Revision of the plan.
    pub revision: Revision,
    /// The stored answer, without the id of its calculation.
    pub answer: String,
    /// The request as it was sent.
    pub request: Value,
    /// The recorded inputs.
    pub inputs: Inputs,
    /// The member's attributes at the revisions that were read.
    pub attributes: Vec<AttributeValue>,
    /// Present if the member is masked.
    pub masked: Option<Masked>,
}

/// Audiences and control groups of a masked member, in place of the data that they follow from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// All of the member's audiences, computed ones too.
    pub audiences: BTreeSet<String>,
    /// The offers whose control group the member is in.
    pub control: BTreeSet<String>,
    /// The items that exploration has drawn for the member, by offer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub explored: BTreeMap<String, usize>,
}

impl Recorded {
    /// Reads what belongs to a purchase.
    pub async fn read(store: &Store, purchase: Purchase) -> Result<Self, ReplayError> {
        let not_recorded = || ReplayError::NotRecorded(till_id(&purchase.id).to_owned());
        let inputs = purchase.inputs.as_deref().ok_or_else(not_recorded)?;
        if inputs.is_empty() {
            return Err(ReplayError::Removed(till_id(&purchase.id).to_owned()));
        }
        let inputs = Inputs::read(inputs).map_err(|error| unreadable("the recorded inputs", &error))?;
        let request =
            json::parse(&purchase.request).map_err(|problems| unreadable("the request", &problems))?;
        let attributes = match &inputs.member {
            Some(member) => attributes(store, &member.id, &purchase.attributes).await?,
            None => Vec::new(),
        };
        Ok(Self {
            state: match purchase.state {
                state @ (PurchaseState::Confirmed | PurchaseState::Cancelled) => state.name().to_owned(),
                // Expiry does not change the answer.
                PurchaseState::Calculated | PurchaseState::Expired => {
                    PurchaseState::Calculated.name().to_owned()
                }
            },
            id: till_id(&purchase.id).to_owned(),
            scope: scope_of(&purchase.id).map(str::to_owned),
            plan: purchase.plan,
            revision: purchase.revision,
            // The id of the calculation is no result: it stands for the receipt, which may be masked.
            answer: answer::without_calculation(&purchase.answer).into_owned(),
            request,
            inputs,
            attributes,
            masked: None,
        })
    }

    /// The plans that it was priced by.
    pub fn plan_key(&self) -> PlanKey {
        (self.revision, self.inputs.today)
    }

    /// The input of the calculation by a plan, which may be another one than it was priced by: the taken parts of limits
    /// are found by the external ids of offers.
    pub fn input(&self, live: &Live, variant: &Arc<PlanVariant>) -> Result<Input, ReplayError> {
        // The number of lines was checked at the calculation.
        let recorded = Some(self.inputs.reading_rules());
        let max_coupons = self.inputs.coupons_read.unwrap_or(usize::MAX);
        let request = Request { max_lines: usize::MAX, max_coupons, recorded, ..Request::new(&self.id) };
        let read = receipt::read(&self.request, &live.active.plan, request)
            .map_err(|problems| unreadable("the request", &problems))?;
        Ok(Input {
            member: self.member(variant, &read.receipt.at),
            usage: self.usage(variant),
            offline: self.inputs.offline,
            messages: till_messages::filled(&self.inputs.messages),
            variant: Arc::clone(variant),
            read: Arc::new(read),
        })
    }

    /// The member; none if there was none, or if it cannot be read: it could not at the calculation either.
    fn member(&self, variant: &PlanVariant, at: &Moment) -> Option<Arc<Member>> {
        let inputs = self.inputs.member.as_ref()?;
        let record = record(inputs, &self.attributes);
        let read = members::restore(&record, variant.plan.scales()).ok()?;
        let points_available = Points(inputs.points);
        let member = match &self.masked {
            None => Member { points_available, ..read.resolve(&variant.plan, at) },
            Some(Masked { audiences, control, explored }) => Member {
                points_available,
                audiences: audiences.clone(),
                control: Some(control.clone()),
                explored: Some(explored.clone()),
                ..read.resolve_lasting(&variant.plan)
            },
        };
        Some(Arc::new(member))
    }

    fn usage(&self, variant: &PlanVariant) -> Usage {
        let mut usage = Usage::default();
        usage.set_coupons(self.inputs.coupons());
        if self.inputs.limits.is_empty() {
            return usage;
        }
        let offers = variant.plan.plan.numbered_offers();
        let ids: BTreeMap<&str, OfferId> =
            offers.map(|(id, offer)| (offer.external_id.as_str(), id)).collect();
        for (offer, limit, uses, money, points) in &self.inputs.limits {
            if let Some(offer) = ids.get(offer.as_str()) {
                usage.insert(
                    *offer,
                    *limit,
                    Used { uses: *uses, money: Money(*money), points: Points(*points) },
                );
            }
        }
        usage
    }
}

/// The member's record, with everything that prices depend on.
fn record(inputs: &MemberInputs, attributes: &[AttributeValue]) -> MemberRecord {
    let answers = inputs.answers.iter().flat_map(|(attribute, items)| {
        items.iter().map(|(item, accepted)| PersonalAnswer {
            attribute: attribute.clone(),
            item: item.clone(),
            accepted: *accepted,
        })
    });
    MemberRecord {
        id: inputs.id.clone(),
        state: inputs.state().to_owned(),
        points: "0".to_owned(),
        identifiers: Vec::new(),
        audiences: inputs.audiences.clone(),
        attributes: attributes.to_vec(),
        answers: answers.collect(),
    }
}

/// The values of the revisions that were read.
async fn attributes(store: &Store, member: &str, read: &str) -> Result<Vec<AttributeValue>, ReplayError> {
    let read: BTreeMap<String, Revision> =
        serde_json::from_str(read).map_err(|error| unreadable("the revisions of attributes", &error))?;
    let read: Vec<(String, Revision)> = read.into_iter().collect();
    let values = store.attribute_values(member, &read).await?;
    match read.iter().find(|(name, _)| !values.iter().any(|value| value.name == *name)) {
        None => Ok(values),
        Some((name, revision)) => {
            let detail = format!("revision {revision} of attribute `{name}` is not stored any more");
            Err(ReplayError::NotReproducible(detail))
        }
    }
}

fn unreadable(what: &str, error: &dyn std::fmt::Display) -> ReplayError {
    ReplayError::NotReproducible(format!("{what} cannot be read: {error}"))
}
