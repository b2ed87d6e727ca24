//! The proposals of a mechanic for one offer, with the host's data of the items that they come from.

use std::sync::Arc;

use super::items::ActiveOffer;
use super::lines::at;
use crate::catalog::Catalog;
use crate::mechanics::{ItemCall, MechanicId, Proposal, Scope};
use crate::offer::{Item, OfferId, Target};

/// The proposals of a mechanic for one offer.
#[derive(Debug, Clone)]
pub(super) struct OfferProposals {
    pub offer: OfferId,
    /// The version of the mechanic that made them.
    pub mechanic: MechanicId,
    pub proposals: Vec<Proposal>,
    items: Vec<ProposedItem>,
}

/// The host's data of an item that proposals come from.
#[derive(Debug, Clone)]
struct ProposedItem {
    scope: Scope,
    precedence: Precedence,
    texts: ItemTexts,
    decision: Option<Arc<str>>,
}

/// Decides between two items of one offer on one line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precedence {
    pub specificity: (u8, u32),
    pub order: i64,
}

impl OfferProposals {
    pub(super) fn new(catalog: &Catalog, offer: ActiveOffer<'_>, proposals: Vec<Proposal>) -> Self {
        let item = |(item, call): (&&Item, ItemCall)| ProposedItem {
            scope: call.scope,
            precedence: Precedence { specificity: item.target.specificity(), order: item.order },
            texts: ItemTexts::new(catalog, item),
            decision: item.decision.clone(),
        };
        let items = offer.items.iter().zip(offer.call.items).map(item).collect();
        Self { offer: offer.id, mechanic: offer.mechanic, proposals, items }
    }

    /// The precedence of a proposal among those of its offer.
    pub(super) fn precedence(&self, proposal: usize) -> Precedence {
        let item = self.proposals.get(proposal).and_then(|proposal| self.item(proposal));
        item.map_or_else(Precedence::default, |item| item.precedence)
    }

    /// The decision of the item that a proposal comes from.
    pub(super) fn decision(&self, proposal: usize) -> Option<&Arc<str>> {
        let proposal = self.proposals.get(proposal)?;
        self.item(proposal)?.decision.as_ref()
    }

    /// The lines of the item that a proposal comes from.
    pub(super) fn scope_of(&self, proposal: &Proposal) -> Option<&Scope> {
        self.item(proposal).map(|item| &item.scope)
    }

    /// Placeholder values of the item that a proposal comes from.
    pub(super) fn item_texts(&self, proposal: &Proposal) -> Option<&ItemTexts> {
        self.item(proposal).map(|item| &item.texts)
    }

    fn item(&self, proposal: &Proposal) -> Option<&ProposedItem> {
        self.items.get(at(proposal.item?))
    }
}

/// Values for the placeholders of reasons that describe an item.
#[derive(Debug, Clone, Default)]
pub(super) struct ItemTexts {
    pub target: String,
    pub from: Option<i64>,
}

impl ItemTexts {
    pub(super) fn new(catalog: &Catalog, item: &Item) -> Self {
        let name = match item.target {
            Target::Product(id) => catalog.product(id).map(|product| &product.name),
            Target::Category(id, _) => catalog.category(id).map(|category| &category.name),
            Target::Group(id) => catalog.group(id).map(|group| &group.name),
            Target::Receipt | Target::Unknown(_) => None,
        };
        let from = item.threshold.map(|threshold| threshold.sum).or(item.min_sum.map(|sum| sum.0));
        Self { target: name.filter(|name| !name.is_empty()).unwrap_or(&item.target_text).clone(), from }
    }
}
