//! Limits of shown offers: how much of each is used and left.

use std::collections::{BTreeMap, BTreeSet};

use domain::caseless::folded;
use domain::coupon::key;
use domain::decimal::format_scaled;
use domain::offer::{Limit, LimitKey};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::Counts;
use wire::offer::limits::names;
use wire::reader::Scales;

use super::candidates::{Candidate, View};
use crate::error::Error;
use crate::purchases::limits::counter;
use crate::state::App;

/// The kind of identifiers that limits by card count by.
const CARD: &str = "card";

/// A limit of a shown offer, with the counter to read.
pub(super) struct ShownLimit {
    limit: Limit,
    /// None if nothing counts it for the reader: on one receipt, or without a place, one card or a code.
    scope: Option<String>,
}

/// The limits of an offer, with their counters on a date.
pub(super) fn of(view: &View<'_>, candidate: &Candidate<'_>, date: Date) -> Vec<ShownLimit> {
    let shown = |limit: &Limit| {
        let subject = subject(view, candidate, limit.per);
        ShownLimit { limit: *limit, scope: subject.and_then(|subject| counter(limit, &subject, date)) }
    };
    candidate.offer.limits.iter().map(shown).collect()
}

fn subject(view: &View<'_>, candidate: &Candidate<'_>, per: LimitKey) -> Option<String> {
    match per {
        LimitKey::Receipt => None,
        LimitKey::Member => Some(view.member.as_ref()?.record.id.clone()),
        LimitKey::Card => {
            let identifiers = &view.member.as_ref()?.record.identifiers;
            let mut cards = identifiers.iter().filter(|(kind, _)| folded(kind) == CARD);
            let card = cards.next().map(|(_, card)| folded(card).into_owned());
            // With several cards the till knows which of them counts.
            card.filter(|_| cards.next().is_none())
        }
        LimitKey::Pos => {
            let pos = view.asked.pos.as_deref()?;
            Some(view.plan.points_of_sale.counted(pos).to_owned())
        }
        LimitKey::Coupon => candidate.codes.first().map(|coupon| key(&coupon.code)),
        LimitKey::Total => Some(String::new()),
    }
}

/// The used parts of limits: by external id of the offer and scope.
#[derive(Default)]
pub(super) struct UsedParts(BTreeMap<(String, String), Counts>);

impl UsedParts {
    /// Reads the counters of these limits.
    pub(super) async fn read<'a>(
        app: &App,
        limits: impl Iterator<Item = &'a ShownLimit>,
    ) -> Result<Self, Error> {
        let scopes: BTreeSet<&String> = limits.filter_map(|limit| limit.scope.as_ref()).collect();
        if scopes.is_empty() {
            return Ok(Self::default());
        }
        let scopes: Vec<String> = scopes.into_iter().cloned().collect();
        let now = app.store.now().await?;
        let used = app.store.usage(&scopes, "", now).await?;
        Ok(Self(used.into_iter().map(|used| ((used.offer, used.scope), used.taken)).collect()))
    }

    /// The documents of the limits of an offer.
    pub(super) fn documents(&self, offer: &str, limits: &[ShownLimit], scales: Scales) -> Value {
        let document = |shown: &ShownLimit| {
            let used = shown
                .scope
                .as_ref()
                .map(|scope| self.0.get(&(offer.to_owned(), scope.clone())).copied().unwrap_or_default());
            document(&shown.limit, used, scales)
        };
        limits.iter().map(document).collect()
    }
}

/// Each maximum with its used and left part, which are null where nothing counts them.
fn document(limit: &Limit, used: Option<Counts>, scales: Scales) -> Value {
    let (per, period) = names(limit);
    let mut document = Map::from_iter([("per".to_owned(), json!(per)), ("period".to_owned(), json!(period))]);
    let parts = |most: i64, used: Option<i64>, write: &dyn Fn(i64) -> Value| {
        let used = used.map(|used| used.max(0));
        let left = used.map(|used| most.saturating_sub(used).max(0));
        json!({"most": write(most), "used": used.map(write), "left": left.map(write)})
    };
    if let Some(most) = limit.uses {
        let parts = parts(most, used.map(|used| used.uses), &|count| json!(count));
        document.insert("uses".to_owned(), parts);
    }
    if let Some(most) = limit.money {
        let parts =
            parts(most.0, used.map(|used| used.money), &|sum| json!(format_scaled(sum, scales.money)));
        document.insert("money".to_owned(), parts);
    }
    if let Some(most) = limit.points {
        let parts =
            parts(most.0, used.map(|used| used.points), &|sum| json!(format_scaled(sum, scales.points)));
        document.insert("points".to_owned(), parts);
    }
    Value::Object(document)
}
